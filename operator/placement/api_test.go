package placement

import (
	"context"
	"errors"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

// api stores objects as an API server does, as far as the binder leans on it: a write is made onto the version that was read
// or not at all, status and the rest are written apart, and a deleted object stays until its last finalizer is gone. It takes
// patches for what the binder's are: the whole object, onto the version it was read at. It is a hundred times as fast as
// controller-runtime's fake client, which the tests of the other controllers use.
type api struct {
	client.Client
	mu      sync.Mutex
	objects map[string]client.Object
	version int
}

func nameOf(o client.Object) string {
	return fmt.Sprintf("%T %s/%s", o, o.GetNamespace(), o.GetName())
}

func notFound(o client.Object) error {
	return apierrors.NewNotFound(schema.GroupResource{Resource: fmt.Sprintf("%T", o)}, o.GetName())
}

func copyInto(from, to client.Object) {
	switch from := from.(type) {
	case *v1alpha1.Placement:
		from.DeepCopyInto(to.(*v1alpha1.Placement))
	case *v1alpha1.CapacityPool:
		from.DeepCopyInto(to.(*v1alpha1.CapacityPool))
	case *v1alpha1.PlacementFund:
		from.DeepCopyInto(to.(*v1alpha1.PlacementFund))
	case *v1alpha1.Partnership:
		from.DeepCopyInto(to.(*v1alpha1.Partnership))
	case *corev1.Namespace:
		from.DeepCopyInto(to.(*corev1.Namespace))
	}
}

func copyStatus(from, to client.Object) {
	switch from := from.(type) {
	case *v1alpha1.Placement:
		from.Status.DeepCopyInto(&to.(*v1alpha1.Placement).Status)
	case *v1alpha1.CapacityPool:
		from.Status.DeepCopyInto(&to.(*v1alpha1.CapacityPool).Status)
	case *v1alpha1.PlacementFund:
		from.Status.DeepCopyInto(&to.(*v1alpha1.PlacementFund).Status)
	}
}

func (a *api) Get(_ context.Context, key client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	o.SetNamespace(key.Namespace)
	o.SetName(key.Name)
	stored := a.objects[nameOf(o)]
	if stored == nil {
		return notFound(o)
	}
	copyInto(stored, o)
	return nil
}

func (a *api) Create(_ context.Context, o client.Object, _ ...client.CreateOption) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.objects[nameOf(o)] != nil {
		return apierrors.NewAlreadyExists(schema.GroupResource{}, o.GetName())
	}
	a.put(o)
	return nil
}

func (a *api) put(o client.Object) {
	a.version++
	o.SetResourceVersion(fmt.Sprint(a.version))
	if o.GetDeletionTimestamp() != nil && len(o.GetFinalizers()) == 0 {
		delete(a.objects, nameOf(o))
		return
	}
	a.objects[nameOf(o)] = o.DeepCopyObject().(client.Object)
}

// onto returns the stored object that the write is for.
func (a *api) onto(o client.Object) (client.Object, error) {
	stored := a.objects[nameOf(o)]
	switch {
	case stored == nil:
		return nil, notFound(o)
	case stored.GetResourceVersion() != o.GetResourceVersion() || stored.GetUID() != o.GetUID():
		return nil, apierrors.NewConflict(schema.GroupResource{}, o.GetName(), errors.New("somebody wrote first"))
	}
	return stored.DeepCopyObject().(client.Object), nil
}

// Update stores all but the status.
func (a *api) Update(_ context.Context, o client.Object, _ ...client.UpdateOption) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	stored, err := a.onto(o)
	if err != nil {
		return err
	}
	copyStatus(stored, o)
	a.put(o)
	return nil
}

// Patch is Update.
func (a *api) Patch(ctx context.Context, o client.Object, _ client.Patch, _ ...client.PatchOption) error {
	return a.Update(ctx, o)
}

func (a *api) updateStatus(o client.Object) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	stored, err := a.onto(o)
	if err != nil {
		return err
	}
	copyStatus(o, stored)
	a.put(stored)
	copyInto(stored, o)
	return nil
}

func (a *api) Delete(_ context.Context, o client.Object, _ ...client.DeleteOption) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	stored := a.objects[nameOf(o)]
	if stored == nil {
		return notFound(o)
	}
	if stored.GetDeletionTimestamp() == nil {
		stored = stored.DeepCopyObject().(client.Object)
		stored.SetDeletionTimestamp(&metav1.Time{Time: noon})
		a.put(stored)
	}
	return nil
}

// operated is the API server as one binder has it: reads come from what it has seen, and writes may fail.
type operated struct {
	*api
	b *binder
}

func (o operated) Get(_ context.Context, key client.ObjectKey, to client.Object, _ ...client.GetOption) error {
	to.SetNamespace(key.Namespace)
	to.SetName(key.Name)
	seen := o.b.view[nameOf(to)]
	if seen == nil {
		return notFound(to)
	}
	copyInto(seen, to)
	return nil
}

func (o operated) List(_ context.Context, l client.ObjectList, opts ...client.ListOption) error {
	return o.b.list(l, opts...)
}

func (o operated) Patch(ctx context.Context, to client.Object, p client.Patch, _ ...client.PatchOption) error {
	return o.b.write(to, func() error { return o.api.Patch(ctx, to, p) }) //nolint:contextcheck // in memory, nothing waits
}

func (o operated) Status() client.SubResourceWriter { return operatedStatus{operated: o} }

type operatedStatus struct {
	client.SubResourceWriter
	operated operated
}

func (s operatedStatus) Patch(_ context.Context, to client.Object, _ client.Patch, _ ...client.SubResourcePatchOption) error {
	return s.operated.b.write(to, func() error { return s.operated.updateStatus(to) }) //nolint:contextcheck // as above
}

func (s operatedStatus) Update(_ context.Context, to client.Object, _ ...client.SubResourceUpdateOption) error {
	return s.operated.b.write(to, func() error { return s.operated.updateStatus(to) }) //nolint:contextcheck // as above
}
