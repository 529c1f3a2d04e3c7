package clustertest_test

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"lifeline.scot/crds"
	"lifeline.scot/hack/cluster"
	"lifeline.scot/hack/cluster/clustertest"
)

func TestMain(m *testing.M) { clustertest.Main(m) }

func admin(t *testing.T) dynamic.Interface {
	t.Helper()
	client, err := dynamic.NewForConfig(clustertest.Shared().Admin())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestEveryKindIsServed(t *testing.T) {
	definitions, err := crds.Definitions()
	if err != nil || len(definitions) == 0 {
		t.Fatalf("%d definitions, %v", len(definitions), err)
	}
	for _, definition := range definitions {
		resource := schema.GroupVersionResource{
			Group: definition.Spec.Group, Version: definition.Spec.Versions[0].Name, Resource: definition.Spec.Names.Plural,
		}
		if _, err := admin(t).Resource(resource).List(t.Context(), metav1.ListOptions{}); err != nil {
			t.Errorf("list %s: %v", resource.Resource, err)
		}
	}
}

func TestInstallingAgainChangesNothing(t *testing.T) {
	before := installed(t)
	if err := cluster.Install(t.Context(), clustertest.Shared().Admin()); err != nil {
		t.Fatal(err)
	}
	after := installed(t)
	for name, generation := range before {
		if after[name] != generation {
			t.Errorf("%s went from generation %d to %d", name, generation, after[name])
		}
	}
	if len(after) != len(before) {
		t.Errorf("there were %d objects and now %d", len(before), len(after))
	}
}

// installed lists the definitions and policies with their generations: the probe that Install uses must be gone again.
func installed(t *testing.T) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	for _, resource := range []schema.GroupVersionResource{
		{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"},
		{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingadmissionpolicies"},
		{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingadmissionpolicybindings"},
	} {
		list, err := admin(t).Resource(resource).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range list.Items {
			found[resource.Resource+"/"+item.GetName()] = item.GetGeneration()
		}
	}
	return found
}

func TestThePolicyIsEnforcedAsSoonAsInstallReturns(t *testing.T) {
	cfg, err := clustertest.Shared().User("eilidh")
	if err != nil {
		t.Fatal(err)
	}
	namespace := clustertest.Namespace(t, "enforced")
	allowReports(t, namespace, "eilidh")
	client, err := dynamic.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	reports := schema.GroupVersionResource{Group: "lifeline.scot", Version: "v1alpha1", Resource: "capacityreports"}
	_, err = client.Resource(reports).Namespace(namespace).Create(t.Context(), report(), metav1.CreateOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("a report for a pool of somebody else: got %v, want forbidden", err)
	}
}

func report() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "lifeline.scot/v1alpha1",
		"kind":       "CapacityReport",
		"metadata":   map[string]any{"name": "count"},
		"spec": map[string]any{
			"poolRef": map[string]any{"name": "beds"}, "observedTime": "2026-11-22T21:00:00Z", "staffed": int64(4), "occupied": int64(3),
		},
	}}
}

// allowReports lets RBAC alone allow what the admission policy must then refuse.
func allowReports(t *testing.T, namespace, user string) {
	t.Helper()
	role := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": map[string]any{"name": "reports"},
		"rules": []any{map[string]any{
			"apiGroups": []any{"lifeline.scot"}, "resources": []any{"capacityreports"}, "verbs": []any{"create"},
		}},
	}}
	binding := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": map[string]any{"name": "reports"},
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reports"},
		"subjects": []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}},
	}}
	for resource, object := range map[string]*unstructured.Unstructured{"roles": role, "rolebindings": binding} {
		to := schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: resource}
		if _, err := admin(t).Resource(to).Namespace(namespace).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
			t.Fatalf("make %s: %v", resource, err)
		}
	}
}
