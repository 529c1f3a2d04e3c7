package placement

import (
	"reflect"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/v1alpha1"
)

// Assignment is a place that is to be taken for a claim.
type Assignment struct {
	Claim    types.NamespacedName
	ClaimUID types.UID
	// Attempts is how often a pool had been chosen for the claim before. With more, the assignment is out of date.
	Attempts int32
	Pool     v1alpha1.PlacementPool
	PoolUID  types.UID
	// Provider is the Partner that runs the pool's service.
	Provider v1alpha1.ObjectName
	// Fund is the PlacementFund that pays; empty when none is needed.
	Fund    v1alpha1.ObjectName
	FundUID types.UID
}

// Queue is everybody who waits for a place, and everything they wait for, in memory. It is fed with objects as they are
// seen, in any order, and can be made again from them at any time.
//
// What fits a claim is worked out once, when it begins to wait, and again when a pool changes what it offers. Each pool has
// those whom it fits in order, so that what a call costs depends on the number of pools and of budgets, and not on the number
// of claims that wait.
//
// A Queue is safe for concurrent use. Objects handed to it must not be changed afterwards.
type Queue struct {
	mu        sync.Mutex
	pools     map[v1alpha1.PlacementPool]*pool
	kinds     map[v1alpha1.PoolKind]*kind
	claims    map[types.NamespacedName]*claim
	byUID     map[types.UID]*claim
	funds     map[budget][]*fund
	referrals map[referral][]*claim
	// lines are those of all pools again, by who pays. paid are the budgets with money as of the last settle, of those.
	lines map[budget]map[*pool]*line
	paid  map[budget]bool
	// allocated counts, for each claim, the pools that show an allocation for it.
	allocated map[types.UID]int
	// bound are the claims that are bound to a pool, whether or not it is known.
	bound map[v1alpha1.PlacementPool]map[*claim]struct{}
	// later are the claims whose notBeforeTime has not come, the soonest first.
	later ordered
	// stirred are the pools in which somebody may be next since the last Assign.
	stirred map[*pool]struct{}
	year    year
	// paidFrom is the financial year that was paid from at the last Assign.
	paidFrom string
}

// pool is a CapacityPool as last seen, and who is about to take a place in it.
type pool struct {
	key    v1alpha1.PlacementPool
	object *v1alpha1.CapacityPool
	// assumed are the claims that take a place which the object does not show yet.
	assumed map[types.UID]struct{}
	shown   map[types.UID]struct{}
	// lines hold who waits for a place here, by who pays. None is empty. paid is those of them in one whom a budget with money
	// pays for: the pool's queue.
	lines map[budget]*line
	paid  line
}

// claim is a Placement as last seen.
type claim struct {
	key      types.NamespacedName
	object   *v1alpha1.Placement
	standing Standing
	// listed reports whether the claim stands in the lines of the pools that fit it: it competes for a place.
	listed bool
	// fits are those pools, and budget what pays, while it does.
	fits   []*pool
	budget budget
	// postponed reports whether the claim stands among those whose time has not come.
	postponed bool
	// assigned is what Assign chose and nobody has seen written yet.
	assigned *Assignment
}

type referral struct {
	namespace, id string
	kind          v1alpha1.PoolKind
}

// NewQueue returns an empty Queue.
func NewQueue() *Queue {
	return &Queue{
		pools:     map[v1alpha1.PlacementPool]*pool{},
		kinds:     map[v1alpha1.PoolKind]*kind{},
		claims:    map[types.NamespacedName]*claim{},
		byUID:     map[types.UID]*claim{},
		funds:     map[budget][]*fund{},
		referrals: map[referral][]*claim{},
		lines:     map[budget]map[*pool]*line{},
		paid:      map[budget]bool{},
		allocated: map[types.UID]int{},
		bound:     map[v1alpha1.PlacementPool]map[*claim]struct{}{},
		stirred:   map[*pool]struct{}{},
	}
}

