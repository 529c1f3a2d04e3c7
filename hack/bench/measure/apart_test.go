package measure

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func times(ms ...int) (all Times) {
	for _, n := range ms {
		all = append(all, time.Duration(n)*time.Millisecond)
	}
	return all
}

// By hand: of 1 2 4 and 3 5 6 one pair in nine is the wrong way round, U = 1.
func TestHowWellTimesAreToldApart(t *testing.T) {
	for name, tc := range map[string]struct {
		first, second Times
		later, chance float64
	}{
		"by hand":    {times(1, 2, 4), times(3, 5, 6), 1.0 / 9, 0.1266},
		"turned":     {times(3, 5, 6), times(1, 2, 4), 8.0 / 9, 0.1266},
		"all alike":  {times(5, 5, 5), times(5, 5), 0.5, 1},
		"with ties":  {times(1, 2, 2), times(2, 3, 3), 1.0 / 9, 0.1066},
		"alike each": {times(1, 2, 3, 4), times(1, 2, 3, 4), 0.5, 1},
	} {
		later, chance := Apart(tc.first, tc.second)
		if math.Abs(later-tc.later) > 1e-9 || math.Abs(chance-tc.chance) > 0.02 {
			t.Errorf("%s: %.4f %.4f, want %.4f %.4f", name, later, chance, tc.later, tc.chance)
		}
	}
}

func TestManyTimesAreToldApartByALittle(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(more time.Duration) (all Times) {
		for range 2000 {
			all = append(all, more+time.Duration(random.NormFloat64()*1e6)+10*time.Millisecond)
		}
		return all
	}
	base := draw(0)
	if _, chance := Apart(draw(0), base); chance < 0.01 {
		t.Errorf("the same are told apart: %g", chance)
	}
	if later, chance := Apart(draw(200*time.Microsecond), base); chance > 1e-6 || later < 0.52 {
		t.Errorf("a fifth of the spread is not noticed: %g %g", later, chance)
	}
}
