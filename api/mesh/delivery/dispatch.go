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
	Uncarried(ctx context.Context, partner string, due time.Time, after int64, limit int) ([]store.Delivery, error)
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

	once  sync.Once
	poked *pokes
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

// Poke has what waits for a partner be handed to the queue now: somebody asked for many deliveries again.
func (d *Dispatch) Poke(partner string) { d.pokes().add(partner) }

func (d *Dispatch) pokes() *pokes {
	d.once.Do(func() { d.poked = &pokes{partners: map[string]bool{}, news: make(chan struct{}, 1)} })
	return d.poked
}

// pokes are partners that somebody asked for.
type pokes struct {
	mu       sync.Mutex
	partners map[string]bool
	news     chan struct{}
}

func (p *pokes) add(partner string) {
	p.mu.Lock()
	p.partners[partner] = true
	p.mu.Unlock()
	select {
	case p.news <- struct{}{}:
	default: // it is going to be looked for
	}
}

func (p *pokes) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := slices.Sorted(maps.Keys(p.partners))
	clear(p.partners)
	return all
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
	for ctx.Err() == nil {
		d.warn("the lanes could not be seen to", d.OpenLanes(ctx))
		d.wait(ctx, betweenLanes)
	}
}

// sweeps looks for what fell out of the queue again and again, and at once for whom somebody asked.
func (d *Dispatch) sweeps(ctx context.Context) {
	tick := time.NewTicker(betweenSweeps)
	defer tick.Stop()
	for what := "what is overdue could not be looked for"; ; {
		d.warn(what, d.Sweep(ctx))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-d.pokes().news:
			for _, partner := range d.pokes().take() {
				d.warn(what, d.SweepFor(ctx, partner))
			}
		}
	}
}

// beside looks for what fell out of the queue, and has Lately be told, until ctx ends. Either may take long, and nothing that is
// to be sent waits for it.
func (d *Dispatch) beside(ctx context.Context) *sync.WaitGroup {
	var running sync.WaitGroup
	running.Go(func() { d.sweeps(ctx) })
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

// wait waits for so long, or until a lane is called for. Calls are answered after a moment: a partner that is left alone is
// called for with all that is written for it.
func (d *Dispatch) wait(ctx context.Context, pause time.Duration) {
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
			return
		case <-timer.C:
			return
		case <-calls:
			return
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
// since nearly all of it is in the queue and the queue does not come to it.
func (d *Dispatch) Sweep(ctx context.Context) error {
	now := d.Clock()
	for n := int64(1); n > 0; {
		var err error
		if n, err = d.Backlog.GiveUpOn(ctx, now.Add(-longestKept), ReasonOutOfTime); err != nil {
			return err
		}
	}
	after, err := d.carry(ctx, "", now.Add(-uncarriedFor), d.after, mostSwept)
	d.after = after
	return err
}

// SweepFor hands to the queue all that a partner should have been sent by now.
func (d *Dispatch) SweepFor(ctx context.Context, partner string) error {
	_, err := d.carry(ctx, partner, d.Clock().Add(time.Second), 0, math.MaxInt)
	return err
}

// carry hands over what was due by then, at most so much, and returns where to go on; 0 if that was all.
func (d *Dispatch) carry(ctx context.Context, partner string, due time.Time, after int64, most int) (next int64, err error) {
	for swept := 0; swept < most; {
		found, err := d.Backlog.Uncarried(ctx, partner, due, after, store.LongestPage)
		if err != nil {
			return after, err
		}
		if err := d.Backlog.Carry(ctx, found...); err != nil {
			return after, err
		}
		if len(found) < store.LongestPage {
			return 0, nil
		}
		after = found[len(found)-1].ID
		swept += len(found)
	}
	return after, nil
}

func (d *Dispatch) warn(what string, err error) {
	if err != nil && d.Logger != nil {
		d.Logger.Warn("deliveries: something went wrong, and is tried again", "what", what, "error", err)
	}
}
