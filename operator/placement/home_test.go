package placement

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// label gives the namespace adp-moray to a Partnership, or to none.
func (w *world) label(partnership string) {
	w.t.Helper()
	room := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "adp-moray"}}
	if err := w.store.Get(context.Background(), client.ObjectKeyFromObject(room), room); err != nil {
		w.t.Fatal(err)
	}
	room.Labels = map[string]string{v1alpha1.PartnershipLabel: partnership}
	if err := w.store.Update(context.Background(), room); err != nil {
		w.t.Fatal(err)
	}
	w.stored(room)
}

// A claim in a namespace that belongs to no Partnership is given nothing and blocks nobody, whatever the namespace is called;
// what is held already stays. Once the namespace belongs to one, it is given a place in its turn.
func TestNoPlaceIsGivenWhereNoPartnershipIs(t *testing.T) {
	partnership := &v1alpha1.Partnership{ObjectMeta: metav1.ObjectMeta{Name: "moray"}}
	for name, tc := range map[string]struct {
		spoil, mend func(w *world)
		reason      string
	}{
		"without the label": {
			func(w *world) { w.label("") }, func(w *world) { w.label("moray") }, v1alpha1.ReasonPartnershipNotFound,
		},
		"with another's": {
			func(w *world) { w.label("fife") }, func(w *world) { w.label("moray") }, v1alpha1.ReasonPartnershipNotFound,
		},
		"without a Partnership": {
			func(w *world) { w.delete(partnership.DeepCopy(), true) },
			func(w *world) { w.create(partnership.DeepCopy()) }, v1alpha1.ReasonPartnershipNotFound,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.pool("p", 2)
			w.claim("before")
			w.settle()
			tc.spoil(w)
			w.claim("x")
			w.settle()
			w.stands("before:Held x:waits")
			for _, c := range []string{"before", "x"} {
				if got := status.Reason(w.is(c).Status.Conditions, v1alpha1.ConditionReady); c == "x" && got != tc.reason {
					t.Errorf("%s is Ready says %s", c, got)
				}
			}
			if w.is("x").Status.Queue != nil {
				t.Errorf("it stands in a queue: %+v", w.is("x").Status.Queue)
			}
			w.agrees()
			tc.mend(w)
			w.settle()
			w.stands("before:Held x:Held")
			if got := status.Reason(w.is("x").Status.Conditions, v1alpha1.ConditionReady); got != v1alpha1.ReasonReady {
				t.Errorf("then Ready says %s", got)
			}
			w.agrees()
		})
	}
}

// A fund that is not Ready promises nothing, and what it promised before stands.
func TestAFundThatIsNotReadyPaysForNobodyElse(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 3)
	w.fund("f", 3)
	w.claim("x", funded)
	w.settle()
	ready := func(is metav1.Condition) {
		f := &v1alpha1.PlacementFund{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-moray", Name: "f"}}
		w.status(f, func(o client.Object) {
			status.Set(&o.(*v1alpha1.PlacementFund).Status.Conditions, 1, w.clock.Now(), is)
		})
	}
	ready(status.False(v1alpha1.ConditionReady, v1alpha1.ReasonReferenceNotResolved, "The namespace belongs to nobody."))
	w.claim("y", funded)
	w.settle()
	w.stands("x:Held y:waits")
	w.agrees()
	ready(status.True(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "All is well."))
	w.settle()
	w.stands("x:Held y:Held")
}
