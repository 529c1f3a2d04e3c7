package placement

import (
	"errors"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"lifeline.scot/crds/capacity"
	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// Refusals of a pool or a fund. The claim competes again.
var (
	errNoPlace = errors.New("the pool has no place to give")
	errNoMoney = errors.New("the fund has no placement left to promise")
	// errUnguarded: the pool could vanish with somebody in it, or the fund with what it promised.
	errUnguarded = errors.New("the pool or the fund has no finalizer yet")
)

type (
	poolChange = func(*v1alpha1.CapacityPool) error
	fundChange = func(*v1alpha1.PlacementFund) error
)

// take is the commit point: it gives the claim a place in the pool, if one can be given to it now.
func take(claim *v1alpha1.Placement, now time.Time) poolChange {
	request, binding := rules.RequestOf(claim), claim.Status.Binding
	return func(pool *v1alpha1.CapacityPool) error {
		if v1alpha1.ObjectUID(pool.UID) != binding.PoolUID {
			return errNoPlace
		}
		if allocationOf(pool, claim) != nil {
			return nil
		}
		free, known := capacity.FiguresAt(pool, now).Free()
		place := freeNumber(pool.Status.Allocations)
		_, wanted := request.Preference(binding.Pool)
		if !known || free <= 0 || place == 0 || !wanted || len(rules.Misfits(pool, request)) > 0 || hasPlace(pool, claim) {
			return errNoPlace
		}
		if !controllerutil.ContainsFinalizer(pool, v1alpha1.PlaceFinalizer) {
			return errUnguarded
		}
		held := now.Truncate(time.Second)
		until := held.Add(time.Duration(pool.Spec.HoldPeriodSeconds) * time.Second)
		pool.Status.Allocations = append(pool.Status.Allocations, entry(claim, place, metav1.NewTime(held), metav1.NewTime(until)))
		recount(pool, now)
		return nil
	}
}

// hasPlace reports whether an earlier attempt of the claim still has an entry.
func hasPlace(pool *v1alpha1.CapacityPool, claim *v1alpha1.Placement) bool {
	return slices.ContainsFunc(pool.Status.Allocations, func(a v1alpha1.Allocation) bool {
		return a.ClaimUID == v1alpha1.ObjectUID(claim.UID)
	})
}

// freeNumber returns the smallest number that no place given has; 0 when all are used.
func freeNumber(allocations []v1alpha1.Allocation) int32 {
	for n := int32(1); n <= rules.MaximumPlaces; n++ {
		if !slices.ContainsFunc(allocations, func(a v1alpha1.Allocation) bool { return a.Place == n }) {
			return n
		}
	}
	return 0
}

// recount makes the pool's numbers follow from its allocations, in the same write.
func recount(pool *v1alpha1.CapacityPool, now time.Time) {
	capacity.Recount(&pool.Status)
	capacity.Judge(pool, now)
}

// extend holds the place until then.
func extend(claim *v1alpha1.Placement, until time.Time) poolChange {
	return func(pool *v1alpha1.CapacityPool) error {
		if a := allocationOf(pool, claim); a != nil {
			a.HoldUntilTime = metav1.NewTime(until)
		}
		return nil
	}
}

// admit marks the place as having the person in it. An entry that has gone meanwhile is made again, if a place is left: the
// person is there.
func admit(claim *v1alpha1.Placement, now time.Time) poolChange {
	arrived := earlier(claim.Spec.Admission.Time.Time, now)
	return func(pool *v1alpha1.CapacityPool) error {
		a := allocationOf(pool, claim)
		if a == nil {
			a = retake(pool, claim, now)
		}
		if a == nil || a.State == v1alpha1.AllocationAdmitted {
			return nil
		}
		a.State, a.AdmittedTime = v1alpha1.AllocationAdmitted, &metav1.Time{Time: arrived}
		if days := claim.Spec.ExpectedLengthDays; days > 0 {
			a.ExpectedEndTime = &metav1.Time{Time: arrived.Add(time.Duration(days) * 24 * time.Hour)}
		}
		recount(pool, now)
		return nil
	}
}

// retake makes the entry of the claim's binding again, with its own number if that is not given to somebody else; nil when no
// place is left. How fresh the count is makes no difference to somebody who is there.
func retake(pool *v1alpha1.CapacityPool, claim *v1alpha1.Placement, now time.Time) *v1alpha1.Allocation {
	b, count := claim.Status.Binding, capacity.FiguresAt(pool, now).Count
	if v1alpha1.ObjectUID(pool.UID) != b.PoolUID || b.HeldTime == nil || b.HoldUntilTime == nil || hasPlace(pool, claim) ||
		count == nil || count.Free() <= 0 || !controllerutil.ContainsFinalizer(pool, v1alpha1.PlaceFinalizer) {
		return nil
	}
	place := b.Place
	if slices.ContainsFunc(pool.Status.Allocations, func(a v1alpha1.Allocation) bool { return a.Place == place }) {
		place = freeNumber(pool.Status.Allocations)
	}
	if place == 0 {
		return nil
	}
	pool.Status.Allocations = append(pool.Status.Allocations, entry(claim, place, *b.HeldTime, *b.HoldUntilTime))
	return allocationOf(pool, claim)
}

// entry is the claim's place in its pool's allocations while it is held.
func entry(claim *v1alpha1.Placement, place int32, held, until metav1.Time) v1alpha1.Allocation {
	return v1alpha1.Allocation{
		Place: place, ClaimUID: v1alpha1.ObjectUID(claim.UID),
		Partnership: v1alpha1.PartnershipOf(claim.Namespace), ClaimName: v1alpha1.ObjectName(claim.Name),
		Attempt: claim.Status.Binding.Attempt, State: v1alpha1.AllocationHeld, HeldTime: held, HoldUntilTime: until,
	}
}

// earlier bounds a moment that somebody stated by the clock, in whole seconds as it is stored.
func earlier(stated, now time.Time) time.Time {
	if stated.After(now) {
		stated = now
	}
	return stated.Truncate(time.Second)
}

// giveBack takes the claim's entry out of the pool, and remembers who left since the count, or that there was no place after
// all.
func giveBack(claim *v1alpha1.Placement, now time.Time) poolChange {
	return func(pool *v1alpha1.CapacityPool) error {
		a := allocationOf(pool, claim)
		if a == nil {
			return nil
		}
		if d := claim.Spec.Discharge; d != nil && a.AdmittedTime != nil {
			pool.Status.Departures = remember(pool.Status.Departures, v1alpha1.Departure{
				ClaimUID: a.ClaimUID, AdmittedTime: metav1.NewTime(capacity.Arrival(*a)),
				DischargedTime: metav1.NewTime(earlier(d.Time.Time, now)),
			})
		}
		if said := claim.Spec.Acceptance; claim.Status.Binding.ReleaseReason == v1alpha1.ReleaseCannotOffer &&
			said != nil && said.Reason == v1alpha1.CannotOfferNoPlace {
			pool.Status.DisputedTime = &metav1.Time{Time: now.Truncate(time.Second)}
		}
		remove(pool, *a)
		recount(pool, now)
		return nil
	}
}

// departuresLimit is how many departures a pool keeps; with more, the oldest are forgotten, which only makes a place look
// taken until the next count.
const departuresLimit = 256

func remember(departures []v1alpha1.Departure, d v1alpha1.Departure) []v1alpha1.Departure {
	departures = append(departures, d)
	return departures[max(0, len(departures)-departuresLimit):]
}

func remove(pool *v1alpha1.CapacityPool, gone v1alpha1.Allocation) {
	pool.Status.Allocations = slices.DeleteFunc(pool.Status.Allocations, func(a v1alpha1.Allocation) bool {
		return a.ClaimUID == gone.ClaimUID && a.Attempt == gone.Attempt
	})
}

// promise takes a placement out of the fund for the claim.
func promise(claim *v1alpha1.Placement) fundChange {
	uid, binding := v1alpha1.ObjectUID(claim.UID), claim.Status.Binding
	return func(fund *v1alpha1.PlacementFund) error {
		if !rules.PaidFrom(binding, fund) {
			return errNoMoney // another one was made with the name of the one that was chosen
		}
		if c := commitmentOf(fund, uid); c != nil {
			if c.Attempt > binding.Attempt {
				return errNoMoney // somebody has gone on with the claim: what is promised now is not ours
			}
			c.Attempt = binding.Attempt
			return nil
		}
		if fund.Spec.Places == nil || len(fund.Status.Commitments) >= int(*fund.Spec.Places) || !rules.Pays(fund) {
			return errNoMoney
		}
		if !controllerutil.ContainsFinalizer(fund, v1alpha1.InUseFinalizer) {
			return errUnguarded
		}
		fund.Status.Commitments = append(fund.Status.Commitments, v1alpha1.FundCommitment{
			ClaimUID: uid, ClaimName: v1alpha1.ObjectName(claim.Name),
			Attempt: binding.Attempt, State: v1alpha1.CommitmentPromised,
		})
		rules.Tally(fund)
		return nil
	}
}

// use marks the claim's placement as used: it does not come back.
func use(claim *v1alpha1.Placement) fundChange {
	return func(fund *v1alpha1.PlacementFund) error {
		if c := commitmentOf(fund, v1alpha1.ObjectUID(claim.UID)); c != nil && rules.PaidFrom(claim.Status.Binding, fund) {
			c.State = v1alpha1.CommitmentUsed
		}
		rules.Tally(fund)
		return nil
	}
}

// refund takes back a promise that was not used.
func refund(uid v1alpha1.ObjectUID, attempt int32) fundChange {
	return func(fund *v1alpha1.PlacementFund) error {
		fund.Status.Commitments = slices.DeleteFunc(fund.Status.Commitments, func(c v1alpha1.FundCommitment) bool {
			return c.ClaimUID == uid && c.Attempt == attempt && c.State == v1alpha1.CommitmentPromised
		})
		rules.Tally(fund)
		return nil
	}
}

func commitmentOf(fund *v1alpha1.PlacementFund, uid v1alpha1.ObjectUID) *v1alpha1.FundCommitment {
	for i := range fund.Status.Commitments {
		if fund.Status.Commitments[i].ClaimUID == uid {
			return &fund.Status.Commitments[i]
		}
	}
	return nil
}
