package directory

import (
	"fmt"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/crds/v1alpha1"
)

// TestAPageSaysWhetherThereIsMoreOnEitherSide compares pages, also empty ones, with cuts of the whole list, for an order
// that is walked and for one that is picked from.
func TestAPageSaysWhetherThereIsMoreOnEitherSide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var held []metav1.Object
		for i := range rapid.IntRange(0, 9).Draw(t, "pools") {
			held = append(held, given.Counted(given.Pool("north", fmt.Sprintf("p%d", i), "house", v1alpha1.PoolDetox),
				given.Noon(), 12, int32(rapid.IntRange(0, 12).Draw(t, "occupied")), 0))
		}
		order := rapid.SampledFrom([]Order{ByName, ByFree}).Draw(t, "order")
		found := viewOf(held...).Pools(PoolFilter{}, order)
		all := found.All()
		keys := found.Page(PageRequest{First: 99}).Keys
		position := func(name string) (*Key, int) {
			i := rapid.IntRange(-1, len(keys)-1).Draw(t, name)
			if i < 0 {
				return nil, i
			}
			return &keys[i], i
		}
		request := PageRequest{}
		var after, before int
		request.After, after = position("after")
		request.Before, before = position("before")
		from, to := after+1, before
		if request.Before == nil {
			to = len(all)
		}
		to = max(from, to)
		size := rapid.IntRange(1, 10).Draw(t, "size")
		if rapid.Bool().Draw(t, "backwards") {
			request.Last, from = size, max(from, to-size)
		} else {
			request.First, to = size, min(to, from+size)
		}
		page := found.Page(request)
		if !slices.Equal(page.Rows, all[from:to]) || page.HasPrevious != (from > 0) || page.HasNext != (to < len(all)) {
			t.Fatalf("%d rows, previous %t, next %t; want those from %d to %d of %d",
				len(page.Rows), page.HasPrevious, page.HasNext, from, to, len(all))
		}
	})
}
