package placing_test

import (
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"lifeline.scot/api/referral"
	"lifeline.scot/crds/v1alpha1"
)

func TestAReferralAndItsClaimGoTheWholeWayTogether(t *testing.T) {
	w := newWorld(t)
	id := w.waiting(t)
	until := noon.Add(48 * time.Hour)
	later := until.Add(24 * time.Hour)
	for _, tc := range []struct {
		what   string
		change func(*v1alpha1.Placement)
		status referral.Status
		until  time.Time
	}{
		{"it is made", nil, referral.PlacementWaiting, time.Time{}},
		{"a place is held", heldUntil(until), referral.PlacementHeld, until},
		{"the hold is extended", heldUntil(later), referral.PlacementHeld, later},
		{"the hold ends", waits, referral.PlacementWaiting, time.Time{}},
		{"another place is held", heldUntil(later), referral.PlacementHeld, later},
		{"they move in", admitted, referral.Admitted, later},
		{"they leave", discharged(v1alpha1.DischargeLeftEarly), referral.Completed, time.Time{}},
	} {
		if tc.change != nil {
			w.becomes(t, tc.change)
		}
		w.round(t)
		s := w.state(t, id)
		if s.Status != tc.status || !s.HeldUntil.Equal(tc.until) {
			t.Fatalf("%s: the referral is %s, held until %s", tc.what, s.Status, s.HeldUntil)
		}
		before := s.Version
		w.round(t)
		if w.state(t, id).Version != before {
			t.Fatalf("%s: a second look changed it again", tc.what)
		}
	}
	if s := w.state(t, id); s.Outcome != referral.OutcomeEarlier {
		t.Errorf("the outcome is %s", s.Outcome)
	}
	claim := w.claim(t)
	if claim.Namespace != "adp-moray" || claim.Spec.ReferralID != id || claim.Spec.Kind != v1alpha1.PoolDetox {
		t.Errorf("the claim is %s/%s for %s of %s", claim.Namespace, claim.Name, claim.Spec.ReferralID, claim.Spec.Kind)
	}
	if told, err := w.Undelivered(t.Context(), 0, 100); err != nil || len(told) == 0 {
		t.Errorf("nobody is told: %v, %v", told, err)
	}
}

// What was missed while either side was away is caught up with by one look, by a clerk that remembers nothing.
func TestWhatWasMissedIsCaughtUpWith(t *testing.T) {
	for name, tc := range map[string]struct {
		missed []func(*v1alpha1.Placement)
		status referral.Status
	}{
		"a hold and the move in":   {[]func(*v1alpha1.Placement){heldUntil(noon.Add(time.Hour)), admitted}, referral.Admitted},
		"a whole stay":             {[]func(*v1alpha1.Placement){heldUntil(noon.Add(time.Hour)), admitted, discharged(v1alpha1.DischargeCompleted)}, referral.Completed},
		"a hold that came to none": {[]func(*v1alpha1.Placement){heldUntil(noon.Add(time.Hour)), waits}, referral.PlacementWaiting},
		"the end of the claim":     {[]func(*v1alpha1.Placement){ended}, referral.Accepted},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.waiting(t)
			w.round(t)
			for _, change := range tc.missed {
				w.becomes(t, change)
			}
			w.clerk = w.newClerk()
			w.round(t)
			if s := w.state(t, id); s.Status != tc.status {
				t.Errorf("the referral is %s", s.Status)
			}
		})
	}
}

func TestAReferralThatEndsGivesItsClaimUp(t *testing.T) {
	held := heldUntil(noon.Add(time.Hour))
	for name, tc := range map[string]struct {
		before   []func(*v1alpha1.Placement)
		change   referral.Change
		by       referral.Actor
		withdraw v1alpha1.WithdrawalReason
		leave    v1alpha1.DischargeReason
	}{
		"withdrawn while it waits":        {nil, referral.Withdraw{Reason: referral.WithdrawChoice}, haven, v1alpha1.WithdrawalOtherChoice, ""},
		"withdrawn while a place is held": {[]func(*v1alpha1.Placement){held}, referral.Withdraw{Reason: referral.WithdrawMadeTwice}, haven, v1alpha1.WithdrawalEnteredInError, ""},
		"the claim is given up":           {nil, referral.ReleasePlace{}, haven, v1alpha1.WithdrawalNoLongerNeeded, ""},
		"withdrawn during the stay":       {[]func(*v1alpha1.Placement){held, admitted}, referral.Withdraw{Reason: referral.WithdrawChoice}, haven, "", v1alpha1.DischargeLeftEarly},
		"completed by the provider":       {[]func(*v1alpha1.Placement){held, admitted}, referral.Complete{Outcome: referral.OutcomeAsPlanned}, harbour, "", v1alpha1.DischargeCompleted},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.waiting(t)
			w.round(t)
			for _, change := range tc.before {
				w.becomes(t, change)
			}
			w.round(t)
			w.do(t, id, tc.by, tc.change)
			w.round(t)
			w.round(t)
			claim := w.claim(t)
			if got := claim.Spec.Withdrawal; (got == nil) != (tc.withdraw == "") || got != nil && got.Reason != tc.withdraw {
				t.Errorf("withdrawal: %+v", got)
			}
			if got := claim.Spec.Discharge; (got == nil) != (tc.leave == "") || got != nil && got.Reason != tc.leave {
				t.Errorf("discharge: %+v", got)
			}
		})
	}
}

func TestAClaimThatIsGoneIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	id := w.waiting(t)
	w.round(t)
	first := w.claim(t)
	w.claims.Remove(w.claims.Claims()[0])
	w.round(t)
	if again := w.claim(t); again.Name != first.Name || again.UID == first.UID {
		t.Errorf("%s instead of %s", again.Name, first.Name)
	}
	if s := w.state(t, id); s.Status != referral.PlacementWaiting {
		t.Errorf("the referral is %s", s.Status)
	}
}

func TestWhileKubernetesIsAwayReferralsWait(t *testing.T) {
	w := newWorld(t)
	id := w.waiting(t)
	w.claims.Before = func() error { return errAway }
	if err := w.clerk.Round(t.Context()); !errors.Is(err, errAway) {
		t.Errorf("got %v", err)
	}
	if s := w.state(t, id); s.Status != referral.PlacementWaiting {
		t.Errorf("the referral is %s", s.Status)
	}
	w.claims.Before = nil
	w.claims.Lost = func() error { return errAway } // it is written, and nobody hears of it
	if err := w.clerk.Round(t.Context()); !errors.Is(err, errAway) {
		t.Errorf("got %v", err)
	}
	w.claims.Lost = nil
	w.round(t)
	if claim := w.claim(t); claim.Spec.ReferralID != id {
		t.Errorf("the claim is for %s", claim.Spec.ReferralID)
	}
}

// A claim that Kubernetes will never take keeps nobody waiting for ever.
func TestAClaimThatCannotBeMadeIsAskedForAnew(t *testing.T) {
	w := newWorld(t)
	id := w.waiting(t)
	w.claims.Before = func() error {
		return apierrors.NewInvalid(schema.GroupKind{Group: "lifeline.scot", Kind: "Placement"}, "c", nil)
	}
	w.round(t)
	if s := w.state(t, id); s.Status != referral.Accepted || s.Claim != "" {
		t.Errorf("the referral is %s, its claim %q", s.Status, s.Claim)
	}
}

// Claims that were made by somebody else are nobody's business here.
func TestOtherClaimsAreLeftAlone(t *testing.T) {
	w := newWorld(t)
	w.waiting(t)
	for _, name := range []string{"c-0123", "r-unknown00-3"} {
		other := &v1alpha1.Placement{}
		other.Namespace, other.Name, other.Spec.ReferralID = "adp-moray", name, "r-unknown00"
		if _, err := w.claims.CreatePlacement(t.Context(), other); err != nil {
			t.Fatal(err)
		}
	}
	w.round(t)
	w.round(t)
	for _, name := range w.claims.Claims() {
		claim, err := w.claims.Placement(t.Context(), name)
		if err != nil || claim.Spec.Withdrawal != nil {
			t.Errorf("%s: %v, %+v", name, err, claim.Spec.Withdrawal)
		}
	}
}

// Two replicas look at the same time, and each step is made once.
func TestTwoClerksDoNothingTwice(t *testing.T) {
	w := newWorld(t)
	other := w.newClerk()
	id := w.waiting(t)
	for _, change := range []func(*v1alpha1.Placement){nil, heldUntil(noon.Add(time.Hour)), admitted, discharged(v1alpha1.DischargeCompleted)} {
		if change != nil {
			w.becomes(t, change)
		}
		done := make(chan error)
		go func() { done <- other.Round(t.Context()) }()
		w.round(t)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	// Submit, Acknowledge, Accept, WaitForPlace, HoldPlace, Admit, Complete.
	if s := w.state(t, id); s.Status != referral.Completed || s.Version != 7 {
		t.Errorf("the referral is %s at version %d", s.Status, s.Version)
	}
}

func TestNothingIsClaimedForSomebodyWhoWasErased(t *testing.T) {
	w := newWorld(t)
	id := w.waiting(t)
	if err := w.Erase(t.Context(), w.state(t, id).Person, referral.Actor{ID: "u-lead"}, "RequestOfThePerson"); err != nil {
		t.Fatal(err)
	}
	w.round(t)
	if s := w.state(t, id); s.Status != referral.Accepted || s.Claim != "" {
		t.Errorf("it is %s and claims %q", s.Status, s.Claim)
	}
	if claims := w.book.Claims(); len(claims) != 0 {
		t.Errorf("%d claims were made", len(claims))
	}
}