// Fill takes note of everything in a snapshot.
func (q *Queue) Fill(s Snapshot) {
	for i := range s.Pools {
		q.SetPool(&s.Pools[i])
	}
	for i := range s.Funds {
		q.SetFund(&s.Funds[i])
	}
	for i := range s.Claims {
		q.SetClaim(&s.Claims[i])
	}
}

// SetPool takes note of a pool as it is now.
func (q *Queue) SetPool(object *v1alpha1.CapacityPool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	key := PoolOf(object)
	p := q.pools[key]
	if p == nil {
		p = &pool{key: key, assumed: map[types.UID]struct{}{}, lines: map[budget]*line{}}
		q.pools[key] = p
	}
	was := p.object
	p.object = object
	q.show(p)
	if was == nil || matchingChanged(was, object) {
		q.refit(p, was)
	}
	if was == nil {
		q.assumeBindings(p)
	}
	q.stirred[p] = struct{}{}
}

// show replaces what is known of the pool's allocations, and settles assumptions that they bear out.
func (q *Queue) show(p *pool) {
	was := p.shown
	p.shown = make(map[types.UID]struct{}, len(p.object.Status.Allocations))
	for i := range p.object.Status.Allocations {
		uid := types.UID(p.object.Status.Allocations[i].ClaimUID)
		p.shown[uid] = struct{}{}
		delete(p.assumed, uid)
	}
	for uid := range p.shown {
		if _, before := was[uid]; !before {
			q.allocated[uid]++
			q.place(q.byUID[uid])
		}
	}
	for uid := range was {
		if _, still := p.shown[uid]; !still {
			q.unallocate(uid)
		}
	}
}

func (q *Queue) unallocate(uid types.UID) {
	if q.allocated[uid]--; q.allocated[uid] <= 0 {
		delete(q.allocated, uid)
		q.place(q.byUID[uid])
	}
}

// assumeBindings counts the places that claims are taking in a pool that was not known until now.
func (q *Queue) assumeBindings(p *pool) {
	for c := range q.bound[p.key] {
		q.assumeBinding(c)
	}
}

// RemovePool forgets a pool that has gone.
func (q *Queue) RemovePool(name types.NamespacedName) {
	q.mu.Lock()
	defer q.mu.Unlock()
	key := v1alpha1.PlacementPool{Partnership: v1alpha1.PartnershipOf(name.Namespace), Name: v1alpha1.ObjectName(name.Name)}
	p := q.pools[key]
	if p == nil {
		return
	}
	delete(q.pools, key)
	delete(q.stirred, p)
	q.disband(p)
	delete(q.kind(p.object.Spec.Kind).pools, p)
	for uid := range p.shown {
		q.unallocate(uid)
	}
}

// SetClaim takes note of a claim as it is now.
func (q *Queue) SetClaim(object *v1alpha1.Placement) {
	q.mu.Lock()
	defer q.mu.Unlock()
	key := types.NamespacedName{Namespace: object.Namespace, Name: object.Name}
	if was := q.claims[key]; was != nil && was.object.UID != object.UID {
		q.drop(was)
	}
	c := q.claims[key]
	if c == nil {
		c = &claim{key: key}
		q.claims[key], q.byUID[object.UID] = c, c
	} else if asksAnew(c.object, object) {
		q.unlist(c)
	}
	was := c.object
	q.follow(c, object)
	q.release(c, was)
	if c.assigned != nil && reconsiders(was, object) {
		q.forget(c)
	}
	if object.Status.Binding != nil {
		q.bind(c)
	}
	q.place(c)
}

// reconsiders reports whether what was assigned to the claim as it was is not for the claim as it is: it has been bound since,
// waits no more, or asks for something else.
func reconsiders(was, is *v1alpha1.Placement) bool {
	return !Waits(is) || Homeless(is) || was.Status.Attempts != is.Status.Attempts ||
		!slices.Equal(was.Spec.Pools, is.Spec.Pools) || !was.Spec.NotBeforeTime.Equal(is.Spec.NotBeforeTime)
}

