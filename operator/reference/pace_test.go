package reference

import (
	"testing"
	"time"

	testclock "k8s.io/utils/clock/testing"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

func TestVisitsComeSoonAfterARestAndSeldomInARush(t *testing.T) {
	clock := testclock.NewFakePassiveClock(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))
	p := NewPace(clock)
	one, other := reconcile.Request{NamespacedName: client.ObjectKey{Name: "fife"}}, reconcile.Request{NamespacedName: client.ObjectKey{Name: "moray"}}
	for _, step := range []struct {
		after time.Duration
		of    reconcile.Request
		want  time.Duration
	}{
		{0, one, time.Second}, // the first
		{400 * time.Millisecond, one, 600 * time.Millisecond}, // gathered into it
		{0, other, time.Second},                               // each by itself
		{time.Second, one, 4600 * time.Millisecond},           // visited a moment ago
		{4 * time.Second, one, 600 * time.Millisecond},        // gathered into the second
		{time.Second, one, 4600 * time.Millisecond},           // and again
		{time.Hour, one, time.Second},                         // after a rest
	} {
		clock.SetTime(clock.Now().Add(step.after))
		if got := p.wait(step.of); got != step.want {
			t.Errorf("at %s: %s waits %s, want %s", clock.Now().Format(time.TimeOnly), step.of.Name, got, step.want)
		}
	}
}

// Whatever comes when: each change is followed by a visit within the rest, and two visits are never nearer than that.
func TestNoChangeGoesByWithoutAVisit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := testclock.NewFakePassiveClock(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))
		p := NewPace(clock)
		var last time.Time
		for _, gap := range rapid.SliceOfN(rapid.IntRange(0, 9000), 1, 50).Draw(t, "gaps") {
			clock.SetTime(clock.Now().Add(time.Duration(gap) * time.Millisecond))
			visit := clock.Now().Add(p.wait(reconcile.Request{}))
			if wait := visit.Sub(clock.Now()); wait <= 0 || wait > rest {
				t.Fatalf("a change waits %s", wait)
			}
			if apart := visit.Sub(last); apart != 0 && apart < rest {
				t.Fatalf("two visits are %s apart", apart)
			}
			last = visit
		}
	})
}
