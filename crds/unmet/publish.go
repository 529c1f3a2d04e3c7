package unmet

import (
	"cmp"
	"slices"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// mostRows is how many counts one week of one Partnership has at most.
const mostRows = 512

// Publish returns what a ledger shows after one more look: the greatest count of each row so far, and counts that are small
// withheld. It may be called again with the same counts, by anybody and in any order, and never shows less than before.
func Publish(before []v1alpha1.UnmetCount, counted map[Row]int32) []v1alpha1.UnmetCount {
	shown := map[Row]int32{} // 0: withheld
	for _, c := range before {
		shown[Row{c.Kind, c.Need, c.Reason}] = c.Claims
	}
	for row, n := range counted {
		if n < capacity.SmallBelow {
			n = 0
		}
		shown[row] = max(n, shown[row])
	}
	counts := make([]v1alpha1.UnmetCount, 0, len(shown))
	for row, n := range shown {
		count := v1alpha1.UnmetCount{Kind: row.Kind, Need: row.Need, Reason: row.Reason, State: v1alpha1.UnmetKnown, Claims: n}
		if n == 0 {
			count.State = v1alpha1.UnmetWithheld
		}
		counts = append(counts, count)
	}
	slices.SortFunc(counts, func(a, b v1alpha1.UnmetCount) int {
		return cmp.Or(cmp.Compare(b.Claims, a.Claims), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Need, b.Need),
			cmp.Compare(a.Reason, b.Reason))
	})
	return counts[:min(mostRows, len(counts))]
}
