package metrics

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

func TestWhatTheBinderDoesIsCounted(t *testing.T) {
	b := NewBinder()
	b.Came(v1alpha1.ReasonHeld)
	b.Waited(90 * time.Second)
	b.Waited(-time.Second) // two clocks that differ a little
	b.Expired()
	b.Conflicted()
	b.Conflicted()
	b.Swept(SweptMoney)
	want := map[string]float64{
		"lifeline_placements_total/Held": 1, "lifeline_placements_total/Admitted": 0, "lifeline_placements_total/Discharged": 0,
		"lifeline_placements_total/Withdrawn": 0, "lifeline_placements_total/HoldsExpired": 0,
		"lifeline_placement_holds_expired_total": 1, "lifeline_binder_conflicts_total": 2,
		"lifeline_binder_swept_total/Place": 0, "lifeline_binder_swept_total/Money": 1,
		"lifeline_placement_seconds_to_hold": 2,
	}
	if got := scrape(t, b); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// claims is a cache with these claims in it.
type claims struct {
	client.Reader
	items []v1alpha1.Placement
	err   error
}

func (c claims) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	list.(*v1alpha1.PlacementList).Items = c.items
	return c.err
}

// Only who wants a place and has none waits.
func TestClaimsThatWaitAreCountedByKind(t *testing.T) {
	of := func(kind v1alpha1.PoolKind, change func(*v1alpha1.Placement)) v1alpha1.Placement {
		var c v1alpha1.Placement
		c.Spec.Kind = kind
		change(&c)
		return c
	}
	waits := func(*v1alpha1.Placement) {}
	from := claims{items: []v1alpha1.Placement{
		of(v1alpha1.PoolDetox, waits), of(v1alpha1.PoolDetox, waits), of(v1alpha1.PoolCrisis, waits),
		of(v1alpha1.PoolDetox, func(c *v1alpha1.Placement) { c.Status.Binding = &v1alpha1.PlacementBinding{} }),
		of(v1alpha1.PoolDetox, func(c *v1alpha1.Placement) { c.Status.EndedTime = &metav1.Time{Time: noon} }),
		of(v1alpha1.PoolDetox, func(c *v1alpha1.Placement) { c.Spec.Withdrawal = &v1alpha1.Withdrawal{} }),
	}}
	values := scrape(t, NewWaiting(from))
	if len(values) != len(kinds()) || values["lifeline_claims_waiting/Detox"] != 2 || values["lifeline_claims_waiting/Crisis"] != 1 {
		t.Errorf("%v", values)
	}
	if values := scrape(t, NewWaiting(claims{err: errors.New("the cache has not started")})); len(values) != 0 {
		t.Errorf("figures though nothing could be read: %v", values)
	}
}
