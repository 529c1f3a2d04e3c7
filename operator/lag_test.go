package main

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/capacity"
	"lifeline.scot/operator/status"
)

func uid(n int) types.UID { return types.UID(fmt.Sprintf("00000000-0000-0000-0000-%012d", n)) }

// blindTo is a cache that has not heard of one report yet.
type blindTo struct {
	client.Client
	report string
}

func (b *blindTo) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	err := b.Client.List(ctx, list, opts...)
	if reports, ok := list.(*v1alpha1.CapacityReportList); ok {
		reports.Items = slices.DeleteFunc(reports.Items, func(r v1alpha1.CapacityReport) bool { return r.Name == b.report })
	}
	return err
}

// visitPool has the capacity controller look at a pool once, through a cache of its own.
func visitPool(t *testing.T, s *simulation, cache client.Client, pool client.Object) error {
	t.Helper()
	r := &capacity.Reconciler{Writer: status.Writer{Client: cache, Live: s.Client, Clock: s.clock, Recorder: s}}
	_, err := r.Reconcile(t.Context(), reconcile.Request{NamespacedName: client.ObjectKeyFromObject(pool)})
	return err
}
