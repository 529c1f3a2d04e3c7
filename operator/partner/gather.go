package partner

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
)

func usageOf(ctx context.Context, from client.Reader, partner string) (usage, error) {
	services, err := reference.Services(ctx, from, partner)
	if err != nil {
		return usage{}, err
	}
	var use usage
	for i := range services {
		key := client.ObjectKeyFromObject(&services[i])
		pools, err := reference.Pools(ctx, from, key)
		if err != nil {
			return usage{}, err
		}
		use.services = append(use.services, key.String())
		use.pools += int32(len(pools))
	}
	return use, nil
}

// namedLive reports whether any service names the partner, by the API server's own word.
func namedLive(ctx context.Context, from client.Reader, partner string) (bool, error) {
	return reference.AnyLive(ctx, from, &v1alpha1.SupportServiceList{}, func(o client.Object) bool {
		service, ok := o.(*v1alpha1.SupportService)
		return ok && string(service.Spec.ProviderRef.Name) == partner
	})
}

func toProvider(_ context.Context, changed client.Object) ([]client.ObjectKey, error) {
	service, ok := changed.(*v1alpha1.SupportService)
	if !ok {
		return nil, nil
	}
	return []client.ObjectKey{{Name: string(service.Spec.ProviderRef.Name)}}, nil
}

func (r *Reconciler) toProviderOfPool(ctx context.Context, changed client.Object) ([]client.ObjectKey, error) {
	pool, ok := changed.(*v1alpha1.CapacityPool)
	if !ok {
		return nil, nil
	}
	var service v1alpha1.SupportService
	key := client.ObjectKey{Namespace: pool.Namespace, Name: string(pool.Spec.ServiceRef.Name)}
	if err := r.Get(ctx, key, &service); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return toProvider(ctx, &service)
}
