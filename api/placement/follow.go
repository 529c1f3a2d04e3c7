package placement

import (
	"context"
	"log/slog"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"lifeline.scot/crds/v1alpha1"
)

// The API reads claims and funds, and writes what those who are known to it decide.
//
// +kubebuilder:rbac:groups=lifeline.scot,resources=placements;placementfunds;capacitypools;unmetneeds,verbs=get;list;watch

// followed is a kind that the Book follows.
type followed struct {
	resource string
	object   runtime.Object
	set      func(any) error
	gone     func(Name)
}

func (b *Book) kinds() []followed {
	return []followed{
		{"placements", &v1alpha1.Placement{}, setter(b.SetPlacement), b.RemovePlacement},
		{"capacitypools", &v1alpha1.CapacityPool{}, setter(b.SetPool), b.RemovePool},
		{"placementfunds", &v1alpha1.PlacementFund{}, setter(b.SetFund), b.RemoveFund},
		{"unmetneeds", &v1alpha1.UnmetNeed{}, setter(b.SetUnmet), b.RemoveUnmet},
	}
}

func setter[T any](set func(T)) func(any) error {
	return func(object any) error {
		is, ok := object.(T)
		if !ok {
			return unexpected(object)
		}
		set(is)
		return nil
	}
}

// followedKinds is how many kinds the Book follows.
const followedKinds = 4

// Run follows Kubernetes until the context ends.
func (b *Book) Run(ctx context.Context, client rest.Interface) {
	var running sync.WaitGroup
	for _, kind := range b.kinds() {
		running.Go(func() { b.followKind(ctx, client, kind) })
	}
	running.Wait()
}

// followKind never gives up: while the API server is away it keeps trying.
func (b *Book) followKind(ctx context.Context, client rest.Interface, kind followed) {
	put := func(object any) {
		if err := kind.set(object); err != nil {
			slog.ErrorContext(ctx, "follow claims and what they wait for", "resource", kind.resource, "error", err)
		}
	}
	_, controller := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.NewListWatchFromClient(client, kind.resource, metav1.NamespaceAll, fields.Everything()),
		ObjectType:    kind.object,
		Transform:     stripped,
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc:    put,
			UpdateFunc: func(_, is any) { put(is) },
			DeleteFunc: func(object any) {
				if name, err := cache.DeletionHandlingObjectToName(object); err == nil {
					kind.gone(Name{Namespace: name.Namespace, Name: name.Name})
				}
			},
		},
	})
	go func() {
		if cache.WaitForCacheSync(ctx.Done(), controller.HasSynced) {
			b.mu.Lock()
			b.unread--
			b.mu.Unlock()
		}
	}()
	controller.RunWithContext(ctx)
}

// stripped takes off what the Book has no use for.
func stripped(object any) (any, error) {
	if is, ok := object.(metav1.Object); ok {
		is.SetManagedFields(nil)
	}
	return object, nil
}
