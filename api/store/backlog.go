package store

import (
	"context"
	"time"
)

// Backlog is what there is to be done, in all.
type Backlog struct {
	// Waiting deliveries are still to be tried; Oldest of them happened then, zero if none waits.
	Waiting int64
	Oldest  time.Time
	// GivenUp deliveries wait for somebody who asks for them again.
	GivenUp int64
	// Late is how many steps have a time that is over, and nothing has followed from it yet.
	Late int64
	// Escalated referrals have somebody to look at them, and nobody has yet.
	Escalated int64
}

// Backlog counts what there is to be done.
func (s *Store) Backlog(ctx context.Context) (b Backlog, err error) {
	var oldest int64
	err = s.read.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM outbox WHERE done_at IS NULL),
		(SELECT coalesce(min(created_at), 0) FROM outbox WHERE done_at IS NULL),
		(SELECT count(*) FROM outbox WHERE state = 'GivenUp'),
		(SELECT count(*) FROM timers WHERE due_at <= $1),
		(SELECT count(*) FROM referrals WHERE escalated = 1)`, micros(s.clock.Now()),
	).Scan(&b.Waiting, &oldest, &b.GivenUp, &b.Late, &b.Escalated)
	if oldest != 0 {
		b.Oldest = moment(oldest)
	}
	return b, told("count what there is to be done", err)
}
