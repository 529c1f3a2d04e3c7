package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/referral"
)

// Statement is what somebody said about sharing a referral.
type Statement struct {
	Once Once
	// By is who recorded it; who said it is in Said.
	By       referral.Actor
	Referral string
	Said     consent.Event
	// Deliver names the partners to be told that something was said; each reads for itself what it may see now. At most 64.
	Deliver []string
	// Shown are grounds: whoever was shown something on one of them is told, too.
	Shown []string
	// Because are the decisions that allowed to record it: see [Step].
	Because []audit.Entry
}

// Said records what somebody said about sharing a referral, once. It needs no version: a withdrawal is never too late.
func (s *Store) Said(ctx context.Context, r Statement) (Result, error) {
	if err := errors.Join(checkTold(len(r.Deliver)), checkBecause(r.Because)); err != nil {
		return Result{}, err
	}
	a, err := r.asked(s)
	if err != nil {
		return Result{}, err
	}
	return s.perform(ctx, "record what was said about sharing", a, func(t tx) (Result, error) {
		owner, err := t.personInTurn(ctx, r.Referral)
		if err != nil {
			return Result{}, err
		}
		t.noteBecause(r.Because, owner, r.Referral)
		now := s.clock.Now()
		seq, err := t.addConsent(ctx, r.Referral, owner, r.Said, r.By, now)
		if err != nil {
			return Result{}, err
		}
		if r.Deliver, err = t.withReaders(ctx, r.Referral, r.By.Partner, r.Deliver, r.Shown); err != nil {
			return Result{}, err
		}
		return Result{Referral: r.Referral, Version: seq}, t.tellOfSharing(ctx, r, seq, now)
	})
}

// mostTold bounds how many partners are told of one thing: as many as can have been asked, and who made the referral.
const mostTold = 64

func checkTold(n int) error {
	if n > mostTold {
		return invalid("There are more than %d partners to tell: send fewer.", mostTold)
	}
	return nil
}

// tellOfSharing has partners told that something was said about sharing a referral.
func (t tx) tellOfSharing(ctx context.Context, r Statement, seq int64, now time.Time) error {
	if len(r.Deliver) == 0 {
		return nil
	}
	d := Delivery{Referral: r.Referral, Said: seq, Kind: referral.KindSharing, Since: now}
	if err := t.QueryRowContext(ctx, `SELECT version FROM referrals WHERE id = $1`, r.Referral).Scan(&d.Version); err != nil {
		return told("read the latest version", err)
	}
	for _, partner := range r.Deliver {
		if err := t.deliver(ctx, d, partner); err != nil {
			return err
		}
	}
	return nil
}

// asked implements [Request].
func (r Statement) asked(*Store) (asked, error) {
	return r.Once.asked("consent", []any{r.Referral, r.Said, r.By})
}

func (t tx) addConsent(
	ctx context.Context, id, owner string, said consent.Event, by referral.Actor, now time.Time,
) (int64, error) {
	before, err := consentsIn(ctx, t, id)
	if err != nil {
		return 0, err
	}
	said = said.Normal().Written(before, now)
	if err := said.Check(before, now); err != nil {
		return 0, err
	}
	event, err := json.Marshal(said)
	if err != nil {
		return 0, fmt.Errorf("write down what was said: %w", err)
	}
	actor, err := json.Marshal(by)
	if err != nil {
		return 0, fmt.Errorf("write down who did it: %w", err)
	}
	seq := int64(len(before)) + 1
	t.note(audit.Entry{
		What: audit.Changed, Time: now, By: auditActor(by), Person: owner, Referral: id, Version: seq,
		Detail: "consent." + string(said.Decision),
	})
	return seq, t.run(ctx, "record what was said",
		`INSERT INTO consents (referral_id, seq, recorded_at, actor, event) VALUES ($1, $2, $3, $4, $5)`,
		id, seq, micros(now), string(actor), string(event))
}

// carryObjections has what was refused or taken back of a referral count on the one that follows it, as from when it was said.
// The referral that is followed has to be locked by then: nobody takes anything back in between.
func (t tx) carryObjections(ctx context.Context, before, after referral.State, by referral.Actor, now time.Time) error {
	said, err := consentsIn(ctx, t, before.ID)
	if err != nil {
		return err
	}
	for _, e := range consent.Objections(said) {
		if e.At.After(now) {
			e.At = now
		}
		if _, err := t.addConsent(ctx, after.ID, after.Person, e, by, now); err != nil {
			return err
		}
	}
	return nil
}

// Consents returns all that was said about sharing a referral, in the order it was recorded.
func (s *Store) Consents(ctx context.Context, id string) ([]consent.Event, error) {
	if _, err := s.personOf(ctx, s.read, id); err != nil {
		return nil, err
	}
	return consentsIn(ctx, s.read, id)
}

func consentsIn(ctx context.Context, q querier, id string) ([]consent.Event, error) {
	var all []consent.Event
	err := each(ctx, q, "read what was said about sharing", func(rows *sql.Rows) error {
		var text string
		var e consent.Event
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return fmt.Errorf("read what was said: %w", err)
		}
		all = append(all, e)
		return nil
	}, `SELECT event FROM consents WHERE referral_id = $1 ORDER BY seq`, id)
	return all, err
}
