package placement

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"

	"lifeline.scot/crds/v1alpha1"
)

// What the API writes is decided by the API first and by Kubernetes again: an admission policy asks for each verb.
//
// +kubebuilder:rbac:groups=lifeline.scot,resources=placements,verbs=create;update;claim;prioritise;approvefunding;answer
// +kubebuilder:rbac:groups=lifeline.scot,resources=capacityreports,verbs=create;get
// +kubebuilder:rbac:groups=lifeline.scot,resources=capacitypools,verbs=admit;report
// +kubebuilder:rbac:groups=lifeline.scot,resources=partners,verbs=reportas

// Store is where claims and counts are kept. Errors are those of the Kubernetes API.
type Store interface {
	// Placement reads the latest version of a claim.
	Placement(context.Context, Name) (*v1alpha1.Placement, error)
	// CreatePlacement returns the claim as it was stored.
	CreatePlacement(context.Context, *v1alpha1.Placement) (*v1alpha1.Placement, error)
	// UpdatePlacement is a conflict if anybody has written to the claim since it was read.
	UpdatePlacement(context.Context, *v1alpha1.Placement) (*v1alpha1.Placement, error)
	// Pool reads the latest version of a pool.
	Pool(context.Context, Name) (*v1alpha1.CapacityPool, error)
	// Report reads a count.
	Report(context.Context, Name) (*v1alpha1.CapacityReport, error)
	// CreateReport returns the count as it was stored.
	CreateReport(context.Context, *v1alpha1.CapacityReport) (*v1alpha1.CapacityReport, error)
}

// Kubernetes is a Store behind an API server.
type Kubernetes struct{ Client rest.Interface }

// Resources of the group, as they stand in addresses.
const (
	placements = "placements"
	pools      = "capacitypools"
	reports    = "capacityreports"
)

// Placement implements Store.
func (k Kubernetes) Placement(ctx context.Context, name Name) (*v1alpha1.Placement, error) {
	return get(ctx, k.Client, placements, name, &v1alpha1.Placement{})
}

// CreatePlacement implements Store.
func (k Kubernetes) CreatePlacement(ctx context.Context, claim *v1alpha1.Placement) (*v1alpha1.Placement, error) {
	made := &v1alpha1.Placement{}
	return made, k.Client.Post().Namespace(claim.Namespace).Resource(placements).Body(claim).Do(ctx).Into(made)
}

// UpdatePlacement implements Store.
func (k Kubernetes) UpdatePlacement(ctx context.Context, claim *v1alpha1.Placement) (*v1alpha1.Placement, error) {
	is := &v1alpha1.Placement{}
	return is, k.Client.Put().Namespace(claim.Namespace).Resource(placements).Name(claim.Name).Body(claim).Do(ctx).Into(is)
}

// Pool implements Store.
func (k Kubernetes) Pool(ctx context.Context, name Name) (*v1alpha1.CapacityPool, error) {
	return get(ctx, k.Client, pools, name, &v1alpha1.CapacityPool{})
}

// Report implements Store.
func (k Kubernetes) Report(ctx context.Context, name Name) (*v1alpha1.CapacityReport, error) {
	return get(ctx, k.Client, reports, name, &v1alpha1.CapacityReport{})
}

// CreateReport implements Store.
func (k Kubernetes) CreateReport(ctx context.Context, report *v1alpha1.CapacityReport) (*v1alpha1.CapacityReport, error) {
	made := &v1alpha1.CapacityReport{}
	return made, k.Client.Post().Namespace(report.Namespace).Resource(reports).Body(report).Do(ctx).Into(made)
}

func get[T runtime.Object](ctx context.Context, client rest.Interface, resource string, name Name, into T) (T, error) {
	return into, client.Get().Namespace(name.Namespace).Resource(resource).Name(name.Name).Do(ctx).Into(into)
}
