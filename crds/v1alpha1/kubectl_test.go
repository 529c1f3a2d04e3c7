package v1alpha1_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"lifeline.scot/hack/cluster"
	"lifeline.scot/hack/cluster/clustertest"
)

// kubectl runs the real kubectl as an administrator, with an object on its standard input.
type kubectl struct{ binary, kubeconfig string }

func newKubectl(t testing.TB) kubectl {
	t.Helper()
	assets, err := cluster.FindAssets()
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(assets, "kubectl")
	if _, err := os.Stat(binary); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no kubectl: %v; run make kubectl", err)
		}
		t.Skipf("no kubectl: %v; run make kubectl", err)
	}
	content, err := clustertest.Shared().Kubeconfig(clustertest.Shared().Admin())
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return kubectl{binary, kubeconfig}
}

// run returns what kubectl prints on both outputs, and its exit code.
func (k kubectl) run(t testing.TB, stdin []byte, arguments ...string) (string, int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), k.binary, append([]string{"--kubeconfig", k.kubeconfig}, arguments...)...)
	command.Stdin = bytes.NewReader(stdin)
	command.Env = append(os.Environ(), "HOME="+filepath.Dir(k.kubeconfig), "COLUMNS=200")
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(output), command.ProcessState.ExitCode()
}

// must returns what kubectl prints, and fails the test unless it exits with 0.
func (k kubectl) must(t testing.TB, stdin []byte, arguments ...string) string {
	t.Helper()
	output, code := k.run(t, stdin, arguments...)
	if code != 0 {
		t.Fatalf("kubectl %s: exit code %d\n%s", strings.Join(arguments, " "), code, output)
	}
	return output
}

