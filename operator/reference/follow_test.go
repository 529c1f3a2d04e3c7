package reference

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"lifeline.scot/crds/v1alpha1"
)

// A Partnership, or its namespace, leads to everything of a kind inside, whatever the kind, and to nothing outside.
func TestWhatIsInsideIsVisitedWhateverItsKind(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	in := func(namespace string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: namespace, Name: "one"} }
	for name, list := range map[string]func() client.ObjectList{
		"services":   func() client.ObjectList { return &v1alpha1.SupportServiceList{} },
		"pools":      func() client.ObjectList { return &v1alpha1.CapacityPoolList{} },
		"funds":      func() client.ObjectList { return &v1alpha1.PlacementFundList{} },
		"agreements": func() client.ObjectList { return &v1alpha1.DataSharingAgreementList{} },
		"pathways":   func() client.ObjectList { return &v1alpha1.PathwayList{} },
	} {
		t.Run(name, func(t *testing.T) {
			from := fake.NewClientBuilder().WithScheme(scheme)
			for _, namespace := range []string{"adp-fife", "adp-moray"} {
				from.WithObjects(
					&v1alpha1.SupportService{ObjectMeta: in(namespace)}, &v1alpha1.CapacityPool{ObjectMeta: in(namespace)},
					&v1alpha1.PlacementFund{ObjectMeta: in(namespace)}, &v1alpha1.DataSharingAgreement{ObjectMeta: in(namespace)},
					&v1alpha1.Pathway{ObjectMeta: in(namespace)})
			}
			to := ToContents(from.Build(), list)
			for what, changed := range map[string]client.Object{
				"the Partnership": &v1alpha1.Partnership{ObjectMeta: metav1.ObjectMeta{Name: "fife"}},
				"its namespace":   &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "adp-fife"}},
			} {
				keys, err := to(t.Context(), changed)
				if want := []client.ObjectKey{{Namespace: "adp-fife", Name: "one"}}; err != nil || !slices.Equal(keys, want) {
					t.Errorf("%s: %v, %v", what, keys, err)
				}
			}
			if keys, err := to(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kube-system"}}); err != nil || len(keys) != 0 {
				t.Errorf("another namespace: %v, %v", keys, err)
			}
		})
	}
}
