// Command controlplane builds the programs of the control plane, or the ones named as arguments, from the Go module proxy
// and prints the folder they are in.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"lifeline.scot/hack/cluster/binaries"
	"lifeline.scot/hack/cluster/gobuild"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := build(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "make controlplane:", err)
		os.Exit(1)
	}
}

func build(ctx context.Context, programs []string) error {
	if len(programs) == 0 {
		programs = binaries.ControlPlane()
	}
	root, err := binaries.Root()
	if err != nil {
		return err
	}
	folder, err := binaries.Build(ctx, root, gobuild.Show(os.Stderr), programs...)
	if err != nil {
		return err
	}
	fmt.Println(folder)
	return nil
}
