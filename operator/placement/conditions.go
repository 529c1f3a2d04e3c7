package placement

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// describe makes the conditions follow from the rest of the claim at now. look is where the claim stands while it waits, and home
// is False if its namespace is not one in which claims are given places.
func describe(claim *v1alpha1.Placement, look rules.Outlook, home metav1.Condition, now time.Time) {
	if homeless(home) {
		look = rules.Outlook{Explanation: home.Message}
	}
	is := &claim.Status
	is.ObservedGeneration, is.Partnership = claim.Generation, v1alpha1.PartnershipOf(claim.Namespace)
	since := rules.StandingOf(claim).Since
	is.QueueTime = &metav1.Time{Time: since.Truncate(time.Second)}
	placed := placed(claim, look)
	status.Set(&is.Conditions, claim.Generation, now,
		ready(look, home), placed, fundingApproved(claim), accepted(claim), holdEnding(claim, now), ended(claim))
	is.Queue, is.WaitingFor, is.Explanation = nil, nil, placed.Message
	if is.Binding == nil && is.EndedTime == nil {
		is.WaitingFor = look.WaitingFor
		is.Queue = position(look, now)
	}
}

func position(look rules.Outlook, now time.Time) *v1alpha1.QueuePosition {
	if look.Position == 0 {
		return nil
	}
	return &v1alpha1.QueuePosition{
		Pool: look.Pool, Position: int32(look.Position), AsOfTime: metav1.NewTime(now.Truncate(time.Second)),
	}
}

func homeless(home metav1.Condition) bool { return home.Status == metav1.ConditionFalse }

func ready(look rules.Outlook, home metav1.Condition) metav1.Condition {
	if homeless(home) {
		return status.False(v1alpha1.ConditionReady, home.Reason, home.Message)
	}
	if look.Duplicate {
		return status.False(v1alpha1.ConditionReady, v1alpha1.ReasonDuplicateReferral,
			"Another Placement for the same referral and kind of place comes first, by its place or its age: withdraw one of the two.")
	}
	if slices.ContainsFunc(look.WaitingFor, misnamed) {
		return status.False(v1alpha1.ConditionReady, v1alpha1.ReasonPoolsNotUsable,
			"Some of the pools named cannot be used: "+look.Explanation)
	}
	return status.True(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "The operator has done all it does for this object.")
}

// misnamed reports whether a pool that the claim names cannot be the one that was meant.
func misnamed(w v1alpha1.WaitingCount) bool {
	return w.Reason == v1alpha1.WaitingPoolNotFound || w.Reason == v1alpha1.WaitingNotClaimable ||
		w.Reason == v1alpha1.WaitingOtherKind
}

// placed carries the one word for where the claim stands.
func placed(claim *v1alpha1.Placement, look rules.Outlook) metav1.Condition {
	const kind = v1alpha1.ConditionPlaced
	binding := claim.Status.Binding
	switch {
	case claim.Status.EndedTime != nil:
		return status.False(kind, v1alpha1.ReasonEnded, "The claim has ended.")
	case binding == nil:
		return status.False(kind, orWaiting(look.State), orUnknown(look.Explanation))
	case binding.State == v1alpha1.BindingTaking:
		return status.False(kind, v1alpha1.ReasonTaking, fmt.Sprintf("A place in %s is being taken.", where(binding)))
	case binding.State == v1alpha1.BindingHeld:
		return status.True(kind, v1alpha1.ReasonHeld, fmt.Sprintf("Place %d in %s is held until %s.",
			binding.Place, where(binding), moment(binding.HoldUntilTime.Time)))
	case binding.State == v1alpha1.BindingAdmitted:
		return status.True(kind, v1alpha1.ReasonAdmitted, fmt.Sprintf("The person is in place %d of %s.%s",
			binding.Place, where(binding), stays(claim)))
	default:
		return status.False(kind, v1alpha1.ReasonReleasing, fmt.Sprintf("The place in %s is being given back.", where(binding)))
	}
}

func stays(claim *v1alpha1.Placement) string {
	if claim.DeletionTimestamp.IsZero() {
		return ""
	}
	return " The Placement was deleted, and stays until spec.discharge is recorded."
}

func orWaiting(state string) string {
	if state == "" {
		return v1alpha1.ReasonWaiting
	}
	return state
}

