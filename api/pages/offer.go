package pages

import (
	"k8s.io/apimachinery/pkg/api/meta"

	"lifeline.scot/crds/v1alpha1"
)

// whyNot says why the places of an open pool are not offered all the same. What the pool itself says, that it is planned
// or paused, is said beside its name.
func (s speaker) whyNot(e entry) string {
	if e.Pool.Spec.Operation != v1alpha1.OperationOpen {
		return ""
	}
	resolved := meta.FindStatusCondition(e.Pool.Status.Conditions, v1alpha1.ConditionReferencesResolved)
	if resolved == nil {
		return ""
	}
	switch resolved.Reason {
	case v1alpha1.ReasonPartnerSuspended:
		return s.say("why-not.provider.suspended")
	case v1alpha1.ReasonPartnerNotFound:
		return s.say("why-not.provider.missing")
	case v1alpha1.ReasonServiceNotFound:
		return s.say("why-not.service.missing")
	case v1alpha1.ReasonPartnershipNotFound, v1alpha1.ReasonNamespaceNotOwned:
		return s.say("why-not.partnership.missing")
	case v1alpha1.ReasonBeingDeleted:
		return s.say("why-not.leaving")
	default:
		return s.whyServiceNot(e)
	}
}

func (s speaker) whyServiceNot(e entry) string {
	switch e.operation() {
	case v1alpha1.OperationClosed:
		return s.say("why-not.service.closed")
	case v1alpha1.OperationPaused:
		return s.say("why-not.service.paused")
	case v1alpha1.OperationPlanned:
		return s.say("why-not.service.planned")
	default:
		return s.say("why-not.other")
	}
}
