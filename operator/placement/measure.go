package placement

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// measure counts what happened between the two versions. Each version is stored by one operator only, so that nothing is
// counted twice however many run.
func (r *Reconciler) measure(was, is *v1alpha1.Placement) {
	if before, after := stateOf(was), stateOf(is); before != after {
		r.measureBinding(was, is, after)
	}
	if status.Turned(was.Status.Conditions, is.Status.Conditions, v1alpha1.ConditionEnded, metav1.ConditionTrue) {
		r.Measures.Came(status.Reason(is.Status.Conditions, v1alpha1.ConditionEnded))
	}
}

func (r *Reconciler) measureBinding(was, is *v1alpha1.Placement, after v1alpha1.BindingState) {
	switch after {
	case v1alpha1.BindingHeld:
		r.Measures.Came(v1alpha1.ReasonHeld)
		r.Measures.Waited(r.Clock.Since(rules.StandingOf(was).Since))
	case v1alpha1.BindingAdmitted:
		r.Measures.Came(v1alpha1.ReasonAdmitted)
	case v1alpha1.BindingReleasing:
		if why := is.Status.Binding.ReleaseReason; why == v1alpha1.ReleaseHoldExpired || why == v1alpha1.ReleaseUnanswered {
			r.Measures.Expired()
		}
	case v1alpha1.BindingTaking:
		// It may come to nothing.
	}
}
