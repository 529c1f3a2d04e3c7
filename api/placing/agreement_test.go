package placing_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"lifeline.scot/api/referral"
	"lifeline.scot/crds/v1alpha1"
)

// Whatever happens on either side, in whatever order, with writes that fail or whose answers get lost: once all is well they agree.
func TestTheyAgreeInTheEnd(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(r *rapid.T) {
		for _, name := range w.claims.Claims() { // those of the case before
			w.claims.Remove(name)
		}
		id := w.waiting(t)
		for range rapid.IntRange(1, 15).Draw(r, "steps") {
			w.somethingHappens(t, r, id)
		}
		w.claims.Before, w.claims.Lost = nil, nil
		w.round(t)
		w.round(t)
		w.agree(t, r, id)
		_ = w.try(t, id, haven, referral.Withdraw{Reason: referral.WithdrawOther}) // it may have ended
	})
}

func (w *world) somethingHappens(t *testing.T, r *rapid.T, id string) {
	t.Helper()
	fault := func() error {
		if rapid.IntRange(0, 2).Draw(r, "fault") == 0 {
			return errAway
		}
		return nil
	}
	w.claims.Before, w.claims.Lost = fault, fault
	switch rapid.IntRange(0, 3).Draw(r, "what") {
	case 0:
		_ = w.clerk.Round(t.Context()) // it may fail; that is the point
	case 1:
		w.clerk = w.newClerk()
	case 2:
		if len(w.claims.Claims()) == 1 {
			w.lives(t, r)
		}
	default:
		_ = w.try(t, id, haven, rapid.SampledFrom([]referral.Change{ // it may not be time for it
			referral.Message{}, referral.ReleasePlace{}, referral.Withdraw{Reason: referral.WithdrawChoice},
		}).Draw(r, "change"))
	}
}

// lives takes the claim a step further, as far as the operator and providers could.
func (w *world) lives(t *testing.T, r *rapid.T) {
	t.Helper()
	claim := w.claim(t)
	if claim.Status.EndedTime != nil {
		return
	}
	steps := []func(*v1alpha1.Placement){heldUntil(noon.Add(time.Hour)), waits}
	switch {
	case claim.Spec.Discharge != nil || claim.Spec.Withdrawal != nil:
		steps = []func(*v1alpha1.Placement){ended}
	case claim.Spec.Admission != nil:
		steps = []func(*v1alpha1.Placement){discharged(v1alpha1.DischargeCompleted)}
	case claim.Status.Binding != nil:
		steps = append(steps, admitted)
	}
	w.becomes(t, rapid.SampledFrom(steps).Draw(r, "claim"))
}

func (w *world) agree(t *testing.T, r *rapid.T, id string) {
	t.Helper()
	s := w.state(t, id)
	var claim *v1alpha1.Placement
	if len(w.claims.Claims()) > 0 {
		claim = w.claim(t)
	}
	over := claim == nil || claim.Status.EndedTime != nil || claim.Spec.Withdrawal != nil || claim.Spec.Discharge != nil
	switch s.Status {
	case referral.PlacementWaiting:
		if over || claim.Status.Binding != nil {
			r.Fatalf("the referral waits, and its claim is %+v %+v", claim.Spec, claim.Status)
		}
	case referral.PlacementHeld:
		if over || claim.Status.Binding == nil {
			r.Fatal("the referral has a place held, and its claim has not")
		}
	case referral.Admitted:
		if over || claim.Spec.Admission == nil {
			r.Fatal("somebody moved in, and the claim does not say so")
		}
	default:
		if !over {
			r.Fatalf("the referral is %s, and its claim goes on", s.Status)
		}
	}
}
