package follow

import (
	"testing"
	"time"
)

func TestAWatchHasCaughtUpWhenItsFirstObjectsAreIn(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	now := noon
	s := NewStream(func() time.Time { return now })
	check := func(what string, since time.Time, want bool) {
		t.Helper()
		if got := s.FollowedSince(since); got != want {
			t.Errorf("%s: followed %t, want %t", what, got, want)
		}
	}
	check("before anything", now, false)
	s.opened(true)
	check("while it sends what there was before", now, false)
	s.Replaced()
	check("when that is in", now, true)
	check("and not for the time before", now.Add(-time.Second), false)
	s.opened(false)
	s.closed()
	check("while one of two is open", now, true)
	s.closed()
	check("when all are closed", now, false)
}

func TestSinceWhenAKindIsNotFollowed(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	now := noon
	s := NewStream(func() time.Time { return now })
	for _, step := range []struct {
		name string
		do   func()
		want time.Time
	}{
		{"from the start", func() {}, noon},
		{"still, while it sends what there was before", func() { s.opened(true) }, noon},
		{"no more, when that is in", s.Replaced, time.Time{}},
		{"since its watch ended", s.closed, noon.Add(4 * time.Minute)},
		{"since then, while another sends what there was before", func() { s.opened(true) }, noon.Add(4 * time.Minute)},
		{"no more", s.Replaced, time.Time{}},
		{"no more, while a second takes over", func() { s.opened(false); s.closed() }, time.Time{}},
	} {
		now = now.Add(time.Minute)
		step.do()
		if got := s.LostSince(); !got.Equal(step.want) {
			t.Errorf("%s: since %v, want %v", step.name, got, step.want)
		}
	}
}
