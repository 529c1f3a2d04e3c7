package pace

import (
	"context"
	"time"

	"k8s.io/utils/clock"
)

// How the last of a while is waited for.
const (
	// nearly is how long before the moment a timer of the runtime is left alone: it may ring up to a millisecond and some late.
	nearly = 2 * time.Millisecond
	// shortly is how long before the moment nothing sleeps any more: the kernel wakes a thread up to some 100 µs late.
	shortly = 150 * time.Microsecond
)

// Exact is the machine's clock, with a sleep that ends on the moment.
//
// A timer of Go's runtime does not: an idle program sleeps in epoll_wait, whose waits are whole milliseconds, so that the timer
// rings late by what is missing to a full one. Whoever asks then reads from the answer's moment how many microseconds past a
// millisecond it was ready: measured, those who are there and nobody could be told apart by it.
type Exact struct{ clock.RealClock }

// Sleep returns after a while, or as soon as the context ends, which is looked at until 2 ms before the moment.
func (Exact) Sleep(ctx context.Context, while time.Duration) {
	began := time.Now()
	if while > nearly {
		timer := time.NewTimer(while - nearly)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
	for left := while - time.Since(began); left > shortly; left = while - time.Since(began) {
		nap(left - shortly)
	}
	for time.Since(began) < while {
		continue // nothing would wake on the moment itself
	}
}
