package main

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/access"
	"lifeline.scot/operator/capacity"
	"lifeline.scot/operator/partner"
	"lifeline.scot/operator/partnership"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/service"
	"lifeline.scot/operator/status"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// errStopped is what a write gets when the operator is killed at it.
var errStopped = errors.New("the operator was stopped")

// simulation is the whole operator over a client in memory: every controller visits every object, in order, until nobody
// writes any more. It knows no CEL and no RBAC; the tests on a real API server do.
type simulation struct {
	client.Client
	clock  *testclock.FakePassiveClock
	events []string
	writes int
	// before and after may stop the operator at a write: before it reaches the API server, or after, with its answer lost.
	before, after func(write int) bool
}

func simulate(t testing.TB, objects ...client.Object) *simulation {
	t.Helper()
	s := &simulation{clock: testclock.NewFakePassiveClock(noon)}
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource(
		&v1alpha1.Partnership{}, &v1alpha1.Partner{}, &v1alpha1.SupportService{}, &v1alpha1.CapacityPool{}, &v1alpha1.CapacityReport{})
	for _, index := range reference.Indexes() {
		builder = builder.WithIndex(index.Object, index.Field, index.Value)
	}
	s.Client = interceptor.NewClient(builder.Build(), interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			return s.write(func() error { return c.Create(ctx, o, opts...) })
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			return s.write(func() error { return c.Delete(ctx, o, opts...) })
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			return s.write(func() error { return c.Patch(ctx, o, p, opts...) })
		},
		SubResourcePatch: func(
			ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption,
		) error {
			return s.write(func() error { return c.SubResource(sub).Patch(ctx, o, p, opts...) })
		},
	})
	return s
}

func (s *simulation) write(do func() error) error {
	s.writes++
	if s.before != nil && s.before(s.writes) {
		return errStopped
	}
	err := do()
	if s.after != nil && s.after(s.writes) {
		return errStopped
	}
	return err
}

// Eventf notes an Event.
func (s *simulation) Eventf(about, _ runtime.Object, kind, reason, _, _ string, _ ...any) {
	s.events = append(s.events, about.(client.Object).GetName()+" "+kind+" "+reason)
}

type visitor struct {
	reconcile.Reconciler
	list client.ObjectList
}

func (s *simulation) visitors() []visitor {
	w := status.Writer{Client: s.Client, Live: s.Client, Clock: s.clock, Recorder: s}
	return []visitor{
		{&partnership.Reconciler{Writer: w}, &v1alpha1.PartnershipList{}},
		{&access.Reconciler{Writer: w}, &v1alpha1.PartnershipList{}},
		{&partner.Reconciler{Writer: w}, &v1alpha1.PartnerList{}},
		{&service.Reconciler{Writer: w}, &v1alpha1.SupportServiceList{}},
		{&capacity.Reconciler{Writer: w}, &v1alpha1.CapacityPoolList{}},
	}
}

// visit makes one round over everything, and reports whether anybody wrote.
func (s *simulation) visit(ctx context.Context) (bool, error) {
	before := s.writes
	for _, v := range s.visitors() {
		keys, err := s.keys(ctx, v.list)
		if err != nil {
			return false, err
		}
		for _, key := range keys {
			if _, err := v.Reconcile(ctx, reconcile.Request{NamespacedName: key}); err != nil {
				return true, err
			}
		}
	}
	return s.writes > before, nil
}

// keys of a kind; for pools also those that are only named by reports.
func (s *simulation) keys(ctx context.Context, list client.ObjectList) ([]client.ObjectKey, error) {
	if err := s.List(ctx, list); err != nil {
		return nil, err
	}
	var keys []client.ObjectKey
	for _, o := range objectsOf(list) {
		keys = append(keys, client.ObjectKeyFromObject(o))
	}
	if _, pools := list.(*v1alpha1.CapacityPoolList); pools {
		var reports v1alpha1.CapacityReportList
		if err := s.List(ctx, &reports); err != nil {
			return nil, err
		}
		for _, r := range reports.Items {
			key := client.ObjectKey{Namespace: r.Namespace, Name: string(r.Spec.PoolRef.Name)}
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys, nil
}

// settle visits everything until nobody writes any more. A stop ends it with errStopped.
func (s *simulation) settle(t testing.TB) error {
	t.Helper()
	const rounds = 20
	for range rounds {
		wrote, err := s.visit(t.Context())
		if err != nil || !wrote {
			return err
		}
	}
	t.Fatalf("still writing after %d rounds: %d writes", rounds, s.writes)
	return nil
}

// mustSettle is settle where nothing stops the operator.
func (s *simulation) mustSettle(t testing.TB) {
	t.Helper()
	if err := s.settle(t); err != nil {
		t.Fatal(err)
	}
}

func (s *simulation) apply(t testing.TB, objects ...client.Object) {
	t.Helper()
	for _, o := range objects {
		if created := o.GetCreationTimestamp(); created.IsZero() {
			o.SetCreationTimestamp(metav1.NewTime(s.clock.Now()))
		}
		if err := s.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}

// everything is all there is, without what no two runs have in common.
func (s *simulation) everything(t testing.TB) []client.Object {
	t.Helper()
	var all []client.Object
	for _, list := range []client.ObjectList{
		&v1alpha1.PartnershipList{}, &v1alpha1.PartnerList{}, &v1alpha1.SupportServiceList{}, &v1alpha1.CapacityPoolList{},
		&v1alpha1.CapacityReportList{}, &corev1.NamespaceList{}, &rbacv1.RoleList{}, &rbacv1.RoleBindingList{},
	} {
		if err := s.List(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		for _, o := range objectsOf(list) {
			o.SetResourceVersion("")
			all = append(all, o)
		}
	}
	return all
}

func objectsOf(list client.ObjectList) []client.Object {
	var all []client.Object
	switch l := list.(type) {
	case *v1alpha1.PartnershipList:
		all = pointers(l.Items)
	case *v1alpha1.PartnerList:
		all = pointers(l.Items)
	case *v1alpha1.SupportServiceList:
		all = pointers(l.Items)
	case *v1alpha1.CapacityPoolList:
		all = pointers(l.Items)
	case *v1alpha1.CapacityReportList:
		all = pointers(l.Items)
	case *corev1.NamespaceList:
		all = pointers(l.Items)
	case *rbacv1.RoleList:
		all = pointers(l.Items)
	case *rbacv1.RoleBindingList:
		all = pointers(l.Items)
	}
	return all
}

func pointers[T any, P interface {
	*T
	client.Object
}](items []T) []client.Object {
	var all []client.Object
	for i := range items {
		all = append(all, P(&items[i]))
	}
	return all
}

func get[T client.Object](t testing.TB, from client.Reader, like T) T {
	t.Helper()
	if err := from.Get(t.Context(), client.ObjectKeyFromObject(like), like); err != nil {
		t.Fatal(err)
	}
	return like
}

// AnnotatedEventf is Eventf.
func (s *simulation) AnnotatedEventf(
	about, related runtime.Object, _ map[string]string, kind, reason, action, note string, args ...any,
) {
	s.Eventf(about, related, kind, reason, action, note, args...)
}
