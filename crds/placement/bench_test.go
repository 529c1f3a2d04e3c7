package placement

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"lifeline.scot/crds/v1alpha1"
)

const benchPools = 2000

// sizes runs a benchmark with more and more who wait: what it costs should not grow.
func sizes(b *testing.B, free int32, run func(b *testing.B, c *crowd, q *Queue)) {
	for _, alike := range []bool{false, true} {
		for _, waiting := range []int{1000, 10_000, 100_000} {
			name := fmt.Sprintf("differ/%d", waiting)
			if alike {
				name = fmt.Sprintf("alike/%d", waiting)
			}
			b.Run(name, func(b *testing.B) {
				c := newCrowd(alike)
				q := c.queue(benchPools, free, waiting)
				q.Assign(noon)
				run(b, c, q)
			})
		}
	}
}

// A new claim, for which no place is free.
func BenchmarkNewClaim(b *testing.B) {
	sizes(b, 0, func(b *testing.B, c *crowd, q *Queue) {
		for b.Loop() {
			p := c.claim()
			q.SetClaim(p)
			q.Assign(noon)
			q.RemoveClaim(keyOf(p))
		}
	})
}

// A place comes free, is given to the next in line, and is taken back.
func BenchmarkFreePlace(b *testing.B) {
	sizes(b, 0, func(b *testing.B, c *crowd, q *Queue) {
		for i := 0; b.Loop(); i++ {
			full := c.pools[i%len(c.pools)]
			free := full.DeepCopy()
			*free.Status.Occupied--
			q.SetPool(free)
			made := q.Assign(noon)
			q.SetPool(full)
			for _, a := range made {
				q.Forget(a.ClaimUID)
			}
			q.Assign(noon)
		}
	})
}

// The status of a claim that waits was written, and nothing of it matters to the queue.
func BenchmarkStatusOfAClaim(b *testing.B) {
	sizes(b, 0, func(b *testing.B, c *crowd, q *Queue) {
		p := c.claim()
		q.SetClaim(p)
		for b.Loop() {
			p = p.DeepCopy()
			q.SetClaim(p)
			q.Assign(noon)
		}
	})
}

// A fund is written, as after each placement it pays for.
func BenchmarkFund(b *testing.B) {
	sizes(b, 0, func(b *testing.B, c *crowd, q *Queue) {
		f := c.fund(3)
		for range 500 {
			f.Status.Commitments = append(f.Status.Commitments, v1alpha1.FundCommitment{
				ClaimUID: v1alpha1.ObjectUID(fmt.Sprintf("%036d", len(f.Status.Commitments))),
			})
		}
		for b.Loop() {
			q.SetFund(f)
			q.Assign(noon)
		}
	})
}

// Where a claim stands.
func BenchmarkOutlook(b *testing.B) {
	sizes(b, 0, func(b *testing.B, c *crowd, q *Queue) {
		p := c.claim()
		q.SetClaim(p)
		for b.Loop() {
			q.Outlook(keyOf(p), noon.Add(24*365*time.Hour))
		}
	})
}

// How many wait for one pool.
func BenchmarkWaiting(b *testing.B) {
	sizes(b, 0, func(b *testing.B, c *crowd, q *Queue) {
		for i := 0; b.Loop(); i++ {
			q.Waiting(PoolOf(c.pools[i%len(c.pools)]), noon)
		}
	})
}

// What the queue keeps for each claim, besides the claim itself.
func BenchmarkMemory(b *testing.B) {
	for _, alike := range []bool{false, true} {
		b.Run(fmt.Sprintf("alike=%v", alike), func(b *testing.B) {
			const waiting = 20_000
			c := newCrowd(alike)
			q := c.queue(benchPools, 0, 0)
			var claims []*v1alpha1.Placement
			for range waiting {
				claims = append(claims, c.claim())
			}
			before := heapInUse()
			for b.Loop() {
				for _, p := range claims {
					q.SetClaim(p)
				}
			}
			b.ReportMetric(float64(heapInUse()-before)/waiting, "B/claim")
			runtime.KeepAlive(q)
		})
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
