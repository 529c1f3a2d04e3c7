package capacity

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

func poolCounted(staffed, occupied, held int32, confirmed time.Time) *v1alpha1.CapacityPool {
	p := &v1alpha1.CapacityPool{}
	p.Spec.Kind, p.Spec.Operation, p.Spec.ConfirmEverySeconds = v1alpha1.PoolDetox, v1alpha1.OperationOpen, 3600
	p.Status.Staffed, p.Status.Occupied, p.Status.Held = &staffed, &occupied, &held
	p.Status.ConfirmedTime = &metav1.Time{Time: confirmed}
	return p
}

// What is free changes as time passes, though nobody writes to the pool.
func TestFiguresFollowTheClock(t *testing.T) {
	pool := poolCounted(12, 7, 1, noon)
	for _, tc := range []struct {
		after time.Duration
		free  int32
		known bool
	}{{0, 4, true}, {time.Hour, 4, true}, {2 * time.Hour, 0, false}} {
		free, known := FiguresAt(pool, noon.Add(tc.after)).Free()
		if free != tc.free || known != tc.known {
			t.Errorf("after %s: free %d known %v, want %d %v", tc.after, free, known, tc.free, tc.known)
		}
	}
}

func TestSumLeavesOutWhatIsNotConfirmedOrNotOpen(t *testing.T) {
	closed := poolCounted(8, 0, 0, noon)
	closed.Spec.Operation = v1alpha1.OperationClosed
	crisis := poolCounted(8, 0, 0, noon)
	crisis.Spec.Kind = v1alpha1.PoolCrisis
	var figures []Figures
	for _, p := range []*v1alpha1.CapacityPool{
		poolCounted(12, 7, 1, noon), poolCounted(6, 8, 0, noon), poolCounted(9, 1, 0, noon.Add(-9*time.Hour)), closed, crisis,
	} {
		figures = append(figures, FiguresAt(p, noon))
	}
	got := Sum(v1alpha1.PoolDetox, figures)
	text := fmt.Sprintf("pools %d unconfirmed %d staffed %d occupied %d held %d free %d",
		*got.Pools, *got.UnconfirmedPools, *got.Staffed, *got.Occupied, *got.Held, *got.Free)
	if want := "pools 3 unconfirmed 1 staffed 18 occupied 15 held 1 free 4"; text != want {
		t.Errorf("got %s, want %s", text, want)
	}
}

// A bed of a service that has closed, or whose provider is suspended, is not a bed that anybody can be sent to.
func TestPlacesOfAPoolThatCannotBeUsedAreNotFree(t *testing.T) {
	for status, want := range map[metav1.ConditionStatus]bool{
		metav1.ConditionTrue: true, metav1.ConditionUnknown: true, metav1.ConditionFalse: false,
	} {
		pool := poolCounted(12, 7, 1, noon)
		pool.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReferencesResolved, Status: status}}
		if _, free := FiguresAt(pool, noon).Free(); free != want {
			t.Errorf("references resolved %s: free known %v, want %v", status, free, want)
		}
	}
}

// After a provider says that there was no free place after all, none is shown until somebody counts again.
func TestADisputedCountGivesNoPlaceUntilTheNext(t *testing.T) {
	pool := poolCounted(12, 7, 1, noon)
	pool.Status.DisputedTime = &metav1.Time{Time: noon.Add(time.Minute)}
	f := FiguresAt(pool, noon.Add(2*time.Minute))
	if _, free := f.Free(); free || f.Trust != v1alpha1.TrustDisputed || f.Counted() {
		t.Errorf("disputed: %+v", f)
	}
	pool.Status.ConfirmedTime = &metav1.Time{Time: noon.Add(2 * time.Minute)}
	if free, known := FiguresAt(pool, noon.Add(3*time.Minute)).Free(); free != 4 || !known {
		t.Errorf("counted again: free %d known %v", free, known)
	}
}