// asksAnew reports whether the claim may stand elsewhere in line than before, or in other lines.
func asksAnew(was, is *v1alpha1.Placement) bool {
	a, b := StandingOf(was), StandingOf(is)
	return a.Priority != b.Priority || !a.Since.Equal(b.Since) || !was.Spec.NotBeforeTime.Equal(is.Spec.NotBeforeTime) ||
		!reflect.DeepEqual(RequestOf(was), RequestOf(is))
}

// bind notes the place and the money that the claim's stored binding speaks of.
func (q *Queue) bind(c *claim) {
	key := c.object.Status.Binding.Pool
	if q.bound[key] == nil {
		q.bound[key] = map[*claim]struct{}{}
	}
	q.bound[key][c] = struct{}{}
	q.assumeBinding(c)
}

// assumeBinding counts the place that the claim's stored binding speaks of, until the pool shows it.
func (q *Queue) assumeBinding(c *claim) {
	b := c.object.Status.Binding
	p := q.pools[b.Pool]
	if p == nil || (b.State != v1alpha1.BindingTaking && b.State != v1alpha1.BindingHeld) {
		return
	}
	if _, shown := p.shown[c.object.UID]; !shown {
		p.assumed[c.object.UID] = struct{}{}
	}
	if f := q.fund(c, b.Fund); f != nil && PaidFrom(b, f.object) {
		f.assume(c.object.UID)
	}
}

// release forgets what was counted for the binding that the claim had.
func (q *Queue) release(c *claim, was *v1alpha1.Placement) {
	if was == nil || was.Status.Binding == nil {
		return
	}
	key := was.Status.Binding.Pool
	if delete(q.bound[key], c); len(q.bound[key]) == 0 {
		delete(q.bound, key)
	}
	q.unassume(key, was.UID)
	if f := q.fund(c, was.Status.Binding.Fund); f != nil {
		f.forget(was.UID)
		q.stirBudget(f.budget())
	}
}

func (q *Queue) unassume(key v1alpha1.PlacementPool, uid types.UID) {
	if p := q.pools[key]; p != nil {
		if _, was := p.assumed[uid]; was {
			delete(p.assumed, uid)
			q.stirred[p] = struct{}{}
		}
	}
}

// RemoveClaim forgets a claim that has gone.
func (q *Queue) RemoveClaim(name types.NamespacedName) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.claims[name]; c != nil {
		q.drop(c)
	}
}

func (q *Queue) drop(c *claim) {
	q.unlist(c)
	q.leaveReferral(c)
	q.forget(c)
	q.release(c, c.object)
	delete(q.claims, c.key)
	delete(q.byUID, c.object.UID)
}

// Forget tells that an assignment came to nothing. The claim competes again.
func (q *Queue) Forget(uid types.UID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.byUID[uid]; c != nil {
		q.forget(c)
		q.place(c)
	}
}

func (q *Queue) forget(c *claim) {
	if c.assigned == nil {
		return
	}
	a := c.assigned
	c.assigned = nil
	q.unassume(a.Pool, c.object.UID)
	if f := q.fund(c, a.Fund); f != nil {
		f.forget(c.object.UID)
		q.stirBudget(f.budget())
	}
}

// competes reports whether the claim wants a place and has none, whatever time it is.
func (q *Queue) competes(c *claim) bool {
	o := c.object
	return Waits(o) && c.assigned == nil && q.allocated[o.UID] == 0 && !q.duplicate(c) && !fundingDeclined(o) &&
		!FundingAwaited(o) && !Homeless(o)
}

// Waits reports whether the claim wants a place and has none: it has not ended, is not being withdrawn or deleted, and is
// bound to no place.
func Waits(o *v1alpha1.Placement) bool {
	return o.DeletionTimestamp.IsZero() && o.Spec.Withdrawal == nil && o.Status.EndedTime == nil && o.Status.Binding == nil
}

