package access

import (
	"context"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
)

// holders leads from a claim to its Partnership, at a pace, whenever another Partner holds a place for it than before, or none
// any more: a hundred holds are a few writes of a Role.
type holders struct{ pace *reference.Pace }

type work = workqueue.TypedRateLimitingInterface[reconcile.Request]

// Create implements handler.EventHandler.
func (h holders) Create(_ context.Context, e event.CreateEvent, w work) { h.look(nil, e.Object, w) }

// Update implements handler.EventHandler.
func (h holders) Update(_ context.Context, e event.UpdateEvent, w work) {
	h.look(e.ObjectOld, e.ObjectNew, w)
}

// Delete implements handler.EventHandler.
func (h holders) Delete(_ context.Context, e event.DeleteEvent, w work) { h.look(e.Object, nil, w) }

// Generic implements handler.EventHandler.
func (holders) Generic(context.Context, event.GenericEvent, work) {}

func (h holders) look(was, is client.Object, w work) {
	if held(was) == held(is) {
		return
	}
	about := is
	if about == nil {
		about = was
	}
	if name, ok := reference.PartnershipName(about.GetNamespace()); ok {
		h.pace.Visit(reconcile.Request{NamespacedName: client.ObjectKey{Name: name}}, w)
	}
}

func held(object client.Object) v1alpha1.ObjectName {
	claim, ok := object.(*v1alpha1.Placement)
	if !ok {
		return ""
	}
	return holder(claim)
}
