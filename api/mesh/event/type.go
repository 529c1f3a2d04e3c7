package event

import (
	"maps"
	"slices"

	"lifeline.scot/api/referral"
)

// Type says what happened. All begin with scot.lifeline, and a Type always has the same data.
type Type string

// The types of events about a referral, one for each kind of change.
const (
	Submitted            Type = "scot.lifeline.referral.submitted"
	Acknowledged         Type = "scot.lifeline.referral.acknowledged"
	Accepted             Type = "scot.lifeline.referral.accepted"
	CannotOffer          Type = "scot.lifeline.referral.cannot_offer"
	Redirected           Type = "scot.lifeline.referral.redirected"
	Reconsidered         Type = "scot.lifeline.referral.reconsidered"
	WaitingForPlace      Type = "scot.lifeline.referral.waiting_for_place"
	PlaceHeld            Type = "scot.lifeline.referral.place_held"
	HoldEnded            Type = "scot.lifeline.referral.hold_ended"
	PlaceReleased        Type = "scot.lifeline.referral.place_released"
	Admitted             Type = "scot.lifeline.referral.admitted"
	SupportStarted       Type = "scot.lifeline.referral.support_started"
	Completed            Type = "scot.lifeline.referral.completed"
	Withdrawn            Type = "scot.lifeline.referral.withdrawn"
	Escalated            Type = "scot.lifeline.referral.escalated"
	EscalationSettled    Type = "scot.lifeline.referral.escalation_settled"
	MessageWritten       Type = "scot.lifeline.referral.message_written"
	QuestionAsked        Type = "scot.lifeline.referral.question_asked"
	QuestionAnswered     Type = "scot.lifeline.referral.question_answered"
	StageSettled         Type = "scot.lifeline.referral.stage_settled"
	UrgencySet           Type = "scot.lifeline.referral.urgency_set"
	Amended              Type = "scot.lifeline.referral.amended"
	LinkMade             Type = "scot.lifeline.referral.link_made"
	CircumstancesChanged Type = "scot.lifeline.referral.circumstances_changed"
	TakenUp              Type = "scot.lifeline.referral.taken_up"
	// SharingChanged is no change of the referral itself: somebody said something about sharing it.
	SharingChanged Type = "scot.lifeline.referral.sharing_changed"
	StepSettled    Type = "scot.lifeline.referral.step_settled"
	PassedOn       Type = "scot.lifeline.referral.passed_on"
	SteppedBack    Type = "scot.lifeline.referral.stepped_back"
)

var types = map[referral.Kind]Type{
	referral.KindSubmit: Submitted, referral.KindAcknowledge: Acknowledged, referral.KindAccept: Accepted,
	referral.KindCannotOffer: CannotOffer, referral.KindRedirect: Redirected, referral.KindReconsider: Reconsidered,
	referral.KindWaitForPlace: WaitingForPlace, referral.KindHoldPlace: PlaceHeld, referral.KindEndHold: HoldEnded,
	referral.KindReleasePlace: PlaceReleased, referral.KindAdmit: Admitted, referral.KindStartSupport: SupportStarted,
	referral.KindComplete: Completed, referral.KindWithdraw: Withdrawn, referral.KindEscalate: Escalated,
	referral.KindSettleEscalation: EscalationSettled, referral.KindMessage: MessageWritten, referral.KindAsk: QuestionAsked,
	referral.KindAnswer: QuestionAnswered, referral.KindSettleStage: StageSettled, referral.KindSetUrgency: UrgencySet,
	referral.KindAmend: Amended, referral.KindMakeLink: LinkMade, referral.KindSetCircumstances: CircumstancesChanged,
	referral.KindTakeUp: TakenUp, referral.KindStepBack: SteppedBack, referral.KindSettleStep: StepSettled,
	referral.KindPassOn: PassedOn, referral.KindSharing: SharingChanged,
}

// TypeOf is the type of the event that tells of a kind of change; false for what is no kind of change.
func TypeOf(kind referral.Kind) (Type, bool) {
	t, ok := types[kind]
	return t, ok
}

// Types are all types of events about a referral, sorted.
func Types() []Type { return slices.Sorted(maps.Values(types)) }