func orUnknown(says string) string {
	if says == "" {
		return "Waiting for a place."
	}
	return says
}

func where(b *v1alpha1.PlacementBinding) string {
	return fmt.Sprintf("%s (%s)", b.Pool.Name, b.Pool.Partnership)
}

func moment(t time.Time) string { return t.UTC().Format("2 January 2006 15:04 UTC") }

func fundingApproved(claim *v1alpha1.Placement) metav1.Condition {
	const kind = v1alpha1.ConditionFundingApproved
	by := v1alpha1.PartnershipOf(claim.Namespace)
	switch said := claim.Spec.Funding; {
	case !claim.Spec.FundRoute.NeedsFund():
		return status.True(kind, v1alpha1.ReasonNotNeeded, "Nobody has to approve the funding.")
	case said == nil:
		return status.Unknown(kind, v1alpha1.ReasonAwaited, fmt.Sprintf("%s has not decided yet.", by))
	case said.Decision == v1alpha1.FundingApproved:
		return status.True(kind, v1alpha1.ReasonApproved, fmt.Sprintf(
			"%s approved the funding on %s.", by, moment(said.DecidedTime.Time)))
	default:
		return status.False(kind, v1alpha1.ReasonDeclined, fmt.Sprintf(
			"%s decided on %s not to fund the place: %s.", by, moment(said.DecidedTime.Time), said.Reason))
	}
}

func accepted(claim *v1alpha1.Placement) metav1.Condition {
	const kind = v1alpha1.ConditionAccepted
	binding, said := claim.Status.Binding, claim.Spec.Acceptance
	switch {
	case binding == nil:
		return status.Unknown(kind, v1alpha1.ReasonNoPlaceHeld, "No place is held.")
	case said == nil || said.Attempt != binding.Attempt:
		return status.Unknown(kind, v1alpha1.ReasonAwaited, fmt.Sprintf("%s has not answered yet.", provider(binding)))
	case said.Decision == v1alpha1.AcceptanceAccepted:
		return status.True(kind, v1alpha1.ReasonAccepted, fmt.Sprintf(
			"%s accepted on %s.", provider(binding), moment(said.DecidedTime.Time)))
	default:
		return status.False(kind, v1alpha1.ReasonCannotOffer, fmt.Sprintf(
			"%s said on %s that it cannot offer the place: %s.", provider(binding), moment(said.DecidedTime.Time), said.Reason))
	}
}

func provider(binding *v1alpha1.PlacementBinding) v1alpha1.ObjectName {
	if binding.Provider == "" {
		return "The provider"
	}
	return binding.Provider
}

func holdEnding(claim *v1alpha1.Placement, now time.Time) metav1.Condition {
	const kind = v1alpha1.ConditionHoldEnding
	binding := claim.Status.Binding
	if binding == nil || binding.State != v1alpha1.BindingHeld || now.Before(warnAt(binding)) {
		return status.False(kind, v1alpha1.ReasonHoldNotEnding, "No hold is about to end.")
	}
	return status.True(kind, v1alpha1.ReasonHoldEndsSoon, fmt.Sprintf(
		"The hold ends on %s. Record the admission, or set spec.holdUntilTime with spec.holdUntilAttempt %d, before then; else the "+
			"place is offered to the next.", moment(binding.HoldUntilTime.Time), binding.Attempt))
}

func ended(claim *v1alpha1.Placement) metav1.Condition {
	const kind = v1alpha1.ConditionEnded
	switch {
	case claim.Status.EndedTime == nil:
		return status.False(kind, v1alpha1.ReasonOngoing, "The claim goes on.")
	case claim.Spec.Discharge != nil:
		return status.True(kind, v1alpha1.ReasonDischarged, fmt.Sprintf("The person has left: %s.", claim.Spec.Discharge.Reason))
	case claim.Spec.Withdrawal != nil:
		return status.True(kind, v1alpha1.ReasonWithdrawn, fmt.Sprintf("The claim was given up: %s.", claim.Spec.Withdrawal.Reason))
	default:
		return status.True(kind, v1alpha1.ReasonHoldsExpired, fmt.Sprintf(
			"%d holds ended without an admission. Make a new Placement if a place is still needed.", claim.Status.Lapses))
	}
}
