// Package status is the one way the operator writes what it has worked out: conditions that do not flap, writes only where
// something changed and only onto the version that was read, and objects kept while others need them.
package status

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

// True is a condition that holds.
func True(kind, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: metav1.ConditionTrue, Reason: reason, Message: message}
}

// False is a condition that does not hold.
func False(kind, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: metav1.ConditionFalse, Reason: reason, Message: message}
}

// Unknown is a condition of which nothing can be said yet.
func Unknown(kind, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: metav1.ConditionUnknown, Reason: reason, Message: message}
}

// Ready sums up ReferencesResolved: Ready as soon as everything the object names is there.
func Ready(resolved metav1.Condition) metav1.Condition {
	if resolved.Status == metav1.ConditionTrue {
		return True(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "The operator has done all it does for this object.")
	}
	return False(v1alpha1.ConditionReady, v1alpha1.ReasonReferenceNotResolved, resolved.Message)
}

// Set puts the wanted conditions among the others. lastTransitionTime moves only where a condition's status does.
func Set(conditions *[]metav1.Condition, generation int64, now time.Time, wanted ...metav1.Condition) {
	for _, condition := range wanted {
		condition.ObservedGeneration = generation
		condition.LastTransitionTime = metav1.NewTime(now.Truncate(time.Second))
		meta.SetStatusCondition(conditions, condition)
	}
}

// Turned reports whether the condition became the status, or gives another reason for it, since before.
func Turned(before, after []metav1.Condition, kind string, to metav1.ConditionStatus) bool {
	is := meta.FindStatusCondition(after, kind)
	if is == nil || is.Status != to {
		return false
	}
	was := meta.FindStatusCondition(before, kind)
	return was == nil || was.Status != to || was.Reason != is.Reason
}

// Message returns what the condition says, or nothing.
func Message(conditions []metav1.Condition, kind string) string {
	if condition := meta.FindStatusCondition(conditions, kind); condition != nil {
		return condition.Message
	}
	return ""
}

// Reason returns the condition's reason, or nothing.
func Reason(conditions []metav1.Condition, kind string) string {
	if condition := meta.FindStatusCondition(conditions, kind); condition != nil {
		return condition.Reason
	}
	return ""
}
