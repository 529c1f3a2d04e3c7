package main

import (
	"context"
	"log/slog"
	"time"
)

// requestsKept is for how long a request that was carried out is answered the same when it is sent again. After that it is judged
// anew; whoever still sends it has given up long ago.
const requestsKept = 90 * 24 * time.Hour

// forgetAgain is how often it is looked for requests that are older.
const forgetAgain = time.Hour

// forgetter forgets the requests that were carried out before a moment.
type forgetter interface {
	ForgetRequests(ctx context.Context, before time.Time) (int64, error)
}

// forget forgets old requests at once and at each tick, until ctx ends. What fails is tried again at the next one.
func forget(ctx context.Context, from forgetter, now func() time.Time, ticks <-chan time.Time, logger *slog.Logger) {
	for {
		if _, err := from.ForgetRequests(ctx, now().Add(-requestsKept)); err != nil && ctx.Err() == nil {
			logger.Warn("old requests could not be forgotten; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
	}
}
