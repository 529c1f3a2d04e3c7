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

	"k8s.io/utils/clock"

	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
)

// Referrals are where referrals and their timers are kept.
type Referrals interface {
	Timers(ctx context.Context, after store.Timer, limit int) ([]store.Timer, error)
	States(ctx context.Context, ids ...string) (map[string]referral.State, error)
	ChangeAll(ctx context.Context, all ...store.Step) ([]store.Result, error)
}

// Turn is a partner that could be asked next to answer a referral.
type Turn struct{ Referral, Partner string }

// Keeper does what is to be done when the time of a step is over: it passes the referral on to the next responder, or tells the
// ADP.
//
// A timer is a row that is written, and deleted, in the transaction of the change that it follows from. So what is done is done
// once, whatever is killed, and with any number of keepers: of two that find the same timer one writes, and the other finds
// that it has been done.
type Keeper struct {
	Referrals Referrals
	// CanBeAsked says which partners can be asked next to answer which referrals, of [together] at most. Who cannot is passed over;
	// where it fails, nothing is done of these referrals until the next round.
	CanBeAsked func(ctx context.Context, turns []Turn) (map[Turn]bool, error)
	// Changed is told of each change, with the partners that hear of it; nil for nobody. It is called by several goroutines.
	Changed func(s referral.State, told []string)
	// Clock is that of the store.
	Clock  clock.Clock
	Logger *slog.Logger

	// working are those who do what is due.
	working sync.WaitGroup
	places  sync.Once
	place   chan struct{}

	mu sync.Mutex
	// left are referrals of which something is due that they do not allow, and until when they are left alone; underWay those of
	// which it is being done.
	left     map[string]time.Time
	underWay map[string]bool
}

// leftFor is how long a referral is left alone that does not allow what is due: one that has as many changes as it can have.
const leftFor = time.Hour

// every is how often timers are looked at that somebody else may have started. Those that are known are waited for exactly.
const every = 500 * time.Millisecond

// Run keeps timers until ctx ends. What is being done of some referrals is no hindrance to what is due next.
func (k *Keeper) Run(ctx context.Context) {
	defer k.working.Wait()
	for ctx.Err() == nil {
		now := k.Clock.Now()
		err := k.begin(ctx, now, func(err error) { k.warn(ctx, err) })
		next, failed := k.next(ctx, now)
		k.warn(ctx, errors.Join(err, failed))
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

func (k *Keeper) warn(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		k.Logger.Warn("what is due of referrals could not all be done; it is tried again", "error", err)
	}
}

// Round does all that is due now, and returns when the next is due; zero if nothing is. What fails of one referral is no
// hindrance to the others; the error names all that failed.
func (k *Keeper) Round(ctx context.Context) (next time.Time, err error) {
	var mu sync.Mutex
	var failed error
	now := k.Clock.Now()
	begun := k.begin(ctx, now, func(err error) {
		mu.Lock()
		defer mu.Unlock()
		failed = errors.Join(failed, err)
	})
	k.working.Wait()
	next, err = k.next(ctx, now)
	return next, errors.Join(begun, failed, err)
}

// Working days end for all at the same moment. Together is of how many referrals what is due is decided and written at once: it
// is most of the work that is saved, and nobody else waits long for the audit log. Of atOnce times as many it is done at the same
// time; more than this would leave no connection to the store to those who work.
const (
	together = 32
	atOnce   = 4
)

// begin begins to do all that is due at a moment, and tells done what came of each part. It begins anywhere among what is due: of
// several keepers that find the same each does a part, instead of all of them the same one after the other.
func (k *Keeper) begin(ctx context.Context, now time.Time, done func(error)) error {
	k.places.Do(func() { k.place = make(chan struct{}, atOnce) })
	due, err := k.due(ctx, now)
	if err != nil {
		return err
	}
	parts := slices.Collect(slices.Chunk(k.take(due, now), together))
	if len(parts) == 0 {
		return nil
	}
	first := rand.IntN(len(parts))
	for _, part := range slices.Concat(parts[first:], parts[:first]) {
		k.working.Go(func() {
			defer k.leaveGo(part)
			select {
			case k.place <- struct{}{}:
				defer func() { <-k.place }()
				done(k.fire(ctx, part))
			case <-ctx.Done():
			}
		})
	}
	return nil
}

// next is when the next is due after a moment; zero if nothing is.
func (k *Keeper) next(ctx context.Context, now time.Time) (time.Time, error) {
	first, err := k.Referrals.Timers(ctx, store.Timer{DueAt: now.Add(time.Microsecond)}, 1)
	if len(first) == 0 || err != nil {
		return time.Time{}, err
	}
	return first[0].DueAt, nil
}

// take notes that what is due of referrals is being done: of all but those of which it is already, or that are left alone.
func (k *Keeper) take(ids []string, now time.Time) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.underWay == nil {
		k.underWay = map[string]bool{}
	}
	return slices.DeleteFunc(ids, func(id string) bool {
		if k.underWay[id] || now.Before(k.left[id]) {
			return true
		}
		delete(k.left, id)
		k.underWay[id] = true
		return false
	})
}

// leaveGo notes that what was due of referrals has been done.
func (k *Keeper) leaveGo(ids []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, id := range ids {
		delete(k.underWay, id)
	}
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
