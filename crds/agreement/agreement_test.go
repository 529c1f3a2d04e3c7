package agreement_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"lifeline.scot/crds/agreement"
	"lifeline.scot/crds/v1alpha1"
)

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// spec is an agreement for a year from April, to be looked at again after nine months.
func spec(standing v1alpha1.Standing) *v1alpha1.DataSharingAgreementSpec {
	return &v1alpha1.DataSharingAgreementSpec{
		FromTime: metav1.NewTime(april), ReviewByTime: metav1.NewTime(april.AddDate(0, 9, 0)),
		UntilTime: metav1.NewTime(april.AddDate(1, 0, 0)), Standing: standing,
	}
}

func TestTimeAloneMovesAnAgreement(t *testing.T) {
	const second = time.Second
	review, end := april.AddDate(0, 9, 0), april.AddDate(1, 0, 0)
	for name, tc := range map[string]struct {
		now      time.Time
		standing v1alpha1.Standing
		want     v1alpha1.AgreementState
		until    time.Time
	}{
		"a second before it starts":    {april.Add(-second), v1alpha1.StandingActive, v1alpha1.AgreementNotStarted, april},
		"its first second":             {april, v1alpha1.StandingActive, v1alpha1.AgreementInForce, review},
		"a second before its review":   {review.Add(-second), v1alpha1.StandingActive, v1alpha1.AgreementInForce, review},
		"due for review":               {review, v1alpha1.StandingActive, v1alpha1.AgreementDueForReview, end},
		"its last second":              {end.Add(-second), v1alpha1.StandingActive, v1alpha1.AgreementDueForReview, end},
		"its end":                      {end, v1alpha1.StandingActive, v1alpha1.AgreementEnded, time.Time{}},
		"nobody has said its standing": {april, "", v1alpha1.AgreementInForce, review},
		"suspended before it starts":   {april.Add(-second), v1alpha1.StandingSuspended, v1alpha1.AgreementSuspended, end},
		"suspended":                    {review, v1alpha1.StandingSuspended, v1alpha1.AgreementSuspended, end},
		"suspended to its end":         {end, v1alpha1.StandingSuspended, v1alpha1.AgreementEnded, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, until := agreement.StateAt(spec(tc.standing), tc.now)
			if got != tc.want || !until.Equal(tc.until) {
				t.Errorf("%s until %s, want %s until %s", got, until, tc.want, tc.until)
			}
		})
	}
}

// drawn is any agreement that the API server takes, near a moment.
func drawn(t *rapid.T) *v1alpha1.DataSharingAgreementSpec {
	from := rapid.Int64Range(-100, 100).Draw(t, "from")
	review := from + rapid.Int64Range(1, 100).Draw(t, "review after")
	until := review + rapid.Int64Range(0, 100).Draw(t, "until after")
	at := func(second int64) metav1.Time { return metav1.NewTime(april.Add(time.Duration(second) * time.Second)) }
	return &v1alpha1.DataSharingAgreementSpec{
		FromTime: at(from), ReviewByTime: at(review), UntilTime: at(until),
		Standing: rapid.SampledFrom([]v1alpha1.Standing{"", v1alpha1.StandingActive, v1alpha1.StandingSuspended}).Draw(t, "standing"),
	}
}

// In force is exactly from its first moment until its last, unless it is suspended.
func TestAnAgreementIsInForceInItsTimeAndNotBesideIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, now := drawn(t), april.Add(time.Duration(rapid.Int64Range(-400, 400).Draw(t, "now"))*time.Second)
		state, _ := agreement.StateAt(s, now)
		within := !now.Before(s.FromTime.Time) && now.Before(s.UntilTime.Time)
		if want := within && s.Standing != v1alpha1.StandingSuspended; agreement.InForce(state) != want {
			t.Fatalf("%s at %s, from %s until %s", state, now, s.FromTime, s.UntilTime)
		}
	})
}

// Whoever looks again at the moment that was given, and not before, misses nothing and finds something new.
func TestTheStateHoldsUntilTheMomentGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, now := drawn(t), april.Add(time.Duration(rapid.Int64Range(-400, 400).Draw(t, "now"))*time.Second)
		state, until := agreement.StateAt(s, now)
		later := now.Add(time.Duration(rapid.Int64Range(0, 800).Draw(t, "later")) * time.Second)
		then, _ := agreement.StateAt(s, later)
		switch {
		case until.IsZero() || later.Before(until):
			if then != state {
				t.Fatalf("%s at %s and %s at %s, though it was to hold until %s", state, now, then, later, until)
			}
		case !until.After(now):
			t.Fatalf("%s at %s until %s, which is past", state, now, until)
		default:
			if at, _ := agreement.StateAt(s, until); at == state {
				t.Fatalf("still %s at %s", state, until)
			}
		}
	})
}

// An agreement only goes on through its states, never back, and every state it is in is one of those listed.
func TestTimeOnlyGoesOn(t *testing.T) {
	order := map[v1alpha1.AgreementState]int{}
	for i, state := range agreement.States() {
		order[state] = i
	}
	rapid.Check(t, func(t *rapid.T) {
		s := drawn(t)
		s.Standing = v1alpha1.StandingActive
		now, last := april.Add(-400*time.Second), -1
		for !now.IsZero() {
			state, until := agreement.StateAt(s, now)
			at, known := order[state]
			if !known || at <= last {
				t.Fatalf("%s at %s", state, now)
			}
			now, last = until, at
		}
		if last != order[v1alpha1.AgreementEnded] {
			t.Fatalf("it never ends: %+v", s)
		}
	})
}
