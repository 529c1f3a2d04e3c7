package directory

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	given "lifeline.scot/api/directory/directorytest"
)

// pretended is a follower that does as it is told.
type pretended struct {
	complete_, followed bool
	down                error
	oldest              time.Time
}

func (p *pretended) complete(now time.Time) (time.Time, bool) {
	if !p.oldest.IsZero() && p.oldest.Before(now) {
		now = p.oldest
	}
	return now, p.complete_
}
func (p *pretended) probe(context.Context) error  { return p.down }
func (p *pretended) followedSince(time.Time) bool { return p.followed }

func TestTheStateIsWhatTheProbesAndWatchesSay(t *testing.T) {
	now := given.Noon()
	f := &pretended{}
	m := newMonitor(f,
		Options{Now: func() time.Time { return now }, ProbeEvery: 2 * time.Second, Logger: slog.New(slog.DiscardHandler)})
	away := errors.New("away")
	seconds := func(n int) time.Time { return given.Noon().Add(time.Duration(n) * time.Second) }
	for _, step := range []struct {
		name  string
		at    int
		tell  func()
		want  State
		asOf  time.Time
		since time.Time
	}{
		{"nothing has been read", 1, func() {}, Starting, time.Time{}, seconds(0)},
		{"all has been read, watches are not open yet", 2, func() { f.complete_ = true }, Starting, time.Time{}, seconds(0)},
		{"watches are open", 3, func() { f.followed = true }, Live, seconds(3), seconds(3)},
		{"all is well", 5, func() {}, Live, seconds(5), seconds(3)},
		{"a change waits to be taken in", 7, func() { f.oldest = seconds(6) }, Live, seconds(6), seconds(3)},
		{"it has been", 8, func() { f.oldest = time.Time{} }, Live, seconds(8), seconds(3)},
		{"a watch is opened again", 9, func() { f.followed = false }, Live, seconds(8), seconds(3)},
		{"it is back before anybody need know", 10, func() { f.followed = true }, Live, seconds(10), seconds(3)},
		{"Kubernetes does not answer", 12, func() { f.down = away }, Live, seconds(10), seconds(3)},
		{"nor after two intervals", 14, func() {}, LastKnown, seconds(10), seconds(14)},
		{
			"it answers, and watches are not open yet", 20, func() { f.down, f.followed = nil, false }, LastKnown,
			seconds(10), seconds(14),
		},
		{"all is well again", 21, func() { f.followed = true }, Live, seconds(21), seconds(21)},
	} {
		now = seconds(step.at)
		step.tell()
		m.check(t.Context())
		if got := m.freshness(); got.State != step.want || !got.AsOf.Equal(step.asOf) || !got.Since.Equal(step.since) {
			t.Errorf("%s: %s as of %v since %v; want %s, %v, %v", step.name, got.State, got.AsOf, got.Since,
				step.want, step.asOf, step.since)
		}
	}
}
