package placement

import (
	"encoding/json"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"lifeline.scot/crds/v1alpha1"
)

// class is all claims that ask for the same.
type class struct {
	name    string
	request Request
	members int
	// fits are the pools whose places fit the request and will do.
	fits map[*pool]struct{}
	// lists hold the claims that compete, by the priority asked for. Within one list the order never changes as time passes,
	// so that each is kept sorted.
	lists [RankRoutine + 1][]*claim
}

func nameOf(r Request) string {
	name, err := json.Marshal(r)
	if err != nil {
		panic(err) // a Request is made of strings and numbers
	}
	return string(name)
}

func (q *Queue) enterClass(c *claim) {
	request := RequestOf(c.object)
	name := nameOf(request)
	if c.class != nil {
		if c.class.name == name {
			return
		}
		q.leaveClass(c)
	}
	k := q.classes[name]
	if k == nil {
		k = &class{name: name, request: request, fits: map[*pool]struct{}{}}
		q.classes[name] = k
		for _, p := range q.pools {
			q.fit(p, k)
		}
	}
	c.class = k
	k.members++
}

// leaveClass forgets a class that nobody is in any more.
func (q *Queue) leaveClass(c *claim) {
	k := c.class
	c.class = nil
	if k.members--; k.members > 0 {
		return
	}
	delete(q.classes, k.name)
	for p := range k.fits {
		delete(p.classes, k)
	}
}

// fit notes whether places of the pool fit the class.
func (q *Queue) fit(p *pool, k *class) {
	_, willDo := k.request.Preference(p.key)
	if willDo && len(Misfits(p.object, k.request)) == 0 {
		k.fits[p], p.classes[k] = struct{}{}, struct{}{}
		return
	}
	delete(k.fits, p)
	delete(p.classes, k)
}

func (q *Queue) refit(p *pool) {
	for _, k := range q.classes {
		q.fit(p, k)
	}
}

// matchingChanged reports whether the pool may fit others than before.
func matchingChanged(was, is *v1alpha1.CapacityPool) bool {
	return was.UID != is.UID || was.Generation != is.Generation || was.Generation == 0 ||
		!equality.Semantic.DeepEqual(was.Status.Languages, is.Status.Languages)
}

func (k *class) add(c *claim) {
	list := &k.lists[rankOf(c.standing.Priority)]
	at, _ := slices.BinarySearchFunc(*list, c, inList)
	*list = slices.Insert(*list, at, c)
}

func (k *class) remove(c *claim) {
	list := &k.lists[rankOf(c.standing.Priority)]
	at, there := slices.BinarySearchFunc(*list, c, inList)
	if there {
		*list = slices.Delete(*list, at, at+1)
	}
}

// inList compares two claims of one list: Compare, without the ranks that cannot change their order.
func inList(a, b *claim) int {
	return Compare(a.standing, b.standing, time.Time{})
}

// first returns who of the class is next at now; nil when nobody waits.
func (k *class) first(now time.Time) *claim {
	var first *claim
	for _, list := range k.lists {
		if len(list) > 0 && (first == nil || Compare(list[0].standing, first.standing, now) < 0) {
			first = list[0]
		}
	}
	return first
}

// ahead returns how many of the class come before a claim of that standing.
func (k *class) ahead(s Standing, now time.Time) int {
	n := 0
	for _, list := range k.lists {
		at, _ := slices.BinarySearchFunc(list, s, func(c *claim, s Standing) int { return Compare(c.standing, s, now) })
		n += at
	}
	return n
}

func (k *class) waiting() int {
	n := 0
	for _, list := range k.lists {
		n += len(list)
	}
	return n
}
