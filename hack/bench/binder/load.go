package binder

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/bench/measure"
)

const (
	// writers are enough clients to keep the API server busy.
	writers = 16
	// atATime claims are made and waited for when times are taken.
	atATime = 4
	// perPool places come free in one pool at a time.
	perPool = 5
)

// bare is how many writes a second of the status of claims the API server takes from so many clients, with the operator
// stopped, and what each costs every program of this run together of the processor. Each writes all conditions of a claim, on
// the version it has read.
func (b *bench) bare(ctx context.Context) (perSecond float64, each time.Duration, err error) {
	claims := b.bystanders(b.Claims)
	if err := b.system.Create(ctx, slices.Values(claims), b.say); err != nil {
		return 0, 0, err
	}
	b.say("bare status writes")
	before, err := measure.Family(os.Getpid())
	if err != nil {
		return 0, 0, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	began := time.Now()
	for _, o := range claims {
		group.Go(func() error {
			claim := o.(*v1alpha1.Placement)
			was := claim.DeepCopy()
			describe(claim)
			patch := client.MergeFromWithOptions(was, client.MergeFromWithOptimisticLock{})
			return b.system.Client.Status().Patch(ctx, claim, patch)
		})
	}
	if err := group.Wait(); err != nil {
		return 0, 0, fmt.Errorf("bare status writes: %w", err)
	}
	took := time.Since(began)
	after, err := measure.Family(os.Getpid())
	if err != nil {
		return 0, 0, err
	}
	return float64(len(claims)) / took.Seconds(), total(before, after) / time.Duration(len(claims)), nil
}

// describe gives a claim a status of the size that the binder gives it.
func describe(claim *v1alpha1.Placement) {
	now := metav1.NewTime(time.Now().Truncate(time.Second))
	s := &claim.Status
	s.ObservedGeneration, s.Partnership, s.QueueTime = claim.Generation, v1alpha1.PartnershipOf(claim.Namespace), &now
	s.EndedTime, s.Explanation = &now, strings.Repeat("what it waits for ", 10)
	for _, kind := range []string{
		v1alpha1.ConditionReady, v1alpha1.ConditionPlaced, v1alpha1.ConditionFundingApproved, v1alpha1.ConditionAccepted,
		v1alpha1.ConditionHoldEnding, v1alpha1.ConditionEnded,
	} {
		s.Conditions = append(s.Conditions, metav1.Condition{
			Type: kind, Status: metav1.ConditionFalse, Reason: "Ended", Message: strings.Repeat("as it is told ", 5),
			ObservedGeneration: claim.Generation, LastTransitionTime: now,
		})
	}
}

// paced makes claims a few at a time, each when the last is held, and returns how long each took from the start of the
// request to a watch seeing it held.
func (b *bench) paced(ctx context.Context) (measure.Times, error) {
	var mu sync.Mutex
	var times measure.Times
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atATime)
	for range b.Claims {
		claim := b.newcomer()
		held := b.holds.expect(claim.Name)
		group.Go(func() error {
			began := time.Now()
			if err := b.system.Client.Create(ctx, claim); err != nil {
				return fmt.Errorf("make a claim: %w", err)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(holdLimit):
				return fmt.Errorf("claim %s was not held within %s", claim.Name, holdLimit)
			case at := <-held:
				mu.Lock()
				defer mu.Unlock()
				times = append(times, at.Sub(began))
				return nil
			}
		})
	}
	return times, group.Wait()
}

// burst makes claims as fast as they can be made, and returns how long it took from the first request to the last hold.
func (b *bench) burst(ctx context.Context) (time.Duration, error) {
	_, before := b.holds.counts()
	var claims []client.Object
	for range b.Claims {
		claims = append(claims, b.newcomer())
	}
	began := time.Now()
	if err := b.system.Create(ctx, slices.Values(claims), b.say); err != nil {
		return 0, err
	}
	err := b.held(ctx, before+len(claims))
	return b.holds.last().Sub(began), err
}

func (b *bench) held(ctx context.Context, enough int) error {
	return until(ctx, holdLimit, "all are held a place", func() bool {
		_, now := b.holds.counts()
		return now >= enough
	})
}

// free counts full pools anew, with some places free in each, and returns how many claims were held one and how long that
// took from the first count to the last hold.
func (b *bench) free(ctx context.Context) (int, time.Duration, error) {
	_, before := b.holds.counts()
	var counts []client.Object
	places := min(b.Claims, b.filled/10)
	for i, pool := range b.pools {
		if len(counts)*perPool < places && !hasPlaces(i) && forAnyMan(pool) && !b.recounted[pool.Name] {
			b.recounted[pool.Name] = true
			counts = append(counts, report(pool, "again", perPool))
		}
	}
	if len(counts) == 0 {
		return 0, 0, fmt.Errorf("of %d pools none is left in which places could come free: measure with more", len(b.pools))
	}
	began := time.Now()
	if err := b.system.Create(ctx, slices.Values(counts), b.say); err != nil {
		return 0, 0, err
	}
	n := len(counts) * perPool
	err := b.held(ctx, before+n)
	return n, b.holds.last().Sub(began), err
}
