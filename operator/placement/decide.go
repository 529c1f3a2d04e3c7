package placement

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// step is the next thing to do about a claim. Each is one write that is refused if anybody wrote first, and can be done
// again after a crash.
type step string

const (
	// stepNothing: the claim is as it should be; its conditions and outlook are brought up to date.
	stepNothing step = "nothing"
	// stepGuard puts the finalizer on, so that a deleted claim gives its place back.
	stepGuard step = "guard"
	// stepChoose writes into the claim which pool it is going to take a place in.
	stepChoose step = "choose"
	// stepTake takes the money, then the place, and tells the claim.
	stepTake step = "take"
	// stepCheck looks at the API server itself whether the place is really gone that the cache does not show.
	stepCheck step = "check"
	// stepYield looks at the API server itself whether another claim of the referral still has the place for which this one's is
	// given back, and then does as stepRelease.
	stepYield step = "yield"
	// stepExtend holds the place longer.
	stepExtend step = "extend"
	// stepAdmit marks the place, the money and the claim as used by somebody.
	stepAdmit step = "admit"
	// stepRelease writes into the claim that its place is going to be given back, and why.
	stepRelease step = "release"
	// stepGiveBack gives the place back, then the money, and tells the claim.
	stepGiveBack step = "giveBack"
	// stepEnd ends a claim that has no place.
	stepEnd step = "end"
	// stepLetGo takes the finalizer off a deleted claim that has no place.
	stepLetGo step = "letGo"
)

// facts are what the next step follows from.
type facts struct {
	claim *v1alpha1.Placement
	// assigned is what the queue chose for the claim; nil if nothing.
	assigned *rules.Assignment
	// pool the claim is bound to, as this binder has last written it or as the cache has it; nil if it does not exist.
	pool *v1alpha1.CapacityPool
	// homeless reports whether the claim's namespace belongs to no Partnership, or to one that is being deleted. Looked at only
	// while the claim is bound to no place.
	homeless bool
	// firmer is another claim for the same referral and kind of place that has a place, and comes first; nil if none does.
	firmer *types.NamespacedName
}

// decision is the next step, with why a place is given back.
type decision struct {
	step   step
	reason v1alpha1.ReleaseReason
	// until is when the hold would end, for stepExtend.
	until time.Time
}

// decide is the whole of what the binder thinks about one claim at now.
func decide(f facts, now time.Time) decision {
	binding := f.claim.Status.Binding
	if binding == nil {
		return decision{step: unbound(f)}
	}
	switch binding.State {
	case v1alpha1.BindingTaking:
		if reason := rules.GivenUp(f.claim); reason != "" {
			return decision{step: stepRelease, reason: reason}
		}
		if f.firmer != nil {
			return decision{step: stepYield}
		}
		return decision{step: stepTake}
	case v1alpha1.BindingHeld:
		return held(f, now)
	case v1alpha1.BindingAdmitted:
		if f.claim.Spec.Discharge != nil {
			return decision{step: stepRelease, reason: v1alpha1.ReleaseDischarged}
		}
		return decision{step: stepNothing}
	default:
		return decision{step: stepGiveBack}
	}
}

func unbound(f facts) step {
	claim := f.claim
	switch {
	case !claim.DeletionTimestamp.IsZero():
		if controllerutil.ContainsFinalizer(claim, v1alpha1.PlaceFinalizer) {
			return stepLetGo
		}
		return stepNothing
	case claim.Status.EndedTime != nil:
		return stepNothing
	case claim.Spec.Withdrawal != nil:
		return stepEnd
	case f.assigned == nil, f.homeless:
		return stepNothing
	case !controllerutil.ContainsFinalizer(claim, v1alpha1.PlaceFinalizer):
		return stepGuard
	default:
		return stepChoose
	}
}

// held: an admission comes before everything else, since the person is there.
func held(f facts, now time.Time) decision {
	claim, binding := f.claim, f.claim.Status.Binding
	allocation := allocationOf(f.pool, claim)
	switch {
	case claim.Spec.Admission != nil:
		return decision{step: stepAdmit}
	case rules.GivenUp(claim) != "":
		return decision{step: stepRelease, reason: rules.GivenUp(claim)}
	case rules.CannotOffer(claim):
		return decision{step: stepRelease, reason: v1alpha1.ReleaseCannotOffer}
	case f.firmer != nil:
		return decision{step: stepYield}
	case allocation == nil:
		return decision{step: stepCheck}
	case !f.pool.DeletionTimestamp.IsZero():
		return decision{step: stepRelease, reason: v1alpha1.ReleasePoolDeleted}
	}
	until := rules.HoldEnd(claim, allocation.HeldTime.Time, allocation.HoldUntilTime.Time)
	switch {
	case !until.After(now):
		return decision{step: stepRelease, reason: expiry(claim)}
	case !until.Equal(binding.HoldUntilTime.Time), !until.Equal(allocation.HoldUntilTime.Time):
		return decision{step: stepExtend, until: until}
	default:
		return decision{step: stepNothing}
	}
}

// expiry is why a hold ends by itself. Only where both had said yes is it that the person did not come.
func expiry(claim *v1alpha1.Placement) v1alpha1.ReleaseReason {
	if fundingStands(claim) && rules.Accepts(claim) {
		return v1alpha1.ReleaseHoldExpired
	}
	return v1alpha1.ReleaseUnanswered
}

// fundingStands reports whether the ADP pays, or nobody has to.
func fundingStands(claim *v1alpha1.Placement) bool {
	said := claim.Spec.Funding
	return !claim.Spec.FundRoute.NeedsFund() || (said != nil && said.Decision == v1alpha1.FundingApproved)
}

// allocationOf returns the claim's entry in the pool for its present binding; nil if there is none, or the pool is another.
func allocationOf(pool *v1alpha1.CapacityPool, claim *v1alpha1.Placement) *v1alpha1.Allocation {
	binding := claim.Status.Binding
	if pool == nil || binding == nil || v1alpha1.ObjectUID(pool.UID) != binding.PoolUID {
		return nil
	}
	for i := range pool.Status.Allocations {
		a := &pool.Status.Allocations[i]
		if a.ClaimUID == v1alpha1.ObjectUID(claim.UID) && a.Attempt == binding.Attempt {
			return a
		}
	}
	return nil
}

// warnAt is when to warn that the hold ends: a quarter of it, or twelve hours, before the end, whichever is less.
func warnAt(binding *v1alpha1.PlacementBinding) time.Time {
	end := binding.HoldUntilTime.Time
	return end.Add(-min(12*time.Hour, end.Sub(binding.HeldTime.Time)/4))
}
