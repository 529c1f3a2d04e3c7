package placement

import (
	"cmp"
	"container/heap"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// MaximumPlaces is how many places of one pool can be given at a time.
const MaximumPlaces = 128

// Assign gives every place that can be given at now to the first in line: of all who wait, the first by Compare whom some
// free place fits and who can be paid for takes the place it likes best, then the next. A claim that can be given nothing
// blocks nobody.
//
// The places, and the money, count as taken from then on, until the objects show it or Forget is called. Only pools in
// which something changed since the last call are looked at.
func (q *Queue) Assign(now time.Time) []Assignment {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wake(now)
	q.turnYear(now)
	q.settle(now)
	var turns turns
	for p := range q.stirred {
		if c := p.next(now); c != nil {
			turns.in = append(turns.in, turn{c, p})
		}
	}
	clear(q.stirred)
	turns.now = now
	heap.Init(&turns)
	var made []Assignment
	for turns.Len() > 0 {
		t := turns.in[0]
		if c := t.pool.next(now); c != t.claim { // somebody else took the place, or the claim another, or the money is gone
			turns.replace(c)
			continue
		}
		made = append(made, q.assign(t.claim, now))
		turns.replace(t.pool.next(now))
	}
	return made
}

// turnYear lets those compete whom the money of a new financial year pays for.
func (q *Queue) turnYear(now time.Time) {
	year := q.year.nameAt(now)
	if year == q.paidFrom {
		return
	}
	q.paidFrom = year
	for b := range q.funds {
		q.stirBudget(b)
	}
}

// next returns who would be given a place in the pool at now; nil if nobody would, or there is none.
func (p *pool) next(now time.Time) *claim {
	if p.available(now) <= 0 {
		return nil
	}
	return p.paid.first(now)
}

// available is how many places the pool can give at now.
func (p *pool) available(now time.Time) int {
	if len(p.object.Status.Allocations)+len(p.assumed) >= MaximumPlaces {
		return 0
	}
	free, known := capacity.FiguresAt(p.object, now).Free()
	if !known {
		return 0
	}
	return int(free) - len(p.assumed)
}

// assign gives the claim the place it likes best. There is one: the caller has looked.
func (q *Queue) assign(c *claim, now time.Time) Assignment {
	p := best(c, now)
	made := Assignment{
		Claim: c.key, ClaimUID: c.object.UID, Attempts: c.object.Status.Attempts,
		Pool: p.key, PoolUID: p.object.UID, Provider: p.object.Status.Provider,
	}
	b := c.budget
	q.unlist(c)
	if f, _ := q.payer(b, now); f != nil {
		made.Fund, made.FundUID = v1alpha1.ObjectName(f.object.Name), f.object.UID
		f.assume(c.object.UID)
		q.settleBudget(b, now)
	}
	p.assumed[c.object.UID] = struct{}{}
	c.assigned = &made
	return made
}

// best returns the pool with a place to give that the claim likes best: by its own preference, then a count that is
// confirmed before one that is ageing, then the pool with most places free, then by name. Nil if there is none.
func best(c *claim, now time.Time) *pool {
	var best *pool
	r := RequestOf(c.object)
	for _, p := range c.fits {
		if p.available(now) > 0 && (best == nil || better(r, p, best, now)) {
			best = p
		}
	}
	return best
}

func better(r Request, a, b *pool, now time.Time) bool {
	likeA, _ := r.Preference(a.key)
	likeB, _ := r.Preference(b.key)
	return cmp.Or(
		cmp.Compare(likeA, likeB),
		cmp.Compare(doubt(a, now), doubt(b, now)),
		cmp.Compare(b.available(now), a.available(now)),
		cmp.Compare(a.key.Partnership, b.key.Partnership),
		cmp.Compare(a.key.Name, b.key.Name),
	) < 0
}

func doubt(p *pool, now time.Time) int {
	if capacity.FiguresAt(p.object, now).Trust == v1alpha1.TrustConfirmed {
		return 0
	}
	return 1
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

// turn is who is next in a pool.
type turn struct {
	claim *claim
	pool  *pool
}

// turns is a heap of pools by who is next in them. Whoever is next in a pool can only come later in the order as places and
// claims are taken, so an entry that is out of date stands too early, never too late.
type turns struct {
	in  []turn
	now time.Time
}

func (t *turns) Len() int { return len(t.in) }
func (t *turns) Less(i, j int) bool {
	return Compare(t.in[i].claim.standing, t.in[j].claim.standing, t.now) < 0
}
func (t *turns) Swap(i, j int) { t.in[i], t.in[j] = t.in[j], t.in[i] }
func (t *turns) Push(x any)    { t.in = append(t.in, x.(turn)) }
func (t *turns) Pop() any {
	last := t.in[len(t.in)-1]
	t.in = t.in[:len(t.in)-1]
	return last
}

// replace puts the claim that is next now in the place of the first entry; nil means that nobody is.
func (t *turns) replace(c *claim) {
	if c == nil {
		heap.Pop(t)
		return
	}
	t.in[0].claim = c
	heap.Fix(t, 0)
}
