// Package reference follows the names by which Lifeline's objects refer to one another, in both directions.
package reference

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

// The indexes of the cache.
const (
	// ServicesByPartner finds SupportServices by the Partner that runs them, in every namespace.
	ServicesByPartner = "spec.providerRef.name"
	// PoolsByService finds CapacityPools by their SupportService, within a namespace.
	PoolsByService = "spec.serviceRef.name"
	// PoolsByClaimant finds CapacityPools by each Partnership that may claim their places by name, in every namespace.
	PoolsByClaimant = "spec.claimableBy.partnerships"
	// ReportsByPool finds CapacityReports by their CapacityPool, within a namespace.
	ReportsByPool = "spec.poolRef.name"
	// ClaimsByPool finds Placements by the CapacityPool they have, or take, a place in, in every namespace.
	ClaimsByPool = "status.binding.pool"
	// ClaimsByUnanswered finds Placements by each CapacityPool that let a hold for them end without an answer, in every
	// namespace.
	ClaimsByUnanswered = "status.unanswered.pool"
	// AgreementsByParty finds DataSharingAgreements by each Partner that is party to them, in every namespace.
	AgreementsByParty = "spec.parties"
)

// Index is one index of the cache.
type Index struct {
	Object client.Object
	Field  string
	Value  client.IndexerFunc
}

// Indexes returns every index the controllers rely on.
func Indexes() []Index {
	return []Index{
		{&v1alpha1.SupportService{}, ServicesByPartner, func(o client.Object) []string {
			return []string{string(o.(*v1alpha1.SupportService).Spec.ProviderRef.Name)}
		}},
		{&v1alpha1.CapacityPool{}, PoolsByService, func(o client.Object) []string {
			return []string{string(o.(*v1alpha1.CapacityPool).Spec.ServiceRef.Name)}
		}},
		{&v1alpha1.CapacityPool{}, PoolsByClaimant, func(o client.Object) []string {
			return Claimants(o.(*v1alpha1.CapacityPool))
		}},
		{&v1alpha1.CapacityReport{}, ReportsByPool, func(o client.Object) []string {
			return []string{string(o.(*v1alpha1.CapacityReport).Spec.PoolRef.Name)}
		}},
		{&v1alpha1.Placement{}, ClaimsByPool, func(o client.Object) []string {
			if binding := o.(*v1alpha1.Placement).Status.Binding; binding != nil {
				return []string{poolName(binding.Pool)}
			}
			return nil
		}},
		{&v1alpha1.Placement{}, ClaimsByUnanswered, func(o client.Object) []string {
			var names []string
			for _, hold := range o.(*v1alpha1.Placement).Status.Unanswered {
				names = append(names, poolName(hold.Pool))
			}
			return names
		}},
		{&v1alpha1.DataSharingAgreement{}, AgreementsByParty, func(o client.Object) []string {
			var names []string
			for _, party := range o.(*v1alpha1.DataSharingAgreement).Spec.Parties {
				names = append(names, string(party))
			}
			return names
		}},
	}
}

// Register adds the indexes to a cache, before it starts.
func Register(ctx context.Context, indexer client.FieldIndexer) error {
	for _, index := range Indexes() {
		if err := indexer.IndexField(ctx, index.Object, index.Field, index.Value); err != nil {
			return fmt.Errorf("index %T by %s: %w", index.Object, index.Field, err)
		}
	}
	return nil
}

func poolName(pool v1alpha1.PlacementPool) string {
	return string(pool.Partnership) + "/" + string(pool.Name)
}

// Claimants are the Partnerships that a pool names among those who may claim its places.
func Claimants(pool *v1alpha1.CapacityPool) []string {
	if pool.Spec.ClaimableBy == nil {
		return nil
	}
	var names []string
	for _, name := range pool.Spec.ClaimableBy.Partnerships {
		names = append(names, string(name))
	}
	return names
}
