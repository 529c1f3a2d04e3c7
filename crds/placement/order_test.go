package placement

import (
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"lifeline.scot/crds/v1alpha1"
)

func anyStanding(t *rapid.T, name string) Standing {
	return Standing{
		Priority: rapid.SampledFrom([]v1alpha1.PlacementPriority{
			v1alpha1.PriorityEmergency, v1alpha1.PriorityUrgent, v1alpha1.PriorityRoutine,
		}).Draw(t, name+" priority"),
		Since: noon.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, name+" since")) * time.Hour),
		UID:   types.UID(rapid.StringMatching(`[a-c]`).Draw(t, name+" uid")),
	}
}

func TestTheOrderIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyStanding(t, "a"), anyStanding(t, "b"), anyStanding(t, "c")
		now := noon.Add(time.Duration(rapid.IntRange(0, 4000).Draw(t, "now")) * time.Hour)
		if Compare(a, b, now) != -Compare(b, a, now) {
			t.Fatal("not the same from both sides")
		}
		if Compare(a, b, now) <= 0 && Compare(b, c, now) <= 0 && Compare(a, c, now) > 0 {
			t.Fatal("not transitive")
		}
		if a != b && Compare(a, b, now) == 0 && (a.UID != b.UID || !a.Since.Equal(b.Since)) {
			t.Fatalf("%+v and %+v are said to be equal", a, b)
		}
	})
}

// Whoever is behind comes before only by ageing, and that moment is foretold.
func TestNobodyIsOvertakenAsTimePassesButByAgeing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyStanding(t, "a"), anyStanding(t, "b")
		now := noon.Add(2000 * time.Hour)
		later := now.Add(time.Duration(rapid.IntRange(0, 4000).Draw(t, "later")) * time.Hour)
		if Compare(a, b, now) >= 0 || Compare(a, b, later) <= 0 {
			return
		}
		if a.Priority == b.Priority {
			t.Fatal("two claims of one priority changed places")
		}
		if !b.Since.Before(a.Since) {
			t.Fatal("overtaken by one that has not waited longer")
		}
		if change, ok := b.NextRankChange(now); !ok || change.After(later) {
			t.Fatalf("the ageing of %+v was not foretold", b)
		}
	})
}

// However many emergencies arrive, a routine claim is served in the end.
func TestRoutineIsNeverStarved(t *testing.T) {
	routine := StandingOf(anyClaim("routine", 0))
	for hour := 0; ; hour++ {
		now := hours(hour)
		line := []Standing{routine}
		for i := range 3 {
			line = append(line, Standing{v1alpha1.PriorityEmergency, now.Add(-time.Duration(i) * time.Minute), "e"})
		}
		if slices.MinFunc(line, func(a, b Standing) int { return Compare(a, b, now) }) == routine {
			if want := int(2 * AgeingInterval / time.Hour); hour != want {
				t.Errorf("first after %d hours, want %d", hour, want)
			}
			return
		}
		if hour > 10000 {
			t.Fatal("never first")
		}
	}
}
