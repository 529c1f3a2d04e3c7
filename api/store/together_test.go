package store_test

import (
	"errors"
	"testing"

	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
)

// Changes of several referrals are made together: all of them, or none, and each once.
func TestChangesAreMadeTogetherOrNotAtAll(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		ids := []string{w.submit(t), w.submit(t)}
		message := func(id string, read int64) store.Step { return w.step(id, read, haven, referral.Message{}, "Hello.") }
		versions := func(want int64) {
			t.Helper()
			states, err := w.States(t.Context(), append(ids, "r-nobodyhasthisone00")...)
			if err != nil || len(states) != len(ids) {
				t.Fatalf("%d of %d: %v", len(states), len(ids), err)
			}
			for id, s := range states {
				if s.ID != id || s.Version != want {
					t.Errorf("%s is at version %d, want %d", s.ID, s.Version, want)
				}
			}
		}
		if _, err := w.ChangeAll(t.Context(), message(ids[0], 1), message(ids[1], 7)); !errors.As(err, new(*referral.Stale)) {
			t.Errorf("one of them is stale: %v", err)
		}
		versions(1)
		both := []store.Step{message(ids[0], 1), message(ids[1], 1)}
		for _, again := range []bool{false, true} {
			done, err := w.ChangeAll(t.Context(), both...)
			if err != nil || len(done) != 2 {
				t.Fatalf("%v %v", done, err)
			}
			for i, one := range done {
				if one.Referral != ids[i] || one.Version != 2 || one.Replayed != again {
					t.Errorf("sent again %t: %+v", again, one)
				}
			}
			versions(2)
		}
		if done, err := w.ChangeAll(t.Context()); err != nil || len(done) != 0 {
			t.Errorf("nothing at all: %v %v", done, err)
		}
		rests := message(ids[0], 2)
		rests.Decided = &store.Basis{}
		for name, all := range map[string][]store.Step{"too many": make([]store.Step, store.MostChanged+1), "what rests on a decision": {rests}} {
			if _, err := w.ChangeAll(t.Context(), all...); err == nil {
				t.Errorf("%s was done", name)
			}
		}
	})
}
