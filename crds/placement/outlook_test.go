package placement

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// full is a pool with so many places staffed, and somebody in it for each of the ends of stays, in hours after noon.
func full(name string, staffed int32, ends ...int) *v1alpha1.CapacityPool {
	p := anyPool(name, 0)
	*p.Status.Counted.Staffed, *p.Status.Counted.Occupied = staffed, 0
	for i, end := range ends {
		p.Status.Allocations = append(p.Status.Allocations, v1alpha1.Allocation{
			Place: int32(i + 1), ClaimUID: v1alpha1.ObjectUID(fmt.Sprint(name, i)), State: v1alpha1.AllocationAdmitted,
			AdmittedTime: &metav1.Time{Time: noon}, ExpectedEndTime: &metav1.Time{Time: hours(end)},
		})
	}
	capacity.Recount(&p.Status)
	return p
}

// The first in line is told of the first end of a stay after which a place is free: where more are taken than staffed, the
// first to leave makes none.
func TestWhenAPlaceIsExpected(t *testing.T) {
	for name, tc := range map[string]struct {
		pool  *v1alpha1.CapacityPool
		ahead int
		want  int // hours after noon; 0 when it is not known
	}{
		"the first":                        {full("p", 3, 30, 10, 20), 0, 10},
		"the second":                       {full("p", 3, 30, 10, 20), 1, 20},
		"one more than there are":          {full("p", 2, 30, 10, 20), 0, 20},
		"two more than there are":          {full("p", 1, 30, 10, 20), 0, 30},
		"behind one, two more":             {full("p", 1, 30, 10, 20), 1, 0},
		"further back than anybody's stay": {full("p", 3, 30, 10, 20), 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			q := NewQueue()
			q.SetPool(tc.pool)
			for i := range tc.ahead {
				q.SetClaim(anyClaim(fmt.Sprint("c", i), -1))
			}
			offer := q.Offers(RequestOf(anyClaim("x", 0)), noon)[0]
			var got time.Time
			if offer.Expected != nil {
				got = *offer.Expected
			}
			if (tc.want == 0) != got.IsZero() || (tc.want > 0 && !got.Equal(hours(tc.want))) {
				t.Errorf("%s at position %d: expected %s", offer.State, offer.Position, got)
			}
		})
	}
}

// Of several full pools the one where a place is expected first is spoken of, whichever is liked best.
func TestTheSoonestPlaceIsSpokenOf(t *testing.T) {
	q := NewQueue()
	q.SetPool(full("best", 1, 24*40))
	q.SetPool(full("next", 1, 24*11))
	claim := with(anyClaim("x", 0), func(c *v1alpha1.Placement) { c.Spec.Pools = named("best", "next") })
	q.SetClaim(claim)
	look, waits := q.Outlook(claimKey(claim), noon)
	if !waits || !strings.Contains(look.Explanation, "One may come free about 4 December.") {
		t.Errorf("says %q", look.Explanation)
	}
}
