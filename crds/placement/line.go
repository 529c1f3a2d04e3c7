package placement

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"lifeline.scot/crds/v1alpha1"
)

// kind is all there is of one kind of place: only there can a claim fit a pool.
type kind struct {
	pools  map[*pool]struct{}
	listed map[*claim]struct{}
}

func (q *Queue) kind(name v1alpha1.PoolKind) *kind {
	k := q.kinds[name]
	if k == nil {
		k = &kind{map[*pool]struct{}{}, map[*claim]struct{}{}}
		q.kinds[name] = k
	}
	return k
}

// fitting returns the pools whose places fit the request and will do.
func (q *Queue) fitting(r Request) []*pool {
	var fits []*pool
	for _, key := range r.Pools {
		if p := q.pools[key]; p != nil && len(Misfits(p.object, r)) == 0 {
			fits = append(fits, p)
		}
	}
	if len(r.Pools) > 0 {
		return fits
	}
	for p := range q.kind(r.Kind).pools {
		if fit(p, r) {
			fits = append(fits, p)
		}
	}
	return slices.Clip(fits)
}

// fit reports whether places of the pool fit the request and will do. Most pools are for other Partnerships.
func fit(p *pool, r Request) bool {
	_, willDo := r.Preference(p.key)
	return willDo && Claimable(p.object, r.Partnership) && len(Misfits(p.object, r)) == 0
}

// list lets the claim stand in line wherever a place would fit it.
func (q *Queue) list(c *claim) {
	r := RequestOf(c.object)
	c.listed, c.fits, c.budget = true, q.fitting(r), budgetOf(r)
	q.kind(r.Kind).listed[c] = struct{}{}
	for _, p := range c.fits {
		q.line(p, c.budget).add(c)
		if q.paid[c.budget] {
			p.paid.add(c)
		}
		q.stirred[p] = struct{}{}
	}
}

func (q *Queue) unlist(c *claim) {
	if c.postponed {
		q.later.remove(c, sooner)
		c.postponed = false
	}
	if !c.listed {
		return
	}
	for _, p := range c.fits {
		q.leaveLine(p, c)
	}
	delete(q.kind(c.object.Spec.Kind).listed, c)
	c.listed, c.fits = false, nil
}

func (q *Queue) postpone(c *claim) {
	q.later.add(c, sooner)
	c.postponed = true
}

func sooner(a, b *claim) int {
	return cmp.Or(
		a.object.Spec.NotBeforeTime.Compare(b.object.Spec.NotBeforeTime.Time),
		cmp.Compare(a.object.UID, b.object.UID),
	)
}

// wake lists the claims whose time has come.
func (q *Queue) wake(now time.Time) {
	for len(q.later) > 0 && !q.later[0].object.Spec.NotBeforeTime.After(now) {
		c := q.later[0]
		q.unlist(c)
		q.list(c)
	}
}

// matchingChanged reports whether the pool may fit others than before.
func matchingChanged(was, is *v1alpha1.CapacityPool) bool {
	return was.UID != is.UID || was.Generation != is.Generation || was.Generation == 0 ||
		!equality.Semantic.DeepEqual(was.Status.Languages, is.Status.Languages)
}

// refit lets those stand in line for the pool whom it fits as it is now.
func (q *Queue) refit(p *pool, was *v1alpha1.CapacityPool) {
	if was != nil {
		q.disband(p)
		delete(q.kind(was.Spec.Kind).pools, p)
	}
	k := q.kind(p.object.Spec.Kind)
	k.pools[p] = struct{}{}
	for c := range k.listed {
		if fit(p, RequestOf(c.object)) {
			c.fits = append(c.fits, p)
			q.line(p, c.budget).append(c)
		}
	}
	for b, l := range p.lines {
		l.sort()
		if q.paid[b] {
			p.paid.merge(l)
		}
	}
}

// disband lets nobody stand in line for the pool any more.
func (q *Queue) disband(p *pool) {
	for b, l := range p.lines {
		for _, list := range l.lists {
			for _, c := range list {
				c.fits = slices.DeleteFunc(c.fits, func(other *pool) bool { return other == p })
			}
		}
		q.forgetLine(p, b)
	}
	p.paid = line{}
}

// settle lets those into the queues of pools whom a budget with money pays for at now, and nobody else. Money runs out and
// comes seldom, so that most of the time this only looks.
func (q *Queue) settle(now time.Time) {
	for b := range q.lines {
		q.settleBudget(b, now)
	}
}

func (q *Queue) settleBudget(b budget, now time.Time) {
	_, why := q.payer(b, now)
	if pays := why == ""; pays != q.paid[b] {
		q.paid[b] = pays
		for p, l := range q.lines[b] {
			if pays {
				p.paid.merge(l)
			} else {
				p.paid.drop(b)
			}
		}
	}
}

