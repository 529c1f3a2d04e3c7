package unmet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"lifeline.scot/crds/v1alpha1"
)

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
	const day = 24 * time.Hour
	years := int32(17)
	row := func(need v1alpha1.NeedName) Row {
		return Row{v1alpha1.PoolDetox, need, v1alpha1.WaitingChildrenNotTaken}
	}
	unpaid := Row{v1alpha1.PoolDetox, v1alpha1.NeedNone, v1alpha1.WaitingFundUsedUp}
	full := Row{v1alpha1.PoolDetox, v1alpha1.NeedNone, v1alpha1.WaitingFull}
	for name, tc := range map[string]struct {
		claim *v1alpha1.Placement
		want  []Row
	}{
		"nothing fits":               {waiting(v1alpha1.ReasonNothingFits, day, nil), []Row{row(v1alpha1.NeedNone)}},
		"nobody can pay":             {waiting(v1alpha1.ReasonNotFunded, day, nil), []Row{unpaid}},
		"in a queue for three weeks": {waiting(v1alpha1.ReasonWaiting, 21*day, nil), nil},
		"in a queue for longer":      {waiting(v1alpha1.ReasonWaiting, 21*day+time.Second, nil), []Row{full}},
		"its time has not come":      {waiting(v1alpha1.ReasonNotYet, 90*day, nil), nil},
		"a place is held": {func() *v1alpha1.Placement {
			c := waiting(v1alpha1.ReasonHeld, 90*day, nil)
			c.Status.Binding = &v1alpha1.PlacementBinding{}
			return c
		}(), nil},
		"it has ended": {func() *v1alpha1.Placement {
			c := waiting(v1alpha1.ReasonNothingFits, day, nil)
			c.Status.EndedTime = &metav1.Time{Time: noon}
			return c
		}(), nil},
		"nobody has looked yet": {&v1alpha1.Placement{}, nil},
		"every need counts": {waiting(v1alpha1.ReasonNothingFits, day, &v1alpha1.PlacementNeeds{
			Gender: v1alpha1.GenderWomen, SingleGender: v1alpha1.NeedRequired, AgeYears: &years, Children: 1,
			StepFree: v1alpha1.NeedRequired, DetoxOnSite: v1alpha1.NeedRequired, StayingOnMAT: v1alpha1.NeedRequired, Language: "pl",
		}), []Row{
			row(v1alpha1.NeedSingleGender), row(v1alpha1.NeedAge), row(v1alpha1.NeedChildren),
			row(v1alpha1.NeedStepFree), row(v1alpha1.NeedDetoxOnSite), row(v1alpha1.NeedStayingOnMAT), row(v1alpha1.NeedLanguage),
		}},
		"what makes no difference is no need": {
			waiting(v1alpha1.ReasonNothingFits, day, &v1alpha1.PlacementNeeds{Gender: v1alpha1.GenderAny, Language: "en"}),
			[]Row{row(v1alpha1.NeedNone)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Rows(tc.claim, noon)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSmallCountsAreWithheldAndCountsNeverGoDown(t *testing.T) {
	row := Row{v1alpha1.PoolDetox, v1alpha1.NeedChildren, v1alpha1.WaitingFull}
	var counts []v1alpha1.UnmetCount
	for _, step := range []struct {
		counted int32
		want    int32
		state   v1alpha1.UnmetCountState
	}{
		{1, 0, v1alpha1.UnmetWithheld},
		{4, 0, v1alpha1.UnmetWithheld},
		{5, 5, v1alpha1.UnmetKnown},
		{9, 9, v1alpha1.UnmetKnown},
		{2, 9, v1alpha1.UnmetKnown},
	} {
		counts = Publish(counts, map[Row]int32{row: step.counted})
		want := []v1alpha1.UnmetCount{{
			Kind: row.Kind, Need: row.Need, Reason: row.Reason, State: step.state, Claims: step.want,
		}}
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Fatalf("after %d (-want +got):\n%s", step.counted, diff)
		}
	}
}

// Whoever looks, how often and in what order, the ledger shows the greatest count of each row, never a small one, and nothing
// that points at anybody.
func TestTheLedgerShowsTheGreatestCountsAndNoSmallOnes(t *testing.T) {
	kinds := []v1alpha1.PoolKind{v1alpha1.PoolDetox, v1alpha1.PoolResidentialRehab}
	reasons := []v1alpha1.WaitingReason{v1alpha1.WaitingFull, v1alpha1.WaitingNoFund}
	rapid.Check(t, func(t *rapid.T) {
		greatest, looks := map[Row]int32{}, []map[Row]int32{}
		for range rapid.IntRange(1, 5).Draw(t, "looks") {
			look := map[Row]int32{}
			for range rapid.IntRange(0, 4).Draw(t, "rows") {
				row := Row{rapid.SampledFrom(kinds).Draw(t, "kind"), v1alpha1.NeedNone, rapid.SampledFrom(reasons).Draw(t, "reason")}
				look[row] = max(look[row], rapid.Int32Range(1, 12).Draw(t, "claims"))
				greatest[row] = max(greatest[row], look[row])
			}
			looks = append(looks, look, look) // two operators
		}
		var counts []v1alpha1.UnmetCount
		for _, look := range rapid.Permutation(looks).Draw(t, "order") {
			counts = Publish(counts, look)
		}
		if len(counts) != len(greatest) {
			t.Fatalf("%d rows of %d", len(counts), len(greatest))
		}
		for _, c := range counts {
			n := greatest[Row{c.Kind, c.Need, c.Reason}]
			if small := n < 5; small != (c.State == v1alpha1.UnmetWithheld) || (small && c.Claims != 0) || (!small && c.Claims != n) {
				t.Fatalf("%d claims are shown as %+v", n, c)
			}
		}
		if strings.Contains(fmt.Sprint(counts), "somebody") {
			t.Fatal("it points at somebody")
		}
	})
}

func TestALedgerHasSoManyRowsAndNoMore(t *testing.T) {
	counted := map[Row]int32{}
	for i := range 600 {
		counted[Row{v1alpha1.PoolDetox, v1alpha1.NeedName(fmt.Sprint(i)), v1alpha1.WaitingFull}] = int32(i%9 + 1)
	}
	counts := Publish(nil, counted)
	if len(counts) != mostRows || counts[0].Claims != 9 {
		t.Errorf("%d rows, the first %+v", len(counts), counts[0])
	}
}
