package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Basis counts what a decision about a referral rests on. None of it is ever taken away, so two that are equal rest on the same.
type Basis struct {
	// Version of the referral.
	Version int64
	// Said is how many times somebody said something about sharing it, and Reviews how many emergencies were reviewed.
	Said, Reviews int64
	// Erased says that nothing that was told of the person can be read any more.
	Erased bool
}

// ErrMoved is a referral that was changed, or whose sharing was, after it was decided about: nothing was read. Decide again.
var ErrMoved = errors.New("the referral changed after it was decided who may read it")

// snapshot reads in one transaction, which sees everything as it is at one moment.
func (s *Store) snapshot(ctx context.Context, doing string, read func(q querier) error) error {
	begun, err := s.read.BeginTx(ctx, s.engine.snapshot)
	if err != nil {
		return told(doing, err)
	}
	err = read(sender{begun, s.sending})
	if ended := begun.Rollback(); ended != nil && !errors.Is(ended, sql.ErrTxDone) {
		return errors.Join(err, told(doing, ended))
	}
	return err
}

// owned is a referral's person, and what a decision about it rests on now.
type owned struct {
	person string
	Basis
}

// basesOf says of referrals whose they are and what decisions about them rest on; of one that does not exist, nothing.
func basesOf(ctx context.Context, q querier, ids []string) (map[string]owned, error) {
	found := make(map[string]owned, len(ids))
	return found, askBases(ids, found).of(ctx, q)
}

func askBases(ids []string, into map[string]owned) ask {
	places, args := listed(ids)
	return ask{"find referrals", func(scan func(into ...any) error) error {
		var id string
		var o owned
		err := scan(&id, &o.person, &o.Version, &o.Said, &o.Reviews, &o.Erased)
		into[id] = o
		return err
	}, `SELECT id, person_id, version, (SELECT count(*) FROM consents c WHERE c.referral_id = r.id),
		(SELECT count(*) FROM emergency_reviews v WHERE v.referral_id = r.id),
		(SELECT count(*) FROM person_keys k WHERE k.person_id = r.person_id) = 0 FROM referrals r WHERE id IN (` + places + `)`, args}
}

// PeopleOf says whom referrals are about; one that does not exist is left out. At most [LongestPage] at once.
func (s *Store) PeopleOf(ctx context.Context, ids ...string) (map[string]string, error) {
	if err := checkLimit(len(ids)); err != nil {
		return nil, err
	}
	places, args := listed(ids)
	people := make(map[string]string, len(ids))
	err := each(ctx, s.read, "find referrals", func(rows *sql.Rows) error {
		var id, person string
		err := rows.Scan(&id, &person)
		people[id] = person
		return err
	}, `SELECT id, person_id FROM referrals WHERE id IN (`+places+`)`, args...)
	return people, err
}

// stillRests fails with [ErrMoved] unless a decision still rests on the same.
func stillRests(ctx context.Context, q querier, id string, on Basis) error {
	now, err := basesOf(ctx, q, []string{id})
	if err != nil {
		return err
	}
	is, there := now[id]
	switch {
	case !there:
		return fmt.Errorf("find the referral: %w", ErrNotFound)
	case is.Basis != on:
		return ErrMoved
	default:
		return nil
	}
}
