package binaries_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"lifeline.scot/hack/cluster/binaries"
)

func root(t *testing.T) string {
	t.Helper()
	found, err := binaries.Root()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// copyOfSources makes a repository that holds nothing but hack/controlplane.
func copyOfSources(t *testing.T) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(filepath.Join(to, "hack", "controlplane"), os.DirFS(filepath.Join(root(t), "hack", "controlplane"))); err != nil {
		t.Fatal(err)
	}
	return to
}

func key(t *testing.T, root, goos, goarch string) string {
	t.Helper()
	made, err := binaries.Key(root, goos, goarch)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestKeyIsTheSameForTheSameSourcesAnywhere(t *testing.T) {
	first, second := copyOfSources(t), copyOfSources(t)
	if a, b := key(t, first, "linux", "amd64"), key(t, second, "linux", "amd64"); a != b {
		t.Errorf("%s and %s", a, b)
	}
}

func TestKeyChangesWithEachSourceAndSystem(t *testing.T) {
	same := copyOfSources(t)
	before := key(t, same, "linux", "amd64")
	if key(t, same, "linux", "arm64") == before || key(t, same, "darwin", "amd64") == before {
		t.Error("another system has the same key")
	}
	for _, file := range []string{"go.mod", "go.sum", "etcd/main.go", "kube-apiserver/extra.go"} {
		t.Run(file, func(t *testing.T) {
			changed := copyOfSources(t)
			path := filepath.Join(changed, "hack", "controlplane", filepath.FromSlash(file))
			content, err := os.ReadFile(path)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, append(content, "\n// changed\n"...), 0o600); err != nil {
				t.Fatal(err)
			}
			if key(t, changed, "linux", "amd64") == before {
				t.Error("the key did not change")
			}
		})
	}
}

func TestKeyWithoutSourcesIsAnError(t *testing.T) {
	if made, err := binaries.Key(t.TempDir(), "linux", "amd64"); err == nil {
		t.Errorf("a key without sources: %s", made)
	}
}

// The API server and the client library are released together; a test against another minor version would prove little.
func TestControlPlaneIsTheMinorVersionOfTheClientLibrary(t *testing.T) {
	library := minor(t, filepath.Join(root(t), "go.mod"), `k8s\.io/client-go v0\.(\d+)\.`)
	server := minor(t, filepath.Join(root(t), "hack", "controlplane", "go.mod"), `k8s\.io/kubernetes v1\.(\d+)\.`)
	if library != server {
		t.Errorf("go.mod has client-go v0.%s, hack/controlplane/go.mod has Kubernetes v1.%s", library, server)
	}
}

func minor(t *testing.T, file, pattern string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(pattern).FindSubmatch(content)
	if found == nil {
		t.Fatalf("%s does not name %s", file, pattern)
	}
	return string(found[1])
}

func TestMissingNamesThePrograms(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "etcd"), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	missing := binaries.Missing(folder, "etcd", "kube-apiserver")
	if len(missing) != 1 || missing[0] != "kube-apiserver" {
		t.Errorf("missing: %v", missing)
	}
}
