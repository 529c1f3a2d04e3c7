package placement

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/v1alpha1"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func hours(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }

// anyPool is an open detox pool that anybody in Scotland may claim, counted at noon, with so many places free.
func anyPool(name string, free int32) *v1alpha1.CapacityPool {
	p := &v1alpha1.CapacityPool{}
	p.Namespace, p.Name, p.UID, p.Generation = "adp-fife", name, types.UID("pool-"+name), 1
	p.Spec.Kind, p.Spec.Operation = v1alpha1.PoolDetox, v1alpha1.OperationOpen
	p.Spec.ConfirmEverySeconds, p.Spec.HoldPeriodSeconds = 2678400, 172800
	p.Spec.ClaimableBy = &v1alpha1.ClaimableBy{Scope: v1alpha1.ClaimScotland}
	p.Spec.Features = &v1alpha1.Features{Genders: []v1alpha1.Gender{v1alpha1.GenderAny}}
	staffed, none := int32(12), int32(0)
	occupied := staffed - free
	p.Status.Counted = &v1alpha1.PlaceCount{Staffed: &staffed, Occupied: &occupied, Held: &none}
	p.Status.Staffed, p.Status.Occupied, p.Status.Held = &staffed, &occupied, &none
	p.Status.ConfirmedTime = &metav1.Time{Time: noon}
	p.Status.Provider = "harbour"
	return p
}

// anyClaim is a routine claim of Moray for a detox place, made so many hours after noon.
func anyClaim(name string, made int) *v1alpha1.Placement {
	c := &v1alpha1.Placement{}
	c.Namespace, c.Name, c.UID = "adp-moray", name, types.UID("claim-"+name)
	c.CreationTimestamp = metav1.NewTime(hours(made))
	c.Spec.ReferralID, c.Spec.Kind, c.Spec.Priority = "r-"+name, v1alpha1.PoolDetox, v1alpha1.PriorityRoutine
	return c
}

func with[T any](object *T, change func(*T)) *T {
	change(object)
	return object
}

func anyFund(name string, places int32) *v1alpha1.PlacementFund {
	f := &v1alpha1.PlacementFund{}
	f.Namespace, f.Name = "adp-moray", name
	f.Spec.Route, f.Spec.FinancialYear, f.Spec.Places = v1alpha1.RouteADP, "2026-27", &places
	return f
}

func named(names ...string) []v1alpha1.PlacementPool {
	var pools []v1alpha1.PlacementPool
	for _, name := range names {
		pools = append(pools, v1alpha1.PlacementPool{Partnership: "fife", Name: v1alpha1.ObjectName(name)})
	}
	return pools
}

// given says who was given a place where, in order.
func given(made []Assignment) []string {
	var says []string
	for _, a := range made {
		says = append(says, fmt.Sprintf("%s:%s", a.Claim.Name, a.Pool.Name))
	}
	return says
}

func claimKey(c *v1alpha1.Placement) types.NamespacedName {
	return types.NamespacedName{Namespace: c.Namespace, Name: c.Name}
}
