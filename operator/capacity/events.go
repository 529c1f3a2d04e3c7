package capacity

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// Reasons of the Events about a pool, besides those of its conditions.
const (
	// EventCountChanged: another count is shown.
	EventCountChanged = "CountChanged"
	// EventTrustChanged: the count is trusted more, or less, than before.
	EventTrustChanged = "TrustChanged"
)

// changes returns what somebody who looks after the pool would want to be told. How many people are in places is not said:
// small numbers could point at somebody.
func changes(was, is *v1alpha1.CapacityPool) []status.Change {
	var list []status.Change
	if note := newCount(was.Status, is.Status); note != "" {
		list = append(list, status.Change{Kind: corev1.EventTypeNormal, Reason: EventCountChanged, Note: note})
	}
	if was.Status.Trust != is.Status.Trust && was.Status.Trust != "" {
		list = append(list, newTrust(was.Status, is.Status))
	}
	for _, bad := range []struct {
		condition string
		status    metav1.ConditionStatus
	}{
		{v1alpha1.ConditionReferencesResolved, metav1.ConditionFalse},
		{v1alpha1.ConditionOvercommitted, metav1.ConditionTrue},
		{v1alpha1.ConditionCountMismatch, metav1.ConditionTrue},
		{v1alpha1.ConditionReportsAccepted, metav1.ConditionFalse},
	} {
		if status.Turned(was.Status.Conditions, is.Status.Conditions, bad.condition, bad.status) {
			list = append(list, status.Change{
				Kind: corev1.EventTypeWarning, Reason: status.Reason(is.Status.Conditions, bad.condition),
				Note: status.Message(is.Status.Conditions, bad.condition),
			})
		}
	}
	return list
}

func newCount(was, is v1alpha1.CapacityPoolStatus) string {
	switch {
	case equality.Semantic.DeepEqual(was.Counted, is.Counted):
		return ""
	case is.Staffed == nil:
		return "No count can be shown any more."
	case is.Free == nil:
		return fmt.Sprintf("The count of %s is shown.", is.ReportName)
	default:
		return fmt.Sprintf("The count of %s is shown: %d free.", is.ReportName, *is.Free)
	}
}

func newTrust(was, is v1alpha1.CapacityPoolStatus) status.Change {
	c := status.Change{
		Kind: corev1.EventTypeNormal, Reason: EventTrustChanged,
		Note: fmt.Sprintf("The count was %s and is %s now.", was.Trust, is.Trust),
	}
	if is.Trust == v1alpha1.TrustUnconfirmed {
		c.Kind = corev1.EventTypeWarning
		c.Note += " No place is shown as free until somebody counts again."
	}
	return c
}