func asYAML(t testing.TB, object *unstructured.Unstructured) []byte {
	t.Helper()
	text, err := yaml.Marshal(object.Object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// setStatus writes a status by hand, as the operator would.
func setStatus(t testing.TB, object *unstructured.Unstructured, status string) {
	t.Helper()
	client := resource(t, admin(), object)
	current, err := client.Get(t.Context(), object.GetName(), metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.UpdateStatus(t.Context(), changed(t, current, status), metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// inNamespace returns the valid object of a kind, moved to a namespace of the test's own, or named after that namespace
// where the kind has none: the tests share one cluster.
func inNamespace(t testing.TB, kind, namespace string) *unstructured.Unstructured {
	t.Helper()
	object := valid(t, kind)
	if object.GetNamespace() != "" {
		object.SetNamespace(namespace)
	} else {
		object.SetName(namespace)
	}
	return object
}

const ready = `{type: Ready, status: "True", reason: Ready, message: "", lastTransitionTime: "2026-11-22T21:00:00Z"}`

func TestKubectlShowsBeds(t *testing.T) {
	k, namespace := newKubectl(t), clustertest.Namespace(t, "skye")
	pool := inNamespace(t, "CapacityPool", namespace)
	k.must(t, asYAML(t, pool), "apply", "--server-side", "-f", "-")
	confirmed := time.Now().Add(-3*time.Hour - time.Minute).UTC().Format(time.RFC3339)
	setStatus(t, pool, `status: {observedGeneration: 1, partnership: skye, staffed: 18, occupied: 15, held: 1, free: 2,
  trust: Confirmed, waiting: 4, confirmedTime: "`+confirmed+`", confirmedBy: harbour, provenance: Counted, conditions: [`+ready+`]}`)

	for _, name := range []string{"beds", "bed", "pool", "capacitypools"} {
		lines := strings.Split(k.must(t, nil, "get", name, "-A"), "\n")
		want := strings.Fields("NAMESPACE NAME KIND STAFFED OCCUPIED HELD FREE TRUST WAITING CONFIRMED")
		if got := strings.Fields(lines[0]); !slices.Equal(got, want) {
			t.Errorf("kubectl get %s -A: columns are %v, want %v", name, got, want)
		}
		want = strings.Fields("adp-skye harbour-house-rehab ResidentialRehab 18 15 1 2 Confirmed 4 3h1m")
		if !slices.ContainsFunc(lines, func(line string) bool { return slices.Equal(strings.Fields(line), want) }) {
			t.Errorf("kubectl get %s -A: no line %v in\n%s", name, want, strings.Join(lines, "\n"))
		}
	}
}

func TestKubectlGetsTheWholeCategory(t *testing.T) {
	k, namespace := newKubectl(t), clustertest.Namespace(t, "mull")
	for kind := range resources {
		k.must(t, asYAML(t, inNamespace(t, kind, namespace)), "apply", "--server-side", "-f", "-")
	}
	got := k.must(t, nil, "get", "lifeline", "-A", "-o", "name")
	for kind := range resources {
		if want := strings.ToLower(kind) + ".lifeline.scot/" + inNamespace(t, kind, namespace).GetName(); !strings.Contains(got, want) {
			t.Errorf("kubectl get lifeline does not list %s, but\n%s", want, got)
		}
	}
	for name, columns := range map[string]string{
		"adp": "NAME NAME SHOWN SERVICES FREE READY AGE",
		"ptn": "NAME NAME SHOWN SECTOR SERVICES TAKING PART READY AGE",
		"ssv": "NAMESPACE NAME NAME SHOWN TYPES OPERATION VERIFIED READY",
		"rpt": "NAMESPACE NAME POOL STAFFED OCCUPIED OBSERVED MERGED REASON",
	} {
		first, _, _ := strings.Cut(k.must(t, nil, "get", name, "-A"), "\n")
		if got := strings.Join(strings.Fields(first), " "); got != columns {
			t.Errorf("kubectl get %s -A: columns are %q, want %q", name, got, columns)
		}
	}
}

func TestKubectlExplains(t *testing.T) {
	k := newKubectl(t)
	for _, c := range []struct {
		field string
		says  []string
	}{
		{"beds", []string{"CapacityPool is a number of like places in one service", "Written by the ADP's administrators"}},
		{"beds.spec.features", []string{"say whom a place fits", "What is Unknown is never read as No", "stepFree", "enum: Yes, No, Unknown"}},
		{"beds.spec.confirmEverySeconds", []string{"in seconds", "Default: 86400"}},
		{"beds.status.free", []string{"staffed less occupied less held"}},
		{"rpt.spec", []string{"observedTime <string> -required-", "2026-11-22T21:00:00Z"}},
		{"ssv.spec.types", []string{"SaferConsumptionFacility"}},
		{"ssv.spec.locations.postcode", []string{"G4 0UP"}},
		{"adp.spec.matRatings", []string{"Public Health Scotland"}},
		{"ptn.spec.accounts", []string{"for the organisation's own pools"}},
	} {
		t.Run(c.field, func(t *testing.T) {
			output := k.must(t, nil, "explain", c.field)
			got := strings.Join(strings.Fields(output), " ")
			for _, words := range c.says {
				if !strings.Contains(got, words) {
					t.Errorf("does not say %q but\n%s", words, output)
				}
			}
			if strings.Contains(output, "<no description>") {
				t.Errorf("has a field without a description:\n%s", output)
			}
		})
	}
}

func TestKubectlAppliesTwiceWithoutAChange(t *testing.T) {
	k, namespace := newKubectl(t), clustertest.Namespace(t, "iona")
	for kind := range resources {
		t.Run(kind, func(t *testing.T) {
			object := inNamespace(t, kind, namespace)
			name := rename(object, "twice")
			var versions []string
			for range 2 {
				k.must(t, asYAML(t, object), "apply", "--server-side", "-f", "-")
				stored, err := resource(t, admin(), object).Get(t.Context(), name, metav1.GetOptions{})
				if err != nil {
					t.Fatal(err)
				}
				versions = append(versions, stored.GetResourceVersion())
			}
			if versions[0] != versions[1] {
				t.Errorf("the second apply wrote: resource version went from %s to %s", versions[0], versions[1])
			}
			if output, code := k.run(t, asYAML(t, object), "diff", "--server-side", "-f", "-"); code != 0 {
				t.Errorf("kubectl diff of the same: exit code %d, want 0\n%s", code, output)
			}
		})
	}
}

func TestKubectlDiffShowsAChange(t *testing.T) {
	k, namespace := newKubectl(t), clustertest.Namespace(t, "eigg")
	pool := inNamespace(t, "CapacityPool", namespace)
	k.must(t, asYAML(t, pool), "apply", "--server-side", "-f", "-")
	more := changed(t, pool, `spec: {registered: {places: 22}}`)
	output, code := k.run(t, asYAML(t, more), "diff", "--server-side", "-f", "-")
	if code != 1 || !strings.Contains(output, "+      places: 22") && !strings.Contains(output, "+    places: 22") {
		t.Errorf("exit code %d, want 1 and the new number:\n%s", code, output)
	}
}

func TestKubectlReportsConflicts(t *testing.T) {
	k, namespace := newKubectl(t), clustertest.Namespace(t, "rum")
	pool := inNamespace(t, "CapacityPool", namespace)
	k.must(t, asYAML(t, pool), "apply", "--server-side", "--field-manager=first", "-f", "-")
	second := changed(t, pool, `spec: {operation: Paused}`)
	output, code := k.run(t, asYAML(t, second), "apply", "--server-side", "--field-manager=second", "-f", "-")
	if code == 0 || !strings.Contains(output, `conflict with "first"`) || !strings.Contains(output, ".spec.operation") {
		t.Errorf("exit code %d, want a conflict with the first manager over .spec.operation:\n%s", code, output)
	}

	// Each manager may own its own location of a service: they are a map by name.
	service := inNamespace(t, "SupportService", namespace)
	k.must(t, asYAML(t, service), "apply", "--server-side", "--field-manager=first", "-f", "-")
	k.must(t, []byte(`
apiVersion: lifeline.scot/v1alpha1
kind: SupportService
metadata: {name: harbour-house, namespace: `+namespace+`}
spec: {locations: [{name: annexe, town: Ardrossan}]}
`), "apply", "--server-side", "--field-manager=second", "-f", "-")
	stored, err := resource(t, admin(), service).Get(t.Context(), service.GetName(), metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if locations, _, _ := unstructured.NestedSlice(stored.Object, "spec", "locations"); len(locations) != 2 {
		t.Errorf("got %d locations, want those of both managers: %v", len(locations), locations)
	}
}

func TestKubectlWaitsUntilReady(t *testing.T) {
	k, namespace := newKubectl(t), clustertest.Namespace(t, "barra")
	for kind, name := range resources {
		t.Run(kind, func(t *testing.T) {
			object := inNamespace(t, kind, namespace)
			about := name + "/" + rename(object, "wait")
			k.must(t, asYAML(t, object), "apply", "--server-side", "-f", "-")
			wait := []string{"wait", "--for=condition=Ready", "--timeout=1s", "-n", namespace, about}
			if output, code := k.run(t, nil, wait...); code == 0 || !strings.Contains(output, "timed out") {
				t.Errorf("before it is Ready: exit code %d\n%s", code, output)
			}
			setStatus(t, object, `status: {observedGeneration: 1, conditions: [`+ready+`]}`)
			k.must(t, nil, wait...)
		})
	}
}
