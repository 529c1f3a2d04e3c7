package unmet

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

const day = 24 * time.Hour

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// waiting is a claim that stands as the reason says since so long ago.
func waiting(reason string, since time.Duration, needs *v1alpha1.PlacementNeeds) *v1alpha1.Placement {
	c := &v1alpha1.Placement{}
	c.Namespace, c.Name, c.UID = "adp-fife", "claim-of-somebody", "uid-of-somebody"
	c.CreationTimestamp = metav1.NewTime(noon.Add(-since))
	c.Spec.ReferralID, c.Spec.Kind, c.Spec.Needs = "r-of-somebody", v1alpha1.PoolDetox, needs
	c.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionPlaced, Status: metav1.ConditionFalse, Reason: reason}}
	c.Status.WaitingFor = []v1alpha1.WaitingCount{
		{Reason: v1alpha1.WaitingFull, Pools: 4},
		{Reason: v1alpha1.WaitingChildrenNotTaken, Pools: 3},
		{Reason: v1alpha1.WaitingNotStepFree, Pools: 1},
		{Reason: v1alpha1.WaitingFundUsedUp, Pools: 2},
	}
	return c
}

func TestWeeksAreThoseOfTheCalendar(t *testing.T) {
	for at, want := range map[time.Time]string{
		noon: "2026-W48",
		time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC):  "2026-W49",
		time.Date(2027, 1, 3, 23, 59, 0, 0, time.UTC):  "2026-W53",
		time.Date(2024, 12, 30, 12, 0, 0, 0, time.UTC): "2025-W01",
	} {
		if got := Week(at); got != want {
			t.Errorf("%s lies in %s, want %s", at, got, want)
		}
	}
	if got := NameOf("2026-W48"); got != "2026-w48" {
		t.Error(got)
	}
}

func TestWhatCountsAsUnmet(t *testing.T) {
	alone := func(reason v1alpha1.WaitingReason) Row { return Row{v1alpha1.PoolDetox, v1alpha1.NeedNone, reason} }
	for name, tc := range map[string]struct {
		claim *v1alpha1.Placement
		want  Row // zero: it does not count
	}{
		"nothing fits":               {waiting(v1alpha1.ReasonNothingFits, day, nil), alone(v1alpha1.WaitingChildrenNotTaken)},
		"nobody can pay":             {waiting(v1alpha1.ReasonNotFunded, day, nil), alone(v1alpha1.WaitingFundUsedUp)},
		"in a queue for three weeks": {waiting(v1alpha1.ReasonWaiting, 21*day, nil), Row{}},
		"in a queue for longer":      {waiting(v1alpha1.ReasonWaiting, 21*day+time.Second, nil), alone(v1alpha1.WaitingFull)},
		"its time has not come":      {waiting(v1alpha1.ReasonNotYet, 90*day, nil), Row{}},
		"a place is held":            {bound(waiting(v1alpha1.ReasonHeld, 90*day, nil)), Row{}},
		"it has ended":               {over(waiting(v1alpha1.ReasonNothingFits, day, nil)), Row{}},
		"nobody has looked yet":      {&v1alpha1.Placement{}, Row{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, counts := RowOf(tc.claim, noon)
			if got != tc.want || counts != (tc.want != Row{}) {
				t.Errorf("counts %v, as %v, want %v", counts, got, tc.want)
			}
		})
	}
}

func bound(c *v1alpha1.Placement) *v1alpha1.Placement {
	c.Status.Binding = &v1alpha1.PlacementBinding{}
	return c
}

func over(c *v1alpha1.Placement) *v1alpha1.Placement {
	c.Status.EndedTime = &metav1.Time{Time: noon}
	return c
}
