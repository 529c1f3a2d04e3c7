package capacity

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	rules "lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

// facts are what a pool's status follows from.
type facts struct {
	pool    *v1alpha1.CapacityPool
	owner   reference.Owner
	service *v1alpha1.SupportService // nil when it does not exist
	partner *v1alpha1.Partner        // who runs the service; nil when it does not exist
	// strangers are the Partnerships that claimableBy names and that do not exist.
	strangers []string
	reports   []*v1alpha1.CapacityReport
}

// decision is what a pool and its reports should say.
type decision struct {
	status   v1alpha1.CapacityPoolStatus
	verdicts []rules.Verdict
	// next is when the status would change by itself; zero if never.
	next time.Time
}

// decide is the whole of what the operator thinks about a pool: what it should say at now, given the facts.
func decide(f facts, now time.Time) decision {
	pool := f.pool.DeepCopy()
	is := &pool.Status
	is.ObservedGeneration, is.Partnership, is.Provider = f.pool.Generation, f.owner.Name, provider(f.service)
	is.Languages = languages(f.service)
	merged := rules.Merge(is.Provider, f.reports)
	show(is, merged.Current)
	carried := rules.Recount(is)
	found := resolved(f)
	status.Set(&is.Conditions, f.pool.Generation, now,
		ready(f, found), found, overcommitted(merged, carried), mismatch(f.pool, merged, carried), accepted(merged))
	next := rules.Judge(pool, now) // after the conditions: what is not resolved is not free
	return decision{pool.Status, merged.Verdicts, next}
}

func languages(service *v1alpha1.SupportService) []string {
	if service == nil {
		return nil
	}
	return service.Spec.Languages
}

func provider(service *v1alpha1.SupportService) v1alpha1.ObjectName {
	if service == nil {
		return ""
	}
	return service.Spec.ProviderRef.Name
}

// show copies a report's count into the status; nil means that nobody's count can be shown.
func show(is *v1alpha1.CapacityPoolStatus, report *v1alpha1.CapacityReport) {
	is.Counted, is.ConfirmedTime = nil, nil
	is.ConfirmedBy, is.Provenance, is.ReportName = "", "", ""
	if report == nil {
		return
	}
	count := rules.CountOf(report)
	is.Counted = &v1alpha1.PlaceCount{Staffed: &count.Staffed, Occupied: &count.Occupied, Held: &count.Held}
	is.ConfirmedTime = &metav1.Time{Time: rules.ObservedAt(report)}
	if is.DisputedTime != nil && is.ConfirmedTime.After(is.DisputedTime.Time) {
		is.DisputedTime = nil
	}
	is.ConfirmedBy = is.Partnership
	if report.Spec.ReportedBy != nil {
		is.ConfirmedBy = report.Spec.ReportedBy.Name
	}
	is.Provenance, is.ReportName = report.Spec.Provenance, report.Name
}

// resolved says whether everything the pool's places depend on is there and open. While it is not, no place is offered.
func resolved(f facts) metav1.Condition {
	const kind = v1alpha1.ConditionReferencesResolved
	owner := f.owner.Condition(f.pool.Namespace)
	name := f.pool.Spec.ServiceRef.Name
	switch {
	case owner.Status != metav1.ConditionTrue:
		return owner
	case f.service == nil:
		return status.False(kind, v1alpha1.ReasonServiceNotFound, fmt.Sprintf(
			"serviceRef names SupportService %s, which does not exist in namespace %s: create it.", name, f.pool.Namespace))
	case !f.service.DeletionTimestamp.IsZero():
		return status.False(kind, v1alpha1.ReasonBeingDeleted, fmt.Sprintf("SupportService %s is being deleted.", name))
	}
	if provided := reference.ProviderCondition(f.service, f.partner); provided.Status != metav1.ConditionTrue {
		return provided
	}
	if f.pool.Spec.Operation == v1alpha1.OperationOpen && f.service.Spec.Operation != v1alpha1.OperationOpen {
		return status.False(kind, v1alpha1.ReasonServiceNotOpen, fmt.Sprintf(
			"The pool is Open, but SupportService %s is %s: no place is offered until it is Open too.",
			name, f.service.Spec.Operation))
	}
	return owner
}

// ready is False also for a claimableBy that names Partnerships that do not exist. The pool's places are offered all the
// same: nobody is kept out by a name too many.
func ready(f facts, found metav1.Condition) metav1.Condition {
	if found.Status == metav1.ConditionTrue && len(f.strangers) > 0 {
		return status.False(v1alpha1.ConditionReady, v1alpha1.ReasonPartnershipNotFound, fmt.Sprintf(
			"claimableBy names Partnerships that do not exist: %s. Create them, or correct the names.", status.Names(f.strangers)))
	}
	return status.Ready(found)
}
