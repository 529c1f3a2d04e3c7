package placement

import (
	"fmt"
	"strings"
	"testing"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

func sameReferral(s *v1alpha1.PlacementSpec) { s.ReferralID = "r-same" }

// twins is a world in which two binders, of which each saw only one of two claims for one referral, gave each a place.
func twins(t *testing.T) *world {
	w := newWorld(t, 2)
	w.pool("p", 3)
	w.settle()
	w.claim("first", sameReferral)
	w.claim("second", sameReferral)
	w.binders[1].unseen = w.binders[1].unseen[1:]
	for _, b := range w.binders {
		b.see()
	}
	for _, b := range w.binders {
		for len(b.todo) > 0 {
			b.visit()
		}
	}
	w.stands("first:Held second:Held")
	return w
}

// seeAgain lets everybody see what happened while nobody was looking at it.
func (w *world) seeAgain(order ...string) {
	for _, b := range w.binders {
		b.unseen = nil
		for _, name := range order {
			b.unseen = append(b.unseen, change{is: w.is(name)})
		}
	}
}

// Of two places for one referral the person keeps one: the one they are in, else the one they are expected in, else the first
// that was asked for. The other goes to somebody else, and its claim waits as if it had never had one.
func TestOfTwoPlacesForOneReferralOneIsGivenBack(t *testing.T) {
	for name, test := range map[string]struct {
		happened func(*world)
		want     string
	}{
		"the first cannot be offered":        {func(w *world) { w.answer("first", v1alpha1.AcceptanceCannotOffer, v1alpha1.CannotOfferNoPlace) }, "first:waits second:Held"},
		"nobody has answered":                {func(*world) {}, "first:Held second:waits"},
		"the second is accepted":             {accept("second"), "first:waits second:Held"},
		"the first is accepted":              {accept("first"), "first:Held second:waits"},
		"both are accepted":                  {accept("first", "second"), "first:Held second:waits"},
		"the person is in the second":        {func(w *world) { w.admit("second") }, "first:waits second:Admitted"},
		"and the first is accepted":          {func(w *world) { w.admit("second"); accept("first")(w) }, "first:waits second:Admitted"},
		"the first is given up just then":    {func(w *world) { w.withdraw("first") }, "first:ended second:Held"},
		"the second is given up at the same": {func(w *world) { w.withdraw("second") }, "first:Held second:ended"},
	} {
		for _, order := range [][]string{{"first", "second"}, {"second", "first"}} {
			t.Run(fmt.Sprint(name, ", seen as ", order), func(t *testing.T) {
				w := twins(t)
				test.happened(w)
				w.seeAgain(order...)
				w.settle()
				w.stands(test.want)
				w.agrees()
				if kept := strings.Contains(test.want, "second:Held"); kept && w.happened("second Warning "+EventReleased) > 0 {
					t.Errorf("the second lost its place meanwhile: %v", w.events)
				}
			})
		}
	}
}

func accept(names ...string) func(*world) {
	return func(w *world) {
		for _, name := range names {
			w.answer(name, v1alpha1.AcceptanceAccepted, "")
		}
	}
}

// Nobody loses a place in which they are said to be. That one person is in two places is for people to put right.
func TestNobodyIsPutOutOfAPlaceForASecondOne(t *testing.T) {
	w := twins(t)
	w.admit("first")
	w.admit("second")
	w.seeAgain("first", "second")
	w.settle()
	w.stands("first:Admitted second:Admitted")
	found := rules.Verify(w.snapshot(), w.clock.Now())
	if len(found) != 1 || found[0].Kind != rules.TwoPlaces {
		t.Errorf("verify finds %v", found)
	}
	w.discharge("first")
	w.settle()
	w.stands("first:ended second:Admitted")
	w.agrees()
}

// A place that is given back for another of the same referral is no fault of the claim: it keeps its turn, and says why it waits.
func TestWhoGivesAPlaceBackForAnotherOfTheSameReferralSaysSo(t *testing.T) {
	w := twins(t)
	w.seeAgain("first", "second")
	w.settle()
	is := w.is("second").Status
	if is.LastRelease != v1alpha1.ReleaseDuplicateReferral || is.Lapses != 0 || is.EndedTime != nil {
		t.Errorf("the second: %+v", is)
	}
	if n := w.happened("second Warning " + EventReleased); n != 1 {
		t.Errorf("told %d times, want once: %v", n, w.events)
	}
	w.withdraw("first")
	w.settle()
	w.stands("first:ended second:Held")
	w.agrees()
}
