package reference

import (
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Pace spaces out visits that many changes ask for: a change after a rest is followed soon, and while changes come one after
// another, each object is visited once in a while for all of them. No change goes by without a visit after it.
type Pace struct {
	// Gather is how long a change waits for others, and Rest how long after one visit the next comes at the soonest.
	Gather, Rest time.Duration
	// Clock tells the time.
	Clock clock.PassiveClock

	mu sync.Mutex
	// due is when each object was, or is going to be, visited last.
	due map[reconcile.Request]time.Time
}

// Visit has the object visited when it is time.
func (p *Pace) Visit(object reconcile.Request, work workqueue.TypedRateLimitingInterface[reconcile.Request]) {
	work.AddAfter(object, p.wait(object))
}

func (p *Pace) wait(object reconcile.Request) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Clock.Now()
	last, visited := p.due[object]
	if visited && last.After(now) {
		return last.Sub(now)
	}
	next := now.Add(p.Gather)
	if soonest := last.Add(p.Rest); visited && soonest.After(next) {
		next = soonest
	}
	if p.due == nil {
		p.due = map[reconcile.Request]time.Time{}
	}
	p.due[object] = next
	return next.Sub(now)
}
