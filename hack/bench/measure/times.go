package measure

import (
	"slices"
	"time"
)

// Times are how long the same thing took, again and again.
type Times []time.Duration

// Join puts times together.
func Join(times ...Times) Times { return slices.Concat(times...) }

// Percentile returns the time that p percent of the times do not exceed (nearest rank); zero when there are none.
func (t Times) Percentile(p float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t))
	rank := int(float64(len(sorted))*p/100+0.9999999) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}

// Median returns the middle one of some numbers; zero when there are none.
func Median(numbers []float64) float64 {
	if len(numbers) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(numbers))
	return sorted[len(sorted)/2]
}

// Milliseconds are a duration as a number, for a row.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
