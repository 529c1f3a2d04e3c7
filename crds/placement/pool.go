package placement

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// MaximumPlaces is how many places of one pool can be given at a time.
const MaximumPlaces = 128

// pool is a CapacityPool as last seen, and who is about to take a place in it.
type pool struct {
	number int
	key    v1alpha1.PlacementPool
	object *v1alpha1.CapacityPool
	// shown are the claims that the object has allocations for.
	shown map[types.UID]struct{}
	// assumed is how many claims have, or take, a place that the object does not show.
	assumed int
	// classes that its places fit, by number.
	classes set
}

// SetPool takes note of a pool as it is now.
func (q *Queue) SetPool(object *v1alpha1.CapacityPool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	key := PoolOf(object)
	p := q.pools[key]
	if p != nil && outdated(p.object, object) {
		return
	}
	if p != nil && (p.object.UID != object.UID || p.object.Spec.Kind != object.Spec.Kind) {
		q.dropPool(p)
		p = nil
	}
	if p == nil {
		p = q.newPool(key, object)
	} else {
		was := p.object
		p.object = object
		if matchingChanged(was, object) {
			q.refit(p)
		}
	}
	q.show(p)
	q.reckonPool(p)
	q.stirred.pools[p] = struct{}{}
}

func (q *Queue) newPool(key v1alpha1.PlacementPool, object *v1alpha1.CapacityPool) *pool {
	p := &pool{key: key, object: object}
	p.number = q.poolOf.put(p)
	q.pools[key] = p
	q.kind(object.Spec.Kind).pools.add(p.number)
	q.refit(p)
	return p
}

// RemovePool forgets a pool that has gone.
func (q *Queue) RemovePool(name types.NamespacedName) {
	q.mu.Lock()
	defer q.mu.Unlock()
	key := v1alpha1.PlacementPool{Partnership: PartnershipOf(name.Namespace), Name: v1alpha1.ObjectName(name.Name)}
	if p := q.pools[key]; p != nil {
		q.dropPool(p)
	}
}

// dropPool forgets the pool. Whoever was to be given a place in it competes again.
func (q *Queue) dropPool(p *pool) {
	delete(q.pools, p.key)
	delete(q.stirred.pools, p)
	q.spare.remove(p.number)
	q.kind(p.object.Spec.Kind).pools.remove(p.number)
	for number := range p.classes.all() {
		q.classOf.things[number].fits.remove(p.number)
	}
	q.poolOf.drop(p.number)
	for uid := range p.shown {
		q.countAllocation(uid, -1)
	}
	for c := range q.takers[p.key] {
		q.forget(c)
	}
}

// show replaces what is known of the pool's allocations.
func (q *Queue) show(p *pool) {
	was := p.shown
	p.shown = make(map[types.UID]struct{}, len(p.object.Status.Allocations))
	for i := range p.object.Status.Allocations {
		p.shown[types.UID(p.object.Status.Allocations[i].ClaimUID)] = struct{}{}
	}
	for uid := range p.shown {
		if _, before := was[uid]; !before {
			q.countAllocation(uid, 1)
		}
	}
	for uid := range was {
		if _, still := p.shown[uid]; !still {
			q.countAllocation(uid, -1)
		}
	}
}

// countAllocation notes that one pool more, or less, shows an allocation for the claim. While one does, the claim competes
// for no other, whatever it says itself.
func (q *Queue) countAllocation(uid types.UID, change int) {
	if q.allocated[uid] += change; q.allocated[uid] <= 0 {
		delete(q.allocated, uid)
	}
	if c := q.byUID[uid]; c != nil {
		q.relate(c)
		q.place(c)
	}
}

// reckonPool counts anew who takes a place that the pool does not show.
func (q *Queue) reckonPool(p *pool) {
	was := p.assumed
	p.assumed = 0
	for c := range q.takers[p.key] {
		if _, shown := p.shown[c.object.UID]; !shown && c.stake.poolUID == p.object.UID {
			p.assumed++
		}
	}
	if p.assumed < was {
		q.stirred.pools[p] = struct{}{}
	}
	if p.unspoken() > 0 {
		q.spare.add(p.number)
	} else {
		q.spare.remove(p.number)
	}
}

// unspoken is how many places nobody has or takes, whether or not the count can be relied on. Below zero there are more
// people than places.
func (p *pool) unspoken() int {
	count := p.object.Status
	if count.Staffed == nil || len(count.Allocations)+p.assumed >= MaximumPlaces {
		return 0
	}
	return int(*count.Staffed-valueOf(count.Occupied)-valueOf(count.Held)) - p.assumed
}

func valueOf(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}

// available is how many places the pool can give.
func (p *pool) available(m moment) int {
	if !capacity.FiguresAt(p.object, m.now).Counted() {
		return 0
	}
	return max(0, p.unspoken())
}

// refit works out anew which classes the pool's places fit.
func (q *Queue) refit(p *pool) {
	for number := range q.kind(p.object.Spec.Kind).classes.all() {
		fit(p, q.classOf.things[number])
	}
}

// matchingChanged reports whether the pool may fit others than before.
func matchingChanged(was, is *v1alpha1.CapacityPool) bool {
	return was.Generation != is.Generation || was.Generation == 0 ||
		!equality.Semantic.DeepEqual(was.Status.Languages, is.Status.Languages)
}
