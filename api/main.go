// Command api serves the directory: GraphQL at /graphql, its schema at /schema.graphql, pages at /. It reads Kubernetes by
// watches alone, and writes only what those who are known to it decide about claims on places. `api policy decide` replays
// decisions about sharing from a file, and `api audit verify` says whether the audit log is whole, both without a cluster.
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
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"lifeline.scot/api/directory"
	"lifeline.scot/policies/apart"
)

func main() {
	if apart.Asked(os.Args) {
		os.Exit(apart.Run(context.Background(), os.Stdin, os.Stdout))
	}
	if exit, ok := commandAboutReferrals(); ok {
		os.Exit(exit)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == "policy" {
		os.Exit(policyCommand(ctx, os.Args[2:], os.Stdout, os.Stderr))
	}
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
	logger, err := loggerOf(s.logLevel, out)
	if err != nil {
		return err
	}
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
	return serve(ctx, s, cluster, d, logger)
}

// loggerOf logs what is at least of a level, with what libraries say: they count how talkative they are, upwards.
func loggerOf(level slog.Level, out io.Writer) (*slog.Logger, error) {
	logger := slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level}))
	klog.SetLogger(logr.FromSlogHandler(logger.Handler()))
	var libraries flag.FlagSet
	klog.InitFlags(&libraries)
	if err := libraries.Set("v", strconv.Itoa(max(0, -int(level)))); err != nil {
		return nil, fmt.Errorf("--log-level: %w", err)
	}
	return logger, nil
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
