// Command api serves the directory: GraphQL at /graphql, its schema at /schema.graphql, pages at /. It reads Kubernetes by
// watches alone, and writes only what those who are known to it decide about claims on places.
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
	"syscall"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"lifeline.scot/api/directory"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends or it cannot go on.
func run(ctx context.Context, args []string, out io.Writer) error {
	s, err := parse(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewJSONHandler(out, nil))
	klog.SetLogger(logr.FromSlogHandler(logger.Handler()))
	cluster, err := clusterOf(s.kubeconfig)
	if err != nil {
		return err
	}
	districts, err := s.districts()
	if err != nil {
		return err
	}
	d, err := directory.New(cluster, directory.Options{Logger: logger, Districts: districts})
	if err != nil {
		return err
	}
	return serve(ctx, s, d, logger)
}

// clusterOf is how to reach Kubernetes: by the kubeconfig given, by KUBECONFIG, or from inside a cluster.
func clusterOf(kubeconfig string) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("find a cluster (use --kubeconfig, KUBECONFIG, or run inside one): %w", err)
	}
	config.UserAgent = "lifeline-api"
	return config, nil
}
