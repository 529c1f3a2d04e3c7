package placing

import (
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/referral"
	"lifeline.scot/crds/v1alpha1"
)

// next is what happens to a referral because of how its claim stands; nil if nothing. A referral that missed something catches
// up by one change after another.
func next(s referral.State, claim *v1alpha1.Placement, now time.Time) referral.Change {
	switch {
	case claim == nil:
		if s.Status == referral.PlacementHeld {
			return referral.EndHold{}
		}
		return nil
	case s.Status == referral.Admitted:
		return afterStay(claim)
	case claim.Spec.Admission != nil:
		return referral.Admit{}
	case claim.Status.EndedTime != nil:
		return referral.ReleasePlace{}
	}
	until := heldUntil(claim)
	switch {
	case until.After(now) && (s.Status != referral.PlacementHeld || !s.HeldUntil.Equal(until)):
		return referral.HoldPlace{Claim: s.Claim, Until: until}
	case until.IsZero() && s.Status == referral.PlacementHeld:
		return referral.EndHold{}
	default:
		return nil // also while a hold that is over has not been ended: the operator says what comes of it
	}
}

// heldUntil is when the hold ends; zero if no place is held.
func heldUntil(claim *v1alpha1.Placement) time.Time {
	b := claim.Status.Binding
	if b == nil || b.State != v1alpha1.BindingHeld || b.HoldUntilTime == nil {
		return time.Time{}
	}
	return b.HoldUntilTime.UTC()
}

func afterStay(claim *v1alpha1.Placement) referral.Change {
	switch {
	case claim.Spec.Discharge != nil:
		return referral.Complete{Outcome: referral.OutcomeOf(claim.Spec.Discharge.Reason)}
	case claim.Status.EndedTime != nil:
		return referral.Complete{Outcome: referral.OutcomeOther}
	default:
		return nil
	}
}

// open reports whether a claim still has, or may get, a place.
func open(claim *v1alpha1.Placement) bool {
	return claim.DeletionTimestamp.IsZero() && claim.Spec.Withdrawal == nil && claim.Spec.Discharge == nil &&
		claim.Status.EndedTime == nil
}

// giveUp ends a claim that its referral does not speak of any more.
func giveUp(claim *v1alpha1.Placement, s referral.State) {
	if claim.Spec.Admission == nil {
		claim.Spec.Withdrawal = &v1alpha1.Withdrawal{Reason: withdrawalOf(s.Withdrawal)}
		return
	}
	at := s.ChangedAt.Truncate(time.Second)
	if at.Before(claim.Spec.Admission.Time.Time) {
		at = claim.Spec.Admission.Time.Time
	}
	claim.Spec.Discharge = &v1alpha1.Discharge{Time: metav1.NewTime(at), Reason: dischargeOf(s)}
}

func withdrawalOf(reason referral.WithdrawReason) v1alpha1.WithdrawalReason {
	switch reason {
	case referral.WithdrawChoice:
		return v1alpha1.WithdrawalOtherChoice
	case referral.WithdrawOtherSupport:
		return v1alpha1.WithdrawalFoundElsewhere
	case referral.WithdrawMadeTwice:
		return v1alpha1.WithdrawalEnteredInError
	default:
		return v1alpha1.WithdrawalNoLongerNeeded
	}
}

func dischargeOf(s referral.State) v1alpha1.DischargeReason {
	if s.Outcome == "" { // it was withdrawn
		return v1alpha1.DischargeLeftEarly
	}
	return s.Outcome.Discharge()
}

// madeHere reports whether the claim was made for a referral by this package: its name says so.
func madeHere(claim *v1alpha1.Placement) bool {
	version, is := strings.CutPrefix(claim.Name, claim.Spec.ReferralID+"-")
	n, err := strconv.ParseInt(version, 10, 64)
	return is && err == nil && claim.Name == referral.ClaimName(claim.Spec.ReferralID, n)
}

// claimOf is the claim that a referral asks for.
func claimOf(s referral.State, asks *v1alpha1.PlacementSpec) *v1alpha1.Placement {
	claim := &v1alpha1.Placement{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: v1alpha1.NamespaceFor(s.Partnership), Name: s.Claim, Finalizers: []string{v1alpha1.PlaceFinalizer},
		},
		Spec: *asks.DeepCopy(),
	}
	claim.Spec.ReferralID = s.ID
	return claim
}
