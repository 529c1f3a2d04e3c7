package placement

import (
	"encoding/json"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/v1alpha1"
)

// class is all claims that ask for the same.
type class struct {
	number  int
	name    string
	request Request
	members int
	// budget that pays; nil when nobody has to.
	budget *budget
	// fits are the pools, by number, whose places fit the request and will do.
	fits set
	// lines hold the claims that compete, by the priority asked for. Within one line the order never changes as time passes,
	// so that each is kept sorted.
	lines [RankRoutine + 1][]*claim
}

func nameOf(r Request) string {
	name, err := json.Marshal(r)
	if err != nil {
		panic(err) // a Request is made of strings and numbers
	}
	return string(name)
}

func (q *Queue) enterClass(c *claim, name string, request Request) {
	q.leaveClass(c)
	k := q.classes[name]
	if k == nil {
		k = q.newClass(name, request)
	}
	c.class = k
	k.members++
}

func (q *Queue) newClass(name string, request Request) *class {
	k := &class{name: name, request: request}
	k.number = q.classOf.put(k)
	q.classes[name] = k
	kind := q.kind(request.Kind)
	kind.classes.add(k.number)
	if request.FundRoute.NeedsFund() {
		k.budget = q.budget(budgetKey{request.Partnership, request.FundRoute})
		k.budget.classes[k] = struct{}{}
	}
	if len(request.Pools) == 0 {
		for number := range kind.pools.all() {
			fit(q.poolOf.things[number], k)
		}
	}
	for _, key := range request.Pools {
		if p := q.pools[key]; p != nil {
			fit(p, k)
		}
	}
	return k
}

// leaveClass forgets a class that nobody is in any more.
func (q *Queue) leaveClass(c *claim) {
	k := c.class
	if k == nil {
		return
	}
	c.class = nil
	if k.members--; k.members > 0 {
		return
	}
	delete(q.classes, k.name)
	delete(q.stirred.classes, k)
	q.kind(k.request.Kind).classes.remove(k.number)
	if k.budget != nil {
		delete(k.budget.classes, k)
	}
	for number := range k.fits.all() {
		q.poolOf.things[number].classes.remove(k.number)
	}
	q.classOf.drop(k.number)
}

// fit notes whether places of the pool fit the class.
func fit(p *pool, k *class) {
	_, willDo := k.request.Preference(p.key)
	if willDo && len(Misfits(p.object, k.request)) == 0 {
		k.fits.add(p.number)
		p.classes.add(k.number)
		return
	}
	k.fits.remove(p.number)
	p.classes.remove(k.number)
}

func (k *class) add(c *claim) {
	line := &k.lines[rankOf(c.standing.Priority)]
	at, _ := slices.BinarySearchFunc(*line, c, inLine)
	*line = slices.Insert(*line, at, c)
}

func (k *class) remove(c *claim) {
	line := &k.lines[rankOf(c.standing.Priority)]
	at, there := slices.BinarySearchFunc(*line, c, inLine)
	switch {
	case !there:
	case at == 0: // whoever is first leaves most often, and nobody has to move
		(*line)[0] = nil
		*line = (*line)[1:]
	default:
		*line = slices.Delete(*line, at, at+1)
	}
}

// inLine compares two claims of one line: Compare, without the ranks that cannot change their order.
func inLine(a, b *claim) int { return compareWaits(a.standing, b.standing) }

// first returns who of the class is next at now; nil when nobody waits.
func (k *class) first(now time.Time) *claim {
	var first *claim
	for _, line := range k.lines {
		if len(line) > 0 && (first == nil || Compare(line[0].standing, first.standing, now) < 0) {
			first = line[0]
		}
	}
	return first
}

// ahead returns how many of the class come before a claim of that standing.
func (k *class) ahead(s Standing, now time.Time) int {
	n := 0
	for _, line := range k.lines {
		at, _ := slices.BinarySearchFunc(line, s, func(c *claim, s Standing) int { return Compare(c.standing, s, now) })
		n += at
	}
	return n
}

// overtaking returns how many of the class come before a claim of that standing although they have not waited as long.
func (k *class) overtaking(s Standing, now time.Time) int {
	n := 0
	for _, line := range k.lines {
		ahead, _ := slices.BinarySearchFunc(line, s, func(c *claim, s Standing) int { return Compare(c.standing, s, now) })
		longer, _ := slices.BinarySearchFunc(line, s, func(c *claim, s Standing) int { return compareWaits(c.standing, s) })
		n += max(0, ahead-longer)
	}
	return n
}

func (k *class) waiting() int {
	n := 0
	for _, line := range k.lines {
		n += len(line)
	}
	return n
}

// last comes after every UID of an object, so that a claim not made yet stands behind those that are.
const last = types.UID("\U0010ffff")

// newcomer is where a claim made now would stand.
func newcomer(priority v1alpha1.PlacementPriority, now time.Time) Standing {
	return Standing{Priority: priority, Since: now, UID: last}
}
