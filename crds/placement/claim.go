package placement

import (
	"container/heap"

	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/v1alpha1"
)

// claim is a Placement as last seen.
type claim struct {
	key      types.NamespacedName
	object   *v1alpha1.Placement
	standing Standing
	class    *class
	// lined reports whether the claim stands in a line of its class: it competes for a place.
	lined bool
	// soon is its position among those whose time has not come, from 1; 0 when it is not among them.
	soon int
	// assigned is what Assign chose and nobody has seen written yet.
	assigned *Assignment
	stake    stake
}

// stake is the place and the money that a claim has or takes, as far as the claim itself or Assign says, whether or not pool
// and fund show them. The zero stake is none.
type stake struct {
	pool    v1alpha1.PlacementPool
	poolUID types.UID
	fund    types.NamespacedName
}

// SetClaim takes note of a claim as it is now.
func (q *Queue) SetClaim(object *v1alpha1.Placement) {
	q.mu.Lock()
	defer q.mu.Unlock()
	key := types.NamespacedName{Namespace: object.Namespace, Name: object.Name}
	c := q.claims[key]
	if c != nil && outdated(c.object, object) {
		return
	}
	if c != nil && c.object.UID != object.UID {
		q.drop(c)
		c = nil
	}
	if c == nil {
		c = &claim{key: key}
		q.claims[key], q.byUID[object.UID] = c, c
	}
	q.update(c, object)
}

func (q *Queue) update(c *claim, object *v1alpha1.Placement) {
	request, standing := RequestOf(object), StandingOf(object)
	name := nameOf(request)
	same := c.class != nil && c.class.name == name
	if !same || c.standing != standing {
		q.leave(c)
	}
	c.object, c.standing = object, standing
	if !same {
		q.enterClass(c, name, request)
	}
	if object.Status.Binding != nil || !same || !wants(object) {
		c.assigned = nil
	}
	q.settle(c)
	q.relate(c)
	q.place(c)
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
	q.leave(c)
	delete(q.claims, c.key)
	delete(q.byUID, c.object.UID)
	q.unrelate(c)
	q.leaveClass(c)
	q.restake(c, stake{})
}

// Forget tells that an assignment came to nothing. The claim competes again.
func (q *Queue) Forget(uid types.UID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.byUID[uid]; c != nil {
		q.forget(c)
	}
}

func (q *Queue) forget(c *claim) {
	if c.assigned == nil {
		return
	}
	c.assigned = nil
	q.settle(c)
	q.relate(c)
	q.place(c)
}

// Assigned returns what was chosen for a claim and not seen written yet.
func (q *Queue) Assigned(name types.NamespacedName) (Assignment, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.claims[name]; c != nil && c.assigned != nil {
		return *c.assigned, true
	}
	return Assignment{}, false
}

// settle makes the claim's stake follow from the claim. A place that is being given back is the claim's only as long as its
// pool shows it.
func (q *Queue) settle(c *claim) {
	switch b := c.object.Status.Binding; {
	case b != nil && b.State != v1alpha1.BindingReleasing:
		q.restake(c, c.stakeIn(b.Pool, types.UID(b.PoolUID), b.Fund))
	case b == nil && c.assigned != nil:
		q.restake(c, c.stakeIn(c.assigned.Pool, c.assigned.PoolUID, c.assigned.Fund))
	default:
		q.restake(c, stake{})
	}
}

func (c *claim) stakeIn(pool v1alpha1.PlacementPool, uid types.UID, fund v1alpha1.ObjectName) stake {
	s := stake{pool: pool, poolUID: uid}
	if fund != "" {
		s.fund = types.NamespacedName{Namespace: c.key.Namespace, Name: string(fund)}
	}
	return s
}

func (q *Queue) restake(c *claim, is stake) {
	was := c.stake
	if was == is {
		return
	}
	part(q.takers, was.pool, c)
	part(q.payees, was.fund, c)
	c.stake = is
	if is != (stake{}) {
		join(q.takers, is.pool, c)
	}
	if is.fund.Name != "" {
		join(q.payees, is.fund, c)
	}
	for _, s := range []stake{was, is} {
		if p := q.pools[s.pool]; p != nil {
			q.reckonPool(p)
		}
		if f := q.funds[s.fund]; f != nil {
			q.reckonFund(f)
		}
	}
}

// competes reports whether the claim wants a place and has none, whatever time it is.
func (q *Queue) competes(c *claim) bool {
	return wants(c.object) && c.assigned == nil && q.allocated[c.object.UID] == 0 && !q.duplicate(c)
}

func wants(o *v1alpha1.Placement) bool { return Waits(o) && !fundingDeclined(o) }

// Waits reports whether the claim wants a place and has none: it has not ended, is not being withdrawn or deleted, and is
// bound to no place.
func Waits(o *v1alpha1.Placement) bool {
	return o.DeletionTimestamp.IsZero() && o.Spec.Withdrawal == nil && o.Status.EndedTime == nil && o.Status.Binding == nil
}

func fundingDeclined(o *v1alpha1.Placement) bool {
	return o.Spec.Funding != nil && o.Spec.Funding.Decision == v1alpha1.FundingDeclined
}

// place puts the claim where it belongs: into a line of its class, among those whose time has not come, or nowhere.
func (q *Queue) place(c *claim) {
	switch stands := c.lined || c.soon > 0; {
	case stands == q.competes(c):
	case stands:
		q.leave(c)
	case c.object.Spec.NotBeforeTime != nil:
		heap.Push(&q.later, c) // the next look lines it up if its time has come
	default:
		q.line(c)
	}
}

func (q *Queue) line(c *claim) {
	c.lined = true
	c.class.add(c)
	q.stirred.classes[c.class] = struct{}{}
}

func (q *Queue) leave(c *claim) {
	if c.soon > 0 {
		q.later.remove(c)
	}
	if c.lined {
		c.class.remove(c)
		c.lined = false
	}
}

// later is a heap of claims by notBeforeTime.
type later []*claim

func (l later) Len() int { return len(l) }
func (l later) Less(i, j int) bool {
	return l[i].object.Spec.NotBeforeTime.Before(l[j].object.Spec.NotBeforeTime)
}

func (l later) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
	l[i].soon, l[j].soon = i+1, j+1
}

func (l *later) Push(x any) {
	c := x.(*claim)
	*l = append(*l, c)
	c.soon = len(*l)
}

func (l *later) Pop() any {
	n := len(*l) - 1
	c := (*l)[n]
	(*l)[n] = nil
	*l = (*l)[:n]
	c.soon = 0
	return c
}

func (l *later) remove(c *claim) { heap.Remove(l, c.soon-1) }
