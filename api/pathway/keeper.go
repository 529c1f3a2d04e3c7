package pathway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/utils/clock"

	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
)

// Referrals are where referrals and their timers are kept.
type Referrals interface {
	Timers(ctx context.Context, after store.Timer, limit int) ([]store.Timer, error)
	State(ctx context.Context, id string) (referral.State, error)
	Change(ctx context.Context, s store.Step) (store.Result, error)
}

// Keeper does what is to be done when the time of a step is over: it passes the referral on to the next responder, or tells the
// ADP.
//
// A timer is a row that is written, and deleted, in the transaction of the change that it follows from. So what is done is done
// once, whatever is killed, and with any number of keepers: of two that find the same timer one writes, and the other finds
// that it has been done.
type Keeper struct {
	Referrals Referrals
	// CanBeAsked reports whether a partner can be asked next to answer a referral. Who cannot is passed over; where it fails,
	// nothing is done of the referral until the next round.
	CanBeAsked func(ctx context.Context, s referral.State, partner string) (bool, error)
	// Changed is told of each change, with the partners that hear of it; nil for nobody. It is called by several goroutines.
	Changed func(s referral.State, told []string)
	// Clock is that of the store.
	Clock  clock.Clock
	Logger *slog.Logger

	mu sync.Mutex
	// left are referrals of which something is due that they do not allow, and until when they are left alone.
	left map[string]time.Time
}

// leftFor is how long a referral is left alone that does not allow what is due: one that has as many changes as it can have.
const leftFor = time.Hour

// every is how often timers are looked at that somebody else may have started. Those that are known are waited for exactly.
const every = 500 * time.Millisecond

// Run keeps timers until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	for ctx.Err() == nil {
		next, err := k.Round(ctx)
		if err != nil && ctx.Err() == nil {
			k.Logger.Warn("what is due of referrals could not all be done; it is tried again", "error", err)
		}
		wait := every
		if !next.IsZero() {
			wait = min(wait, max(0, next.Sub(k.Clock.Now())))
		}
		alarm := k.Clock.NewTimer(wait)
		select {
		case <-ctx.Done():
			alarm.Stop()
		case <-alarm.C():
		}
	}
}

// Round does all that is due now, and returns when the next is due; zero if nothing is. What fails of one referral is no
// hindrance to the others; the error names all that failed.
func (k *Keeper) Round(ctx context.Context) (next time.Time, err error) {
	now := k.Clock.Now()
	due, err := k.due(ctx, now)
	if err != nil {
		return time.Time{}, err
	}
	failed := k.fireAll(ctx, due, now)
	first, err := k.Referrals.Timers(ctx, store.Timer{DueAt: now.Add(time.Microsecond)}, 1)
	if len(first) > 0 {
		next = first[0].DueAt
	}
	return next, errors.Join(failed, err)
}

// firedAtOnce is of how many referrals what is due is done at once. Working days end for all at the same moment; more than this
// would leave no connection to the store to those who work.
const firedAtOnce = 8

// fireAll does all that is due of some referrals, several at once. It begins anywhere among them: of several keepers that find
// the same each does a part, instead of all of them the same one after the other.
func (k *Keeper) fireAll(ctx context.Context, due []string, now time.Time) error {
	if len(due) == 0 {
		return nil
	}
	begin := rand.IntN(len(due))
	errs := make([]error, len(due))
	var firing errgroup.Group
	firing.SetLimit(firedAtOnce)
	for i, id := range slices.Concat(due[begin:], due[:begin]) {
		firing.Go(func() error {
			errs[i] = k.fireOnce(ctx, id, now)
			return nil
		})
	}
	_ = firing.Wait()
	return errors.Join(errs...)
}

// fireOnce does what is due of a referral, unless it is left alone.
func (k *Keeper) fireOnce(ctx context.Context, id string, now time.Time) error {
	if ctx.Err() != nil || k.leaves(id, now) {
		return ctx.Err()
	}
	err := k.fire(ctx, id, now)
	if errors.As(err, new(*referral.Refused)) {
		k.leave(id, now.Add(leftFor))
	}
	return err
}

// leaves reports whether a referral is left alone at a moment, and forgets that it was when that is over.
func (k *Keeper) leaves(id string, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now.Before(k.left[id]) {
		return true
	}
	delete(k.left, id)
	return false
}

// leave leaves a referral alone until a moment, so that it is not tried, and told of, twice a second.
func (k *Keeper) leave(id string, until time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.left == nil {
		k.left = map[string]time.Time{}
	}
	k.left[id] = until
}

// due are the referrals of which something is due, each once: the longest first.
func (k *Keeper) due(ctx context.Context, now time.Time) ([]string, error) {
	var ids []string
	seen := map[string]bool{}
	for after := (store.Timer{}); ; {
		page, err := k.Referrals.Timers(ctx, after, store.LongestPage)
		if err != nil {
			return nil, fmt.Errorf("look what is due: %w", err)
		}
		for _, timer := range page {
			if timer.DueAt.After(now) {
				return ids, nil
			}
			if !seen[timer.Referral] {
				seen[timer.Referral] = true
				ids = append(ids, timer.Referral)
			}
		}
		if len(page) < store.LongestPage {
			return ids, nil
		}
		after = page[len(page)-1]
	}
}

// changesAtOnce bounds what is done of one referral in a round: every responder passed over, and every step that is late.
const changesAtOnce = 20

// fire does all that is due of a referral. Each change is decided by how the referral stands then: whoever has changed it
// meanwhile was right.
func (k *Keeper) fire(ctx context.Context, id string, now time.Time) error {
	for range changesAtOnce {
		s, err := k.Referrals.State(ctx, id)
		if err != nil {
			return fmt.Errorf("read a referral with something due: %w", err)
		}
		c, err := k.whatNow(ctx, s, now)
		if c == nil || err != nil {
			return err
		}
		told := toldOf(s, c)
		done, err := k.Referrals.Change(ctx, store.Step{
			Once: store.Once{Scope: "pathway", Key: fmt.Sprintf("%s-%d", s.ID, s.Version+1)},
			By:   referral.Actor{ID: "pathway", Capacity: referral.AsProgram}, Referral: s.ID, Read: s.Version, Change: c, Deliver: told,
		})
		switch {
		case errors.As(err, new(*referral.Stale)), errors.Is(err, store.ErrKeyReused):
			continue // somebody else has changed it: it is looked at anew
		case err != nil:
			return fmt.Errorf("write %s into a referral: %w", c.Kind(), err)
		case k.Changed != nil && !done.Replayed: // else another keeper has done it, and told of it
			k.Changed(s, told)
		}
	}
	return nil
}

// whatNow is what is to be done of a referral now; nil for nothing.
func (k *Keeper) whatNow(ctx context.Context, s referral.State, now time.Time) (referral.Change, error) {
	var failed error
	c := s.WhatNow(now, func(partner string) bool {
		can, err := k.CanBeAsked(ctx, s, partner)
		failed = errors.Join(failed, err)
		return can && err == nil
	})
	if failed != nil {
		return nil, fmt.Errorf("decide who can be asked next: %w", failed)
	}
	return c, nil
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
