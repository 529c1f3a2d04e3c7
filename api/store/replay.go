package store

import (
	"context"
	"errors"
)

// ErrNotGivenUp is a delivery that cannot be asked for again, because it was not given up.
var ErrNotGivenUp = errors.New("this delivery was not given up")

// again makes deliveries that were given up wait again, from now on.
const again = `UPDATE outbox SET state = 'Waiting', reason = '', attempts = 0, sent = 0, sent_at = NULL, round = round + 1,
	begun_at = $1, due_at = $1, done_at = NULL WHERE state = 'GivenUp'`

// Replay makes one delivery that was given up be tried again, once. Its partner gets events again if it had said that it wants no
// more.
func (s *Store) Replay(ctx context.Context, o Once, id int64) (Result, error) {
	a, err := o.asked("replay", id)
	if err != nil {
		return Result{}, err
	}
	return s.perform(ctx, "deliver again", a, func(t tx) (Result, error) {
		if err := t.interrupted(ctx, `state = 'GivenUp' AND id = $1`, id); err != nil {
			return Result{}, err
		}
		n, err := t.exec(ctx, "deliver again", again+` AND id = $2`, micros(t.s.clock.Now()), id)
		if err != nil {
			return Result{}, err
		}
		d, err := scanDelivery(t.QueryRowContext(ctx, deliveries+` WHERE id = $1`, id).Scan)
		switch {
		case err != nil:
			return Result{}, told("find a delivery", err)
		case n == 0:
			return Result{}, ErrNotGivenUp
		}
		if err := t.resubscribe(ctx, d.Partner); err != nil {
			return Result{}, err
		}
		if carrier := t.s.carriedBy(); carrier != nil {
			t.pause("hand over what is to be delivered")
			err = carrier.Carry(ctx, t.Tx, d)
		}
		return Result{Referral: d.Referral, Version: d.ID}, told("hand over what is to be delivered", err)
	})
}

// ReplayAll makes all deliveries to a partner that were given up be tried again, once. The result's Version is how many. They are
// handed to the queue later, as [Store.Uncarried] finds them.
func (s *Store) ReplayAll(ctx context.Context, o Once, partner string) (Result, error) {
	a, err := o.asked("replay all", partner)
	if err != nil {
		return Result{}, err
	}
	return s.perform(ctx, "deliver all again", a, func(t tx) (Result, error) {
		if err := t.interrupted(ctx, `state = 'GivenUp' AND partner = $1`, partner); err != nil {
			return Result{}, err
		}
		n, err := t.exec(ctx, "deliver all again", again+` AND partner = $2`, micros(t.s.clock.Now()), partner)
		if err != nil {
			return Result{}, err
		}
		return Result{Version: n}, t.resubscribe(ctx, partner)
	})
}

func (t tx) resubscribe(ctx context.Context, partner string) error {
	return t.run(ctx, "let a partner have events again",
		`UPDATE endpoints SET unsubscribed_at = NULL, confirmed_at = NULL WHERE partner = $1 AND unsubscribed_at IS NOT NULL`, partner)
}
