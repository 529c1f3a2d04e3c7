package measure

import (
	"testing"
	"time"
)

func TestPercentileIsTheNearestRank(t *testing.T) {
	var hundred Times
	for i := 100; i > 0; i-- {
		hundred = append(hundred, time.Duration(i))
	}
	for p, want := range map[float64]time.Duration{1: 1, 50: 50, 99: 99, 100: 100} {
		if got := hundred.Percentile(p); got != want {
			t.Errorf("percentile %v of 1 to 100 is %d, want %d", p, got, want)
		}
	}
	if got := (Times{7}).Percentile(50); got != 7 {
		t.Errorf("median of one time is %d, want 7", got)
	}
	if got := (Times{}).Percentile(50); got != 0 {
		t.Errorf("median of no times is %d, want 0", got)
	}
}
