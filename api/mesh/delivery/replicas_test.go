package delivery

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// Who is dead follows from counts and the clock of who looks: a replica is dead that has not counted on for long, whatever the time
// is where it runs.
func TestWhoDoesNotCountOnIsDead(t *testing.T) {
	now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	var w watch
	steps := []struct {
		after       time.Duration
		beats       map[string]int64
		alive, dead []string
	}{
		{0, map[string]int64{"a": 1, "b": 70}, []string{"a", "b"}, nil},
		{4 * time.Second, map[string]int64{"a": 2, "b": 70}, []string{"a", "b"}, nil},
		{3 * time.Second, map[string]int64{"a": 4, "b": 70}, []string{"a", "b"}, nil},
		{time.Second, map[string]int64{"a": 5, "b": 70}, []string{"a"}, []string{"b"}},
		{time.Second, map[string]int64{"a": 5, "b": 71}, []string{"a", "b"}, nil}, // it was only slow
		{3 * time.Second, map[string]int64{"a": 6, "b": 72, "c": 1}, []string{"a", "b", "c"}, nil},
		{time.Second, map[string]int64{"a": 6, "b": 72}, []string{"a", "b"}, nil}, // c has ended
		{4 * time.Second, map[string]int64{"a": 6, "b": 73, "c": 1}, []string{"a", "b", "c"}, nil},
		{4 * time.Second, map[string]int64{"a": 6, "b": 73, "c": 2}, []string{"b", "c"}, []string{"a"}},
		// Nobody could say anything, this one neither: it was the store that was away.
		{20 * time.Second, map[string]int64{"b": 73, "c": 2}, []string{"b", "c"}, nil},
		{4 * time.Second, map[string]int64{"b": 73, "c": 3}, []string{"b", "c"}, nil},
		{4 * time.Second, map[string]int64{"b": 73, "c": 4}, []string{"c"}, []string{"b"}},
	}
	for i, s := range steps {
		now = now.Add(s.after)
		alive, dead := w.hear(s.beats, now, 8*time.Second)
		if got := slices.Sorted(maps.Keys(alive)); !slices.Equal(got, s.alive) || !slices.Equal(dead, s.dead) {
			t.Errorf("step %d: %v live and %v are dead, want %v and %v", i, got, dead, s.alive, s.dead)
		}
	}
}
