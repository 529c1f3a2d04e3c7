package placement

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// act does one step. The claim is then as the API server has it.
func (r *Reconciler) act(ctx context.Context, f facts, d decision) error {
	now := r.Clock.Now()
	switch d.step {
	case stepGuard:
		return r.Hold(ctx, f.claim, v1alpha1.PlaceFinalizer)
	case stepChoose:
		return r.choose(ctx, f, now)
	case stepTake:
		return r.take(ctx, f, now)
	case stepCheck:
		return r.check(ctx, f, now)
	case stepYield:
		return r.yield(ctx, f, now)
	case stepExtend:
		return r.extend(ctx, f.claim, d.until, now)
	case stepAdmit:
		return r.admit(ctx, f.claim, now)
	case stepRelease:
		return r.release(ctx, f.claim, d.reason, now)
	case stepGiveBack:
		return r.giveBack(ctx, f.claim, now)
	case stepEnd:
		return r.end(ctx, f.claim, now)
	case stepLetGo:
		return r.Release(ctx, f.claim, v1alpha1.PlaceFinalizer)
	default:
		return nil
	}
}

// store writes the claim as change leaves it, with its conditions, if nobody has written since it was read.
func (r *Reconciler) store(
	ctx context.Context, claim *v1alpha1.Placement, now time.Time, change func(*v1alpha1.PlacementStatus),
) error {
	home, err := r.home(ctx, claim)
	if err != nil {
		return err
	}
	was := claim.DeepCopy()
	change(&claim.Status)
	describe(claim, rules.Outlook{}, home, now)
	if _, err := r.Write(ctx, was, claim); err != nil {
		return err
	}
	r.tell(was, claim)
	return nil
}

// choose writes the intent, before anything is taken, so that only one operator takes a place for the claim.
func (r *Reconciler) choose(ctx context.Context, f facts, now time.Time) error {
	return r.store(ctx, f.claim, now, func(is *v1alpha1.PlacementStatus) {
		is.Attempts++
		is.Binding = &v1alpha1.PlacementBinding{
			Attempt: is.Attempts, Pool: f.assigned.Pool, PoolUID: v1alpha1.ObjectUID(f.assigned.PoolUID),
			Provider: f.assigned.Provider, Fund: f.assigned.Fund, FundUID: v1alpha1.ObjectUID(f.assigned.FundUID),
			State: v1alpha1.BindingTaking, TakenTime: metav1.NewTime(now.Truncate(time.Second)),
		}
	})
}

// take takes the money, then the place, and then tells the claim. What cannot be had is given back and tried again.
func (r *Reconciler) take(ctx context.Context, f facts, now time.Time) error {
	claim := f.claim
	err := r.guardPool(ctx, f.pool, claim.Status.Binding)
	if fund := fundKey(claim); err == nil && fund != nil {
		err = r.Funds.Do(ctx, *fund, promise(claim))
	}
	var given v1alpha1.Allocation
	if err == nil {
		err = r.Pools.Do(ctx, poolKey(claim.Status.Binding.Pool), func(pool *v1alpha1.CapacityPool) error {
			if err := take(claim, now)(pool); err != nil {
				return err
			}
			given = *allocationOf(pool, claim)
			return nil
		})
	}
	switch {
	case errors.Is(err, errNoPlace), errors.Is(err, errNoMoney), apierrors.IsNotFound(err):
		return r.release(ctx, claim, v1alpha1.ReleaseNotTaken, now)
	case err != nil:
		return err
	}
	return r.confirm(ctx, claim, given, now)
}

// confirm tells the claim which place it was given.
func (r *Reconciler) confirm(ctx context.Context, claim *v1alpha1.Placement, given v1alpha1.Allocation, now time.Time) error {
	return r.store(ctx, claim, now, func(is *v1alpha1.PlacementStatus) {
		is.Binding.State, is.Binding.Place = v1alpha1.BindingHeld, given.Place
		is.Binding.HeldTime, is.Binding.HoldUntilTime = &given.HeldTime, &given.HoldUntilTime
	})
}

