package store

import (
	"context"
	"errors"
	"fmt"

	"lifeline.scot/api/referral"
)

// States returns how referrals stand, from their histories, by one statement; one that does not exist is left out. Nothing is
// decrypted for it. At most [LongestPage].
func (s *Store) States(ctx context.Context, ids ...string) (map[string]referral.State, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if err := checkLimit(len(ids)); err != nil {
		return nil, err
	}
	histories := map[string][]referral.Event{}
	if err := askHistories(ids, histories).of(ctx, s.read); err != nil {
		return nil, err
	}
	states := make(map[string]referral.State, len(histories))
	for id, history := range histories {
		state, err := referral.Fold(history)
		if err != nil {
			return nil, fmt.Errorf("work out how referral %s stands: %w", id, err)
		}
		states[id] = state
	}
	return states, nil
}

// MostChanged is how many changes are made in one transaction.
const MostChanged = 64

// ChangeAll is [Store.Change] of several referrals in one transaction: all changes are made, or none. It fails as the first of
// them does that cannot be made. Whoever makes changes of the same referrals at the same time names these in the same order, so
// that nobody waits for somebody who waits for them.
func (s *Store) ChangeAll(ctx context.Context, all ...Step) ([]Result, error) {
	if len(all) > MostChanged {
		return nil, invalid("There are more than %d changes at once: send fewer.", MostChanged)
	}
	requests := make([]asked, len(all))
	for i, r := range all {
		a, err := r.asked(s)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(checkTold(len(r.Deliver)), checkBecause(r.Because)); err != nil {
			return nil, err
		}
		if r.Decided != nil {
			return nil, errors.New("a change that rests on decisions is made by itself")
		}
		requests[i] = a
	}
	results := make([]Result, len(all))
	err := s.change(ctx, "change referrals", func(t tx) (err error) {
		for i, r := range all {
			if results[i], err = t.once(ctx, requests[i], func() (Result, error) { return t.step(ctx, r) }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}
