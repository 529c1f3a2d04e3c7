package placement

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// agreed is a pool, a claim that holds a place in it, and the fund that pays for it, all in agreement.
func agreed() Snapshot {
	pool, claim, fund := anyPool("p", 1), anyClaim("x", 0), anyFund("f", 1)
	claim.Spec.FundRoute = v1alpha1.RouteADP
	until := metav1.NewTime(hours(48))
	claim.Status.Binding = &v1alpha1.PlacementBinding{
		Attempt: 1, Pool: PoolOf(pool), PoolUID: v1alpha1.ObjectUID(pool.UID), Fund: "f", State: v1alpha1.BindingHeld,
		Place: 1, TakenTime: metav1.NewTime(noon), HeldTime: &metav1.Time{Time: noon}, HoldUntilTime: &until,
	}
	pool.Status.Allocations = []v1alpha1.Allocation{{
		Place: 1, ClaimUID: v1alpha1.ObjectUID(claim.UID), Partnership: "moray", ClaimName: "x", Attempt: 1,
		State: v1alpha1.AllocationHeld, HoldUntilTime: until,
	}}
	capacity.Recount(&pool.Status)
	fund.Status.Commitments = []v1alpha1.FundCommitment{{
		ClaimUID: v1alpha1.ObjectUID(claim.UID), ClaimName: "x", Attempt: 1, State: v1alpha1.CommitmentPromised,
	}}
	Tally(fund)
	return Snapshot{[]v1alpha1.CapacityPool{*pool}, []v1alpha1.Placement{*claim}, []v1alpha1.PlacementFund{*fund}}
}

func TestVerifyFindsEachRuleThatIsBroken(t *testing.T) {
	const late = 49
	for name, tc := range map[string]struct {
		spoil func(*Snapshot)
		at    int // hours after noon
		want  []ViolationKind
	}{
		"nothing":           {func(*Snapshot) {}, 1, nil},
		"two places":        {func(s *Snapshot) { s.Pools = append(s.Pools, *elsewhere(s)) }, 1, []ViolationKind{OrphanedPlace, TwoPlaces}},
		"a claim that went": {func(s *Snapshot) { s.Claims = nil }, 1, []ViolationKind{OrphanedMoney, OrphanedPlace}},
		"an older attempt":  {func(s *Snapshot) { s.Pools[0].Status.Allocations[0].Attempt = 7 }, 1, []ViolationKind{LostPlace, OrphanedPlace}},
		"a place lost": {func(s *Snapshot) {
			s.Pools[0].Status.Allocations = nil
			capacity.Recount(&s.Pools[0].Status)
		}, 1, []ViolationKind{LostPlace}},
		"in the place, and its pool holds it": {func(s *Snapshot) {
			s.Claims[0].Status.Binding.State = v1alpha1.BindingAdmitted
			s.Funds[0].Status.Commitments[0].State = v1alpha1.CommitmentUsed
			Tally(&s.Funds[0])
		}, 1, []ViolationKind{Disagreement}},
		"held, and its pool has the person in it": {func(s *Snapshot) {
			s.Pools[0].Status.Allocations[0].State = v1alpha1.AllocationAdmitted
			s.Pools[0].Status.Allocations[0].AdmittedTime = &metav1.Time{Time: noon}
			capacity.Recount(&s.Pools[0].Status)
		}, 1, []ViolationKind{Disagreement}},
		"in the place, and its fund only promised": {func(s *Snapshot) {
			s.Claims[0].Status.Binding.State = v1alpha1.BindingAdmitted
			s.Pools[0].Status.Allocations[0].State = v1alpha1.AllocationAdmitted
			s.Pools[0].Status.Allocations[0].AdmittedTime = &metav1.Time{Time: noon}
			capacity.Recount(&s.Pools[0].Status)
		}, 1, []ViolationKind{Disagreement}},
		"held until another moment": {func(s *Snapshot) {
			s.Pools[0].Status.Allocations[0].HoldUntilTime = metav1.NewTime(hours(20))
		}, 1, []ViolationKind{Disagreement}},
		"paid for by a fund that was made anew": {func(s *Snapshot) {
			s.Claims[0].Status.Binding.FundUID = "an-earlier-one"
		}, 1, []ViolationKind{LostMoney, OrphanedMoney}},
		"two places for one referral": {func(s *Snapshot) {
			twin := s.Claims[0].DeepCopy()
			twin.Name, twin.UID = "twin", "twin"
			twin.Status.Binding.Place, twin.Status.Binding.Fund = 2, ""
			s.Claims = append(s.Claims, *twin)
			given := s.Pools[0].Status.Allocations[0]
			given.Place, given.ClaimUID, given.ClaimName = 2, "twin", "twin"
			s.Pools[0].Status.Allocations = append(s.Pools[0].Status.Allocations, given)
			capacity.Recount(&s.Pools[0].Status)
		}, 1, []ViolationKind{TwoPlaces}},
		"numbers that do not add up": {func(s *Snapshot) { *s.Pools[0].Status.Held = 0 }, 1, []ViolationKind{WrongNumbers}},
		"money for nothing": {func(s *Snapshot) {
			s.Claims[0].Status.Binding.Fund = ""
		}, 1, []ViolationKind{OrphanedMoney}},
		"a place nobody pays for": {func(s *Snapshot) {
			s.Funds[0].Status.Commitments = nil
			Tally(&s.Funds[0])
		}, 1, []ViolationKind{LostMoney}},
		"a hold that ended": {func(*Snapshot) {}, late, []ViolationKind{OverdueHold}},
		"a place being taken for ever": {func(s *Snapshot) {
			s.Claims[0].Status.Binding.State = v1alpha1.BindingTaking
		}, 1, []ViolationKind{Stuck}},
		"somebody left waiting": {func(s *Snapshot) {
			s.Pools = append(s.Pools, *anyPool("empty", 1))
			s.Claims = append(s.Claims, *anyClaim("y", 0))
		}, 1, []ViolationKind{LeftWaiting}},
	} {
		t.Run(name, func(t *testing.T) {
			s := agreed()
			tc.spoil(&s)
			var got []ViolationKind
			for _, v := range Verify(s, hours(tc.at)) {
				got = append(got, v.Kind)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("found %v, want %v", got, tc.want)
			}
		})
	}
}

func elsewhere(s *Snapshot) *v1alpha1.CapacityPool {
	other := s.Pools[0].DeepCopy()
	other.Name, other.UID = "other", "pool-other"
	return other
}
