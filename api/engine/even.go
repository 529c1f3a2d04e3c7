package engine

import (
	"context"
	"sync/atomic"
)

// evenKey is under which a context says whether its operation is answered evenly.
type evenKey struct{}

// Evenly has the operation whose field is being resolved answered at the moments that [Options].Pace allows, whatever comes of
// it: when an answer comes does then not tell what it took. A resolver calls it before it looks at anything that whoever asks may
// not know of, and whether there is any or not.
func Evenly(ctx context.Context) {
	if asked, ok := ctx.Value(evenKey{}).(*atomic.Bool); ok {
		asked.Store(true)
	}
}

// hold waits until an answer may be sent. While it does, it has left what leave leaves.
type hold func(ctx context.Context, leave func())

// paced is the context of an operation on which work begins, and what its answer is held by: not at all, if no field has asked
// for that.
func (h *handler) paced(ctx context.Context) (context.Context, hold) {
	if h.options.Pace == nil {
		return ctx, atOnce
	}
	asked, wait := new(atomic.Bool), h.options.Pace()
	return context.WithValue(ctx, evenKey{}, asked), func(ctx context.Context, leave func()) {
		if asked.Load() {
			leave()
			wait(ctx)
		}
	}
}

// atOnce holds nothing.
func atOnce(context.Context, func()) {}

// nothing is left by what works on nothing.
func nothing() {}
