package referral

import (
	"maps"
	"slices"
)

// The kinds of change.
const (
	KindSubmit           Kind = "Submit"
	KindAcknowledge      Kind = "Acknowledge"
	KindAccept           Kind = "Accept"
	KindCannotOffer      Kind = "CannotOffer"
	KindRedirect         Kind = "Redirect"
	KindReconsider       Kind = "Reconsider"
	KindWaitForPlace     Kind = "WaitForPlace"
	KindHoldPlace        Kind = "HoldPlace"
	KindEndHold          Kind = "EndHold"
	KindReleasePlace     Kind = "ReleasePlace"
	KindAdmit            Kind = "Admit"
	KindStartSupport     Kind = "StartSupport"
	KindComplete         Kind = "Complete"
	KindWithdraw         Kind = "Withdraw"
	KindEscalate         Kind = "Escalate"
	KindSettleEscalation Kind = "SettleEscalation"
	KindMessage          Kind = "Message"
	KindAsk              Kind = "Ask"
	KindAnswer           Kind = "Answer"
	KindSettleStage      Kind = "SettleStage"
	KindSetUrgency       Kind = "SetUrgency"
	KindAmend            Kind = "Amend"
	KindMakeLink         Kind = "MakeLink"
	KindSetCircumstances Kind = "SetCircumstances"
	KindTakeUp           Kind = "TakeUp"
	KindStepBack         Kind = "StepBack"
	KindSettleStep       Kind = "SettleStep"
	KindPassOn           Kind = "PassOn"
)

// KindSharing is what partners are told when somebody said something about sharing: agreed, refused, or took it back. It is no
// change of the referral, whose version stays as it was: what was said is kept apart.
const KindSharing Kind = "Sharing"

// rule says when a kind of change may be made, by whom, and where it leads.
type rule struct {
	// from are the statuses it may be made in; none means any, one that has ended only with evenEnded.
	from      []Status
	evenEnded bool
	// to is the status it leads to; "" means it stays.
	to Status
	by []Side
	// words says whether it has to be explained in words.
	words bool
}

var (
	anyone   = []Side{SideOrigin, SideTarget, SidePartnership, SidePerson, SideProgram}
	workers  = []Side{SideOrigin, SideTarget, SidePartnership}
	target   = []Side{SideTarget}
	claimers = []Side{SideOrigin, SideTarget, SidePartnership, SideProgram}
	askers   = []Side{SideOrigin, SidePartnership}
)

// rules are the whole state machine but for what [judged] changes look at: questions, stages, claims. Histories replay by them,
// so they may be widened and never tightened: testdata holds histories that have to replay for ever.
var rules = map[Kind]rule{
	KindSubmit:      {to: Submitted, by: []Side{SideOrigin}},
	KindAcknowledge: {from: []Status{Submitted, Redirected}, to: Acknowledged, by: target},
	KindAccept:      {from: []Status{Acknowledged, CannotBeOffered}, to: Accepted, by: target},
	KindCannotOffer: {from: []Status{Acknowledged, Accepted}, to: CannotBeOffered, by: target},
	KindRedirect: {
		from: []Status{Submitted, Redirected, Acknowledged, Accepted, CannotBeOffered}, to: Redirected, by: workers,
	},
	KindReconsider:   {from: []Status{CannotBeOffered}, to: Submitted, by: askers, words: true},
	KindWaitForPlace: {from: []Status{Accepted}, to: PlacementWaiting, by: claimers},
	KindHoldPlace:    {from: []Status{PlacementWaiting, PlacementHeld}, to: PlacementHeld, by: []Side{SideTarget, SideProgram}},
	KindEndHold:      {from: []Status{PlacementHeld}, to: PlacementWaiting, by: []Side{SideTarget, SideProgram}},
	KindReleasePlace: {
		from: []Status{PlacementWaiting, PlacementHeld}, to: Accepted, by: claimers,
	},
	KindAdmit:            {from: []Status{PlacementWaiting, PlacementHeld}, to: Admitted, by: []Side{SideTarget, SideProgram}},
	KindStartSupport:     {from: []Status{Accepted}, to: InSupport, by: target},
	KindComplete:         {from: []Status{Admitted, InSupport}, to: Completed, by: []Side{SideTarget, SideProgram}},
	KindWithdraw:         {to: Withdrawn, by: []Side{SideOrigin, SideTarget, SidePartnership, SidePerson}},
	KindEscalate:         {by: anyone},
	KindSettleEscalation: {by: askers, words: true},
	KindMessage:          {evenEnded: true, by: []Side{SideOrigin, SideTarget, SidePartnership, SidePerson}, words: true},
	KindAsk:              {by: workers, words: true},
	KindAnswer:           {by: workers, words: true},
	KindSettleStage:      {by: workers},
	KindSetUrgency:       {by: askers},
	KindAmend:            {by: workers},
	KindMakeLink:         {evenEnded: true, by: workers},
	KindSetCircumstances: {evenEnded: true, by: workers},
	KindTakeUp:           {evenEnded: true, by: workers},
	KindStepBack:         {evenEnded: true, by: workers},
	KindSettleStep:       {evenEnded: true, by: workers},
	KindPassOn:           {from: []Status{Submitted, Redirected}, to: Redirected, by: []Side{SideProgram}},
}

