// Package pace has answers given at fixed moments after they were asked for, so that when one comes does not tell what it took to
// find it: whether somebody is there whom one may not see.
package pace

import (
	"context"
	"errors"
	"time"

	"k8s.io/utils/clock"
)

// The schedule unless settings say otherwise: what takes less than the first moment, as nearly all does, is answered then.
const (
	DefaultAtLeast = 100 * time.Millisecond
	DefaultEvery   = 100 * time.Millisecond
	// Longest is how long each may be: a request has seconds, and must not be late because of this.
	Longest = 2 * time.Second
)

// Schedule says when answers are given: AtLeast after work on them began, or, if that has passed by then, at the next multiple of
// Every after it. The zero Schedule gives them at once.
//
// It is counted from when work began, not from when the request came, and not from full seconds: whoever asks could otherwise
// choose when to ask so that a moment lies just between the shorter and the longer way. What remains is a request that takes
// about as long as a moment is after it began, because the machine is busy; AtLeast is to be well above what requests take.
type Schedule struct {
	AtLeast, Every time.Duration
	Clock          Clock
}

// Clock tells the time and waits for it.
type Clock interface {
	clock.PassiveClock
	// Sleep returns after a while, or as soon as the context ends. How much later than that it returns must not depend on how long
	// the while was: that tells when an answer was ready, which is all that waiting is to hide.
	Sleep(ctx context.Context, while time.Duration)
}

// Check says what is wrong with the settings.
func (s Schedule) Check() error {
	switch {
	case s.AtLeast < 0 || s.Every < 0 || s.AtLeast > Longest || s.Every > Longest:
		return errors.New("an answer waits for up to 2s, and no less than nothing")
	case (s.AtLeast == 0) != (s.Every == 0):
		return errors.New("set both to 0 to answer at once, or neither")
	default:
		return nil
	}
}

// Due is when an answer is given that is ready after a while: how long after work on it began.
func (s Schedule) Due(after time.Duration) time.Duration {
	if after <= s.AtLeast || s.Every <= 0 {
		return max(after, s.AtLeast)
	}
	if over := (after - s.AtLeast) % s.Every; over > 0 {
		after += s.Every - over
	}
	return after
}

// Begin notes when work on an answer begins. What it returns waits until the answer, which is ready then, may be given, or the
// context ends; it can be called again for the next answer of a stream.
func (s Schedule) Begin() func(context.Context) {
	if s.AtLeast == 0 && s.Every == 0 {
		return func(context.Context) {}
	}
	began := s.Clock.Now()
	return func(ctx context.Context) {
		ready := s.Clock.Since(began)
		s.Clock.Sleep(ctx, s.Due(ready)-ready)
	}
}
