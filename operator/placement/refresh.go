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
	// busyShare of that is what is left while claims take more than that many steps between two rounds: whoever is given a place
	// comes before those who are told again where they stand.
	busyShare = 5
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
	round := &round{refresher: r, began: r.Clock.Now(), share: r.share()}
	// The cache lists in any order: taking turns needs one that stays. Those near the front get half of the round at most.
	waiting := waitingByUID(claims.Items)
	for i := range waiting {
		claim := waiting[(r.after+i)%len(waiting)]
		if round.spent(2) {
			break
		}
		if queue := claim.Status.Queue; queue != nil && queue.Position <= nearFront {
			if err := round.visit(ctx, claim); err != nil {
				return err
			}
		}
	}
	for range waiting {
		if round.spent(1) {
			break
		}
		r.after = (r.after + 1) % len(waiting)
		if err := round.visit(ctx, waiting[r.after]); err != nil {
			return err
		}
	}
	return r.countWaiting(ctx)
}

// share is how much of a whole round there is time for after what was done about claims since the last: from one down to a
// busyShare.
func (r *refresher) share() float64 {
	return max(1./busyShare, 1-float64(r.steps.Swap(0))/writeLimit)
}

// waitingByUID returns those who wait, in the order of their UIDs. They are the cache's own.
func waitingByUID(claims []v1alpha1.Placement) []*v1alpha1.Placement {
	var waiting []*v1alpha1.Placement
	for i := range claims {
		if rules.Waits(&claims[i]) {
			waiting = append(waiting, &claims[i])
		}
	}
	slices.SortFunc(waiting, func(a, b *v1alpha1.Placement) int { return cmp.Compare(a.UID, b.UID) })
	return waiting
}

// round is one round of telling those who wait where they stand.
type round struct {
	*refresher
	began         time.Time
	share         float64
	looks, writes int
}

// spent reports whether the round, or one of so many parts of it, is over.
func (r *round) spent(parts float64) bool {
	left := r.share / parts
	return float64(r.looks) >= lookLimit*left || float64(r.writes) >= writeLimit*left ||
		r.Clock.Since(r.began) >= time.Duration(float64(timeLimit)*left)
}

func (r *round) visit(ctx context.Context, claim *v1alpha1.Placement) error {
	r.looks++
	written, err := r.retell(ctx, claim)
	if written {
		r.writes++
	}
	return err
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
	home, err := r.home(ctx, cached)
	if err != nil {
		return false, err
	}
	is := cached.DeepCopy()
	describe(is, look, home, r.Clock.Now())
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
