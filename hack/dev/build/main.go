// Command build builds what `make run` and the tests start, with a word on how far it is:
//
//	go run ./hack/dev/build [controlplane] [kubectl] [programs]
//
// controlplane is etcd, kube-apiserver and kube-controller-manager; it is left out where KUBEBUILDER_ASSETS names a folder
// that holds them. kubectl is linked to as .run/bin/kubectl. programs are the operator, the API and hack/dev, in .run/bin.
//
// It uses the standard library alone, so that it says its first word a second after it is started on a new machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"lifeline.scot/hack/cluster/binaries"
	"lifeline.scot/hack/cluster/gobuild"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := build(ctx, os.Args[1:])
	if errors.Is(err, context.Canceled) {
		err = errors.New("stopped; what was built so far is kept")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func build(ctx context.Context, groups []string) error {
	root, err := binaries.Root()
	if err != nil {
		return err
	}
	var targets []gobuild.Target
	for _, group := range groups {
		more, err := members(ctx, root, group)
		if err != nil {
			return err
		}
		targets = append(targets, more...)
	}
	announce(targets)
	show := gobuild.Show(os.Stderr)
	for i, target := range targets {
		target.Title = fmt.Sprintf("building %s (%d of %d)", target.Title, i+1, len(targets))
		if err := gobuild.Build(ctx, target, show); err != nil {
			return err
		}
	}
	return after(root, groups)
}

func members(ctx context.Context, root, group string) ([]gobuild.Target, error) {
	switch group {
	case "controlplane":
		if os.Getenv("KUBEBUILDER_ASSETS") != "" {
			return nil, nil
		}
		return binaries.Targets(ctx, root, binaries.ControlPlane()...)
	case binaries.Kubectl:
		return binaries.Targets(ctx, root, binaries.Kubectl)
	case "programs":
		return programs(root), nil
	}
	return nil, fmt.Errorf("%q is none of controlplane, kubectl, programs", group)
}

// programs are built each time: Go knows best whether anything changed.
func programs(root string) []gobuild.Target {
	var targets []gobuild.Target
	for _, folder := range []string{"operator", "api", "hack/dev"} {
		targets = append(targets, gobuild.Target{
			Title: folder, Module: root, Package: "./" + folder, Output: filepath.Join(root, ".run", "bin", filepath.Base(folder)),
		})
	}
	return targets
}

// announce says what is new on this machine and takes its time.
func announce(targets []gobuild.Target) {
	for _, target := range targets {
		if target.Title == "kube-apiserver" {
			fmt.Fprintln(os.Stderr, "The control plane is built from its Go modules, once. On two cores with nothing cached that takes "+
				"about 10 minutes.")
		}
	}
}

// after links .run/bin/kubectl to the one that was built, so that its path does not depend on a version.
func after(root string, groups []string) error {
	folder, err := binaries.Folder(root)
	if err != nil {
		return err
	}
	for _, group := range groups {
		if group != binaries.Kubectl {
			continue
		}
		if err := link(filepath.Join(folder, binaries.Kubectl), filepath.Join(root, ".run", "bin", binaries.Kubectl)); err != nil {
			return fmt.Errorf("link .run/bin/kubectl: %w", err)
		}
		fmt.Println(".run/bin/kubectl is ready")
	}
	return nil
}

func link(program, path string) error {
	target, err := filepath.Rel(filepath.Dir(path), program)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(target, path)
}
