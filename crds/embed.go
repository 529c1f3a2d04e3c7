// Package crds carries the custom resource definitions of Lifeline and the admission policy that goes with them, as they
// are to be installed in a cluster.
//
// The YAML beside this file is generated from the Go types in crds/v1alpha1; the policy in crds/admission is written by
// hand.
package crds

import (
	"bufio"
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

//go:embed *.yaml admission/*.yaml
var files embed.FS

// Definitions returns the CustomResourceDefinition of each kind, in the order of their names. Each call returns copies
// that the caller may change. An error means that the program was built from broken YAML; it names the file.
func Definitions() ([]*apiextensionsv1.CustomResourceDefinition, error) {
	return read("*.yaml", func(document []byte) (*apiextensionsv1.CustomResourceDefinition, error) {
		definition := &apiextensionsv1.CustomResourceDefinition{}
		return definition, yaml.UnmarshalStrict(document, definition)
	})
}

// Admission returns the ValidatingAdmissionPolicies and their bindings: who may write reports about which pool. Each call
// returns copies that the caller may change. An error means that the program was built from broken YAML; it names the
// file.
func Admission() ([]*unstructured.Unstructured, error) {
	return read("admission/*.yaml", func(document []byte) (*unstructured.Unstructured, error) {
		object := &unstructured.Unstructured{}
		return object, yaml.Unmarshal(document, object)
	})
}

// read decodes each YAML document of the embedded files that match the pattern, in the order of the file names.
func read[T any](pattern string, decode func(document []byte) (T, error)) ([]T, error) {
	names, err := fs.Glob(files, pattern)
	if err != nil {
		return nil, fmt.Errorf("listing the embedded files %s: %w", pattern, err)
	}
	var all []T
	for _, name := range names {
		some, err := readFile(name, decode)
		if err != nil {
			return nil, fmt.Errorf("reading the embedded file crds/%s: %w", name, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

func readFile[T any](name string, decode func(document []byte) (T, error)) ([]T, error) {
	content, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var objects []T
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		object, err := decode(document)
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
}