// guardPool keeps the pool from vanishing with somebody in it. Claims that take its first places at once see to it together.
func (r *Reconciler) guardPool(ctx context.Context, pool *v1alpha1.CapacityPool, b *v1alpha1.PlacementBinding) error {
	if pool == nil || v1alpha1.ObjectUID(pool.UID) != b.PoolUID || !pool.DeletionTimestamp.IsZero() {
		return errNoPlace
	}
	if controllerutil.ContainsFinalizer(pool, v1alpha1.PlaceFinalizer) {
		return nil
	}
	_, err, _ := r.guarding.Do(string(b.PoolUID), func() (any, error) {
		var live v1alpha1.CapacityPool
		if err := r.Live.Get(ctx, poolKey(b.Pool), &live); err != nil {
			return nil, fmt.Errorf("read pool %s: %w", pool.Name, err)
		}
		return nil, r.Hold(ctx, &live, v1alpha1.PlaceFinalizer)
	})
	return err
}

// check looks live for an entry that the cache does not show. If it has gone, the claim goes back to its turn.
func (r *Reconciler) check(ctx context.Context, f facts, now time.Time) error {
	var live v1alpha1.CapacityPool
	err := r.Live.Get(ctx, poolKey(f.claim.Status.Binding.Pool), &live)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("look for the place of %s: %w", client.ObjectKeyFromObject(f.claim), err)
	}
	if err == nil && allocationOf(&live, f.claim) != nil {
		return errLagging
	}
	return r.release(ctx, f.claim, v1alpha1.ReleasePoolDeleted, now)
}

// yield gives the place back for that of another claim of the referral, which is looked at where nothing is remembered: if it is
// giving its own up by then, the person keeps this one.
func (r *Reconciler) yield(ctx context.Context, f facts, now time.Time) error {
	var live v1alpha1.Placement
	err := r.Live.Get(ctx, *f.firmer, &live)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("look for the other place of the referral of %s: %w", client.ObjectKeyFromObject(f.claim), err)
	}
	if err != nil || !rules.YieldsTo(f.claim, &live, now) {
		return errLagging
	}
	return r.release(ctx, f.claim, v1alpha1.ReleaseDuplicateReferral, now)
}

func (r *Reconciler) extend(ctx context.Context, claim *v1alpha1.Placement, until, now time.Time) error {
	if err := r.Pools.Do(ctx, poolKey(claim.Status.Binding.Pool), extend(claim, until)); err != nil {
		return err
	}
	if claim.Status.Binding.HoldUntilTime.Time.Equal(until) {
		return errLagging // both say so now: only the cache does not show the pool's word yet
	}
	return r.store(ctx, claim, now, func(is *v1alpha1.PlacementStatus) {
		is.Binding.HoldUntilTime = &metav1.Time{Time: until}
	})
}

