package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"lifeline.scot/api/referral"
)

// Timer is a step at whose time something is to happen by itself, unless it is done before.
type Timer struct {
	Referral string
	Task     referral.Task
	DueAt    time.Time
}

// time keeps the timers of a referral as they follow from how it stands, in the transaction of the change that made it so.
func (t tx) time(ctx context.Context, before, after referral.State) error {
	was, is := before.Timers(), after.Timers()
	if slices.EqualFunc(was, is, func(a, b referral.Due) bool { return a.Task == b.Task && a.By.Equal(b.By) }) {
		return nil
	}
	if len(was) > 0 {
		if err := t.run(ctx, "stop the timers", `DELETE FROM timers WHERE referral_id = $1`, after.ID); err != nil {
			return err
		}
	}
	for _, due := range is {
		if err := t.run(ctx, "start a timer", `INSERT INTO timers (referral_id, task, due_at) VALUES ($1, $2, $3)`,
			after.ID, string(due.Task), micros(due.By)); err != nil {
			return err
		}
	}
	return nil
}

// Timers returns the timers after one, the earliest first: the zero Timer is before all. At most limit, of 1 to [LongestPage].
func (s *Store) Timers(ctx context.Context, after Timer, limit int) ([]Timer, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	from := int64(0)
	if !after.DueAt.IsZero() {
		from = micros(after.DueAt)
	}
	var all []Timer
	err := each(ctx, s.read, "read the timers", func(rows *sql.Rows) error {
		var timer Timer
		var due int64
		err := rows.Scan(&timer.Referral, &timer.Task, &due)
		timer.DueAt = moment(due)
		all = append(all, timer)
		return err
	}, `SELECT referral_id, task, due_at FROM timers WHERE (due_at, referral_id, task) > ($1, $2, $3)
		ORDER BY due_at, referral_id, task LIMIT $4`, from, after.Referral, string(after.Task), int64(limit))
	return all, err
}