// line is who waits for a place in one pool and is paid for by one budget, by the priority asked for. Within one list the
// order never changes as time passes, so that each is kept sorted.
type line struct {
	lists [RankRoutine + 1]ordered
}

// line returns the pool's line of those whom the budget pays for.
func (q *Queue) line(p *pool, b budget) *line {
	l := p.lines[b]
	if l != nil {
		return l
	}
	l = &line{}
	p.lines[b] = l
	if q.lines[b] == nil {
		q.lines[b] = map[*pool]*line{}
	}
	q.lines[b][p] = l
	return l
}

func (q *Queue) leaveLine(p *pool, c *claim) {
	l := p.lines[c.budget]
	l.remove(c)
	if q.paid[c.budget] {
		p.paid.remove(c)
	}
	if l.waiting() == 0 {
		q.forgetLine(p, c.budget)
	}
}

func (q *Queue) forgetLine(p *pool, b budget) {
	delete(p.lines, b)
	if delete(q.lines[b], p); len(q.lines[b]) == 0 {
		delete(q.lines, b)
		delete(q.paid, b)
	}
}

func (l *line) add(c *claim) { l.lists[rankOf(c.standing.Priority)].add(c, inLine) }

func (l *line) remove(c *claim) { l.lists[rankOf(c.standing.Priority)].remove(c, inLine) }

// merge adds all who stand in the other line.
func (l *line) merge(other *line) {
	for rank, list := range other.lists {
		l.lists[rank].merge(list, inLine)
	}
}

// drop takes out those whom the budget pays for.
func (l *line) drop(b budget) {
	for rank := range l.lists {
		l.lists[rank] = slices.DeleteFunc(l.lists[rank], func(c *claim) bool { return c.budget == b })
	}
}

// append adds the claim at the end, wherever it belongs. The caller sorts.
func (l *line) append(c *claim) {
	list := &l.lists[rankOf(c.standing.Priority)]
	*list = append(*list, c)
}

func (l *line) sort() {
	for _, list := range l.lists {
		slices.SortFunc(list, inLine)
	}
}

// inLine compares two claims of one list: Compare, without the ranks that cannot change their order.
func inLine(a, b *claim) int {
	return cmp.Or(a.standing.Since.Compare(b.standing.Since), cmp.Compare(a.standing.UID, b.standing.UID))
}

// first returns who of the line is next at now.
func (l *line) first(now time.Time) *claim {
	var first *claim
	for _, list := range l.lists {
		if len(list) > 0 && (first == nil || Compare(list[0].standing, first.standing, now) < 0) {
			first = list[0]
		}
	}
	return first
}

// ahead returns how many of the line come before a claim of that standing.
func (l *line) ahead(s Standing, now time.Time) int {
	n := 0
	for _, list := range l.lists {
		n += list.before(func(c *claim) bool { return Compare(c.standing, s, now) < 0 })
	}
	return n
}

func (l *line) waiting() int {
	n := 0
	for _, list := range l.lists {
		n += len(list)
	}
	return n
}

// ordered is claims in an order that never changes as time passes. Most join at the end and leave at the front, which costs
// the same however many there are.
type ordered []*claim

func (o *ordered) add(c *claim, compare func(a, b *claim) int) {
	list := *o
	if len(list) == 0 || compare(list[len(list)-1], c) < 0 {
		*o = append(list, c)
		return
	}
	at, _ := slices.BinarySearchFunc(list, c, compare)
	*o = slices.Insert(list, at, c)
}

// merge adds all of another, none of whom is here.
func (o *ordered) merge(other ordered, compare func(a, b *claim) int) {
	list := slices.Grow(*o, len(other))
	rest := len(list)
	list = append(list, other...)
	for at := len(list) - 1; len(other) > 0 && rest > 0; at-- { // from the end, so that nothing is overwritten
		if compare(list[rest-1], other[len(other)-1]) > 0 {
			list[at] = list[rest-1]
			rest--
			continue
		}
		list[at] = other[len(other)-1]
		other = other[:len(other)-1]
	}
	copy(list, other) // when none of the rest is left, those come first
	*o = list
}

func (o *ordered) remove(c *claim, compare func(a, b *claim) int) {
	list := *o
	if len(list) > 0 && list[0] == c {
		list[0] = nil
		*o = list[1:]
		return
	}
	if at, there := slices.BinarySearchFunc(list, c, compare); there {
		*o = slices.Delete(list, at, at+1)
	}
}

// before returns how many pass, of a list in which those who pass come first.
func (o ordered) before(passes func(*claim) bool) int {
	if len(o) == 0 || passes(o[len(o)-1]) {
		return len(o)
	}
	at, _ := slices.BinarySearchFunc(o, true, func(c *claim, _ bool) int {
		if passes(c) {
			return -1
		}
		return 1
	})
	return at
}
