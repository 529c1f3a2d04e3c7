package delivery

import (
	"context"
	"log/slog"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

// Backlog is what is waiting, as a whole.
type Backlog interface {
	Waits(ctx context.Context) ([]string, error)
	Uncarried(ctx context.Context, due time.Time, after int64, limit int) ([]store.Delivery, error)
	Carry(ctx context.Context, due ...store.Delivery) error
	GiveUpOn(ctx context.Context, begun time.Time, reason string) (int64, error)
}

// Lanes are the queues of the partners: a [Queue].
type Lanes interface {
	Start(ctx context.Context) error
	Open(ctx context.Context, partners []string) error
	// Calls is received from when something waits for a partner whose lane is not open.
	Calls() <-chan struct{}
	Stop() error
}

// Dispatch keeps the lanes open that something can be sent in, and finds what fell out of the queue.
type Dispatch struct {
	Backlog Backlog
	Lanes   Lanes
	View    func() directory.View
	// Resting reports whether nothing is to be sent to a partner for now: [Breaker.Resting].
	Resting func(partner string, now time.Time) bool
	Clock   func() time.Time
	Logger  *slog.Logger
	// Lately is told again and again beside the rounds, which do not wait for it, each time with latelyTime; it may be nil. It
	// is for what follows from how deliveries went.
	Lately func(ctx context.Context)

	poked chan struct{}
	once  sync.Once
	// waited is when something last waited for a partner; after is where the next sweep goes on.
	waited map[string]time.Time
	after  int64
}

// How often what is looked at. What is overdue by uncarriedFor is not in the queue, or the queue does not come to it.
const (
	betweenLanes  = time.Second
	betweenCalls  = 50 * time.Millisecond
	laneLingers   = time.Minute
	betweenSweeps = time.Minute
	uncarriedFor  = 5 * time.Minute
	mostSwept     = 1000
	latelyTime    = 30 * time.Second
	// longestKept is after how long something is given up that could not even be tried.
	longestKept = longestTried + time.Hour
)

// Poke has what waits be looked for now: somebody asked for many deliveries again.
func (d *Dispatch) Poke() {
	select {
	case d.pokes() <- struct{}{}:
	default: // it is going to be looked for
	}
}

func (d *Dispatch) pokes() chan struct{} {
	d.once.Do(func() { d.poked = make(chan struct{}, 1) })
	return d.poked
}

// Run works until ctx ends.
func (d *Dispatch) Run(ctx context.Context) {
	for err := d.Lanes.Start(ctx); err != nil; err = d.Lanes.Start(ctx) {
		d.warn("deliveries cannot begin; it is tried again", err)
		if d.wait(ctx, untilReady); ctx.Err() != nil {
			return
		}
	}
	defer func() { d.warn("deliveries did not end as they should", d.Lanes.Stop()) }()
	beside := d.beside(ctx)
	defer beside.Wait()
	var swept time.Time
	poked := false
	for ctx.Err() == nil {
		if now := d.Clock(); poked || now.Sub(swept) >= betweenSweeps {
			d.warn("what is overdue could not be looked for", d.Sweep(ctx, poked))
			swept = now
		}
		d.warn("the lanes could not be seen to", d.OpenLanes(ctx))
		poked = d.wait(ctx, betweenLanes)
	}
}

// beside has Lately be told until ctx ends. It may wait for Kubernetes, and nothing that is to be sent waits with it.
func (d *Dispatch) beside(ctx context.Context) *sync.WaitGroup {
	var running sync.WaitGroup
	if d.Lately == nil {
		return &running
	}
	running.Go(func() {
		tick := time.NewTicker(betweenLanes)
		defer tick.Stop()
		for ctx.Err() == nil {
			bounded, cancel := context.WithTimeout(ctx, latelyTime)
			d.Lately(bounded)
			cancel()
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	})
	return &running
}

// wait waits for so long, or until a lane is called for, or until it is poked, which it reports. Calls are answered after a
// moment: a partner that is left alone is called for with all that is written for it.
func (d *Dispatch) wait(ctx context.Context, pause time.Duration) (poked bool) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	listen := time.NewTimer(betweenCalls)
	defer listen.Stop()
	var calls <-chan struct{}
	for {
		select {
		case <-listen.C:
			calls = d.Lanes.Calls()
		case <-ctx.Done():
			return false
		case <-timer.C:
			return false
		case <-calls:
			return false
		case <-d.pokes():
			return true
		}
	}
}

// OpenLanes has the lanes open of all partners for whom something waits, or waited a moment ago, and that can be sent
// something, or whose deliveries are settled when they are looked at: each lane costs the database something while it is open.
func (d *Dispatch) OpenLanes(ctx context.Context) error {
	view, now := d.View(), d.Clock()
	if !view.Ready() {
		return nil
	}
	waits, err := d.Backlog.Waits(ctx)
	if err != nil {
		return err
	}
	if d.waited == nil {
		d.waited = map[string]time.Time{}
	}
	for _, name := range waits {
		d.waited[name] = now
	}
	maps.DeleteFunc(d.waited, func(_ string, last time.Time) bool { return now.Sub(last) > laneLingers })
	var open []string
	for _, name := range slices.Sorted(maps.Keys(d.waited)) {
		p, known := view.Partner(name)
		if known && p.Spec.Participation == v1alpha1.ParticipationSuspended || d.Resting(name, now) {
			continue
		}
		open = append(open, name)
	}
	return d.Lanes.Open(ctx, open)
}

// Sweep gives up what is too old, and hands to the queue again what should have been tried long ago: a part of it each time,
// since nearly all of it is in the queue and the queue does not come to it. Whoever pokes has all of it handed over, and at once.
func (d *Dispatch) Sweep(ctx context.Context, all bool) (err error) {
	now, grace, most := d.Clock(), uncarriedFor, mostSwept
	if all {
		grace, most, d.after = -time.Second, math.MaxInt, 0
	}
	for n := int64(1); n > 0; {
		if n, err = d.Backlog.GiveUpOn(ctx, now.Add(-longestKept), ReasonOutOfTime); err != nil {
			return err
		}
	}
	for swept := 0; swept < most; {
		found, err := d.Backlog.Uncarried(ctx, now.Add(-grace), d.after, store.LongestPage)
		if err != nil {
			return err
		}
		if err := d.Backlog.Carry(ctx, found...); err != nil {
			return err
		}
		if len(found) < store.LongestPage {
			d.after = 0
			return nil
		}
		d.after = found[len(found)-1].ID
		swept += len(found)
	}
	return nil
}

func (d *Dispatch) warn(what string, err error) {
	if err != nil && d.Logger != nil {
		d.Logger.Warn("deliveries: something went wrong, and is tried again", "what", what, "error", err)
	}
}
