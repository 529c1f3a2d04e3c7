package measure

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Apart says how well two kinds of things can be told apart by how long they take: how often one of the first took longer than
// one of the second, of all pairs (ties count half; 0.5 is never better than a guess), and how likely it is that chance alone
// makes as much of a difference, by the test of Mann and Whitney with its normal approximation, both ways. Neither may be empty.
func Apart(first, second Times) (later, chance float64) {
	type one struct {
		took  time.Duration
		first bool
	}
	all := make([]one, 0, len(first)+len(second))
	for _, t := range first {
		all = append(all, one{t, true})
	}
	for _, t := range second {
		all = append(all, one{t, false})
	}
	slices.SortFunc(all, func(a, b one) int { return cmp.Compare(a.took, b.took) })
	var ranks, ties float64
	for from := 0; from < len(all); {
		to := from
		for to < len(all) && all[to].took == all[from].took {
			to++
		}
		rank, same := float64(from+to+1)/2, float64(to-from)
		ties += same*same*same - same
		for _, x := range all[from:to] {
			if x.first {
				ranks += rank
			}
		}
		from = to
	}
	n, m := float64(len(first)), float64(len(second))
	u := ranks - n*(n+1)/2
	spread := math.Sqrt(n * m / 12 * (n + m + 1 - ties/((n+m)*(n+m-1))))
	if spread == 0 { // all took the same
		return u / (n * m), 1
	}
	return u / (n * m), math.Erfc(math.Abs(u-n*m/2) / spread / math.Sqrt2)
}
