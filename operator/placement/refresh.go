package placement

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/rounds"
)

const (
	// refreshEvery is how often some of those who wait are told anew where they stand.
	refreshEvery = 5 * time.Second
	// nearFront is how far from the front a position is renewed each time; the others take turns.
	nearFront = 10
	// lookLimit and writeLimit bound one round, so that giving places is never held up: positions change for everybody behind
	// whenever somebody in front leaves.
	lookLimit, writeLimit = 500, 100
	// timeLimit does the same where working out a position takes long: with thousands of pools it is milliseconds each.
	timeLimit = time.Second
)

// refresher tells those who wait where they stand now, and pools how many wait for them. It takes its time.
type refresher struct {
	*Reconciler
	// after is where the last round stopped.
	after int
}

// Start implements manager.Runnable.
func (r *refresher) Start(ctx context.Context) error {
	rounds.Repeat(ctx, refreshEvery, "tell those who wait where they stand", r.refresh)
	return nil
}

func (r *refresher) refresh(ctx context.Context) error {
	var claims v1alpha1.PlacementList
	if err := r.List(ctx, &claims, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list those who wait: %w", err)
	}
	looks, writes, began := 0, 0, r.Clock.Now()
	spent := func(share int) bool {
		return looks >= lookLimit/share || writes >= writeLimit/share || r.Clock.Since(began) >= timeLimit/time.Duration(share)
	}
	visit := func(claim *v1alpha1.Placement) error {
		looks++
		written, err := r.retell(ctx, claim)
		if written {
			writes++
		}
		return err
	}
	// The cache lists in any order: taking turns needs one that stays. Those near the front get half of the round at most.
	slices.SortFunc(claims.Items, func(a, b v1alpha1.Placement) int { return cmp.Compare(a.UID, b.UID) })
	for i := range claims.Items {
		claim := &claims.Items[(r.after+i)%len(claims.Items)]
		if spent(2) {
			break
		}
		if queue := claim.Status.Queue; queue != nil && queue.Position <= nearFront {
			if err := visit(claim); err != nil {
				return err
			}
		}
	}
	for range claims.Items {
		if spent(1) {
			break
		}
		r.after = (r.after + 1) % len(claims.Items)
		if err := visit(&claims.Items[r.after]); err != nil {
			return err
		}
	}
	return r.countWaiting(ctx)
}

// retell writes where a claim stands if that has changed. A claim that anybody else writes to meanwhile is left to them.
func (r *refresher) retell(ctx context.Context, cached *v1alpha1.Placement) (bool, error) {
	if !rules.Waits(cached) || cached.Status.ObservedGeneration != cached.Generation {
		return false, nil
	}
	if _, assigned := r.line.queue.Assigned(client.ObjectKeyFromObject(cached)); assigned {
		return false, nil
	}
	look, waits := r.line.queue.Outlook(client.ObjectKeyFromObject(cached), r.Clock.Now())
	if !waits {
		return false, nil
	}
	is := cached.DeepCopy()
	describe(is, look, r.Clock.Now())
	keepMoment(cached, is)
	written, err := r.Write(ctx, cached, is)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return false, nil
	}
	return written, err
}

// countWaiting writes how many wait for each pool.
func (r *refresher) countWaiting(ctx context.Context) error {
	var pools v1alpha1.CapacityPoolList
	if err := r.List(ctx, &pools, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list pools: %w", err)
	}
	writes := 0
	for i := range pools.Items {
		pool := &pools.Items[i]
		n := int32(r.line.queue.Waiting(rules.PoolOf(pool), r.Clock.Now()))
		if waiting(pool) == n || writes >= writeLimit {
			continue
		}
		writes++
		err := r.Pools.Do(ctx, client.ObjectKeyFromObject(pool), func(pool *v1alpha1.CapacityPool) error {
			pool.Status.Waiting = &n
			return nil
		})
		if client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return nil
}

// waiting is the number the pool shows. Nobody writes none until somebody has waited.
func waiting(pool *v1alpha1.CapacityPool) int32 {
	if pool.Status.Waiting == nil {
		return 0
	}
	return *pool.Status.Waiting
}
