package delivery

import (
	"maps"
	"slices"
	"testing"
	"time"

	"lifeline.scot/api/store"
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
		dead := w.hear(beatsOf(s.beats), now, 8*time.Second)
		alive := slices.DeleteFunc(slices.Sorted(maps.Keys(s.beats)), func(name string) bool { return slices.Contains(dead, name) })
		if !slices.Equal(alive, s.alive) || !slices.Equal(dead, s.dead) {
			t.Errorf("step %d: %v live and %v are dead, want %v and %v", i, alive, dead, s.alive, s.dead)
		}
	}
}

// beatsOf are counts of which the store does not know how old they are.
func beatsOf(counts map[string]int64) map[string]store.Heartbeat {
	all := map[string]store.Heartbeat{}
	for name, n := range counts {
		all[name] = store.Heartbeat{Beats: n}
	}
	return all
}

// Who has just started goes by how long others have been silent before that, and gives them half of their time to say something: the
// store may have been away for all until now.
func TestWhoHasJustStartedKnowsWhoIsDead(t *testing.T) {
	begun := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	var w watch
	for _, step := range []struct {
		at    time.Duration
		beats map[string]store.Heartbeat
		dead  []string
	}{
		{0, map[string]store.Heartbeat{"me": {Beats: 1}, "silent": {Beats: 9, Age: 3 * time.Second}, "dead": {Beats: 3, Age: time.Hour}}, nil},
		{
			4 * time.Second,
			map[string]store.Heartbeat{"me": {Beats: 3}, "silent": {Beats: 9, Age: 7 * time.Second}, "dead": {Beats: 3, Age: time.Hour}, "new": {Beats: 1, Age: time.Hour}},
			[]string{"dead"},
		},
		{5 * time.Second, map[string]store.Heartbeat{"me": {Beats: 4}, "silent": {Beats: 9, Age: 8 * time.Second}, "new": {Beats: 1}}, []string{"silent"}},
	} {
		if dead := w.hear(step.beats, begun.Add(step.at), 8*time.Second); !slices.Equal(dead, step.dead) {
			t.Errorf("after %s %v are dead, want %v", step.at, dead, step.dead)
		}
	}
}
