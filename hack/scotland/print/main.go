// Command print writes Scotland's sample data, or invented data of any size, as YAML for kubectl apply:
//
//	go run ./hack/scotland/print -scope cluster | kubectl apply --server-side -f -
//	go run ./hack/scotland/print -scope namespaced -counts | kubectl apply --server-side -f -
//
// The second needs the namespaces that the operator makes for the partnerships of the first.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"lifeline.scot/hack/scotland"
)

// options are the command line.
type options struct {
	scope      string
	counts     bool
	agreements bool
	size       scotland.Size
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = o.print(ctx, os.Stdout, time.Now())
	}
	if err != nil {
		slog.Error("printing the sample data", "error", err)
		os.Exit(1)
	}
}

func parse(args []string, usage io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("print", flag.ContinueOnError)
	f.SetOutput(usage)
	f.StringVar(&o.scope, "scope", "all",
		"what to print: all, cluster (partnerships, partners) or namespaced (services, places, agreements)")
	f.BoolVar(&o.counts, "counts", false, "print counts of the places too; they are invented and say so")
	f.BoolVar(&o.agreements, "agreements", false,
		"print data sharing agreements of Scotland's organisations too; they are invented and say so")
	f.IntVar(&o.size.Partnerships, "partnerships", 0, "invent so many partnerships instead of printing Scotland's")
	f.IntVar(&o.size.Services, "services", 0, "invent so many services")
	f.IntVar(&o.size.Pools, "pools", 0, "invent so many pools of places")
	f.Uint64Var(&o.size.Seed, "seed", 1, "what to invent; the same seed gives the same data")
	if err := f.Parse(args); err != nil {
		return o, fmt.Errorf("reading the command line: %w", err)
	}
	if !slices.Contains([]string{"all", "cluster", "namespaced"}, o.scope) {
		return o, fmt.Errorf("-scope %q: must be all, cluster or namespaced", o.scope)
	}
	return o, nil
}

// print writes one YAML document for each object of the scope.
func (o options) print(ctx context.Context, w io.Writer, now time.Time) error {
	objects, err := o.objects(now)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	for object := range objects {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !o.wants(object) {
			continue
		}
		text, err := yaml.Marshal(object)
		if err != nil {
			return fmt.Errorf("writing %s %s: %w", object.GetObjectKind().GroupVersionKind().Kind, object.GetName(), err)
		}
		if _, err := fmt.Fprintf(out, "---\n%s", text); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

func (o options) wants(object client.Object) bool {
	return o.scope == "all" || (o.scope == "cluster") == (object.GetNamespace() == "")
}

func (o options) objects(now time.Time) (iter.Seq[client.Object], error) {
	if o.size.Partnerships+o.size.Services+o.size.Pools != 0 {
		return o.invented(now)
	}
	objects, err := scotland.Objects()
	if err != nil {
		return nil, err
	}
	if o.counts {
		reports, err := scotland.Counts(now)
		if err != nil {
			return nil, err
		}
		objects = appendAll(objects, reports)
	}
	if o.agreements {
		agreements, err := scotland.Agreements(now)
		if err != nil {
			return nil, err
		}
		objects = appendAll(objects, agreements)
	}
	return slices.Values(objects), nil
}

func appendAll[T client.Object](objects []client.Object, more []T) []client.Object {
	for _, object := range more {
		objects = append(objects, object)
	}
	return objects
}

func (o options) invented(now time.Time) (iter.Seq[client.Object], error) {
	o.size.Now = now
	g, err := scotland.Generate(o.size)
	if err != nil {
		return nil, err
	}
	return func(yield func(client.Object) bool) {
		for object := range g.Objects() {
			if !yield(object) {
				return
			}
		}
		if !o.counts {
			return
		}
		for report := range g.Reports(now) {
			if !yield(report) {
				return
			}
		}
	}, nil
}
