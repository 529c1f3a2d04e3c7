package unmet

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// What the ledger gives away. Each look sees claims of a few sorts, so that counts come to lie about where they are withheld.

const area = "adp-fife"

func drawClaim(t *rapid.T, i int) v1alpha1.Placement {
	years := int32(17)
	c := v1alpha1.Placement{}
	c.Namespace, c.UID = area, types.UID(fmt.Sprintf("uid-%02d", i))
	c.CreationTimestamp = metav1.NewTime(noon.Add(-time.Duration(rapid.IntRange(0, 60).Draw(t, "days")) * day))
	c.Spec.ReferralID = fmt.Sprintf("r-%d", rapid.IntRange(0, 20).Draw(t, "referral"))
	c.Spec.Kind = rapid.SampledFrom([]v1alpha1.PoolKind{
		v1alpha1.PoolDetox, v1alpha1.PoolDetox, v1alpha1.PoolResidentialRehab,
	}).Draw(t, "kind")
	c.Spec.Needs = rapid.SampledFrom([]*v1alpha1.PlacementNeeds{
		nil, {Children: 1}, {Children: 1}, {Children: 1, Language: "pl"}, {AgeYears: &years, Gender: v1alpha1.GenderWomen},
	}).Draw(t, "needs")
	c.Status.WaitingFor = rapid.SampledFrom([][]v1alpha1.WaitingCount{
		{{Reason: v1alpha1.WaitingChildrenNotTaken, Pools: 3}, {Reason: v1alpha1.WaitingFull, Pools: 4}},
		{{Reason: v1alpha1.WaitingNoFund, Pools: 1}, {Reason: v1alpha1.WaitingChildrenNotTaken, Pools: 1}},
	}).Draw(t, "waits for")
	c.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionPlaced, Reason: rapid.SampledFrom([]string{
		v1alpha1.ReasonNothingFits, v1alpha1.ReasonNothingFits, v1alpha1.ReasonNothingFits, v1alpha1.ReasonNotFunded,
		v1alpha1.ReasonWaiting, v1alpha1.ReasonNotYet,
	}).Draw(t, "stands")}}
	switch rapid.IntRange(0, 9).Draw(t, "fate") {
	case 0:
		bound(&c)
	case 1:
		over(&c)
	}
	return c
}

func drawClaims(t *rapid.T) []v1alpha1.Placement {
	var claims []v1alpha1.Placement
	for i := range rapid.IntRange(0, 40).Draw(t, "claims") {
		claims = append(claims, drawClaim(t, i))
	}
	return claims
}

func without(claims []v1alpha1.Placement, id string) []v1alpha1.Placement {
	return slices.DeleteFunc(slices.Clone(claims), func(c v1alpha1.Placement) bool { return c.Spec.ReferralID == id })
}

// moved is by how much each row differs, of those that do.
func moved(before, after map[Row]int32) map[Row]int32 {
	moved := map[Row]int32{}
	for row, n := range after {
		moved[row] += n
	}
	for row, n := range before {
		moved[row] -= n
	}
	maps.DeleteFunc(moved, func(_ Row, n int32) bool { return n == 0 })
	return moved
}

func TestRowsHaveNobodyInCommon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims := drawClaims(t)
		counted := Count(claims, noon)[area]
		waits, sum := map[string]struct{}{}, int32(0)
		for i := range claims {
			if placement.Waits(&claims[i]) {
				waits[claims[i].Spec.ReferralID] = struct{}{}
			}
		}
		for _, n := range counted {
			sum += n
		}
		if int(sum) > len(waits) {
			t.Fatalf("the rows add up to %d of %d referrals that wait: %v", sum, len(waits), counted)
		}
		for id := range waits {
			change := moved(Count(without(claims, id), noon)[area], counted)
			for row, n := range change {
				if len(change) > 1 || n != 1 {
					t.Fatalf("one referral counts in %v, as %+d in %v", change, n, row)
				}
			}
		}
	})
}

