package reference

import (
	"context"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"lifeline.scot/crds/v1alpha1"
)

// Follow turns a change of one object into visits to those that depend on it. A list that fails is logged and not lost: the
// sweep visits them all the same.
func Follow(to func(context.Context, client.Object) ([]client.ObjectKey, error)) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(visits(to))
}

// FollowUpdates turns what is written to objects into visits, at a pace, to those that depend on them.
func FollowUpdates(pace *Pace, to func(context.Context, client.Object) ([]client.ObjectKey, error)) handler.EventHandler {
	visits := visits(to)
	return handler.Funcs{UpdateFunc: func(
		ctx context.Context, e event.UpdateEvent, work workqueue.TypedRateLimitingInterface[reconcile.Request],
	) {
		for _, visit := range visits(ctx, e.ObjectNew) {
			pace.Visit(visit, work)
		}
	}}
}

func visits(to func(context.Context, client.Object) ([]client.ObjectKey, error)) handler.MapFunc {
	return func(ctx context.Context, changed client.Object) []reconcile.Request {
		keys, err := to(ctx, changed)
		if err != nil {
			log.FromContext(ctx).Error(err, "cannot tell what depends on a changed object", "name", changed.GetName())
		}
		requests := make([]reconcile.Request, len(keys))
		for i, key := range keys {
			requests[i].NamespacedName = key
		}
		return requests
	}
}

// ToPartnership leads from anything in a Partnership's namespace, or the namespace itself, to the Partnership.
func ToPartnership(_ context.Context, changed client.Object) ([]client.ObjectKey, error) {
	namespace := changed.GetNamespace()
	if namespace == "" {
		namespace = changed.GetName()
	}
	if name, ok := PartnershipName(namespace); ok {
		return []client.ObjectKey{{Name: name}}, nil
	}
	return nil, nil
}

// ToContents leads from a Partnership, or its namespace, to everything of one kind inside.
func ToContents(
	from client.Reader, list func() client.ObjectList,
) func(context.Context, client.Object) ([]client.ObjectKey, error) {
	return func(ctx context.Context, changed client.Object) ([]client.ObjectKey, error) {
		namespace := changed.GetName()
		if _, ok := changed.(*v1alpha1.Partnership); ok {
			namespace = v1alpha1.NamespaceFor(namespace)
		}
		if _, ok := PartnershipName(namespace); !ok {
			return nil, nil
		}
		items := list()
		if err := from.List(ctx, items, client.InNamespace(namespace)); err != nil {
			return nil, err
		}
		return keysOf(items)
	}
}

func keysOf(list client.ObjectList) ([]client.ObjectKey, error) {
	var keys []client.ObjectKey
	err := visitAll(list, func(o client.Object) bool {
		keys = append(keys, client.ObjectKeyFromObject(o))
		return true
	})
	return keys, err
}
