package main

import (
	"os"
	"testing"

	"golang.org/x/mod/modfile"
)

// TestLibrariesAreThoseOfLifeline keeps what is measured the same as what is built: every library that both modules use is
// of one version. When this fails, change the replace directives of hack/bench/go.mod and run go mod tidy there.
func TestLibrariesAreThoseOfLifeline(t *testing.T) {
	lifeline, here := versions(t, "../../go.mod"), versions(t, "go.mod")
	if len(lifeline) == 0 {
		t.Fatal("Lifeline's go.mod requires nothing")
	}
	for path, version := range lifeline {
		if other, both := here[path]; both && other != version {
			t.Errorf("%s is %s here, %s in Lifeline", path, other, version)
		}
	}
}

// TestTheOPAThatIsAskedIsTheOneInside keeps the two engines of package decision the same.
func TestTheOPAThatIsAskedIsTheOneInside(t *testing.T) {
	const opa = "github.com/open-policy-agent/opa"
	inside, asked := versions(t, "../../go.mod")[opa], versions(t, "../tools/opa/go.mod")[opa]
	if inside == "" || inside != asked {
		t.Errorf("OPA is %q in Lifeline, %q in hack/tools/opa", inside, asked)
	}
}

// versions are what a go.mod requires, after its replace directives.
func versions(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse(path, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, r := range file.Require {
		found[r.Mod.Path] = r.Mod.Version
	}
	for _, r := range file.Replace {
		if _, required := found[r.Old.Path]; required && r.New.Version != "" {
			found[r.Old.Path] = r.New.Version
		}
	}
	return found
}