// Whoever sees the ledger before and after a claim is made learns of one row at most, and that it is one more. If the claim has a
// place, its referral may leave the row of that kind of place, for none or for that of another kind that it still waits for.
func TestANewClaimChangesOneRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims := drawClaims(t)
		made := drawClaim(t, len(claims))
		made.CreationTimestamp = metav1.NewTime(noon)
		change := moved(Count(claims, noon)[area], Count(append(slices.Clone(claims), made), noon)[area])
		placed := placement.Open(&made) && made.Status.Binding != nil
		var more, less int32
		for row, n := range change {
			more, less = more+max(n, 0), less+max(-n, 0)
			if n < 0 && row.Kind != made.Spec.Kind {
				t.Fatalf("a claim for %s takes somebody out of %v", made.Spec.Kind, row)
			}
		}
		if more > 1 || less > 1 || (less > 0 && !placed) || (placed && more > less) {
			t.Fatalf("one claim changes %v", change)
		}
	})
}

// Whatever somebody works out from all that a ledger has ever shown, it does not tell them a count that is withheld: there is
// always another number of claims with which every look would have shown the same.
func TestNothingPublishedGivesAwayWhatIsWithheld(t *testing.T) {
	withheld := 0
	rapid.Check(t, func(t *rapid.T) {
		var looks [][]v1alpha1.Placement
		for range rapid.IntRange(1, 4).Draw(t, "looks") {
			looks = append(looks, drawClaims(t))
		}
		shown, greatest := published(looks)
		for _, count := range shown[len(shown)-1] {
			row := Row{count.Kind, count.Need, count.Reason}
			if count.State != v1alpha1.UnmetWithheld {
				continue
			}
			withheld++
			otherwise, number := published(inAnotherWorld(looks, row, greatest[row]))
			if number[row] == greatest[row] {
				t.Fatalf("the other world has the same number, %d", number[row])
			}
			if diff := cmp.Diff(shown, otherwise); diff != "" {
				t.Fatalf("%v: %d can be told from %d by what is published:\n%s", row, greatest[row], number[row], diff)
			}
		}
	})
	if withheld == 0 {
		t.Error("nothing was ever withheld: the test says nothing")
	}
}

// published is what the ledger shows after each look, and the greatest number of each row, which it may not show.
func published(looks [][]v1alpha1.Placement) (shown [][]v1alpha1.UnmetCount, greatest map[Row]int32) {
	var counts []v1alpha1.UnmetCount
	greatest = map[Row]int32{}
	for _, claims := range looks {
		counted := Count(claims, noon)[area]
		counts = Publish(counts, counted)
		shown = append(shown, counts)
		for row, n := range counted {
			greatest[row] = max(greatest[row], n)
		}
	}
	return shown, greatest
}

// inAnotherWorld, one more referral counts in the row whenever somebody does; or one fewer whenever several do, if there is no
// room for one more below the smallest count that is published.
func inAnotherWorld(looks [][]v1alpha1.Placement, row Row, greatest int32) [][]v1alpha1.Placement {
	var other [][]v1alpha1.Placement
	for _, claims := range looks {
		claims = slices.Clone(claims)
		rows := rows(claims, noon)
		maps.DeleteFunc(rows, func(_ referral, is Row) bool { return is != row })
		switch fewer := greatest+1 >= capacity.SmallBelow; {
		case fewer && len(rows) > 1:
			for of := range rows {
				claims = without(claims, of.id)
				break
			}
		case !fewer && len(rows) > 0:
			claims = append(claims, another(claims, row))
		}
		other = append(other, claims)
	}
	return other
}

// another is a claim like one that counts in the row, for somebody else.
func another(claims []v1alpha1.Placement, row Row) v1alpha1.Placement {
	for i := range claims {
		if is, counts := RowOf(&claims[i], noon); counts && is == row {
			c := claims[i]
			c.UID, c.Spec.ReferralID = "uid-of-another", "r-of-another"
			return c
		}
	}
	panic("nobody counts in the row")
}
