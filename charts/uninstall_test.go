package charts_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/hack/cluster"
	"lifeline.scot/hack/cluster/clustertest"
)

// removal is the commands that the notes give to remove everything, in order.
func removal(t *testing.T) []string {
	t.Helper()
	notes, err := helm(t, "install", release, chart, "--namespace", namespace, "--dry-run=client")
	if err != nil {
		t.Fatalf("helm install: %v\n%s", err, notes)
	}
	var commands []string
	for line := range strings.Lines(notes) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "kubectl delete ") || strings.HasPrefix(line, "helm uninstall ") {
			commands = append(commands, line)
		}
	}
	return commands
}

// A command that waits for ever teaches people to take finalizers off by hand, and then references break.
func TestRemovingEverythingInTheOrderOfTheNotesHangsNowhere(t *testing.T) {
	commands, objects := removal(t), render(t)
	install(t, objects)
	probes := clustertest.FreeAddress(t)
	operator := start(t, objects, "operator",
		"--metrics-bind-address=0", "--health-probe-bind-address="+probes, "--leader-election-namespace="+namespace)
	eventually(t, 2*time.Minute, func() error { return answers(t.Context(), "http://"+probes+"/readyz") })
	describeAnADP(t)
	eventually(t, time.Minute, func() error { return poolIsFree(t.Context(), admin(t, nil), 9) })

	uninstalled := false
	for _, command := range commands {
		if strings.HasPrefix(command, "helm uninstall ") {
			uninstalled = true
			operator.stop(t)
			uninstall(t, objects)
			continue
		}
		kubectl(t, strings.Fields(command)[1:]...)
	}
	if !uninstalled {
		t.Errorf("the notes do not say when to uninstall: %q", commands)
	}
	for _, object := range objects {
		if object.GetNamespace() == "" {
			eventually(t, time.Minute, func() error { return gone(t.Context(), admin(t, nil), object) })
		}
	}
}

// uninstall deletes what Helm would: everything rendered that is not kept.
func uninstall(t *testing.T, objects []*unstructured.Unstructured) {
	t.Helper()
	for _, object := range objects {
		if object.GetAnnotations()["helm.sh/resource-policy"] == "keep" {
			continue
		}
		if err := client.IgnoreNotFound(admin(t, nil).Delete(t.Context(), object.DeepCopy())); err != nil {
			t.Fatalf("uninstall %s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
}

func gone(ctx context.Context, from client.Client, object *unstructured.Unstructured) error {
	err := from.Get(ctx, client.ObjectKeyFromObject(object), object.DeepCopy())
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%s %s is still there", object.GetKind(), object.GetName())
	}
	return err
}

// kubectl runs the real kubectl as an administrator, and gives it a minute.
func kubectl(t *testing.T, args ...string) {
	t.Helper()
	config, err := bare.Kubeconfig(bare.Admin())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, kubectlProgram(t), append([]string{"--kubeconfig", path}, args...)...)
	command.Env = append(os.Environ(), "HOME="+filepath.Dir(path))
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func kubectlProgram(t *testing.T) string {
	t.Helper()
	assets, err := cluster.FindAssets()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(assets, "kubectl")
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no kubectl: %v; run make kubectl", err)
		}
		t.Skipf("no kubectl: %v; run make kubectl", err)
	}
	return program
}
