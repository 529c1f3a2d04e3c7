package pathway

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// changes returns what those who look after the pathway would want to be told: that people can no longer be referred along it and
// why, and that they can again.
func changes(was, is *v1alpha1.Pathway) []status.Change {
	const ready = v1alpha1.ConditionReady
	before, after := was.Status.Conditions, is.Status.Conditions
	told := func(kind string) []status.Change {
		return []status.Change{{Kind: kind, Reason: status.Reason(after, ready), Note: status.Message(after, ready)}}
	}
	switch {
	case status.Turned(before, after, ready, metav1.ConditionFalse):
		return told(corev1.EventTypeWarning)
	case len(before) > 0 && status.Turned(before, after, ready, metav1.ConditionTrue):
		return told(corev1.EventTypeNormal)
	default:
		return nil
	}
}
