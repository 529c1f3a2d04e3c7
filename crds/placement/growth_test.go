package placement

import "testing"

// What a new claim allocates, from its arrival to knowing where it stands, is the same however many wait already.
// BenchmarkNewClaim, BenchmarkFreePlace and BenchmarkOutlook show the times.
func TestWhatANewClaimCostsDoesNotGrowWithThoseWhoWait(t *testing.T) {
	allocations := func(waiting int) float64 {
		c := newCrowd(false)
		q := c.queue(200, 0, waiting)
		q.Assign(noon)
		return testing.AllocsPerRun(20, func() {
			p := c.claim()
			q.SetClaim(p)
			q.Assign(noon)
			q.Outlook(keyOf(p), noon)
			q.RemoveClaim(keyOf(p))
		})
	}
	few, many := allocations(500), allocations(5000)
	if many > 1.5*few {
		t.Errorf("a new claim takes %.0f allocations with 5,000 who wait, and %.0f with 500", many, few)
	}
}
