package crds_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"lifeline.scot/crds"
	"lifeline.scot/crds/compatibility"
)

var update = flag.Bool("update", false, "take today's definitions as the released ones")

// testdata/released holds the definitions of the last release. What somebody could write against them, they can write
// against today's.
func TestNothingReleasedBreaks(t *testing.T) {
	definitions, err := crds.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	today := map[string]*apiextensionsv1.CustomResourceDefinition{}
	for _, definition := range definitions {
		today[definition.Name] = definition
	}
	if *update {
		release(t, definitions)
	}
	for _, older := range released(t) {
		newer := today[older.Name]
		if newer == nil {
			t.Errorf("%s is gone", older.Spec.Names.Kind)
			continue
		}
		for _, b := range compatibility.Compare(older, newer) {
			t.Errorf("%s", b)
		}
	}
	if t.Failed() {
		t.Log("Manifests, stored objects or clients of the last release would break. Keep the old field or bound, or add a new " +
			"version.\nWhen a release is made, or while none has been made yet: go test ./crds -run TestNothingReleasedBreaks -update")
	}
}

func TestEveryKindHasBeenReleased(t *testing.T) {
	definitions, err := crds.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(released(t)), len(definitions); got != want {
		t.Errorf("testdata/released holds %d definitions, want %d: go test ./crds -run TestNothingReleasedBreaks -update", got, want)
	}
}

func released(t *testing.T) []*apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "released", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*apiextensionsv1.CustomResourceDefinition
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		definition := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(content, definition); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, definition)
	}
	return all
}

func release(t *testing.T, definitions []*apiextensionsv1.CustomResourceDefinition) {
	t.Helper()
	for _, definition := range definitions {
		content, err := yaml.Marshal(definition)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("testdata", "released", definition.Name+".yaml"), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
