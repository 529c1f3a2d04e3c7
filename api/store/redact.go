package store

import (
	"context"
	"database/sql"

	"lifeline.scot/api/referral"
)

// referralsInTurn are the referrals of a person: nobody changes them until the transaction ends.
func (t tx) referralsInTurn(ctx context.Context, person string) (ids []string, err error) {
	err = each(ctx, t, "find the referrals of a person", func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT id FROM referrals WHERE person_id = $1 ORDER BY id`+t.s.engine.lockReferral, person)
	return ids, err
}

// redact replaces the codes of the histories of somebody who was erased by such that tell nothing of them: see
// [referral.Redacted].
func (t tx) redact(ctx context.Context, person string, referrals []string) error {
	for _, id := range referrals {
		if err := t.redactOne(ctx, id); err != nil {
			return err
		}
	}
	return t.run(ctx, "note that histories were redacted", `UPDATE persons SET redacted_at = $1 WHERE id = $2`,
		micros(t.s.clock.Now()), person)
}

func (t tx) redactOne(ctx context.Context, id string) error {
	before, err := replay(ctx, t, id)
	if err != nil {
		return err
	}
	history, err := readHistory(ctx, t, id, 0, referral.MostEvents)
	if err != nil {
		return err
	}
	for _, w := range history {
		change, err := referral.EncodeChange(referral.Redacted(w.Change))
		if err != nil {
			return err
		}
		if err := t.run(ctx, "redact a history",
			`UPDATE history SET change = $1 WHERE referral_id = $2 AND version = $3 AND change <> $1`,
			string(change), id, w.Version); err != nil {
			return err
		}
	}
	after, err := replay(ctx, t, id)
	if err != nil {
		return err
	}
	if err := t.run(ctx, "bring the referral up to date", `UPDATE referrals SET escalated = $1, late = $2 WHERE id = $3`,
		flag(after.Escalation != nil), flag(len(after.LateSteps()) > 0), id); err != nil {
		return err
	}
	return t.time(ctx, before, after)
}

// redactErased redacts the histories of those whom an earlier release erased. It can be stopped and started again.
func (s *Store) redactErased(ctx context.Context) error {
	for {
		var people []string
		err := each(ctx, s.write, "find who was erased", func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			people = append(people, id)
			return err
		}, `SELECT id FROM persons WHERE erased_at IS NOT NULL AND redacted_at IS NULL LIMIT $1`, int64(LongestPage))
		if err != nil || len(people) == 0 {
			return err
		}
		for _, person := range people {
			err := s.change(ctx, "redact the histories of a person", func(t tx) error {
				referrals, err := t.referralsInTurn(ctx, person)
				if err != nil {
					return err
				}
				return t.redact(ctx, person, referrals)
			})
			if err != nil {
				return err
			}
		}
	}
}
