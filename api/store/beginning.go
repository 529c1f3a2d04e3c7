package store

import (
	"context"
	"database/sql"
	"slices"

	"lifeline.scot/api/audit"
)

// Beginning is an attempt to deliver that is about to be made.
type Beginning struct {
	// Delivery as it was decided about.
	Delivery Delivery
	// On is what the decision rests on.
	On Basis
	// Because are the decision, and that the event begins to leave: what the audit log is told if it does.
	Because []audit.Entry
}

// Number is which attempt of the round it is, from 1.
func (b Beginning) Number() int64 { return b.Delivery.Sent + 1 }

// What is known of an attempt that was taken; and of one that began, until it is known what came of it.
const (
	OutcomeDelivered = "Delivered"
	OutcomeUnknown   = "Unknown"
	CodeInterrupted  = "Interrupted"
)

// Begin writes down attempts before the first byte of them leaves, with the decisions that they rest on, in one transaction and
// under one signature; it returns which deliveries may be sent. Those that are left out are to be looked at again: they were
// settled or begun by somebody else meanwhile, or the decision does not rest on the same any more. What was said about sharing is
// in the audit log before an attempt that heeds it, and never between an attempt and one that does not. At most [MostSettled] at
// once, each once.
func (s *Store) Begin(ctx context.Context, all ...Beginning) (begun map[int64]bool, err error) {
	if len(all) == 0 {
		return nil, nil
	}
	if len(all) > MostSettled {
		return nil, invalid("Begin at most %d deliveries at once.", MostSettled)
	}
	err = s.change(ctx, "begin to deliver", func(t tx) error {
		if begun, err = t.countAttempts(ctx, all); err != nil || len(begun) == 0 {
			return err
		}
		about, err := t.lockedBases(ctx, all)
		if err != nil {
			return err
		}
		moved := movedOf(all, begun, about)
		if err := t.takeBackAttempts(ctx, moved); err != nil {
			return err
		}
		for _, id := range moved {
			delete(begun, id)
		}
		for _, one := range all {
			if begun[one.Delivery.ID] {
				t.noteOf(about, one.Because...)
			}
		}
		return nil
	})
	return begun, err
}

// countAttempts counts the attempts that nobody else began or settled, and returns whose they are.
func (t tx) countAttempts(ctx context.Context, all []Beginning) (map[int64]bool, error) {
	var tried []int64
	numbers := make([][]int64, len(all))
	for i, one := range all {
		numbers[i] = []int64{one.Delivery.ID, one.Delivery.Round, one.Delivery.Sent}
		if one.Delivery.Sent > 0 {
			tried = append(tried, one.Delivery.ID)
		}
	}
	if err := t.interruptedOf(ctx, tried); err != nil {
		return nil, err
	}
	listed, args := t.s.engine.table(numbers, micros(t.s.clock.Now()))
	t.pause("count attempts to deliver")
	begun := make(map[int64]bool, len(all))
	err := each(ctx, t, "count attempts to deliver", func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		begun[id] = true
		return err
	}, `WITH v (id, round, sent) AS (VALUES `+listed+`)
		UPDATE outbox SET sent = v.sent + 1, sent_at = $1 FROM v
		WHERE outbox.id = v.id AND outbox.round = v.round AND outbox.sent = v.sent AND outbox.done_at IS NULL
		RETURNING outbox.id`, args...)
	return begun, err
}

// interruptedOf is interrupted of deliveries by their ids.
func (t tx) interruptedOf(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	places, args := listed(ids)
	return t.interrupted(ctx, `id IN (`+places+`)`, args...)
}

// interrupted writes down of deliveries that the attempt before, if nothing is known of it, was never heard of again.
func (t tx) interrupted(ctx context.Context, which string, args ...any) error {
	return t.run(ctx, "write down attempts that were interrupted",
		`INSERT INTO delivery_attempts (delivery_id, round, number, at, took_us, outcome, status, code)
		SELECT id, round, sent, coalesce(sent_at, begun_at), 0, '`+OutcomeUnknown+`', 0, '`+CodeInterrupted+`' FROM outbox
		WHERE sent > 0 AND taken_us IS NULL AND `+which+` ON CONFLICT (delivery_id, round, number) DO NOTHING`, args...)
}

// lockedBases are what decisions about deliveries rest on, after nobody else can append to the audit log any more: whoever
// changes any of it waits for that, too, before it is committed.
func (t tx) lockedBases(ctx context.Context, all []Beginning) (map[string]owned, error) {
	referrals := make([]string, len(all))
	for i, one := range all {
		referrals[i] = one.Delivery.Referral
	}
	slices.Sort(referrals)
	about := make(map[string]owned, len(referrals))
	var err error
	*t.foreseen, err = t.foresee(ctx, "take turns at the audit log",
		append(t.askLock(), askBases(slices.Compact(referrals), about))...)
	return about, err
}

// movedOf are those begun whose decision does not rest on the same any more.
func movedOf(all []Beginning, begun map[int64]bool, now map[string]owned) (ids []int64) {
	for _, one := range all {
		if d := one.Delivery; begun[d.ID] && now[d.Referral].Basis != one.On {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

func (t tx) takeBackAttempts(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	places, args := listed(ids)
	return t.run(ctx, "take back attempts that were not made", `UPDATE outbox SET sent = sent - 1 WHERE id IN (`+places+`)`, args...)
}
