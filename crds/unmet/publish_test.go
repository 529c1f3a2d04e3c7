package unmet

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeline.scot/crds/v1alpha1"
)

func TestSmallCountsAreWithheldAndCountsNeverGoDown(t *testing.T) {
	row := Row{v1alpha1.PoolDetox, v1alpha1.NeedChildren, v1alpha1.WaitingFull}
	var counts []v1alpha1.UnmetCount
	for _, step := range []struct {
		counted int32
		want    int32
		state   v1alpha1.UnmetCountState
	}{
		{1, 0, v1alpha1.UnmetWithheld},
		{4, 0, v1alpha1.UnmetWithheld},
		{5, 5, v1alpha1.UnmetKnown},
		{9, 9, v1alpha1.UnmetKnown},
		{2, 9, v1alpha1.UnmetKnown},
	} {
		counts = Publish(counts, map[Row]int32{row: step.counted})
		want := []v1alpha1.UnmetCount{{
			Kind: row.Kind, Need: row.Need, Reason: row.Reason, State: step.state, Claims: step.want,
		}}
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Fatalf("after %d (-want +got):\n%s", step.counted, diff)
		}
	}
}

// Whoever looks, how often and in what order, the ledger shows the greatest count of each row, and never a small one.
func TestTheLedgerShowsTheGreatestCountsAndNoSmallOnes(t *testing.T) {
	kinds := []v1alpha1.PoolKind{v1alpha1.PoolDetox, v1alpha1.PoolResidentialRehab}
	reasons := []v1alpha1.WaitingReason{v1alpha1.WaitingFull, v1alpha1.WaitingNoFund}
	rapid.Check(t, func(t *rapid.T) {
		greatest, looks := map[Row]int32{}, []map[Row]int32{}
		for range rapid.IntRange(1, 5).Draw(t, "looks") {
			look := map[Row]int32{}
			for range rapid.IntRange(0, 4).Draw(t, "rows") {
				row := Row{rapid.SampledFrom(kinds).Draw(t, "kind"), v1alpha1.NeedNone, rapid.SampledFrom(reasons).Draw(t, "reason")}
				look[row] = max(look[row], rapid.Int32Range(1, 12).Draw(t, "claims"))
				greatest[row] = max(greatest[row], look[row])
			}
			looks = append(looks, look, look) // two operators
		}
		var counts []v1alpha1.UnmetCount
		for _, look := range rapid.Permutation(looks).Draw(t, "order") {
			counts = Publish(counts, look)
		}
		if len(counts) != len(greatest) {
			t.Fatalf("%d rows of %d", len(counts), len(greatest))
		}
		for _, c := range counts {
			n := greatest[Row{c.Kind, c.Need, c.Reason}]
			if small := n < 5; small != (c.State == v1alpha1.UnmetWithheld) || (small && c.Claims != 0) || (!small && c.Claims != n) {
				t.Fatalf("%d claims are shown as %+v", n, c)
			}
		}
	})
}

func TestALedgerHasSoManyRowsAndNoMore(t *testing.T) {
	counted := map[Row]int32{}
	for i := range 600 {
		counted[Row{v1alpha1.PoolDetox, v1alpha1.NeedName(fmt.Sprint(i)), v1alpha1.WaitingFull}] = int32(i%9 + 1)
	}
	counts := Publish(nil, counted)
	if len(counts) != mostRows || counts[0].Claims != 9 {
		t.Errorf("%d rows, the first %+v", len(counts), counts[0])
	}
}
