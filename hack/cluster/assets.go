package cluster

import (
	"fmt"
	"os"
	"strings"

	"lifeline.scot/hack/cluster/binaries"
)

// FindAssets returns the folder with the programs of the control plane: $KUBEBUILDER_ASSETS when it is set, else the one
// that `make controlplane` builds.
func FindAssets() (string, error) {
	if folder := os.Getenv("KUBEBUILDER_ASSETS"); folder != "" {
		if missing := binaries.Missing(folder, "etcd", "kube-apiserver"); len(missing) > 0 {
			return "", fmt.Errorf("KUBEBUILDER_ASSETS is %s, which lacks %s", folder, strings.Join(missing, " and "))
		}
		return folder, nil
	}
	root, err := binaries.Root()
	if err != nil {
		return "", err
	}
	folder, err := binaries.Folder(root)
	if err != nil {
		return "", err
	}
	if len(binaries.Missing(folder, binaries.ControlPlane()...)) > 0 {
		return "", binaries.ErrNotBuilt
	}
	return folder, nil
}
