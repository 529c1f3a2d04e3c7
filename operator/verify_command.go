package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"lifeline.scot/operator/verify"
)

// What `operator verify` exits with.
const (
	exitAgree   = 0
	exitBroken  = 1
	exitUnknown = 2 // it could not look
)

// verifyCluster looks at the cluster that the flags or the environment name.
func verifyCluster(ctx context.Context, args []string, out, complaints io.Writer) int {
	flags := flag.NewFlagSet("operator verify", flag.ContinueOnError)
	flags.SetOutput(complaints)
	config.RegisterFlags(flags)
	settle := flags.Duration("settle", verify.Settle,
		"look again after this long, and report only what is still broken: places that are just being given look wrong for a moment")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitAgree
		}
		return exitUnknown
	}
	if flags.NArg() > 0 || *settle < 0 {
		_, _ = fmt.Fprintln(complaints, "operator verify: takes flags only, and --settle is not below 0; see operator verify --help")
		return exitUnknown
	}
	found, err := verifyLive(ctx, *settle, out)
	switch {
	case err != nil:
		_, _ = fmt.Fprintln(complaints, "operator verify:", err)
		return exitUnknown
	case found > 0:
		return exitBroken
	default:
		return exitAgree
	}
}

func verifyLive(ctx context.Context, settle time.Duration, out io.Writer) (int, error) {
	cluster, err := ctrl.GetConfig()
	if err != nil {
		return 0, fmt.Errorf("find a cluster (use --kubeconfig, KUBECONFIG, or run inside one): %w", err)
	}
	scheme, err := newScheme()
	if err != nil {
		return 0, err
	}
	from, err := client.New(cluster, client.Options{Scheme: scheme})
	if err != nil {
		return 0, fmt.Errorf("reach the cluster: %w", err)
	}
	return verify.Run(ctx, from, clock.RealClock{}, settle, out)
}
