// Package binaries knows where the programs of the control plane are kept and builds them from the Go module proxy. They
// live in a folder named for what they are built from, so that a change of version makes a new folder and an old one is
// never mistaken for it.
package binaries

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// ControlPlane are the programs that make a control plane.
func ControlPlane() []string { return []string{"etcd", "kube-apiserver", "kube-controller-manager"} }

// Kubectl is the Kubernetes command line.
const Kubectl = "kubectl"

// Root finds the folder of the repository: the nearest one at or above the working folder that holds go.mod and
// hack/controlplane.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for start := dir; ; {
		if isFile(filepath.Join(dir, "go.mod")) && isFile(filepath.Join(source(dir), "go.mod")) {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("find the repository: no hack/controlplane/go.mod at or above %s", start)
		}
		dir = parent
	}
}

// Folder is where the control plane built from this repository is kept: .run/bin/controlplane-<key>.
func Folder(root string) (string, error) {
	key, err := Key(root, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return "", err
	}
	return filepath.Join(root, ".run", "bin", "controlplane-"+key), nil
}

// Key is a short hash of everything the programs are built from: the module files and sources of hack/controlplane, and the
// operating system and architecture they are for.
func Key(root, goos, goarch string) (string, error) {
	files, err := sources(root)
	if err != nil {
		return "", fmt.Errorf("list the sources of the control plane: %w", err)
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "%s/%s\n", goos, goarch)
	for _, path := range files {
		if err := add(hash, source(root), path); err != nil {
			return "", fmt.Errorf("hash the sources of the control plane: %w", err)
		}
	}
	return hex.EncodeToString(hash.Sum(nil))[:12], nil
}

func source(root string) string { return filepath.Join(root, "hack", "controlplane") }

func sources(root string) ([]string, error) {
	var files []string
	for _, pattern := range []string{"go.mod", "go.sum", "*/*.go"} {
		found, err := filepath.Glob(filepath.Join(source(root), pattern))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%w: %s", fs.ErrNotExist, source(root))
	}
	slices.Sort(files)
	return files, nil
}

func add(hash io.Writer, base, path string) error {
	name, err := filepath.Rel(base, path)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(hash, "%s %d\n%s\n", filepath.ToSlash(name), len(content), content)
	return err
}

// Missing tells which of the named programs the folder lacks.
func Missing(folder string, names ...string) (missing []string) {
	for _, name := range names {
		if !isFile(filepath.Join(folder, name)) {
			missing = append(missing, name)
		}
	}
	return missing
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// ErrNotBuilt says that the control plane has not been built on this machine.
var ErrNotBuilt = errors.New("the control plane is not built: run `make controlplane`, or set KUBEBUILDER_ASSETS to a " +
	"folder that holds etcd and kube-apiserver")
