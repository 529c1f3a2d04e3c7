package directory

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// follower is what the monitor looks at.
type follower interface {
	// complete is the moment up to which all that was read is in the snapshot, at most now; false before there is one.
	complete(now time.Time) (time.Time, bool)
	// probe asks the API server for something small.
	probe(context.Context) error
	// followedSince reports whether all watches have been open and caught up at least since a moment.
	followedSince(time.Time) bool
}

// monitor works out the directory's state: it is live when, from before a probe was sent until it was answered, every
// watch was open and caught up. A watch alone does not tell: one whose other end is gone looks like one with no news.
type monitor struct {
	follower follower
	every    time.Duration
	now      func() time.Time
	logger   *slog.Logger
	current  atomic.Pointer[Freshness]
}

// hastyProbe is the interval of probes while the directory starts or catches up, so that the good news is not late.
const hastyProbe = 100 * time.Millisecond

func newMonitor(f follower, o Options) *monitor {
	m := &monitor{follower: f, every: o.ProbeEvery, now: o.Now, logger: o.Logger}
	m.current.Store(&Freshness{State: Starting, Since: o.Now()})
	return m
}

// run probes until the context ends.
func (m *monitor) run(ctx context.Context) {
	for {
		pause := m.every
		if !m.check(ctx) {
			pause = min(pause, hastyProbe)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// check probes once and notes the state. It reports whether the directory was live.
func (m *monitor) check(ctx context.Context) bool {
	asked := m.now()
	live := m.follower.probe(ctx) == nil && m.follower.followedSince(asked)
	asOf, complete := m.follower.complete(asked)
	if ctx.Err() == nil && complete {
		m.note(live, asOf)
	}
	return live
}

// patience is how many probe intervals pass without good news before the state is LastKnown: watches are closed and opened
// again in the ordinary course of things, and that is no news.
const patience = 2

// note takes account of one probe: whether all was well, and as of when the snapshot is complete if so.
func (m *monitor) note(live bool, asOf time.Time) {
	was := m.freshness()
	next := was
	switch {
	case live:
		next.State, next.AsOf = Live, asOf
	case was.State == Live && m.now().Sub(was.AsOf) >= patience*m.every:
		next.State = LastKnown
	}
	if next.State != was.State {
		next.Since = m.now()
		m.logger.Info("the directory's state changed", "from", was.State, "to", next.State, "asOf", next.AsOf)
	}
	m.current.Store(&next)
}

func (m *monitor) freshness() Freshness { return *m.current.Load() }
