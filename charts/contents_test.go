package charts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"lifeline.scot/charts"
	"lifeline.scot/crds"
)

func TestTheChartCarriesTheDefinitionsAsTheyAre(t *testing.T) {
	definitions, err := crds.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	objects := render(t)
	if got := len(ofKind(objects, "CustomResourceDefinition")); got != len(definitions) {
		t.Errorf("the chart has %d definitions, crds/ has %d", got, len(definitions))
	}
	for _, definition := range definitions {
		rendered := named(t, objects, "CustomResourceDefinition", definition.Name)
		want := asYAML(t, "../crds/lifeline.scot_"+definition.Spec.Names.Plural+".yaml")
		if diff := cmp.Diff(want.Object["spec"], rendered.Object["spec"]); diff != "" {
			t.Errorf("%s differs (-crds +chart):\n%s", definition.Name, diff)
		}
		if rendered.GetAnnotations()["helm.sh/resource-policy"] != "keep" {
			t.Errorf("uninstalling would delete %s, and every record with it", definition.Name)
		}
	}
}

func TestTheChartCarriesTheAdmissionPolicyAsItIs(t *testing.T) {
	policies, err := crds.Admission()
	if err != nil {
		t.Fatal(err)
	}
	objects := render(t)
	for _, policy := range policies {
		rendered := named(t, objects, policy.GetKind(), policy.GetName())
		if diff := cmp.Diff(policy.Object["spec"], rendered.Object["spec"]); diff != "" {
			t.Errorf("%s %s differs (-crds +chart):\n%s", policy.GetKind(), policy.GetName(), diff)
		}
		if rendered.GetAnnotations()["helm.sh/resource-policy"] != "keep" {
			t.Errorf("uninstalling would delete %s %s, and leave the rights it limits", policy.GetKind(), policy.GetName())
		}
	}
}

func TestCopiesInTheChartAreUpToDate(t *testing.T) {
	for copies, originals := range map[string]string{
		chart + "/files/crds":      "../crds",
		chart + "/files/admission": "../crds/admission",
	} {
		if diff := cmp.Diff(yamlFiles(t, originals), yamlFiles(t, copies)); diff != "" {
			t.Errorf("%s is not %s (-original +copy); run `make generate`:\n%s", copies, originals, diff)
		}
	}
}

func TestRolesInTheChartAreUpToDate(t *testing.T) {
	for _, program := range []string{"operator", "api"} {
		folder := t.TempDir()
		file := program + "-role.yaml"
		out, err := exec.CommandContext(t.Context(), "go", "tool", "-modfile=../hack/tools/go.mod", "controller-gen",
			"rbac:roleName=lifeline-"+program+",fileName="+file, "paths=../"+program+"/...", "output:rbac:dir="+folder,
		).CombinedOutput()
		if err != nil {
			t.Fatalf("read the markers of the %s: %v\n%s", program, err, out)
		}
		if diff := cmp.Diff(yamlFiles(t, folder)[file], yamlFiles(t, chart+"/files")[file]); diff != "" {
			t.Errorf("%s is not what the markers say (-markers +chart); run `make generate`:\n%s", file, diff)
		}
	}
}

func yamlFiles(t *testing.T, folder string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(folder + "/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Base(path)] = string(content)
	}
	return found
}

func asYAML(t *testing.T, path string) *unstructured.Unstructured {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(content, object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestEachProgramMayDoWhatItsCodeAsksForAndNothingElse(t *testing.T) {
	for program, read := range map[string]func() (charts.Permissions, error){
		"operator": charts.Operator,
		"api":      charts.API,
	} {
		t.Run(program, func(t *testing.T) {
			want, err := read()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, granted(t, render(t), release+"-"+program)); diff != "" {
				t.Errorf("-markers +chart:\n%s", diff)
			}
		})
	}
}

// granted is everything that the rendered bindings give to the service account.
func granted(t *testing.T, objects []*unstructured.Unstructured, account string) charts.Permissions {
	t.Helper()
	var found charts.Permissions
	for _, object := range append(ofKind(objects, "ClusterRoleBinding"), ofKind(objects, "RoleBinding")...) {
		binding := decode[rbacv1.ClusterRoleBinding](t, object)
		subject := rbacv1.Subject{Kind: "ServiceAccount", Name: account, Namespace: namespace}
		if len(binding.Subjects) != 1 {
			t.Errorf("%s %s binds %d accounts", object.GetKind(), object.GetName(), len(binding.Subjects))
		}
		if binding.Subjects[0] != subject {
			continue
		}
		rules := decode[rbacv1.ClusterRole](t, named(t, objects, binding.RoleRef.Kind, binding.RoleRef.Name)).Rules
		if object.GetKind() == "ClusterRoleBinding" {
			found.Cluster = append(found.Cluster, rules...)
		} else {
			found.Namespace = append(found.Namespace, rules...)
		}
	}
	return found
}

func decode[T any](t *testing.T, object *unstructured.Unstructured) T {
	t.Helper()
	var typed T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &typed); err != nil {
		t.Fatalf("%s %s: %v", object.GetKind(), object.GetName(), err)
	}
	return typed
}

// What the API's callers decide about claims and counts it writes, and nothing else: no status, no other kind.
func TestTheAPIMayReadAndWriteClaimsAndCountsOnly(t *testing.T) {
	writes := map[string][]string{
		"placements":      {"create", "update", "claim", "prioritise", "approvefunding"},
		"capacityreports": {"create"},
		"capacitypools":   {"admit", "report"},
		"partners":        {"reportas"},
	}
	api, err := charts.API()
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range append(api.Cluster, api.Namespace...) {
		if diff := cmp.Diff([]string{"lifeline.scot"}, rule.APIGroups); diff != "" {
			t.Errorf("the API reads kinds that are not Lifeline's: %v", rule)
		}
		for _, verb := range rule.Verbs {
			for _, resource := range rule.Resources {
				reads := verb == "get" || verb == "list" || verb == "watch"
				if !reads && !slices.Contains(writes[resource], verb) {
					t.Errorf("the API may %s %s", verb, resource)
				}
			}
		}
	}
}

func TestNoProgramMayDoAnything(t *testing.T) {
	for program, read := range map[string]func() (charts.Permissions, error){"operator": charts.Operator, "api": charts.API} {
		found, err := read()
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range append(found.Cluster, found.Namespace...) {
			for _, word := range append(append(append([]string{}, rule.APIGroups...), rule.Resources...), rule.Verbs...) {
				if word == "*" {
					t.Errorf("the %s is given a wildcard: %v", program, rule)
				}
			}
		}
	}
}
