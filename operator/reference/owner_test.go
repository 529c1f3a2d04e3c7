package reference

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"lifeline.scot/crds/v1alpha1"
)

// A namespace belongs to a Partnership if its name, its label and the Partnership itself all say so.
func TestWhoANamespaceBelongsTo(t *testing.T) {
	partnership := &v1alpha1.Partnership{ObjectMeta: metav1.ObjectMeta{Name: "fife"}}
	namespace := func(name, label string) *corev1.Namespace {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{v1alpha1.PartnershipLabel: label}}}
	}
	for name, tc := range map[string]struct {
		namespace string
		there     []client.Object
		want      v1alpha1.ObjectName
	}{
		"all three":            {"adp-fife", []client.Object{partnership, namespace("adp-fife", "fife")}, "fife"},
		"no namespace":         {"adp-fife", []client.Object{partnership}, ""},
		"another's label":      {"adp-fife", []client.Object{partnership, namespace("adp-fife", "moray")}, ""},
		"no partnership":       {"adp-fife", []client.Object{namespace("adp-fife", "fife")}, ""},
		"another kind of name": {"fife", []client.Object{partnership, namespace("fife", "fife")}, ""},
		"nothing but a prefix": {"adp-", []client.Object{namespace("adp-", "")}, ""},
	} {
		scheme := runtime.NewScheme()
		for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
			if err := add(scheme); err != nil {
				t.Fatal(err)
			}
		}
		c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(tc.there...).Build()
		got, err := OwnerOf(t.Context(), c, tc.namespace)
		if err != nil || got.Name != tc.want || got.Leaving {
			t.Errorf("%s: %+v, %v; want %q", name, got, err, tc.want)
		}
	}
}
