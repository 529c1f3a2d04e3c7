package v1alpha1_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
)

// resources names the resource of each kind. There is a valid object of each in testdata/valid.
var resources = map[string]string{
	"Partnership": "partnerships",
	"Placement":   "placements", "PlacementFund": "placementfunds",
	"UnmetNeed":            "unmetneeds",
	"DataSharingAgreement": "datasharingagreements",
	"Pathway":              "pathways",
	"Partner":              "partners",
	"SupportService":       "supportservices",
	"CapacityPool":         "capacitypools",
	"CapacityReport":       "capacityreports",
}

// valid returns the valid object of the kind, with every field of its spec set.
func valid(t testing.TB, kind string) *unstructured.Unstructured {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "valid", strings.ToLower(kind)+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: parse(t, string(content))}
}

// rename gives the object the name, unless its name follows from what it says, and returns the name it has.
func rename(object *unstructured.Unstructured, name string) string {
	if object.GetKind() != "UnmetNeed" {
		object.SetName(name)
	}
	return object.GetName()
}

// changed returns the object with a JSON merge patch (RFC 7386), written as YAML, applied: null removes, a list replaces.
func changed(t testing.TB, object *unstructured.Unstructured, patch string) *unstructured.Unstructured {
	t.Helper()
	return &unstructured.Unstructured{Object: merge(object.DeepCopy().Object, parse(t, patch))}
}

func parse(t testing.TB, text string) map[string]any {
	t.Helper()
	var object map[string]any
	if err := yaml.UnmarshalStrict([]byte(text), &object); err != nil {
		t.Fatalf("%v in YAML:\n%s", err, text)
	}
	return object
}

func merge(target, patch map[string]any) map[string]any {
	target = maps.Clone(target)
	if target == nil {
		target = map[string]any{}
	}
	for key, value := range patch {
		switch value := value.(type) {
		case nil:
			delete(target, key)
		case map[string]any:
			old, _ := target[key].(map[string]any)
			target[key] = merge(old, value)
		default:
			target[key] = value
		}
	}
	return target
}

// resource is a client for the objects of one kind in the object's namespace, with the rights of the config.
func resource(t testing.TB, config *rest.Config, object *unstructured.Unstructured) dynamic.ResourceInterface {
	t.Helper()
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	group := v1alpha1.GroupVersion
	kind := client.Resource(schema.GroupVersionResource{
		Group: group.Group, Version: group.Version, Resource: resources[object.GetKind()],
	})
	if object.GetNamespace() == "" {
		return kind
	}
	return kind.Namespace(object.GetNamespace())
}

// admin is the config of an administrator of the cluster, without client-side rate limits.
func admin() *rest.Config {
	config := rest.CopyConfig(clustertest.Shared().Admin())
	config.QPS, config.Burst = -1, 0
	return config
}

// tryCreate asks the API server whether it would take the object, strictly: a field that it does not know is refused.
func tryCreate(t testing.TB, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	t.Helper()
	return resource(t, admin(), object).Create(t.Context(), object, metav1.CreateOptions{
		DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict,
	})
}

// namespaces makes the namespaces that the valid objects are in.
func namespaces(t testing.TB) {
	t.Helper()
	clustertest.Namespace(t, "firth")
}

// refused fails the test unless the API server refused with every one of the words.
func refused(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("was accepted, want a refusal that says %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the refusal does not say %q:\n%v", word, err)
		}
	}
}

// sameAfter fails the test if the merge patch would change the spec of the object: it holds all of the patch already.
func sameAfter(t testing.TB, object *unstructured.Unstructured, patch string) {
	t.Helper()
	want := changed(t, object, patch)
	if diff := cmp.Diff(asJSON(t, want.Object["spec"]), asJSON(t, object.Object["spec"])); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
}

// asJSON evens out the kinds of numbers that YAML and the API client make.
func asJSON(t testing.TB, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var result any
	if err := json.Unmarshal(text, &result); err != nil {
		t.Fatal(err)
	}
	return result
}