// Kinds are all kinds of change, sorted.
func Kinds() []Kind { return slices.Sorted(maps.Keys(rules)) }

// By are the sides that may make a change of this kind; which of them can follow from more than the kind.
func (k Kind) By() []Side { return slices.Clone(rules[k].by) }

// Kind implements Change.
func (Submit) Kind() Kind { return KindSubmit }

// Kind implements Change.
func (Acknowledge) Kind() Kind { return KindAcknowledge }

// Kind implements Change.
func (Accept) Kind() Kind { return KindAccept }

// Kind implements Change.
func (CannotOffer) Kind() Kind { return KindCannotOffer }

// Kind implements Change.
func (Redirect) Kind() Kind { return KindRedirect }

// Kind implements Change.
func (Reconsider) Kind() Kind { return KindReconsider }

// Kind implements Change.
func (WaitForPlace) Kind() Kind { return KindWaitForPlace }

// Kind implements Change.
func (HoldPlace) Kind() Kind { return KindHoldPlace }

// Kind implements Change.
func (EndHold) Kind() Kind { return KindEndHold }

// Kind implements Change.
func (ReleasePlace) Kind() Kind { return KindReleasePlace }

// Kind implements Change.
func (Admit) Kind() Kind { return KindAdmit }

// Kind implements Change.
func (StartSupport) Kind() Kind { return KindStartSupport }

// Kind implements Change.
func (Complete) Kind() Kind { return KindComplete }

// Kind implements Change.
func (Withdraw) Kind() Kind { return KindWithdraw }

// Kind implements Change.
func (Escalate) Kind() Kind { return KindEscalate }

// Kind implements Change.
func (SettleEscalation) Kind() Kind { return KindSettleEscalation }

// Kind implements Change.
func (Message) Kind() Kind { return KindMessage }

// Kind implements Change.
func (Ask) Kind() Kind { return KindAsk }

// Kind implements Change.
func (Answer) Kind() Kind { return KindAnswer }

// Kind implements Change.
func (SettleStage) Kind() Kind { return KindSettleStage }

// Kind implements Change.
func (SetUrgency) Kind() Kind { return KindSetUrgency }

// Kind implements Change.
func (Amend) Kind() Kind { return KindAmend }

// Kind implements Change.
func (MakeLink) Kind() Kind { return KindMakeLink }

// Kind implements Change.
func (SetCircumstances) Kind() Kind { return KindSetCircumstances }

// Kind implements Change.
func (TakeUp) Kind() Kind { return KindTakeUp }

// Kind implements Change.
func (StepBack) Kind() Kind { return KindStepBack }

// Kind implements Change.
func (SettleStep) Kind() Kind { return KindSettleStep }

// Kind implements Change.
func (PassOn) Kind() Kind { return KindPassOn }
