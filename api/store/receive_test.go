package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"lifeline.scot/api/store"
)

func inEveryEngine(t *testing.T, try func(*testing.T, *world)) {
	t.Helper()
	for name, make := range engines {
		t.Run(name, func(t *testing.T) { try(t, newWorld(t, make(t))) })
	}
}

func TestAMessageIsCarriedOutOnceUnderItsKey(t *testing.T) {
	inEveryEngine(t, func(t *testing.T, w *world) {
		once := store.Once{Scope: "harbour//webhook", Key: "webhook-evt_1"}
		result := store.Result{Referral: "r-23456789abcdefghjkmn", Version: 4}
		receive := func(o store.Once, message string) *store.Result {
			t.Helper()
			found, err := w.Receive(t.Context(), o, message)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		for range 2 { // it may have been cut off before it was carried out
			if found := receive(once, "accepted"); found != nil {
				t.Fatalf("it came to %+v before it was carried out", found)
			}
		}
		if _, err := w.Receive(t.Context(), once, "cannot offer"); !errors.Is(err, store.ErrKeyReused) {
			t.Errorf("another message under the same key: %v", err)
		}
		for _, r := range []store.Result{result, {Referral: "r-another"}} { // what it came to first is what counts
			if err := w.CarriedOut(t.Context(), once, "accepted", r); err != nil {
				t.Fatal(err)
			}
		}
		result.Replayed = true
		if found := receive(once, "accepted"); found == nil || *found != result {
			t.Errorf("it came to %+v", found)
		}
		if _, err := w.Receive(t.Context(), once, "cannot offer"); !errors.Is(err, store.ErrKeyReused) {
			t.Errorf("another message under the same key, afterwards: %v", err)
		}
		for what, other := range map[string]store.Once{
			"of somebody else": {Scope: "beacon//webhook", Key: once.Key}, "under another key": {Scope: once.Scope, Key: "webhook-evt_2"},
		} {
			if found := receive(other, "cannot offer"); found != nil {
				t.Errorf("one %s came to %+v", what, found)
			}
		}
	})
}

func TestAMessageThatComesTwiceAtOnceIsReceivedBothTimes(t *testing.T) {
	inEveryEngine(t, func(t *testing.T, w *world) {
		once := store.Once{Scope: "harbour//webhook", Key: "webhook-evt_1"}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := w.Receive(t.Context(), once, "accepted"); err != nil {
					t.Error(err)
				}
				if err := w.CarriedOut(t.Context(), once, "accepted", store.Result{Version: 4}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if found, err := w.Receive(t.Context(), once, "accepted"); err != nil || found == nil || found.Version != 4 {
			t.Errorf("it came to %+v, %v", found, err)
		}
	})
}

// messages are what is written of messages that come.
func messages() map[string]deed {
	return map[string]deed{
		"a message": {unkeyed: true, do: func(ctx context.Context, w *world, e errand) (store.Result, error) {
			_, err := w.Receive(ctx, e.once(), "accepted")
			return store.Result{}, err
		}, there: func(t *testing.T, w *world, e errand, _ store.Result) {
			if _, err := w.Receive(t.Context(), e.once(), "cannot offer"); !errors.Is(err, store.ErrKeyReused) {
				t.Errorf("another under the same key: %v", err)
			}
		}, least: 2},
		"what a message came to": {unkeyed: true, do: func(ctx context.Context, w *world, e errand) (store.Result, error) {
			return store.Result{}, w.CarriedOut(ctx, e.once(), "accepted", store.Result{Version: 4})
		}, there: func(t *testing.T, w *world, e errand, _ store.Result) {
			if found, err := w.Receive(t.Context(), e.once(), "accepted"); err != nil || found == nil || found.Version != 4 {
				t.Errorf("it came to %+v, %v", found, err)
			}
		}, least: 2},
	}
}
