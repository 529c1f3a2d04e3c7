package unmet

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
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

// partnership is one with a namespace.
func partnership(name string) *v1alpha1.Partnership {
	p := &v1alpha1.Partnership{}
	p.Name, p.Status.Namespace = name, v1alpha1.ObjectName(v1alpha1.NamespaceFor(name))
	return p
}

func ledgerOver(t *testing.T, clock *clocktesting.FakeClock, objects ...client.Object) *Ledger {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource(&v1alpha1.UnmetNeed{}).Build()
	return &Ledger{Writer: status.Writer{Client: c, Live: c, Clock: clock}}
}

// look looks twice: a second look, or a second operator, changes nothing.
func (l *Ledger) look(t *testing.T) {
	t.Helper()
	for range 2 {
		if err := l.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
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
	objects = append(objects, nothingFits("adp-moray", 7), partnership("fife"), partnership("moray"))
	l := ledgerOver(t, clock, objects...)
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
	l.look(t)
	want := map[string][]v1alpha1.UnmetCount{"adp-fife/2026-w48": count(6), "adp-moray/2026-w48": count(0)}
	if diff := cmp.Diff(want, l.shown(t)); diff != "" {
		t.Fatalf("first (-want +got):\n%s", diff)
	}
	for _, gone := range objects[:3] {
		if err := l.Delete(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
	}
	l.look(t)
	if diff := cmp.Diff(want, l.shown(t)); diff != "" {
		t.Fatalf("after some were deleted (-want +got):\n%s", diff)
	}
	clock.Step(24 * time.Hour) // a new week
	l.look(t)
	want["adp-fife/2026-w49"], want["adp-moray/2026-w49"] = count(0), count(0)
	if diff := cmp.Diff(want, l.shown(t)); diff != "" {
		t.Fatalf("in the next week (-want +got):\n%s", diff)
	}
}

// A week in which nothing was unmet looks as one in which nobody asked for anything: each Partnership has its ledger.
func TestEveryPartnershipHasALedger(t *testing.T) {
	young := partnership("young")
	young.Status.Namespace = "" // it is still being made
	met := nothingFits("adp-fife", 1)
	met.Status.Binding = &v1alpha1.PlacementBinding{State: v1alpha1.BindingHeld}
	l := ledgerOver(t, clocktesting.NewFakeClock(noon),
		partnership("fife"), partnership("orkney"), young, met, nothingFits("nobodys", 2))
	l.look(t)
	want := map[string][]v1alpha1.UnmetCount{"adp-fife/2026-w48": nil, "adp-orkney/2026-w48": nil}
	if diff := cmp.Diff(want, l.shown(t)); diff != "" {
		t.Fatalf("ledgers (-want +got):\n%s", diff)
	}
	var list v1alpha1.UnmetNeedList
	if err := l.List(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	for _, ledger := range list.Items {
		is := ledger.Status
		if is.Rows == nil || *is.Rows != 0 || !meta.IsStatusConditionTrue(is.Conditions, v1alpha1.ConditionReady) {
			t.Errorf("%s: %+v", ledger.Namespace, is)
		}
	}
}

// A place, or an older claim, for the same referral is what counts.
func TestASecondClaimForAReferralDoesNotCount(t *testing.T) {
	objects := []client.Object{partnership("fife")}
	for i := range 5 {
		objects = append(objects, nothingFits("adp-fife", i))
	}
	again, beside := nothingFits("adp-fife", 10), nothingFits("adp-fife", 11)
	again.Spec.ReferralID = "r-somebody-0"
	beside.Spec.ReferralID = "r-somebody-1"
	beside.Status.Binding = &v1alpha1.PlacementBinding{State: v1alpha1.BindingAdmitted}
	l := ledgerOver(t, clocktesting.NewFakeClock(noon), append(objects, again, beside)...)
	l.look(t)
	want := map[string][]v1alpha1.UnmetCount{"adp-fife/2026-w48": {{
		Kind: v1alpha1.PoolDetox, Need: v1alpha1.NeedChildren, Reason: v1alpha1.WaitingChildrenNotTaken, State: v1alpha1.UnmetWithheld,
	}}}
	if diff := cmp.Diff(want, l.shown(t)); diff != "" {
		t.Errorf("four of five have neither a place nor two claims (-want +got):\n%s", diff)
	}
}

// What else is in a ledger than its counts is the same whenever they change: no time in it is that of a claim.
func TestNoTimeInALedgerIsThatOfAChange(t *testing.T) {
	clock := clocktesting.NewFakeClock(noon.Add(-5 * 24 * time.Hour))
	l := ledgerOver(t, clock, partnership("fife"))
	l.look(t)
	read := func() *v1alpha1.UnmetNeed {
		t.Helper()
		ledger := &v1alpha1.UnmetNeed{}
		if err := l.Get(t.Context(), client.ObjectKey{Namespace: "adp-fife", Name: "2026-w48"}, ledger); err != nil {
			t.Fatal(err)
		}
		return ledger
	}
	first := read()
	for i := range 7 {
		clock.Step(time.Hour)
		if err := l.Create(t.Context(), nothingFits("adp-fife", i)); err != nil {
			t.Fatal(err)
		}
		l.look(t)
	}
	last := read()
	if rows := last.Status.Rows; rows == nil || *rows != 1 || last.Status.Counts[0].Claims != 7 {
		t.Fatalf("%+v", last.Status)
	}
	for _, ledger := range []*v1alpha1.UnmetNeed{first, last} {
		ledger.ResourceVersion, ledger.Status.Counts, ledger.Status.Rows = "", nil, nil
	}
	if diff := cmp.Diff(first, last); diff != "" {
		t.Errorf("before and after the counts changed (-first +last):\n%s", diff)
	}
}

// One Partnership whose namespace goes meanwhile keeps no other from its ledger.
func TestANamespaceThatIsGoingIsNoFailure(t *testing.T) {
	terminating := apierrors.NewForbidden(v1alpha1.GroupVersion.WithResource("unmetneeds").GroupResource(), "", errors.New("going"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	for name, tc := range map[string]struct {
		refusal error
		failed  bool
	}{
		"gone":      {apierrors.NewNotFound(corev1.Resource("namespaces"), "adp-fife"), false},
		"going":     {terminating, false},
		"forbidden": {apierrors.NewForbidden(corev1.Resource("namespaces"), "adp-fife", errors.New("no")), true},
	} {
		t.Run(name, func(t *testing.T) {
			l := ledgerOver(t, clocktesting.NewFakeClock(noon), partnership("fife"), partnership("orkney"))
			l.Client = interceptor.NewClient(l.Client.(client.WithWatch), interceptor.Funcs{
				Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
					if o.GetNamespace() == "adp-fife" {
						return tc.refusal
					}
					return c.Create(ctx, o, opts...)
				},
			})
			if err := l.Look(t.Context()); (err != nil) != tc.failed {
				t.Errorf("failed with %v", err)
			}
			if _, there := l.shown(t)["adp-orkney/2026-w48"]; !there {
				t.Error("the other has no ledger")
			}
		})
	}
}
