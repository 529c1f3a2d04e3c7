package placement

import (
	"time"

	"lifeline.scot/crds/v1alpha1"
)

// GivenUp says why a place should be given back whatever its pool says; empty if it should not.
func GivenUp(o *v1alpha1.Placement) v1alpha1.ReleaseReason {
	switch {
	case o.Spec.Withdrawal != nil:
		return v1alpha1.ReleaseWithdrawn
	case !o.DeletionTimestamp.IsZero():
		return v1alpha1.ReleaseDeleted
	case fundingDeclined(o):
		return v1alpha1.ReleaseFundingDeclined
	default:
		return ""
	}
}

// Accepts reports whether the provider takes the person in the place that is held now.
func Accepts(o *v1alpha1.Placement) bool { return answers(o, v1alpha1.AcceptanceAccepted) }

// CannotOffer reports whether the provider does not take the person in the place that is held now.
func CannotOffer(o *v1alpha1.Placement) bool { return answers(o, v1alpha1.AcceptanceCannotOffer) }

func answers(o *v1alpha1.Placement, decision v1alpha1.AcceptanceDecisionKind) bool {
	said, b := o.Spec.Acceptance, o.Status.Binding
	return said != nil && b != nil && said.Decision == decision && said.Attempt == b.Attempt
}

// leaving reports whether a claim that has a place is about to give it back at now, for a reason of its own.
func leaving(o *v1alpha1.Placement, now time.Time) bool {
	switch {
	case o.Status.Binding.State == v1alpha1.BindingAdmitted:
		return o.Spec.Discharge != nil
	case o.Spec.Admission != nil: // the person is there
		return false
	default:
		return GivenUp(o) != "" || CannotOffer(o) || holdOver(o, now)
	}
}

// holdOver reports whether the hold has ended, as far as the claim says itself.
func holdOver(o *v1alpha1.Placement, now time.Time) bool {
	b := o.Status.Binding
	return b.HeldTime != nil && b.HoldUntilTime != nil && !HoldEnd(o, b.HeldTime.Time, b.HoldUntilTime.Time).After(now)
}

// HoldEnd is when a hold ends: as the pool holds its places, or as its provider agreed to since for this very hold. It is never
// shortened, and never longer than LongestHold in all.
func HoldEnd(o *v1alpha1.Placement, held, end time.Time) time.Time {
	asked := o.Spec.HoldUntilTime
	if asked != nil && o.Spec.HoldUntilAttempt == o.Status.Binding.Attempt && asked.After(end) {
		end = asked.Time
	}
	if longest := held.Add(LongestHold); end.After(longest) {
		end = longest
	}
	return end.Truncate(time.Second)
}
