package unmet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/yaml"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// nothingFits is a claim that nothing fits.
func nothingFits(namespace string, i int) *v1alpha1.Placement {
	c := &v1alpha1.Placement{}
	c.Namespace, c.Name, c.UID = namespace, fmt.Sprintf("somebody-%d", i), types.UID(fmt.Sprintf("somebody-%d", i))
	c.CreationTimestamp = metav1.NewTime(noon.Add(-time.Hour))
	c.Spec.ReferralID, c.Spec.Kind = fmt.Sprintf("r-somebody-%d", i), v1alpha1.PoolDetox
	c.Spec.Needs = &v1alpha1.PlacementNeeds{Children: 2}
	c.Status.Conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionPlaced, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonNothingFits,
	}}
	c.Status.WaitingFor = []v1alpha1.WaitingCount{{Reason: v1alpha1.WaitingChildrenNotTaken, Pools: 3}}
	return c
}

func ledgerOver(t *testing.T, clock *clocktesting.FakeClock, objects ...client.Object) *Ledger {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource(&v1alpha1.UnmetNeed{}).Build()
	return &Ledger{status.Writer{Client: c, Live: c, Clock: clock}}
}

func (l *Ledger) shown(t *testing.T) map[string][]v1alpha1.UnmetCount {
	t.Helper()
	var list v1alpha1.UnmetNeedList
	if err := l.List(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	shown := map[string][]v1alpha1.UnmetCount{}
	for _, ledger := range list.Items {
		shown[ledger.Namespace+"/"+ledger.Name] = ledger.Status.Counts
		text, err := yaml.Marshal(ledger)
		if err != nil || strings.Contains(string(text), "somebody") {
			t.Errorf("it points at somebody: %s %v", text, err)
		}
	}
	return shown
}

func TestTheLedgerKeepsTheGreatestCountOfEachWeek(t *testing.T) {
	clock := clocktesting.NewFakeClock(noon)
	var objects []client.Object
	for i := range 6 {
		objects = append(objects, nothingFits("adp-fife", i))
	}
	objects = append(objects, nothingFits("adp-moray", 7))
	l := ledgerOver(t, clock, objects...)
	look := func() {
		t.Helper()
		for range 2 { // a second look, or a second operator, changes nothing
			if err := l.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	count := func(n int32) []v1alpha1.UnmetCount {
		c := v1alpha1.UnmetCount{
			Kind: v1alpha1.PoolDetox, Need: v1alpha1.NeedChildren, Reason: v1alpha1.WaitingChildrenNotTaken,
			State: v1alpha1.UnmetKnown, Claims: n,
		}
		if n == 0 {
			c.State = v1alpha1.UnmetWithheld
		}
		return []v1alpha1.UnmetCount{c}
	}
	look()
	want := map[string][]v1alpha1.UnmetCount{"adp-fife/2026-w48": count(6), "adp-moray/2026-w48": count(0)}
	if diff := cmp.Diff(want, l.shown(t)); diff != "" {
		t.Fatalf("first (-want +got):\n%s", diff)
	}
	for _, gone := range objects[:3] {
		if err := l.Delete(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if diff := cmp.Diff(want, l.shown(t)); diff != "" {
		t.Fatalf("after some were deleted (-want +got):\n%s", diff)
	}
	clock.Step(24 * time.Hour) // a new week
	look()
	want["adp-fife/2026-w49"], want["adp-moray/2026-w49"] = count(0), count(0)
	if diff := cmp.Diff(want, l.shown(t)); diff != "" {
		t.Fatalf("in the next week (-want +got):\n%s", diff)
	}
}
