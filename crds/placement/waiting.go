package placement

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/v1alpha1"
)

// InLine is a claim in the queue of a pool.
type InLine struct {
	Claim types.NamespacedName
	// Partnership the person is referred by.
	Partnership v1alpha1.ObjectName
	Standing
}

// Line returns who waits in the queue of a pool, the next first and at most limit of them, and how many wait in all. Its
// cost grows with limit and not with how many wait.
func (q *Queue) Line(key v1alpha1.PlacementPool, now time.Time, limit int) (line []InLine, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := q.pools[key]
	if p == nil {
		return nil, 0
	}
	q.wake(now)
	q.settle(now)
	for _, list := range p.paid.lists {
		for _, c := range list[:min(limit, len(list))] { // the rest of a list stands behind these in any case
			line = append(line, InLine{
				Claim: c.key, Partnership: v1alpha1.PartnershipOf(c.key.Namespace), Standing: c.standing,
			})
		}
	}
	slices.SortFunc(line, func(a, b InLine) int { return Compare(a.Standing, b.Standing, now) })
	return line[:min(limit, len(line))], p.paid.waiting()
}
