package placement

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/refusal"
	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// ApproveFunding says that the ADP pays for the place.
func (d *Desk) ApproveFunding(ctx context.Context, c identity.Caller, key string, t Target) (Claimed, error) {
	return d.decide(ctx, c, t, key, t, decision{
		"approveFunding", ActionApproveFunding,
		fund(v1alpha1.FundingDecision{Decision: v1alpha1.FundingApproved}),
	})
}

// DeclineFunding says that the ADP does not pay, and why.
func (d *Desk) DeclineFunding(
	ctx context.Context, c identity.Caller, key string, t Target, reason v1alpha1.FundingReason,
) (Claimed, error) {
	return d.decide(ctx, c, t, key, []any{t, reason}, decision{
		"declineFunding", ActionApproveFunding,
		fund(v1alpha1.FundingDecision{Decision: v1alpha1.FundingDeclined, Reason: reason}),
	})
}

func fund(said v1alpha1.FundingDecision) func(*v1alpha1.Placement, time.Time) error {
	return func(claim *v1alpha1.Placement, now time.Time) error {
		switch {
		case claim.Status.EndedTime != nil || claim.Spec.Withdrawal != nil:
			return ended()
		case claim.Spec.Admission != nil:
			return refusal.Of(CodeAlreadyAdmitted, "The person has been admitted: the funding can no longer be decided anew.")
		case !claim.Spec.FundRoute.NeedsFund():
			return refusal.Of(refusal.Invalid, "Nobody has to approve the funding of this place: it has no fundRoute that needs it.")
		}
		said.DecidedTime = metav1.NewTime(now)
		claim.Spec.Funding = &said
		return nil
	}
}

// Accept says that the provider takes the person in the place that is held. attempt is that of the place's hold.
func (d *Desk) Accept(ctx context.Context, c identity.Caller, key string, t Target, attempt int32) (Claimed, error) {
	return d.decide(ctx, c, t, key, []any{t, attempt}, decision{
		"accept", ActionAdmit,
		answer(v1alpha1.AcceptanceDecision{Decision: v1alpha1.AcceptanceAccepted, Attempt: attempt}),
	})
}

// CannotOffer says that the provider cannot offer the place after all, and why; the claim goes back to its turn.
func (d *Desk) CannotOffer(
	ctx context.Context, c identity.Caller, key string, t Target, attempt int32, reason v1alpha1.CannotOfferReason,
) (Claimed, error) {
	return d.decide(ctx, c, t, key, []any{t, attempt, reason}, decision{
		"cannotOffer", ActionAdmit,
		answer(v1alpha1.AcceptanceDecision{Decision: v1alpha1.AcceptanceCannotOffer, Attempt: attempt, Reason: reason}),
	})
}

// AcceptHeld says that the provider takes the person in the place that is held now, whatever its attempt: for those who have not
// read the claim, and know that it is held.
func (d *Desk) AcceptHeld(ctx context.Context, c identity.Caller, key string, t Target) (Claimed, error) {
	return d.decide(ctx, c, t, key, []any{t}, decision{
		"acceptHeld", ActionAdmit, answerHeld(v1alpha1.AcceptanceDecision{Decision: v1alpha1.AcceptanceAccepted}),
	})
}

// CannotOfferHeld says that the provider cannot offer the place that is held now, whatever its attempt.
func (d *Desk) CannotOfferHeld(
	ctx context.Context, c identity.Caller, key string, t Target, reason v1alpha1.CannotOfferReason,
) (Claimed, error) {
	return d.decide(ctx, c, t, key, []any{t, reason}, decision{
		"cannotOfferHeld", ActionAdmit,
		answerHeld(v1alpha1.AcceptanceDecision{Decision: v1alpha1.AcceptanceCannotOffer, Reason: reason}),
	})
}

// answerHeld answers for the attempt that is held now.
func answerHeld(said v1alpha1.AcceptanceDecision) func(*v1alpha1.Placement, time.Time) error {
	return func(claim *v1alpha1.Placement, now time.Time) error {
		binding, err := heldNow(claim)
		if err != nil {
			return err
		}
		said.Attempt = binding.Attempt
		return answer(said)(claim, now)
	}
}

func answer(said v1alpha1.AcceptanceDecision) func(*v1alpha1.Placement, time.Time) error {
	return func(claim *v1alpha1.Placement, now time.Time) error {
		binding, err := heldNow(claim)
		switch {
		case err != nil:
			return err
		case binding.Attempt != said.Attempt:
			return refusal.Of(CodeStaleAttempt, fmt.Sprintf("The place held now is of attempt %d, not %d. Read the Placement again.",
				binding.Attempt, said.Attempt), "input", "attempt")
		}
		said.DecidedTime = metav1.NewTime(now)
		claim.Spec.Acceptance = &said
		return nil
	}
}

// heldNow returns the hold that can be answered.
func heldNow(claim *v1alpha1.Placement) (*v1alpha1.PlacementBinding, error) {
	binding := claim.Status.Binding
	switch {
	case claim.Status.EndedTime != nil || claim.Spec.Withdrawal != nil:
		return nil, ended()
	case claim.Spec.Admission != nil:
		return nil, refusal.Of(CodeAlreadyAdmitted, "The person has been admitted already.")
	case binding == nil || binding.State != v1alpha1.BindingHeld:
		return nil, refusal.Of(CodeNoPlaceHeld, "No place is held for this claim now.")
	default:
		return binding, nil
	}
}

