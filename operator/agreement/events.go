package agreement

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	rules "lifeline.scot/crds/agreement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// changes returns what those who look after the agreement would want to be told. How it stands when it is first seen is news only
// if it is not in force.
func changes(was, is *v1alpha1.DataSharingAgreement) []status.Change {
	var list []status.Change
	state := is.Status.State
	if state != was.Status.State && (was.Status.State != "" || !rules.InForce(state)) {
		list = append(list, status.Change{
			Kind: kindOf(state), Reason: string(state), Note: status.Message(is.Status.Conditions, v1alpha1.ConditionInForce),
		})
	}
	const resolved = v1alpha1.ConditionReferencesResolved
	if status.Turned(was.Status.Conditions, is.Status.Conditions, resolved, metav1.ConditionFalse) {
		list = append(list, status.Change{
			Kind: corev1.EventTypeWarning, Reason: status.Reason(is.Status.Conditions, resolved),
			Note: status.Message(is.Status.Conditions, resolved),
		})
	}
	return list
}

// kindOf is Warning for what somebody should do something about.
func kindOf(state v1alpha1.AgreementState) string {
	switch state {
	case v1alpha1.AgreementInForce, v1alpha1.AgreementNotStarted:
		return corev1.EventTypeNormal
	default:
		return corev1.EventTypeWarning
	}
}
