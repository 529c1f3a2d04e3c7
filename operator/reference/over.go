package reference

import (
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// ClaimOver passes a Placement that is deleted, or that has just ended: what it kept may go now.
func ClaimOver() predicate.Predicate {
	goesOn := func(o client.Object) bool {
		claim, ok := o.(*v1alpha1.Placement)
		return ok && placement.Open(claim)
	}
	p := Gone()
	p.UpdateFunc = func(e event.UpdateEvent) bool { return goesOn(e.ObjectOld) && !goesOn(e.ObjectNew) }
	return p
}

// Gone passes deletions only.
func Gone() predicate.Funcs {
	return predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return false },
		UpdateFunc:  func(event.UpdateEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}
