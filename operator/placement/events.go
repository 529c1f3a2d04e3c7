package placement

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// Reasons of the Events about a Placement that are not also reasons of a condition.
const (
	// EventReleased means that a place was given back; the note says why.
	EventReleased = "Released"
	// EventDeletionWaits means that the Placement was deleted while somebody is in the place.
	EventDeletionWaits = "DeletionWaits"
)

// action is what the binder does, in the words of an Event.
const action = "Bind"

// expected are the ways of giving a place back that need nobody's attention.
var expected = map[v1alpha1.ReleaseReason]bool{
	v1alpha1.ReleaseDischarged: true, v1alpha1.ReleaseWithdrawn: true, v1alpha1.ReleaseDeleted: true,
}

// released says what became of the claim, for each reason a place is given back.
var released = map[v1alpha1.ReleaseReason]string{
	v1alpha1.ReleaseHoldExpired:       "The hold ended before the person was admitted; the place is offered to the next.",
	v1alpha1.ReleaseUnanswered:        "The hold ended before everybody had answered; the claim keeps its turn.",
	v1alpha1.ReleaseCannotOffer:       "The provider cannot offer the place; the claim keeps its turn for other pools.",
	v1alpha1.ReleaseFundingDeclined:   "The funding was declined; the place is offered to the next.",
	v1alpha1.ReleaseWithdrawn:         "The claim was given up; the place is offered to the next.",
	v1alpha1.ReleaseDeleted:           "The Placement is being deleted; the place is offered to the next.",
	v1alpha1.ReleaseDischarged:        "The person has left; the place is offered to the next.",
	v1alpha1.ReleaseDuplicateReferral: "Another claim for the same referral has a place, and comes first; this place is offered on.",
	v1alpha1.ReleasePoolDeleted:       "The place has gone with its pool, or was taken out of it; the claim keeps its turn.",
}

// tell records an Event for what happened between the two versions, and none when nothing did, and counts it.
func (r *Reconciler) tell(was, is *v1alpha1.Placement) {
	r.measure(was, is)
	before, after := stateOf(was), stateOf(is)
	placed := status.Message(is.Status.Conditions, v1alpha1.ConditionPlaced)
	switch {
	case before == after:
	case after == v1alpha1.BindingHeld:
		r.Tell(is, v1alpha1.ReasonHeld, action, placed)
	case after == v1alpha1.BindingAdmitted:
		r.Tell(is, v1alpha1.ReasonAdmitted, action, placed)
	case after == v1alpha1.BindingReleasing:
		r.tellRelease(is)
	}
	if status.Turned(was.Status.Conditions, is.Status.Conditions, v1alpha1.ConditionHoldEnding, metav1.ConditionTrue) {
		r.Warn(is, v1alpha1.ReasonHoldEndsSoon, action, status.Message(is.Status.Conditions, v1alpha1.ConditionHoldEnding))
	}
	if status.Turned(was.Status.Conditions, is.Status.Conditions, v1alpha1.ConditionEnded, metav1.ConditionTrue) {
		r.Tell(is, status.Reason(is.Status.Conditions, v1alpha1.ConditionEnded), action,
			status.Message(is.Status.Conditions, v1alpha1.ConditionEnded))
	}
	news := placed != status.Message(was.Status.Conditions, v1alpha1.ConditionPlaced)
	if after == v1alpha1.BindingAdmitted && stays(is) != "" && news {
		r.Warn(is, EventDeletionWaits, action, placed)
	}
}

func (r *Reconciler) tellRelease(is *v1alpha1.Placement) {
	reason := is.Status.Binding.ReleaseReason
	says, tells := released[reason]
	switch {
	case !tells: // a place that was never held is no news
	case reason == v1alpha1.ReleaseUnanswered:
		r.Warn(is, EventReleased, action, fmt.Sprintf("%s %s Reason: %s.", says, silent(is), reason))
	case expected[reason]:
		r.Tell(is, EventReleased, action, says)
	default:
		r.Warn(is, EventReleased, action, fmt.Sprintf("%s Reason: %s.", says, reason))
	}
}

// silent says who did not answer while the place was held, and what comes of it.
func silent(is *v1alpha1.Placement) string {
	var says []string
	if !fundingStands(is) {
		says = append(says, fmt.Sprintf("%s had not decided about the funding; no other place is held until it has.",
			v1alpha1.PartnershipOf(is.Namespace)))
	}
	if !rules.Accepts(is) {
		says = append(says, fmt.Sprintf("%s had not accepted or declined; no place in %s is held until somebody counts there.",
			provider(is.Status.Binding), where(is.Status.Binding)))
	}
	return strings.Join(says, " ")
}
