package service

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
)

func gather(ctx context.Context, from client.Reader, service *v1alpha1.SupportService) (facts, error) {
	f := facts{service: service}
	var err error
	if f.owner, err = reference.OwnerOf(ctx, from, service.Namespace); err != nil {
		return f, err
	}
	if f.provider, err = partnerNamed(ctx, from, string(service.Spec.ProviderRef.Name)); err != nil {
		return f, err
	}
	pools, err := reference.Pools(ctx, from, client.ObjectKeyFromObject(service))
	for i := range pools {
		f.pools = append(f.pools, pools[i].Name)
	}
	return f, err
}

func partnerNamed(ctx context.Context, from client.Reader, name string) (*v1alpha1.Partner, error) {
	var partner v1alpha1.Partner
	if err := from.Get(ctx, client.ObjectKey{Name: name}, &partner); err != nil {
		if err = client.IgnoreNotFound(err); err != nil {
			err = fmt.Errorf("read partner %s: %w", name, err)
		}
		return nil, err
	}
	return &partner, nil
}

// namedLive reports whether any pool names the service, by the API server's own word.
func namedLive(ctx context.Context, from client.Reader, service *v1alpha1.SupportService) (bool, error) {
	var pools v1alpha1.CapacityPoolList
	if err := from.List(ctx, &pools, client.InNamespace(service.Namespace)); err != nil {
		return false, fmt.Errorf("look for pools of service %s: %w", client.ObjectKeyFromObject(service), err)
	}
	for i := range pools.Items {
		if string(pools.Items[i].Spec.ServiceRef.Name) == service.Name {
			return true, nil
		}
	}
	return false, nil
}

func toService(_ context.Context, changed client.Object) ([]client.ObjectKey, error) {
	pool, ok := changed.(*v1alpha1.CapacityPool)
	if !ok {
		return nil, nil
	}
	return []client.ObjectKey{{Namespace: pool.Namespace, Name: string(pool.Spec.ServiceRef.Name)}}, nil
}

func (r *Reconciler) toServices(ctx context.Context, partner client.Object) ([]client.ObjectKey, error) {
	services, err := reference.Services(ctx, r.Client, partner.GetName())
	keys := make([]client.ObjectKey, len(services))
	for i := range services {
		keys[i] = client.ObjectKeyFromObject(&services[i])
	}
	return keys, err
}
