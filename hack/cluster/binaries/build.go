package binaries

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"lifeline.scot/hack/cluster/gobuild"
)

// Targets are what must be built so that the programs are in Folder(root): those that are not there yet. Nothing to build
// means that they are all there.
func Targets(ctx context.Context, root string, programs ...string) ([]gobuild.Target, error) {
	folder, err := Folder(root)
	if err != nil {
		return nil, err
	}
	missing := Missing(folder, programs...)
	if len(missing) == 0 {
		return nil, nil
	}
	flags, err := linkFlags(ctx, root)
	if err != nil {
		return nil, err
	}
	targets := make([]gobuild.Target, 0, len(missing))
	for _, program := range missing {
		targets = append(targets, gobuild.Target{
			Title:   program,
			Module:  source(root),
			Package: "./" + program,
			Output:  filepath.Join(folder, program),
			Flags:   []string{"-trimpath", "-ldflags", flags},
		})
	}
	return targets, nil
}

// linkFlags leave out symbols, which makes the programs a third smaller, and stamp the version of Kubernetes that
// hack/controlplane/go.mod names: clients see an odd one otherwise.
func linkFlags(ctx context.Context, root string) (string, error) {
	version, err := KubernetesVersion(ctx, root)
	if err != nil {
		return "", err
	}
	major, rest, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	flags := "-s -w"
	for _, stamped := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags += fmt.Sprintf(" -X %[1]s.gitVersion=%[2]s -X %[1]s.gitMajor=%[3]s -X %[1]s.gitMinor=%[4]s",
			stamped, version, major, minor)
	}
	return flags, nil
}

// KubernetesVersion is the version of Kubernetes that hack/controlplane/go.mod names, for example "v1.37.2".
func KubernetesVersion(ctx context.Context, root string) (string, error) {
	tool, err := gobuild.Tool()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	list := exec.CommandContext(ctx, tool, "list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes")
	list.Dir = source(root)
	version, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("read the version of Kubernetes from hack/controlplane/go.mod: %w", err)
	}
	return strings.TrimSpace(string(version)), nil
}
