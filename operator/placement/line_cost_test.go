package placement

import (
	"context"
	"fmt"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// eager is a queue of work that is done as soon as it is added, as it is while there are more workers than work.
type eager struct {
	work
	do func(reconcile.Request)
}

func (e eager) Add(r reconcile.Request) { e.do(r) }

// A claim that can be given a place at once is never told first that it waits, however soon it is looked at.
func TestAClaimWhosePlaceIsFreeIsNotToldThatItWaits(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 1)
	b := w.binders[0]
	b.run()
	w.claim("a")
	claim := w.is("a")
	b.view[nameOf(claim)], b.unseen = claim, nil
	b.fault = func(_ int, after bool) error {
		if is := w.is("a"); after && is.Status.ObservedGeneration > 0 && is.Status.Binding == nil {
			t.Errorf("told: %s", is.Status.Explanation)
		}
		return nil
	}
	looks := 0
	b.line.Create(context.Background(), event.CreateEvent{Object: claim}, eager{do: func(r reconcile.Request) {
		looks++
		if _, err := b.Reconcile(context.Background(), r); err != nil {
			t.Error(err)
		}
	}})
	b.run()
	if looks == 0 {
		t.Error("nobody looked at the claim")
	}
	w.stands("a:Held")
}

// Those who wait are told anew where they stand, fewer at a time while others are given places, and never nobody.
func TestWhoIsGivenAPlaceComesBeforeWhoIsToldAgain(t *testing.T) {
	for steps, want := range map[int64]int{0: writeLimit, 40: writeLimit - 40, 100_000: writeLimit / busyShare} {
		w := newWorld(t, 1)
		for i := range 2 * writeLimit {
			w.claim(fmt.Sprintf("c%03d", i))
		}
		b := w.binders[0]
		b.run()
		w.pool("p", 0) // which all of them wait for from now on
		b.run()
		b.steps.Store(steps)
		before, r := b.writes, &refresher{Reconciler: b.Reconciler}
		for range 2 {
			if err := r.refresh(context.Background()); err != nil {
				t.Fatal(err)
			}
			b.steps.Store(steps)
		}
		if got := b.writes - before; got < 2*want || got > 2*want+2 { // the pool is told how many wait for it
			t.Errorf("after %d steps: %d writes in two rounds, want %d", steps, got, 2*want)
		}
	}
}