func ended() refusal.Refusal {
	return refusal.Of(refusal.Ended, "This claim has ended. Make a new one if a place is still needed.")
}

// ExtendHold asks for the place to be held until a later moment: at most 28 days after it was first held.
func (d *Desk) ExtendHold(ctx context.Context, c identity.Caller, key string, t Target, until time.Time) (Claimed, error) {
	return d.decide(ctx, c, t, key, []any{t, until.UTC()}, decision{
		"extendHold", ActionAdmit, func(claim *v1alpha1.Placement, _ time.Time) error {
			binding, err := heldNow(claim)
			if err != nil {
				return err
			}
			latest := binding.HeldTime.Add(rules.LongestHold)
			if !until.After(binding.HoldUntilTime.Time) || until.After(latest) {
				return refusal.Of(refusal.Invalid,
					fmt.Sprintf("Give a moment after %s, when the hold ends now, and at the latest %s: no hold "+
						"lasts longer than 28 days.", instant(binding.HoldUntilTime.Time), instant(latest)), "input", "untilTime")
			}
			claim.Spec.HoldUntilTime = &metav1.Time{Time: until.UTC().Truncate(time.Second)}
			claim.Spec.HoldUntilAttempt = binding.Attempt
			return nil
		},
	})
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Admit says that the person has arrived; zero at means now.
func (d *Desk) Admit(ctx context.Context, c identity.Caller, key string, t Target, at time.Time) (Claimed, error) {
	return d.decide(ctx, c, t, key, []any{t, at.UTC()}, decision{
		"admit", ActionAdmit, func(claim *v1alpha1.Placement, now time.Time) error {
			binding, err := heldNow(claim)
			said := claim.Spec.Acceptance
			switch {
			case err != nil:
				return err
			case said == nil || said.Decision != v1alpha1.AcceptanceAccepted || said.Attempt != binding.Attempt:
				return refusal.Of(CodeNotAccepted, "Accept the place for this person before the admission.")
			case claim.Spec.FundRoute.NeedsFund() && (claim.Spec.Funding == nil ||
				claim.Spec.Funding.Decision != v1alpha1.FundingApproved):
				return refusal.Of(CodeFundingNotApproved, "The ADP has to approve the funding before the admission.")
			}
			when, err := moment(at, now, "admittedTime")
			if err == nil && when.Time.Before(binding.HeldTime.Add(-earliestAdmission)) {
				err = refusal.Of(refusal.Invalid,
					"That is more than a week before the place was held: give the moment the person arrived, or leave "+
						"it out for now.", "input", "admittedTime")
			}
			claim.Spec.Admission = &v1alpha1.Admission{Time: when}
			return err
		},
	})
}

// Discharge says that the person has left; zero at means now.
func (d *Desk) Discharge(
	ctx context.Context, c identity.Caller, key string, t Target, at time.Time, reason v1alpha1.DischargeReason,
) (Claimed, error) {
	return d.decide(ctx, c, t, key, []any{t, at.UTC(), reason}, decision{
		"discharge", ActionAdmit, func(claim *v1alpha1.Placement, now time.Time) error {
			switch {
			case claim.Status.EndedTime != nil || claim.Spec.Withdrawal != nil || claim.Spec.Discharge != nil:
				return ended()
			case claim.Spec.Admission == nil:
				return refusal.Of(CodeNotAdmitted, "Nobody has been admitted for this claim. If nobody came, say that you cannot offer the "+
					"place, or let the hold end.")
			}
			when, err := moment(at, now, "dischargedTime")
			if err == nil && when.Before(&claim.Spec.Admission.Time) {
				err = refusal.Of(refusal.Invalid, "A person cannot leave before they came.", "input", "dischargedTime")
			}
			claim.Spec.Discharge = &v1alpha1.Discharge{Time: when, Reason: reason}
			return err
		},
	})
}

// earliestAdmission is how long before a place was held somebody may have moved in: claims are sometimes made afterwards.
const earliestAdmission = 7 * 24 * time.Hour

// ahead is how far clocks may differ.
const ahead = 5 * time.Minute

// moment returns when something happened, in whole seconds: now if it was not said.
func moment(said, now time.Time, field string) (metav1.Time, error) {
	if said.IsZero() {
		return metav1.NewTime(now), nil
	}
	if said.After(now.Add(ahead)) {
		return metav1.Time{}, refusal.Of(refusal.Invalid,
			"That has not happened yet: give a moment that has passed, or leave it out for now.",
			"input", field)
	}
	return metav1.NewTime(said.UTC().Truncate(time.Second)), nil
}

// Release gives the claim up, and the place if one is held.
func (d *Desk) Release(
	ctx context.Context, c identity.Caller, key string, t Target, reason v1alpha1.WithdrawalReason,
) (Claimed, error) {
	return d.decide(ctx, c, t, key, []any{t, reason}, decision{
		"release", ActionClaim, func(claim *v1alpha1.Placement, _ time.Time) error {
			switch {
			case claim.Status.EndedTime != nil || claim.Spec.Withdrawal != nil:
				return ended()
			case claim.Spec.Admission != nil:
				return refusal.Of(CodeAlreadyAdmitted, "The person has been admitted: their provider records when they leave.")
			}
			claim.Spec.Withdrawal = &v1alpha1.Withdrawal{Reason: reason}
			return nil
		},
	})
}
