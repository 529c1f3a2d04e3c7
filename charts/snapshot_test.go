package charts_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the rendered charts to testdata instead of comparing with them")

// What the chart renders stands in testdata to be read in a review. Copies of crds/ are left out; another test compares
// those with the originals. After a wanted change: go test ./charts -run Snapshot -update
func TestSnapshotsOfWhatIsRendered(t *testing.T) {
	tests := map[string][]string{
		"default.snapshot.yaml":      {"--set", "crds.install=false,admissionPolicy.install=false"},
		"every-option.snapshot.yaml": {"--values", "testdata/every-option.yaml"},
	}
	for file, args := range tests {
		t.Run(file, func(t *testing.T) {
			got := withoutRules(t, renderText(t, args...))
			file := "testdata/" + file
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("rendered differently (-%s +now):\n%s", file, diff)
			}
		})
	}
}

// withoutRules leaves out the ClusterRoles and Roles: their rules are generated, and compared with their origin elsewhere.
func withoutRules(t *testing.T, text string) string {
	t.Helper()
	var kept []string
	for _, document := range documents(t, text) {
		document := string(document)
		if !strings.Contains(document, "\nkind: ClusterRole\n") && !strings.Contains(document, "\nkind: Role\n") {
			kept = append(kept, strings.TrimSpace(document)+"\n")
		}
	}
	return strings.Join(kept, "---\n")
}
