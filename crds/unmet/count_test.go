package unmet

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/v1alpha1"
)

func TestAReferralCountsOnce(t *testing.T) {
	claim := func(uid string, age time.Duration, change ...func(*v1alpha1.Placement)) v1alpha1.Placement {
		c := waiting(v1alpha1.ReasonNothingFits, age, nil)
		c.UID = types.UID(uid)
		for _, change := range change {
			change(c)
		}
		return *c
	}
	in := func(namespace string) func(*v1alpha1.Placement) {
		return func(c *v1alpha1.Placement) { c.Namespace = namespace }
	}
	of := func(referral string) func(*v1alpha1.Placement) {
		return func(c *v1alpha1.Placement) { c.Spec.ReferralID = referral }
	}
	rehab := func(c *v1alpha1.Placement) { c.Spec.Kind = v1alpha1.PoolResidentialRehab }
	stands := func(reason string) func(*v1alpha1.Placement) {
		return func(c *v1alpha1.Placement) { c.Status.Conditions[0].Reason = reason }
	}
	withdrawn := func(c *v1alpha1.Placement) { c.Spec.Withdrawal = &v1alpha1.Withdrawal{} }
	has := func(c *v1alpha1.Placement) { bound(c) }
	ended := func(c *v1alpha1.Placement) { over(c) }
	row := func(kind v1alpha1.PoolKind, reason v1alpha1.WaitingReason, n int32) map[Row]int32 {
		return map[Row]int32{{kind, v1alpha1.NeedNone, reason}: n}
	}
	detox := row(v1alpha1.PoolDetox, v1alpha1.WaitingChildrenNotTaken, 1)
	for name, tc := range map[string]struct {
		claims []v1alpha1.Placement
		want   map[string]map[Row]int32
	}{
		"nobody": {nil, map[string]map[Row]int32{}},
		"two of one ADP": {
			[]v1alpha1.Placement{claim("a", day), claim("b", day, of("another"))},
			map[string]map[Row]int32{"adp-fife": row(v1alpha1.PoolDetox, v1alpha1.WaitingChildrenNotTaken, 2)},
		},
		"one of each of two ADPs": {
			[]v1alpha1.Placement{claim("a", day), claim("b", day, in("adp-moray"))},
			map[string]map[Row]int32{"adp-fife": detox, "adp-moray": detox},
		},
		"a second claim for the same": {
			[]v1alpha1.Placement{claim("younger", day), claim("older", 2*day, stands(v1alpha1.ReasonNotFunded))},
			map[string]map[Row]int32{"adp-fife": row(v1alpha1.PoolDetox, v1alpha1.WaitingFundUsedUp, 1)},
		},
		"two made at once": {
			[]v1alpha1.Placement{claim("b", day), claim("a", day, stands(v1alpha1.ReasonNotFunded))},
			map[string]map[Row]int32{"adp-fife": row(v1alpha1.PoolDetox, v1alpha1.WaitingFundUsedUp, 1)},
		},
		"the older is in a queue, and not for long": {
			[]v1alpha1.Placement{claim("a", 2*day, stands(v1alpha1.ReasonWaiting)), claim("b", day)},
			map[string]map[Row]int32{},
		},
		"the older waits for its time": {
			[]v1alpha1.Placement{claim("a", 90*day, stands(v1alpha1.ReasonNotYet)), claim("b", 80*day, stands(v1alpha1.ReasonWaiting))},
			map[string]map[Row]int32{},
		},
		"the older is being withdrawn": {
			[]v1alpha1.Placement{claim("a", 2*day, withdrawn), claim("b", day)},
			map[string]map[Row]int32{},
		},
		"the older has ended": {
			[]v1alpha1.Placement{claim("a", 2*day, ended), claim("b", day)},
			map[string]map[Row]int32{"adp-fife": detox},
		},
		"the older had a place, and has ended": {
			[]v1alpha1.Placement{claim("a", 2*day, has, ended), claim("b", day)},
			map[string]map[Row]int32{"adp-fife": detox},
		},
		"the older has a place": {
			[]v1alpha1.Placement{claim("a", 90*day, has), claim("b", 80*day, stands(v1alpha1.ReasonWaiting))},
			map[string]map[Row]int32{},
		},
		"the younger has a place": {
			[]v1alpha1.Placement{claim("a", 90*day), claim("b", 80*day, has)},
			map[string]map[Row]int32{},
		},
		"it has a place of another kind": {
			[]v1alpha1.Placement{claim("a", 90*day, has), claim("b", 80*day, rehab)},
			map[string]map[Row]int32{"adp-fife": row(v1alpha1.PoolResidentialRehab, v1alpha1.WaitingChildrenNotTaken, 1)},
		},
		"a place of another ADP's referral of that name": {
			[]v1alpha1.Placement{claim("a", 90*day, has, in("adp-moray")), claim("b", day)},
			map[string]map[Row]int32{"adp-fife": detox},
		},
		"two kinds, neither of which is to be had": {
			[]v1alpha1.Placement{claim("a", day, rehab), claim("b", 2*day)},
			map[string]map[Row]int32{"adp-fife": detox},
		},
		"two kinds, and the older claim is in a queue": {
			[]v1alpha1.Placement{claim("a", 2*day, stands(v1alpha1.ReasonWaiting)), claim("b", day, rehab)},
			map[string]map[Row]int32{"adp-fife": row(v1alpha1.PoolResidentialRehab, v1alpha1.WaitingChildrenNotTaken, 1)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Count(tc.claims, noon)); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
		})
	}
}

// The order in which claims are listed changes nothing.
func TestCountingKnowsNoOrder(t *testing.T) {
	older, younger := waiting(v1alpha1.ReasonNothingFits, 2*day, nil), waiting(v1alpha1.ReasonNotFunded, day, nil)
	younger.UID, younger.CreationTimestamp = "uid-of-nobody", metav1.NewTime(noon.Add(-day))
	one := Count([]v1alpha1.Placement{*older, *younger}, noon)
	if diff := cmp.Diff(one, Count([]v1alpha1.Placement{*younger, *older}, noon)); diff != "" {
		t.Error(diff)
	}
}
