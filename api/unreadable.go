package main

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
)

// unreadable counts, and writes down by their opaque numbers, referrals of which something that is kept does not open: whoever
// runs Lifeline has to know which, and whoever asked sees all others.
type unreadable struct {
	total  prometheus.Counter
	logger *slog.Logger
}

func newUnreadable(logger *slog.Logger) *unreadable {
	return &unreadable{prometheus.NewCounter(prometheus.CounterOpts{
		Name: "lifeline_referrals_unreadable_total",
		Help: "How often something was withheld because what is kept of a referral does not open: should stay 0.",
	}), logger}
}

// found notes a referral, by its opaque number, whenever somebody asked for it.
func (u *unreadable) found(ctx context.Context, referral string) {
	u.total.Inc()
	u.logger.ErrorContext(ctx, "what is kept of a referral does not open: it was changed or damaged, or encrypted by a key that is "+
		"not here", "referral", referral)
}
