package service

import (
	"context"

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
	if f.provider, err = reference.Partner(ctx, from, string(service.Spec.ProviderRef.Name)); err != nil {
		return f, err
	}
	pools, err := reference.Pools(ctx, from, client.ObjectKeyFromObject(service))
	for i := range pools {
		f.pools = append(f.pools, pools[i].Name)
	}
	return f, err
}

// namedLive reports whether any pool names the service, by the API server's own word.
func namedLive(ctx context.Context, from client.Reader, service *v1alpha1.SupportService) (bool, error) {
	names := func(o client.Object) bool {
		pool, ok := o.(*v1alpha1.CapacityPool)
		return ok && string(pool.Spec.ServiceRef.Name) == service.Name
	}
	return reference.AnyLive(ctx, from, &v1alpha1.CapacityPoolList{}, names, client.InNamespace(service.Namespace))
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
