package capacity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
)

func (r *Reconciler) gather(ctx context.Context, pool *v1alpha1.CapacityPool) (facts, error) {
	f := facts{pool: pool}
	var err error
	if f.owner, err = reference.OwnerOf(ctx, r.Client, pool.Namespace); err != nil {
		return f, err
	}
	if f.service, err = serviceOf(ctx, r.Client, pool); err != nil {
		return f, err
	}
	if f.service != nil {
		if f.partner, err = reference.Partner(ctx, r.Client, string(f.service.Spec.ProviderRef.Name)); err != nil {
			return f, err
		}
	}
	if f.strangers, err = strangers(ctx, r.Client, pool); err != nil {
		return f, err
	}
	f.reports, err = r.reportsOf(ctx, pool)
	return f, err
}

func serviceOf(ctx context.Context, from client.Reader, pool *v1alpha1.CapacityPool) (*v1alpha1.SupportService, error) {
	key := client.ObjectKey{Namespace: pool.Namespace, Name: string(pool.Spec.ServiceRef.Name)}
	var service v1alpha1.SupportService
	if err := from.Get(ctx, key, &service); err != nil {
		if err = client.IgnoreNotFound(err); err != nil {
			err = fmt.Errorf("read service %s: %w", key, err)
		}
		return nil, err
	}
	return &service, nil
}

// strangers are the Partnerships that may claim the pool's places by name, and do not exist.
func strangers(ctx context.Context, from client.Reader, pool *v1alpha1.CapacityPool) ([]string, error) {
	var missing []string
	for _, name := range reference.Claimants(pool) {
		var partnership v1alpha1.Partnership
		switch err := from.Get(ctx, client.ObjectKey{Name: name}, &partnership); {
		case apierrors.IsNotFound(err):
			missing = append(missing, name)
		case err != nil:
			return nil, fmt.Errorf("read partnership %s: %w", name, err)
		}
	}
	return missing, nil
}

// reportsOf returns the reports about the pool. If the one that is shown now is not among them, the cache may only lag, and
// an older count would overwrite a newer one; so that one is looked for at the API server itself.
func (r *Reconciler) reportsOf(ctx context.Context, pool *v1alpha1.CapacityPool) ([]*v1alpha1.CapacityReport, error) {
	reports, err := reference.Reports(ctx, r.Client, client.ObjectKeyFromObject(pool))
	if err != nil {
		return nil, err
	}
	shown := pool.Status.ReportName
	if shown != "" && !slices.Contains(names(reports), shown) {
		if reports, err = r.withLive(ctx, reports, client.ObjectKey{Namespace: pool.Namespace, Name: shown}, pool.Name); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(reports, func(report *v1alpha1.CapacityReport) bool {
		return ownedByAnother(report, pool.UID)
	}), nil
}

func (r *Reconciler) withLive(
	ctx context.Context, reports []*v1alpha1.CapacityReport, key client.ObjectKey, pool string,
) ([]*v1alpha1.CapacityReport, error) {
	var live v1alpha1.CapacityReport
	if err := r.Live.Get(ctx, key, &live); err != nil {
		if err = client.IgnoreNotFound(err); err != nil {
			err = fmt.Errorf("look for report %s: %w", key, err)
		}
		return reports, err
	}
	if string(live.Spec.PoolRef.Name) == pool {
		reports = append(reports, &live)
	}
	return reports, nil
}

// ownedByAnother reports whether the report belongs to a pool that is not the one with the UID: an earlier one of the same
// name, with which it goes.
func ownedByAnother(report *v1alpha1.CapacityReport, pool types.UID) bool {
	owned := false
	for _, owner := range report.OwnerReferences {
		if owner.Kind != "CapacityPool" {
			continue
		}
		if owner.UID == pool {
			return false
		}
		owned = true
	}
	return owned
}

func toPool(_ context.Context, changed client.Object) ([]client.ObjectKey, error) {
	report, ok := changed.(*v1alpha1.CapacityReport)
	if !ok {
		return nil, nil
	}
	return []client.ObjectKey{{Namespace: report.Namespace, Name: string(report.Spec.PoolRef.Name)}}, nil
}

func (r *Reconciler) toPools(ctx context.Context, service client.Object) ([]client.ObjectKey, error) {
	pools, err := reference.Pools(ctx, r.Client, client.ObjectKeyFromObject(service))
	return keysOf(pools), err
}

// toPoolsOf leads from a Partner to the pools of the services it runs.
func (r *Reconciler) toPoolsOf(ctx context.Context, partner client.Object) ([]client.ObjectKey, error) {
	services, err := reference.Services(ctx, r.Client, partner.GetName())
	var keys []client.ObjectKey
	for i := range services {
		more, poolsErr := r.toPools(ctx, &services[i])
		keys, err = append(keys, more...), errors.Join(err, poolsErr)
	}
	return keys, err
}

// toClaimable leads from a Partnership to the pools that name it among those who may claim their places.
func (r *Reconciler) toClaimable(ctx context.Context, partnership client.Object) ([]client.ObjectKey, error) {
	pools, err := reference.ClaimablePools(ctx, r.Client, partnership.GetName())
	return keysOf(pools), err
}

func keysOf(pools []v1alpha1.CapacityPool) []client.ObjectKey {
	keys := make([]client.ObjectKey, len(pools))
	for i := range pools {
		keys[i] = client.ObjectKeyFromObject(&pools[i])
	}
	return keys
}