func (r *Reconciler) admit(ctx context.Context, claim *v1alpha1.Placement, now time.Time) error {
	binding := claim.Status.Binding
	place := binding.Place
	err := r.Pools.Do(ctx, poolKey(binding.Pool), func(pool *v1alpha1.CapacityPool) error {
		if err := admit(claim, now)(pool); err != nil {
			return err
		}
		if a := allocationOf(pool, claim); a != nil {
			place = a.Place
		}
		return nil
	})
	if client.IgnoreNotFound(err) != nil {
		return err
	}
	if fund := fundKey(claim); fund != nil {
		if err := r.Funds.Do(ctx, *fund, use(claim)); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return r.store(ctx, claim, now, func(is *v1alpha1.PlacementStatus) {
		is.Binding.State, is.Binding.Place = v1alpha1.BindingAdmitted, place
		is.Binding.AdmittedTime = &metav1.Time{Time: earlier(claim.Spec.Admission.Time.Time, now)}
	})
}

// release writes that the place is given back and why, before it is: an admission recorded at the same moment either comes
// first, and the place stays, or is refused.
func (r *Reconciler) release(ctx context.Context, claim *v1alpha1.Placement, reason v1alpha1.ReleaseReason, now time.Time) error {
	return r.store(ctx, claim, now, func(is *v1alpha1.PlacementStatus) {
		is.Binding.State, is.Binding.ReleaseReason = v1alpha1.BindingReleasing, reason
	})
}

// giveBack gives the place back, then the money, and then tells the claim.
func (r *Reconciler) giveBack(ctx context.Context, claim *v1alpha1.Placement, now time.Time) error {
	binding := claim.Status.Binding
	if err := r.Pools.Do(ctx, poolKey(binding.Pool), giveBack(claim, now)); client.IgnoreNotFound(err) != nil {
		return err
	}
	if fund := fundKey(claim); fund != nil {
		change := refund(v1alpha1.ObjectUID(claim.UID), binding.Attempt)
		if err := r.Funds.Do(ctx, *fund, change); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return r.store(ctx, claim, now, func(*v1alpha1.PlacementStatus) { settle(claim, now) })
}

// refusalLimit is how many pools a claim remembers that cannot offer it a place, or did not answer; with more, the oldest may be
// asked again.
const refusalLimit = 32

// settle is what becomes of a claim once its place is given back: whose doing it was decides whether it keeps its turn.
func settle(claim *v1alpha1.Placement, now time.Time) {
	is := &claim.Status
	reason, pool, accepted := is.Binding.ReleaseReason, is.Binding.Pool, rules.Accepts(claim)
	is.Binding, is.LastRelease = nil, reason
	stamp := &metav1.Time{Time: now.Truncate(time.Second)}
	switch reason {
	case v1alpha1.ReleaseHoldExpired:
		is.Lapses++
		is.QueueTime = stamp
		if is.Lapses >= rules.MaximumLapses {
			is.EndedTime = stamp
		}
	case v1alpha1.ReleaseUnanswered:
		// Others get their chance there while the provider is silent.
		if !accepted {
			is.Unanswered = noteUnanswered(is.Unanswered, v1alpha1.UnansweredHold{Pool: pool, EndedTime: *stamp})
		}
	case v1alpha1.ReleaseCannotOffer:
		// That there was no place disputes the count, for everybody: it says nothing about this person once somebody counts.
		if said := claim.Spec.Acceptance; said == nil || said.Reason != v1alpha1.CannotOfferNoPlace {
			is.CannotOffer = append(is.CannotOffer, pool)
			is.CannotOffer = is.CannotOffer[max(0, len(is.CannotOffer)-refusalLimit):]
		}
	case v1alpha1.ReleaseWithdrawn, v1alpha1.ReleaseDischarged:
		is.EndedTime = stamp
	case v1alpha1.ReleaseFundingDeclined, v1alpha1.ReleaseDeleted, v1alpha1.ReleasePoolDeleted, v1alpha1.ReleaseNotTaken,
		v1alpha1.ReleaseDuplicateReferral:
		// It was not the claim's doing: it keeps its turn.
	}
}

func noteUnanswered(holds []v1alpha1.UnansweredHold, hold v1alpha1.UnansweredHold) []v1alpha1.UnansweredHold {
	holds = slices.DeleteFunc(holds, func(u v1alpha1.UnansweredHold) bool { return u.Pool == hold.Pool })
	holds = append(holds, hold)
	return holds[max(0, len(holds)-refusalLimit):]
}

// end ends a claim that was withdrawn while it waited.
func (r *Reconciler) end(ctx context.Context, claim *v1alpha1.Placement, now time.Time) error {
	return r.store(ctx, claim, now, func(is *v1alpha1.PlacementStatus) {
		is.EndedTime = &metav1.Time{Time: now.Truncate(time.Second)}
	})
}

func poolKey(pool v1alpha1.PlacementPool) client.ObjectKey {
	return client.ObjectKey{Namespace: v1alpha1.NamespaceFor(string(pool.Partnership)), Name: string(pool.Name)}
}

// fundKey is the fund that pays for the claim; nil when none does.
func fundKey(claim *v1alpha1.Placement) *client.ObjectKey {
	if claim.Status.Binding.Fund == "" {
		return nil
	}
	return &client.ObjectKey{Namespace: claim.Namespace, Name: string(claim.Status.Binding.Fund)}
}
