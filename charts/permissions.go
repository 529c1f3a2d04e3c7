// Package charts carries what the Helm chart charts/lifeline grants to the programs, so that whatever runs them without Helm
// can grant exactly the same.
package charts

import (
	"bufio"
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"

	rbacv1 "k8s.io/api/rbac/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

//go:embed lifeline/files/operator-role.yaml lifeline/files/api-role.yaml
var files embed.FS

// Permissions is what one program may do, as the +kubebuilder:rbac markers beside its code say.
type Permissions struct {
	// Cluster holds everywhere: the rules of the program's ClusterRole.
	Cluster []rbacv1.PolicyRule
	// Namespace holds in the namespace the program itself runs in: the rules of its Role there. Empty for a program that
	// needs nothing there.
	Namespace []rbacv1.PolicyRule
}

// Operator returns what the operator may do. An error means that the program was built from broken YAML.
func Operator() (Permissions, error) { return read("operator") }

// API returns what the directory API may do. An error means that the program was built from broken YAML.
func API() (Permissions, error) { return read("api") }

func read(program string) (Permissions, error) {
	content, err := files.ReadFile("lifeline/files/" + program + "-role.yaml")
	if err != nil {
		return Permissions{}, fmt.Errorf("reading the permissions of the %s: %w", program, err)
	}
	found, err := parse(content)
	if err != nil {
		return Permissions{}, fmt.Errorf("reading the permissions of the %s: %w", program, err)
	}
	return found, nil
}

func parse(content []byte) (Permissions, error) {
	var found Permissions
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return Permissions{}, err
		}
		if err := found.add(document); err != nil {
			return Permissions{}, err
		}
	}
}

// add takes in one ClusterRole or Role; the two have the same shape.
func (p *Permissions) add(document []byte) error {
	var role rbacv1.ClusterRole
	if err := yaml.UnmarshalStrict(document, &role); err != nil {
		return err
	}
	switch role.Kind {
	case "ClusterRole":
		p.Cluster = append(p.Cluster, role.Rules...)
	case "Role":
		p.Namespace = append(p.Namespace, role.Rules...)
	case "": // the empty document before the first separator
	default:
		return fmt.Errorf("a %s is neither a ClusterRole nor a Role", role.Kind)
	}
	return nil
}
