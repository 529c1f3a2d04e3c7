package placement

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/capacity"
	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/metrics"
	"lifeline.scot/operator/rounds"
)

// sweepEvery is how often everything is looked through for places and money that belong to nobody.
const sweepEvery = 5 * time.Second

// sweeper gives back what a crash, a deleted finalizer or a second operator left behind. It never believes the cache that
// something is gone: it looks at the API server itself, and compares UIDs.
type sweeper struct{ *Reconciler }

// Start implements manager.Runnable.
func (s *sweeper) Start(ctx context.Context) error {
	rounds.Repeat(ctx, sweepEvery, "sweep for places that belong to nobody", s.sweep)
	return nil
}

func (s *sweeper) sweep(ctx context.Context) error {
	var pools v1alpha1.CapacityPoolList
	var funds v1alpha1.PlacementFundList
	for _, list := range []client.ObjectList{&pools, &funds} {
		if err := s.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
			return fmt.Errorf("list pools and funds: %w", err)
		}
	}
	var failed []error
	for i := range pools.Items {
		failed = append(failed, s.sweepPool(ctx, &pools.Items[i]))
	}
	for i := range funds.Items {
		failed = append(failed, s.sweepFund(ctx, &funds.Items[i]))
	}
	return errors.Join(failed...)
}

// sweepPool removes entries of claims that do not exist or have moved on, and lets an empty pool go that was deleted.
func (s *sweeper) sweepPool(ctx context.Context, pool *v1alpha1.CapacityPool) error {
	for _, a := range pool.Status.Allocations {
		key := client.ObjectKey{Namespace: v1alpha1.NamespaceFor(string(a.Partnership)), Name: string(a.ClaimName)}
		orphan, err := s.orphan(ctx, key, a.ClaimUID, func(b *v1alpha1.PlacementBinding) bool {
			return b.Attempt == a.Attempt && b.Pool == rules.PoolOf(pool) && b.PoolUID == v1alpha1.ObjectUID(pool.UID)
		})
		if err != nil {
			return err
		}
		if !orphan || stillThere(pool, a) {
			continue
		}
		if err := s.Pools.Do(ctx, client.ObjectKeyFromObject(pool), drop(a, s.Clock.Now())); client.IgnoreNotFound(err) != nil {
			return err
		}
		s.Measures.Swept(metrics.SweptPlace)
	}
	if !pool.DeletionTimestamp.IsZero() && len(pool.Status.Allocations) == 0 {
		return client.IgnoreNotFound(s.Release(ctx, pool.DeepCopy(), v1alpha1.PlaceFinalizer))
	}
	return nil
}

// stillThere keeps the place of somebody who was admitted and whose Placement is gone until the provider has counted since:
// the person may well be there.
func stillThere(pool *v1alpha1.CapacityPool, a v1alpha1.Allocation) bool {
	return a.State == v1alpha1.AllocationAdmitted && a.AdmittedTime != nil &&
		(pool.Status.ConfirmedTime == nil || pool.Status.ConfirmedTime.Time.Before(capacity.Arrival(a)))
}

func drop(a v1alpha1.Allocation, now time.Time) poolChange {
	return func(pool *v1alpha1.CapacityPool) error {
		remove(pool, a)
		recount(pool, now)
		return nil
	}
}

// sweepFund takes back promises to claims that do not exist or have moved on, and keeps the sums true.
func (s *sweeper) sweepFund(ctx context.Context, fund *v1alpha1.PlacementFund) error {
	for _, c := range fund.Status.Commitments {
		if c.State == v1alpha1.CommitmentUsed {
			continue
		}
		key := client.ObjectKey{Namespace: fund.Namespace, Name: string(c.ClaimName)}
		orphan, err := s.orphan(ctx, key, c.ClaimUID, func(b *v1alpha1.PlacementBinding) bool {
			return b.Attempt == c.Attempt && rules.PaidFrom(b, fund)
		})
		if err != nil {
			return err
		}
		if !orphan {
			continue
		}
		change := refund(c.ClaimUID, c.Attempt)
		if err := s.Funds.Do(ctx, client.ObjectKeyFromObject(fund), change); client.IgnoreNotFound(err) != nil {
			return err
		}
		s.Measures.Swept(metrics.SweptMoney)
	}
	return nil
}

// orphan reports whether no claim with the UID has a binding that passes. The cache may say that there is one; only the API
// server may say that there is none.
func (s *sweeper) orphan(
	ctx context.Context, key client.ObjectKey, uid v1alpha1.ObjectUID, passes func(*v1alpha1.PlacementBinding) bool,
) (bool, error) {
	for _, from := range []client.Reader{s.Client, s.Live} {
		var claim v1alpha1.Placement
		err := from.Get(ctx, key, &claim)
		if client.IgnoreNotFound(err) != nil {
			return false, fmt.Errorf("look for claim %s: %w", key, err)
		}
		b := claim.Status.Binding
		if err == nil && v1alpha1.ObjectUID(claim.UID) == uid && b != nil && passes(b) {
			return false, nil
		}
	}
	return true, nil
}
