package main

import (
	"context"
	"log/slog"
	"time"
)

// catchUpEvery is how often what earlier releases wrote is brought to how it is written now: not before their programs have had
// the time to end, since they cannot read it any more then, and again for what they wrote last.
const catchUpEvery = 10 * time.Minute

// behind is what earlier releases wrote to.
type behind interface {
	CatchUp(ctx context.Context) error
}

// catchUp has it brought up to date at each tick, until ctx ends. What fails is tried again at the next one.
func catchUp(ctx context.Context, what behind, ticks <-chan time.Time, logger *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		if err := what.CatchUp(ctx); err != nil && ctx.Err() == nil {
			logger.Warn("what an earlier release wrote could not be brought up to date; it is tried again", "error", err)
		}
	}
}
