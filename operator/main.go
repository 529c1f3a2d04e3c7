// Command operator keeps the status of Lifeline's custom resources true: it gives each Partnership its namespace and roles,
// resolves references, merges counts of places, and gives places to those who wait for one. `operator verify` looks at a live
// cluster and says whether places, claims and money agree.
//
// It can be killed at any moment and run more than once: one replica leads, and every write is refused if somebody else wrote
// first.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"lifeline.scot/operator/metrics"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == "verify" {
		os.Exit(verifyCluster(ctx, os.Args[2:], os.Stdout, os.Stderr))
	}
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "operator:", err)
		os.Exit(1)
	}
}

// run starts the operator and returns when ctx ends or it cannot go on.
func run(ctx context.Context, args []string, out io.Writer) error {
	options, err := parse(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := setLogger(options.logLevel, out); err != nil {
		return err
	}
	cluster, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find a cluster (use --kubeconfig, KUBECONFIG, or run inside one): %w", err)
	}
	options.measures = metrics.NewBinder()
	mgr, err := newManager(ctx, cluster, options, clock.RealClock{})
	if err != nil {
		return err
	}
	if err := publish(mgr, options); err != nil {
		return err
	}
	if err := mgr.Start(ctx); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	return nil
}

// setLogger has everything logged that is at least of a level, with what libraries say: they count how talkative they are,
// upwards.
func setLogger(level slog.Level, out io.Writer) error {
	logger := logr.FromSlogHandler(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level}))
	ctrl.SetLogger(logger)
	klog.SetLogger(logger)
	var libraries flag.FlagSet
	klog.InitFlags(&libraries)
	if err := libraries.Set("v", strconv.Itoa(max(0, -int(level)))); err != nil {
		return fmt.Errorf("--log-level: %w", err)
	}
	return nil
}

// parse reads the flags. --kubeconfig is controller-runtime's own.
func parse(args []string, out io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("operator", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // an error is one line; what the flags are is for those who ask
	config.RegisterFlags(flags)
	flags.StringVar(&s.metricsAddress, "metrics-bind-address", "127.0.0.1:8081",
		"host:port of /metrics, or 0 for none")
	flags.StringVar(&s.probeAddress, "health-probe-bind-address", "127.0.0.1:8082",
		"host:port of /healthz and /readyz, or 0 for none")
	flags.BoolVar(&s.elect, "leader-elect", true,
		"act only while holding a lease, so that replicas do not get in each other's way")
	flags.StringVar(&s.electionNamespace, "leader-election-namespace", "",
		"namespace of the lease; default: the one the operator runs in")
	flags.TextVar(&s.logLevel, "log-level", slog.LevelInfo,
		"what is logged: error, warn, info or debug, or with debug-4 and further down what libraries say, too")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(out)
			flags.PrintDefaults()
		}
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q: all settings are flags", flags.Arg(0))
	}
	return s, nil
}
