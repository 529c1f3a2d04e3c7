package reference

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// Partner returns the Partner of that name, or nil if it does not exist.
func Partner(ctx context.Context, from client.Reader, name string) (*v1alpha1.Partner, error) {
	var partner v1alpha1.Partner
	if err := from.Get(ctx, client.ObjectKey{Name: name}, &partner); err != nil {
		return nil, ignoreMissing(err, "read partner "+name)
	}
	return &partner, nil
}

// ProviderCondition is ReferencesResolved as far as the Partner goes that runs a service; it is True when nothing is wrong
// with it. partner is nil when it does not exist.
func ProviderCondition(service *v1alpha1.SupportService, partner *v1alpha1.Partner) metav1.Condition {
	const kind = v1alpha1.ConditionReferencesResolved
	name := service.Spec.ProviderRef.Name
	switch {
	case partner == nil:
		return status.False(kind, v1alpha1.ReasonPartnerNotFound, fmt.Sprintf(
			"providerRef of SupportService %s names Partner %s, which does not exist: create it, or name another.",
			service.Name, name))
	case !partner.DeletionTimestamp.IsZero():
		return status.False(kind, v1alpha1.ReasonBeingDeleted, fmt.Sprintf(
			"Partner %s is being deleted: name another provider for SupportService %s, or delete the service.",
			name, service.Name))
	case partner.Spec.Participation == v1alpha1.ParticipationSuspended:
		return status.False(kind, v1alpha1.ReasonPartnerSuspended, fmt.Sprintf("Partner %s is suspended.", name))
	default:
		return status.True(kind, v1alpha1.ReasonResolved, "Everything the object names was found.")
	}
}
