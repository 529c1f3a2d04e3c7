package pathway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
)

// fire does all that is due of referrals. If that does not go well of all together, it is done of each by itself: one that is
// wrong is nobody else's matter.
func (k *Keeper) fire(ctx context.Context, ids []string) error {
	err := k.fireTogether(ctx, ids)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if len(ids) == 1 {
		if errors.As(err, new(*referral.Refused)) {
			k.leave(ids[0], k.Clock.Now().Add(leftFor))
		}
		return err
	}
	if errors.Is(err, store.ErrUnavailable) { // for the others, too
		return err
	}
	err = nil
	for _, id := range ids {
		err = errors.Join(err, k.fire(ctx, []string{id}))
	}
	return err
}

// changesAtOnce bounds what is done of one referral in a round: every responder passed over, and every step that is late.
const changesAtOnce = 20

// fireTogether does all that is due of referrals, a change of each at a time. It is decided by how they stand then: whoever has
// changed one meanwhile was right.
func (k *Keeper) fireTogether(ctx context.Context, ids []string) error {
	for range changesAtOnce {
		states, err := k.Referrals.States(ctx, ids...)
		if err != nil {
			return fmt.Errorf("read referrals with something due: %w", err)
		}
		steps, err := k.whatNow(ctx, states, k.Clock.Now())
		if len(steps) == 0 || err != nil {
			return err
		}
		done, err := k.Referrals.ChangeAll(ctx, steps...)
		switch {
		case errors.As(err, new(*referral.Stale)), errors.Is(err, store.ErrKeyReused):
			continue // somebody else has changed one: all are looked at anew
		case err != nil:
			return fmt.Errorf("write into referrals what is due: %w", err)
		}
		ids = ids[:0:0]
		for i, step := range steps {
			ids = append(ids, step.Referral)
			if k.Changed != nil && !done[i].Replayed { // else another keeper has done it, and told of it
				k.Changed(states[step.Referral], step.Deliver)
			}
		}
	}
	return nil
}

// whatNow is what is to be done of referrals at a moment, in the order of their numbers; nothing of those of which nothing is
// due.
func (k *Keeper) whatNow(ctx context.Context, states map[string]referral.State, now time.Time) ([]store.Step, error) {
	var turns []Turn
	for id, s := range states {
		s.WhatNow(now, func(partner string) bool {
			turns = append(turns, Turn{id, partner})
			return false
		})
	}
	var can map[Turn]bool
	if len(turns) > 0 {
		var err error
		if can, err = k.CanBeAsked(ctx, turns); err != nil {
			return nil, fmt.Errorf("decide who can be asked next: %w", err)
		}
	}
	var steps []store.Step
	for _, id := range slices.Sorted(maps.Keys(states)) {
		s := states[id]
		c := s.WhatNow(now, func(partner string) bool { return can[Turn{id, partner}] })
		if c == nil {
			continue
		}
		steps = append(steps, store.Step{
			Once: store.Once{Scope: "pathway", Key: fmt.Sprintf("%s-%d", id, s.Version+1)},
			By:   referral.Actor{ID: "pathway", Capacity: referral.AsProgram}, Referral: id, Read: s.Version, Change: c,
			Deliver: toldOf(s, c),
		})
	}
	return steps, nil
}

// toldOf are the partners that hear of a change.
func toldOf(s referral.State, c referral.Change) []string {
	told := []string{s.Origin}
	if s.Target != s.Origin {
		told = append(told, s.Target)
	}
	if next, passes := c.(referral.PassOn); passes && next.Target != s.Origin {
		told = append(told, next.Target)
	}
	return told
}
