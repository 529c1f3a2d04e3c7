package capacity

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"lifeline.scot/crds/v1alpha1"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestTrustFallsAsTimePasses(t *testing.T) {
	const day = 24 * time.Hour
	for name, tc := range map[string]struct {
		age  time.Duration
		want v1alpha1.Trust
	}{
		"counted a moment ahead of our clock": {-time.Minute, v1alpha1.TrustConfirmed},
		"counted now":                         {0, v1alpha1.TrustConfirmed},
		"just within the interval":            {day - 1, v1alpha1.TrustConfirmed},
		"one interval old":                    {day, v1alpha1.TrustAgeing},
		"just within two intervals":           {2*day - 1, v1alpha1.TrustAgeing},
		"two intervals old":                   {2 * day, v1alpha1.TrustUnconfirmed},
	} {
		t.Run(name, func(t *testing.T) {
			if got := TrustAt(noon, noon.Add(tc.age), day); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
	if got := TrustAt(time.Time{}, noon, day); got != v1alpha1.TrustUnconfirmed {
		t.Errorf("never counted: got %s", got)
	}
}

// NextTrustChange names the very moment: trust is the same until just before it and another at it.
func TestNextTrustChangeIsTheMomentOfChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		interval := time.Duration(rapid.Int64Range(60, 2678400).Draw(t, "interval")) * time.Second
		now := noon.Add(time.Duration(rapid.Int64Range(-int64(time.Minute), 3*int64(interval)).Draw(t, "age")))
		before := TrustAt(noon, now, interval)
		change, ok := NextTrustChange(noon, now, interval)
		if !ok {
			if before != v1alpha1.TrustUnconfirmed {
				t.Fatalf("%s is said never to change", before)
			}
			return
		}
		if !change.After(now) || TrustAt(noon, change.Add(-1), interval) != before || TrustAt(noon, change, interval) == before {
			t.Fatalf("%s at %s is said to change at %s", before, now, change)
		}
	})
}
