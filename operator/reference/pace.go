package reference

import (
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	// gather is how long the first change after a rest waits for others.
	gather = time.Second
	// rest is how long after one visit the next comes at the soonest.
	rest = 5 * time.Second
)

// Pace spaces out visits that many changes ask for: a change is followed by a visit a second later, and while changes come one
// after another, each object is visited every five seconds for all of them. No change goes by without a visit after it.
type Pace struct {
	clock clock.PassiveClock

	mu sync.Mutex
	// due is when each object was, or is going to be, visited last.
	due map[reconcile.Request]time.Time
}

// NewPace returns a pace by that clock.
func NewPace(clock clock.PassiveClock) *Pace {
	return &Pace{clock: clock, due: map[reconcile.Request]time.Time{}}
}

// Visit has the object visited when it is time.
func (p *Pace) Visit(object reconcile.Request, work workqueue.TypedRateLimitingInterface[reconcile.Request]) {
	work.AddAfter(object, p.wait(object))
}

func (p *Pace) wait(object reconcile.Request) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	last, visited := p.due[object]
	if visited && last.After(now) {
		return last.Sub(now)
	}
	next := now.Add(gather)
	if soonest := last.Add(rest); visited && soonest.After(next) {
		next = soonest
	}
	p.due[object] = next
	return next.Sub(now)
}
