package placement

import (
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"
)

func anyOrdered(t *rapid.T, name string, b budget) (list ordered) {
	for range rapid.IntRange(0, 20).Draw(t, name) {
		list = append(list, &claim{
			standing: Standing{
				Since: noon.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "minutes")) * time.Minute),
				UID:   types.UID(rapid.StringMatching(`[a-f0-9]{8}`).Draw(t, "uid")),
			},
			budget: b,
		})
	}
	slices.SortFunc(list, inLine)
	return list
}

func TestTwoLinesBecomeOneInOrderAndComeApartAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mine, theirs := budget{partnership: "fife"}, budget{partnership: "moray"}
		here, others := anyOrdered(t, "here", mine), anyOrdered(t, "others", theirs)
		var both line
		both.lists[RankUrgent].merge(here, inLine)
		both.lists[RankUrgent].merge(others, inLine)
		list := both.lists[RankUrgent]
		if len(list) != len(here)+len(others) || !slices.IsSortedFunc(list, inLine) {
			t.Fatalf("%d of %d and %d, in order: %t", len(list), len(here), len(others), slices.IsSortedFunc(list, inLine))
		}
		for _, c := range slices.Concat(here, others) {
			if !slices.Contains(list, c) {
				t.Fatal("somebody fell out of line")
			}
		}
		both.drop(theirs)
		if !slices.Equal(both.lists[RankUrgent], here) {
			t.Fatal("those left are not those who were here")
		}
	})
}

// Whoever no money pays for stands in no queue, and is back in their place when money comes.
func TestAQueueIsOfThoseWhoCanBePaidFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCrowd(false)
		q := c.queue(40, 0, rapid.IntRange(1, 200).Draw(t, "claims"))
		for range rapid.IntRange(1, 30).Draw(t, "changes") {
			f := c.fund(rapid.IntRange(0, crowdPartnerships-1).Draw(t, "area"))
			*f.Spec.Places = int32(rapid.SampledFrom([]int{0, 1000}).Draw(t, "places"))
			q.SetFund(f)
			for _, pool := range c.pools {
				line, waiting := q.Line(PoolOf(pool), noon, 1000)
				var want []InLine
				for _, claim := range q.claims {
					_, why := q.payer(budgetOf(RequestOf(claim.object)), noon)
					if why == "" && claim.listed && slices.Contains(claim.fits, q.pools[PoolOf(pool)]) {
						want = append(want, InLine{claim.key, RequestOf(claim.object).Partnership, claim.standing})
					}
				}
				slices.SortFunc(want, func(a, b InLine) int { return Compare(a.Standing, b.Standing, noon) })
				if !slices.Equal(line, want) || waiting != len(want) {
					t.Fatalf("%d in line, %d wait, want %d", len(line), waiting, len(want))
				}
			}
		}
	})
}