func fundingDeclined(o *v1alpha1.Placement) bool {
	return o.Spec.Funding != nil && o.Spec.Funding.Decision == v1alpha1.FundingDeclined
}

// FundingAwaited reports whether the ADP has to decide before another place is held: one hold ended before it had. Otherwise
// a claim that keeps its turn would be held one place after another that nobody else gets.
func FundingAwaited(o *v1alpha1.Placement) bool {
	return o.Status.LastRelease == v1alpha1.ReleaseUnanswered && o.Spec.FundRoute.NeedsFund() && o.Spec.Funding == nil
}

// Homeless reports whether the binder found that the claim's namespace belongs to no Partnership, or to one that is being
// deleted. It is given no place; one that it has stays.
func Homeless(o *v1alpha1.Placement) bool {
	ready := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Status == metav1.ConditionFalse &&
		(ready.Reason == v1alpha1.ReasonPartnershipNotFound || ready.Reason == v1alpha1.ReasonBeingDeleted)
}

// place puts the claim where it belongs: into the lines of the pools that fit it, among those whose time has not come, or
// nowhere.
func (q *Queue) place(c *claim) {
	switch {
	case c == nil:
	case !q.competes(c):
		q.unlist(c)
	case c.listed || c.postponed:
		// It stands where it should.
	case c.object.Spec.NotBeforeTime != nil:
		q.postpone(c) // wake lists it when its time has come
	default:
		q.list(c)
	}
}

// follow replaces the claim's object, and keeps those who claim for one referral together.
func (q *Queue) follow(c *claim, object *v1alpha1.Placement) {
	was := c.object
	same := was != nil && referralOf(was) == referralOf(object) && Open(was) == Open(object) && bound(was) == bound(object)
	if was != nil && !same {
		q.leaveReferral(c)
	}
	c.object, c.standing = object, StandingOf(object)
	if !same {
		q.joinReferral(c)
	}
}

// Open reports whether the claim keeps a later one for the same referral and kind of place waiting: it has not ended.
func Open(o *v1alpha1.Placement) bool { return o.Status.EndedTime == nil }

// joinReferral keeps later claims for the same referral from competing.
func (q *Queue) joinReferral(c *claim) {
	if !Open(c.object) {
		return
	}
	r := referralOf(c.object)
	others := q.referrals[r]
	q.referrals[r] = append(others, c)
	for _, other := range others {
		q.place(other) // which may have to wait for this one
	}
}

// leaveReferral lets another claim for the same referral compete, if one was kept waiting by this one.
func (q *Queue) leaveReferral(c *claim) {
	r := referralOf(c.object)
	rest := slices.DeleteFunc(q.referrals[r], func(other *claim) bool { return other == c })
	if len(rest) == 0 {
		delete(q.referrals, r)
		return
	}
	q.referrals[r] = rest
	for _, other := range rest {
		q.place(other)
	}
}

func referralOf(o *v1alpha1.Placement) referral {
	return referral{o.Namespace, o.Spec.ReferralID, o.Spec.Kind}
}

// duplicate reports whether another open claim for the same referral and kind of place comes before.
func (q *Queue) duplicate(c *claim) bool {
	for _, other := range q.referrals[referralOf(c.object)] {
		if other != c && Older(other.object, c.object) {
			return true
		}
	}
	return false
}

func bound(o *v1alpha1.Placement) bool { return o.Status.Binding != nil }

// Older reports whether claim a comes before claim b: of two open ones for the same referral and kind of place, a is the one that
// competes. One that is bound to a place comes before one that is not, then the one that was made first; within the second that
// Kubernetes remembers, the smaller UID.
func Older(a, b *v1alpha1.Placement) bool {
	if bound(a) != bound(b) {
		return bound(a)
	}
	return earlier(a, b) > 0
}
