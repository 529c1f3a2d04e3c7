package charts_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

const (
	chart   = "lifeline"
	release = "lifeline"
	// namespace is where the tests install the release.
	namespace = "lifeline-system"
)

// helmProgram is the path of Helm, built from its pinned module the first time a test asks.
var helmProgram = sync.OnceValues(func() (string, error) {
	command := exec.Command("go", "tool", "-n", "-modfile=../hack/tools/helm/go.mod", "helm")
	var said bytes.Buffer
	command.Stderr = &said // on a new machine go says here what it downloads
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("build helm: %w: %s", err, said.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
})

// helm runs Helm and returns what it printed, on both streams when it fails.
func helm(t *testing.T, args ...string) (string, error) {
	t.Helper()
	program, err := helmProgram()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, args...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String() + stderr.String(), err
	}
	return stdout.String(), nil
}

// renderText is the YAML that installing the chart with the arguments would apply.
func renderText(t *testing.T, args ...string) string {
	t.Helper()
	args = append([]string{"template", release, chart, "--namespace", namespace, "--kube-version", "1.37.2"}, args...)
	out, err := helm(t, args...)
	if err != nil {
		t.Fatalf("helm %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// render is the objects that installing the chart with the arguments would apply, in that order.
func render(t *testing.T, args ...string) []*unstructured.Unstructured {
	t.Helper()
	var objects []*unstructured.Unstructured
	for _, document := range documents(t, renderText(t, args...)) {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(document, object); err != nil {
			t.Fatalf("%v in:\n%s", err, document)
		}
		objects = append(objects, object)
	}
	return objects
}

// documents cuts a YAML stream into the documents that hold anything.
func documents(t *testing.T, text string) [][]byte {
	t.Helper()
	var found [][]byte
	reader := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		var content map[string]any
		if err := yaml.Unmarshal(document, &content); err != nil {
			t.Fatalf("%v in:\n%s", err, document)
		}
		if len(content) > 0 {
			found = append(found, document)
		}
	}
}

// ofKind picks the objects of a kind.
func ofKind(objects []*unstructured.Unstructured, kind string) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for _, object := range objects {
		if object.GetKind() == kind {
			found = append(found, object)
		}
	}
	return found
}

// named is the one object of the kind and name.
func named(t *testing.T, objects []*unstructured.Unstructured, kind, name string) *unstructured.Unstructured {
	t.Helper()
	for _, object := range ofKind(objects, kind) {
		if object.GetName() == name {
			return object
		}
	}
	t.Fatalf("the chart renders no %s %s", kind, name)
	return nil
}
