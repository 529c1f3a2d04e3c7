package access

import (
	"context"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
)

// gathering is how long a change of who holds a place waits for others, so that a hundred holds are one write of a Role.
const gathering = time.Second

// holders leads from a claim to its Partnership whenever another Partner holds a place for it than before, or none any more.
type holders struct{}

type work = workqueue.TypedRateLimitingInterface[reconcile.Request]

// Create implements handler.EventHandler.
func (holders) Create(_ context.Context, e event.CreateEvent, w work) { look(nil, e.Object, w) }

// Update implements handler.EventHandler.
func (holders) Update(_ context.Context, e event.UpdateEvent, w work) {
	look(e.ObjectOld, e.ObjectNew, w)
}

// Delete implements handler.EventHandler.
func (holders) Delete(_ context.Context, e event.DeleteEvent, w work) { look(e.Object, nil, w) }

// Generic implements handler.EventHandler.
func (holders) Generic(context.Context, event.GenericEvent, work) {}

func look(was, is client.Object, w work) {
	if held(was) == held(is) {
		return
	}
	about := is
	if about == nil {
		about = was
	}
	if name, ok := reference.PartnershipName(about.GetNamespace()); ok {
		w.AddAfter(reconcile.Request{NamespacedName: client.ObjectKey{Name: name}}, gathering)
	}
}

func held(object client.Object) v1alpha1.ObjectName {
	claim, ok := object.(*v1alpha1.Placement)
	if !ok {
		return ""
	}
	return holder(claim)
}
