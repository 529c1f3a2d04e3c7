package placement_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// A claim gives its place back for an older one of its referral, and not for one that is about to lose its own: the person would
// be left with neither.
func TestAPlaceIsGivenBackOnlyForOneThatStays(t *testing.T) {
	now := time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)
	at := func(hours int) *metav1.Time { return &metav1.Time{Time: now.Add(time.Duration(hours) * time.Hour)} }
	held := func(name string, hours int) *v1alpha1.Placement {
		return &v1alpha1.Placement{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "lifeline-moray", CreationTimestamp: *at(hours)},
			Spec:       v1alpha1.PlacementSpec{ReferralID: "r-1", Kind: v1alpha1.PoolResidentialRehab},
			Status: v1alpha1.PlacementStatus{Binding: &v1alpha1.PlacementBinding{
				State: v1alpha1.BindingHeld, Attempt: 2, HeldTime: at(-1), HoldUntilTime: at(24),
			}},
		}
	}
	for name, test := range map[string]struct {
		change func(*v1alpha1.Placement)
		yields bool
	}{
		"an older one":           {func(*v1alpha1.Placement) {}, true},
		"a younger one":          {func(o *v1alpha1.Placement) { o.CreationTimestamp = *at(0) }, false},
		"of another referral":    {func(o *v1alpha1.Placement) { o.Spec.ReferralID = "r-2" }, false},
		"without a place":        {func(o *v1alpha1.Placement) { o.Status.Binding = nil }, false},
		"still taking one":       {func(o *v1alpha1.Placement) { o.Status.Binding.State = v1alpha1.BindingTaking }, false},
		"withdrawn":              {func(o *v1alpha1.Placement) { o.Spec.Withdrawal = &v1alpha1.Withdrawal{} }, false},
		"deleted":                {func(o *v1alpha1.Placement) { o.DeletionTimestamp = at(0) }, false},
		"not paid for":           {func(o *v1alpha1.Placement) { o.Spec.Funding = declined }, false},
		"not offered":            {func(o *v1alpha1.Placement) { o.Spec.Acceptance = answer(v1alpha1.AcceptanceCannotOffer, 2) }, false},
		"not offered before":     {func(o *v1alpha1.Placement) { o.Spec.Acceptance = answer(v1alpha1.AcceptanceCannotOffer, 1) }, true},
		"whose hold is over":     {func(o *v1alpha1.Placement) { o.Status.Binding.HoldUntilTime = at(0) }, false},
		"over, but asked longer": {func(o *v1alpha1.Placement) { o.Status.Binding.HoldUntilTime = at(0); longer(o, at(1), 2) }, true},
		"asked longer before":    {func(o *v1alpha1.Placement) { o.Status.Binding.HoldUntilTime = at(0); longer(o, at(1), 1) }, false},
		"withdrawn, but arrived": {func(o *v1alpha1.Placement) {
			o.Spec.Withdrawal, o.Spec.Admission = &v1alpha1.Withdrawal{}, &v1alpha1.Admission{}
		}, true},
		"that has left": {func(o *v1alpha1.Placement) {
			o.Status.Binding.State, o.Spec.Discharge = v1alpha1.BindingAdmitted, &v1alpha1.Discharge{}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			mine, other := held("b", -1), held("a", -2)
			mine.UID, other.UID = "b", "a"
			test.change(other)
			if got := placement.YieldsTo(mine, other, now); got != test.yields {
				t.Errorf("it yields: %t", got)
			}
		})
	}
}

var declined = &v1alpha1.FundingDecision{Decision: v1alpha1.FundingDeclined}

func answer(decision v1alpha1.AcceptanceDecisionKind, attempt int32) *v1alpha1.AcceptanceDecision {
	return &v1alpha1.AcceptanceDecision{Decision: decision, Attempt: attempt}
}

func longer(o *v1alpha1.Placement, until *metav1.Time, attempt int32) {
	o.Spec.HoldUntilTime, o.Spec.HoldUntilAttempt = until, attempt
}
