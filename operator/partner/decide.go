package partner

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// usage is who names the partner.
type usage struct {
	services []string // as namespace/name
	pools    int32
}

// decide returns the status the partner should have.
func decide(partner *v1alpha1.Partner, use usage, now time.Time) v1alpha1.PartnerStatus {
	is := *partner.Status.DeepCopy()
	services := int32(len(use.services))
	is.ObservedGeneration, is.Services, is.Pools = partner.Generation, &services, &use.pools
	status.Set(&is.Conditions, partner.Generation, now, ready(partner, use), complete(partner))
	return is
}

func ready(partner *v1alpha1.Partner, use usage) metav1.Condition {
	if !partner.DeletionTimestamp.IsZero() && len(use.services) > 0 {
		return status.False(v1alpha1.ConditionReady, v1alpha1.ReasonInUse, fmt.Sprintf(
			"Deletion waits until no service names this partner as its provider; these still do: %s.", status.Names(use.services)))
	}
	if partner.Spec.Participation == v1alpha1.ParticipationSuspended {
		return status.False(v1alpha1.ConditionReady, v1alpha1.ReasonSuspended,
			"The partner is suspended: its accounts have no access until participation is Active again.")
	}
	return status.True(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "The operator has done all it does for this object.")
}

// complete says whether the partner can take part in sharing. A delivery endpoint cannot be given without its secret, so
// the contact is what may be missing.
func complete(partner *v1alpha1.Partner) metav1.Condition {
	switch {
	case partner.Spec.Participation == v1alpha1.ParticipationSuspended:
		return status.False(v1alpha1.ConditionComplete, v1alpha1.ReasonSuspended, "The partner is suspended.")
	case partner.Spec.DataProtection == nil:
		return status.False(v1alpha1.ConditionComplete, v1alpha1.ReasonDataProtectionContactMissing,
			"Nothing can be shared with this partner yet: add dataProtection.contact.")
	default:
		return status.True(v1alpha1.ConditionComplete, v1alpha1.ReasonComplete, "Nothing is missing.")
	}
}
