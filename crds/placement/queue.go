package placement

import (
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"lifeline.scot/crds/v1alpha1"
)

// Assignment is a place that is to be taken for a claim.
type Assignment struct {
	Claim    types.NamespacedName
	ClaimUID types.UID
	Pool     v1alpha1.PlacementPool
	PoolUID  types.UID
	// Provider is the Partner that runs the pool's service.
	Provider v1alpha1.ObjectName
	// Fund is the PlacementFund that pays; empty when none is needed.
	Fund v1alpha1.ObjectName
}

// Queue is everybody who waits for a place, and everything they wait for, in memory. It is fed with objects as they are
// seen, in any order and as often as they come; an object older than the one known changes nothing. It can be made again
// from what is stored at any time.
//
// Claims that ask for the same share a class, so that what fits is worked out once for all of them, and so that what a call
// costs depends on how many different things are asked for, not on how many people wait.
//
// A Queue is safe for concurrent use. Objects handed to it must not be changed afterwards.
type Queue struct {
	mu        sync.Mutex
	pools     map[v1alpha1.PlacementPool]*pool
	claims    map[types.NamespacedName]*claim
	byUID     map[types.UID]*claim
	funds     map[types.NamespacedName]*fund
	budgets   map[budgetKey]*budget
	referrals map[referralKey]*referral
	classes   map[string]*class
	kinds     map[v1alpha1.PoolKind]*kind

	// poolOf and classOf find pools and classes by the numbers that sets are made of.
	poolOf  shelf[*pool]
	classOf shelf[*class]
	// spare are the pools with places to give, if their counts can be relied on.
	spare set

	// takers are the claims that have, or are taking, a place in a pool, and payees a placement in a fund, as far as the claims
	// and Assign say.
	takers map[v1alpha1.PlacementPool]map[*claim]struct{}
	payees map[types.NamespacedName]map[*claim]struct{}
	// allocated counts, for each claim, the pools that show an allocation for it.
	allocated map[types.UID]int

	// later are the claims whose notBeforeTime has not come, the first to come first.
	later later
	// year is the financial year of the last look.
	year string
	// stirred is where somebody may be given something since the last Assign. Everywhere else nobody can: nothing came free,
	// and time alone only takes away.
	stirred stirred
}

// kind is all pools of one kind, and all who wait for it.
type kind struct{ pools, classes set }

// stirred are pools with more to give, classes with somebody new in line, and budgets with more money.
type stirred struct {
	pools   map[*pool]struct{}
	classes map[*class]struct{}
	budgets map[*budget]struct{}
}

// moment is what is asked about: a time, and the financial year it lies in.
type moment struct {
	now  time.Time
	year string
}

// NewQueue returns an empty Queue.
func NewQueue() *Queue {
	return &Queue{
		pools:     map[v1alpha1.PlacementPool]*pool{},
		claims:    map[types.NamespacedName]*claim{},
		byUID:     map[types.UID]*claim{},
		funds:     map[types.NamespacedName]*fund{},
		budgets:   map[budgetKey]*budget{},
		referrals: map[referralKey]*referral{},
		classes:   map[string]*class{},
		kinds:     map[v1alpha1.PoolKind]*kind{},
		takers:    map[v1alpha1.PlacementPool]map[*claim]struct{}{},
		payees:    map[types.NamespacedName]map[*claim]struct{}{},
		allocated: map[types.UID]int{},
		stirred: stirred{
			pools: map[*pool]struct{}{}, classes: map[*class]struct{}{}, budgets: map[*budget]struct{}{},
		},
	}
}

func (q *Queue) kind(name v1alpha1.PoolKind) *kind {
	k := q.kinds[name]
	if k == nil {
		k = &kind{}
		q.kinds[name] = k
	}
	return k
}

// look makes the queue ready to answer for now: those whose time has come stand in line, and a new financial year brings
// new money.
func (q *Queue) look(now time.Time) moment {
	for len(q.later) > 0 && !q.later[0].object.Spec.NotBeforeTime.After(now) {
		c := q.later[0]
		q.later.remove(c)
		q.line(c)
	}
	m := moment{now, FinancialYear(now)}
	if q.year != m.year {
		q.year = m.year
		for _, b := range q.budgets {
			q.stirred.budgets[b] = struct{}{}
		}
	}
	return m
}

// NextChange returns the next moment at which Assign could answer differently by time alone: the first notBeforeTime to
// come, or a new financial year that there is money for. False when there is none.
func (q *Queue) NextChange(now time.Time) (time.Time, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.look(now)
	var next time.Time
	if len(q.later) > 0 {
		next = q.later[0].object.Spec.NotBeforeTime.Time
	}
	if turn := nextFinancialYear(now); q.fundedIn(FinancialYear(turn)) && (next.IsZero() || turn.Before(next)) {
		next = turn
	}
	return next, !next.IsZero()
}

// outdated reports whether an object was stored before the one that is known. When nobody can tell it is not.
func outdated(known, seen metav1.Object) bool {
	order, err := resourceversion.CompareResourceVersion(seen.GetResourceVersion(), known.GetResourceVersion())
	return err == nil && order < 0
}

// join and part keep a set of claims for each key, and forget the empty ones.
func join[K comparable](sets map[K]map[*claim]struct{}, key K, c *claim) {
	if sets[key] == nil {
		sets[key] = map[*claim]struct{}{}
	}
	sets[key][c] = struct{}{}
}

func part[K comparable](sets map[K]map[*claim]struct{}, key K, c *claim) {
	delete(sets[key], c)
	if len(sets[key]) == 0 {
		delete(sets, key)
	}
}
