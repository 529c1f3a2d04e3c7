package reference

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// Services returns the SupportServices that a Partner runs, in every namespace.
func Services(ctx context.Context, from client.Reader, partner string) ([]v1alpha1.SupportService, error) {
	var list v1alpha1.SupportServiceList
	if err := from.List(ctx, &list, client.MatchingFields{ServicesByPartner: partner}); err != nil {
		return nil, fmt.Errorf("list the services of partner %s: %w", partner, err)
	}
	return list.Items, nil
}

// Pools returns the CapacityPools of a SupportService.
func Pools(ctx context.Context, from client.Reader, service client.ObjectKey) ([]v1alpha1.CapacityPool, error) {
	var list v1alpha1.CapacityPoolList
	err := from.List(ctx, &list, client.InNamespace(service.Namespace), client.MatchingFields{PoolsByService: service.Name})
	if err != nil {
		return nil, fmt.Errorf("list the pools of service %s: %w", service, err)
	}
	return list.Items, nil
}

// Agreements returns the DataSharingAgreements that a Partner is party to, in every namespace.
func Agreements(ctx context.Context, from client.Reader, partner string) ([]v1alpha1.DataSharingAgreement, error) {
	var list v1alpha1.DataSharingAgreementList
	if err := from.List(ctx, &list, client.MatchingFields{AgreementsByParty: partner}); err != nil {
		return nil, fmt.Errorf("list the agreements of partner %s: %w", partner, err)
	}
	return list.Items, nil
}

// ClaimablePools returns the CapacityPools that name a Partnership among those who may claim their places.
func ClaimablePools(ctx context.Context, from client.Reader, partnership string) ([]v1alpha1.CapacityPool, error) {
	var list v1alpha1.CapacityPoolList
	if err := from.List(ctx, &list, client.MatchingFields{PoolsByClaimant: partnership}); err != nil {
		return nil, fmt.Errorf("list the pools that partnership %s may claim: %w", partnership, err)
	}
	return list.Items, nil
}

// Bound returns the Placements that have, or take, a place in a pool. They are the cache's own and must not be changed.
func Bound(ctx context.Context, from client.Reader, pool v1alpha1.PlacementPool) ([]v1alpha1.Placement, error) {
	return claims(ctx, from, ClaimsByPool, pool)
}

// Unanswered returns the Placements for which a pool let a hold end without an answer, as far as that still counts. They are the
// cache's own and must not be changed.
func Unanswered(ctx context.Context, from client.Reader, pool v1alpha1.PlacementPool) ([]v1alpha1.Placement, error) {
	return claims(ctx, from, ClaimsByUnanswered, pool)
}

func claims(ctx context.Context, from client.Reader, index string, pool v1alpha1.PlacementPool) ([]v1alpha1.Placement, error) {
	var list v1alpha1.PlacementList
	err := from.List(ctx, &list, client.MatchingFields{index: poolName(pool)}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("list the claims by %s %s: %w", index, poolName(pool), err)
	}
	return list.Items, nil
}

// Snapshot returns everything about places, claims and money in a cache, whose own objects they are: they must not be
// changed.
func Snapshot(ctx context.Context, from client.Reader) (placement.Snapshot, error) {
	var pools v1alpha1.CapacityPoolList
	var claims v1alpha1.PlacementList
	var funds v1alpha1.PlacementFundList
	for _, list := range []client.ObjectList{&pools, &claims, &funds} {
		if err := from.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
			return placement.Snapshot{}, fmt.Errorf("list places, claims and money: %w", err)
		}
	}
	return placement.Snapshot{Pools: pools.Items, Claims: claims.Items, Funds: funds.Items}, nil
}

// Reports returns the CapacityReports about a CapacityPool, whether or not it exists.
func Reports(ctx context.Context, from client.Reader, pool client.ObjectKey) ([]*v1alpha1.CapacityReport, error) {
	var list v1alpha1.CapacityReportList
	err := from.List(ctx, &list, client.InNamespace(pool.Namespace), client.MatchingFields{ReportsByPool: pool.Name})
	if err != nil {
		return nil, fmt.Errorf("list the reports about pool %s: %w", pool, err)
	}
	reports := make([]*v1alpha1.CapacityReport, len(list.Items))
	for i := range list.Items {
		reports[i] = &list.Items[i]
	}
	return reports, nil
}
