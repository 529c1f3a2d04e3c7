package referral

import (
	"encoding/json"
	"slices"
	"time"

	"lifeline.scot/api/record"
	"lifeline.scot/crds/v1alpha1"
)

// Change is something that happens to a referral. Changes hold codes and opaque names alone; what somebody writes in words is in
// [Event.Words].
type Change interface {
	// Kind names the change.
	Kind() Kind
	// check refuses what makes no sense whatever the referral.
	check() error
	// apply carries out a change that may be made.
	apply(s *State, e Event)
}

// Kind names a change.
type Kind string

// Submit makes a referral.
type Submit struct {
	Person      string  `json:"person"`
	Partnership string  `json:"partnership"`
	Target      string  `json:"target"`
	Urgency     Urgency `json:"urgency"`
	Route       Route   `json:"route"`
	// From is the referral that this one follows, of the same person.
	From *Link `json:"from,omitempty"`
	// Plan is what the pathway asks for that it is made along; nil for none.
	Plan *Plan `json:"plan,omitempty"`
}

// Acknowledge says that the target has the referral.
type Acknowledge struct {
	// NextDue is when the step that follows the answer is due. It is worked out when the change is decided.
	NextDue time.Time `json:"nextDue,omitzero"`
}

// Accept says that the target will support the person.
type Accept struct {
	// Given is what could be shown to the target when it accepted: it keeps so much, whatever is taken back afterwards.
	Given []Given `json:"given,omitempty"`
}

// CannotOffer says that the target cannot offer what is needed.
type CannotOffer struct {
	Reason CannotOfferReason `json:"reason"`
	// Possible is what would make it possible; more in words.
	Possible Possibility `json:"possible"`
}

// CannotOfferReason is why.
type CannotOfferReason string

// The reasons.
const (
	CannotOfferNoPlace    CannotOfferReason = "NoPlaceNow"
	CannotOfferNeeds      CannotOfferReason = "CannotMeetNeeds"
	CannotOfferArea       CannotOfferReason = "OtherArea"
	CannotOfferFunding    CannotOfferReason = "FundingNotInPlace"
	CannotOfferAssessment CannotOfferReason = "AssessmentNeeded"
	CannotOfferOther      CannotOfferReason = "Other"
)

// Possibility is what would make it possible after all.
type Possibility string

// The possibilities.
const (
	PossibleLater       Possibility = "PlaceLater"
	PossibleAssessed    Possibility = "AfterAssessment"
	PossibleFunded      Possibility = "AfterFundingApproved"
	PossibleDetoxFirst  Possibility = "AfterDetox"
	PossibleWithSupport Possibility = "WithMoreSupport"
	PossibleElsewhere   Possibility = "OtherPartner"
	PossibleOther       Possibility = "Other"
)

// Redirect sends the referral to another partner.
type Redirect struct {
	Target string `json:"target"`
	// Due is when it is to have answered, where a plan says so. It is worked out when the change is decided.
	Due time.Time `json:"due,omitzero"`
}

// Reconsider asks the same target again after something has changed; what, is in words.
type Reconsider struct {
	// Due is when it is to have answered, where a plan says so. It is worked out when the change is decided.
	Due time.Time `json:"due,omitzero"`
}

// WaitForPlace says that a place is claimed.
type WaitForPlace struct {
	Claim string `json:"claim"`
	// Asks is what the place must be like: all that the claim says, in codes, when Lifeline is to make it. It tells of the person,
	// so it is kept apart, encrypted, and is nil in what is read of the history.
	Asks *v1alpha1.PlacementSpec `json:"-"`
	// Ours says that Lifeline is to make the claim; it follows from Asks where that is given. False: somebody else has.
	Ours bool `json:"ours,omitempty"`
}

// MarshalJSON implements json.Marshaler: what is asked for is not in it.
func (c WaitForPlace) MarshalJSON() ([]byte, error) {
	type kept WaitForPlace
	c.Ours = c.isOurs()
	return json.Marshal(kept(c))
}

func (c WaitForPlace) isOurs() bool { return c.Ours || c.Asks != nil }

// HoldPlace says that a place is held in the person's name.
type HoldPlace struct {
	Claim string    `json:"claim"`
	Until time.Time `json:"until"`
}

// EndHold says that the hold has ended and the claim waits again.
type EndHold struct{}

// ReleasePlace says that no place is claimed any more.
type ReleasePlace struct{}

// Admit says that the person has moved in.
type Admit struct{}

// StartSupport says that support without a place has begun.
type StartSupport struct{}

// Complete says that the stay or the support has ended.
type Complete struct {
	Outcome Outcome `json:"outcome"`
}

// Outcome is how a stay or support ended.
type Outcome string

// The outcomes.
const (
	OutcomeAsPlanned  Outcome = "AsPlanned"
	OutcomeEarlier    Outcome = "LeftBeforePlannedEnd"
	OutcomeMovedPlace Outcome = "MovedToOtherPlace"
	OutcomeDied       Outcome = "Died"
	OutcomeOther      Outcome = "Other"
)

// Withdraw ends the referral.
type Withdraw struct {
	Reason WithdrawReason `json:"reason"`
}

// WithdrawReason is why.
type WithdrawReason string

// The reasons.
const (
	WithdrawChoice       WithdrawReason = "PersonChoseNotTo"
	WithdrawOtherSupport WithdrawReason = "OtherSupportFound"
	WithdrawNoContact    WithdrawReason = "CouldNotBeReached"
	WithdrawMoved        WithdrawReason = "MovedAway"
	WithdrawNothingFits  WithdrawReason = "NothingFits"
	WithdrawMadeTwice    WithdrawReason = "MadeTwice"
	WithdrawDied         WithdrawReason = "Died"
	WithdrawOther        WithdrawReason = "Other"
)

// Escalate asks somebody with more say to look at the referral.
type Escalate struct {
	Reason EscalationReason `json:"reason"`
	// Task is the step that is late, if that is why: Lifeline says so.
	Task Task `json:"task,omitempty"`
}

// EscalationReason is why.
type EscalationReason string

// The reasons.
const (
	EscalateNoAnswer   EscalationReason = "NoAnswerInTime"
	EscalateNobodyElse EscalationReason = "NobodyElseMayBeAsked"
	EscalateLate       EscalationReason = "StepNotDoneInTime"
	EscalateRisk       EscalationReason = "RiskHasRisen"
	EscalateNothing    EscalationReason = "NothingFits"
	EscalateFunding    EscalationReason = "FundingNotDecided"
	EscalateProtection EscalationReason = "ProtectionConcern"
	EscalateOther      EscalationReason = "Other"
)

// SettleEscalation says that it was looked at; what follows is in words.
type SettleEscalation struct {
	// Again are the steps that are late and still to be done, with their time from then on: otherwise nobody would notice if they
	// never were. Late is one that became late after what was looked at had been escalated: it is escalated next, in its place. Both
	// are worked out when the change is decided.
	Again []Again `json:"again,omitempty"`
	Late  Task    `json:"late,omitempty"`
	// Still says no more than that something was late: all that is left of Late when somebody is erased.
	Still bool `json:"still,omitempty"`
}

// Again is a step that is due once more.
type Again struct {
	Task Task      `json:"task"`
	Due  time.Time `json:"due"`
}

// Message is something said; it is in words.
type Message struct{}

// Ask requests information of one side; the question is in words.
type Ask struct {
	Of Side `json:"of"`
}

// Answer gives the information; the answer is in words.
type Answer struct {
	// To is the version of the event that asked.
	To int64 `json:"to"`
}

// SettleStage says how a stage of the funded journey stands.
type SettleStage struct {
	Stage   Stage        `json:"stage"`
	Outcome StageOutcome `json:"outcome"`
}

// SetUrgency says how pressing it is from now on.
type SetUrgency struct {
	Urgency Urgency `json:"urgency"`
}

// Amend says that what is told of the person or their needs has changed. The values are kept apart; here are the names of the
// fields.
type Amend struct {
	Fields []string `json:"fields"`
}

// MakeLink says that a referral was made that follows this one.
type MakeLink struct {
	Link Link `json:"link"`
	// NextDue is when the step that follows aftercare is due. It is worked out when the change is decided.
	NextDue time.Time `json:"nextDue,omitzero"`
}

// Bounds of a referral.
const (
	mostQuestions = 20
	mostLinks     = 20
	mostTurns     = 50
	longestOpaque = 63
)

func (c Submit) check() error {
	switch {
	case !Opaque(c.Person):
		return refuse(CodeInvalid, "The person of the referral is not named.")
	case !Opaque(c.Partnership), !Opaque(c.Target):
		return refuse(CodeInvalid, "Name the partnership and the partner that is asked, as the directory names them.")
	case c.Route != Direct && c.Route != Funded:
		return refuse(CodeInvalid, "Say whether the route is Direct or Funded.")
	case c.From != nil && (!c.From.Kind.known() || !Opaque(c.From.Referral)):
		return refuse(CodeInvalid, "A referral that follows another names it, and is Aftercare or Onward.")
	}
	if err := c.Plan.check(c.Target); err != nil {
		return err
	}
	return c.Urgency.check()
}

func (u Urgency) check() error {
	return among("urgency", u, Emergency, Urgent, Routine)
}

func (k LinkKind) known() bool { return k == Aftercare || k == Onward }

// Opaque reports whether text can be the name of a referral, a person, a partner or a claim: letters, digits, hyphens and dots.
func Opaque(text string) bool {
	if text == "" || len(text) > longestOpaque {
		return false
	}
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.':
		default:
			return false
		}
	}
	return true
}

// among refuses a code that is none of those known.
func among[T ~string](what string, code T, known ...T) error {
	if slices.Contains(known, code) {
		return nil
	}
	return refuse(CodeInvalid, "There is no such %s: use one of %v.", what, known)
}

func (Acknowledge) check() error { return nil }

func (c CannotOffer) check() error {
	if err := among("reason", c.Reason, CannotOfferNoPlace, CannotOfferNeeds, CannotOfferArea, CannotOfferFunding,
		CannotOfferAssessment, CannotOfferOther); err != nil {
		return err
	}
	return among("thing that would make it possible", c.Possible, PossibleLater, PossibleAssessed, PossibleFunded,
		PossibleDetoxFirst, PossibleWithSupport, PossibleElsewhere, PossibleOther)
}

func (c Redirect) check() error {
	if !Opaque(c.Target) {
		return refuse(CodeInvalid, "Name the partner to send it to, as the directory names it.")
	}
	return nil
}

func (Reconsider) check() error { return nil }

func (c WaitForPlace) check() error {
	if a := c.Asks; a != nil {
		decides := a.Funding != nil || a.Acceptance != nil || a.Admission != nil || a.Discharge != nil || a.Withdrawal != nil
		if a.Kind == "" || a.ReferralID != "" || a.HoldUntilTime != nil || decides {
			return refuse(CodeInvalid, "Say which kind of place is needed, and nothing that others decide.")
		}
	}
	return checkClaim(c.Claim)
}

func (c HoldPlace) check() error {
	if c.Until.IsZero() {
		return refuse(CodeInvalid, "Say until when the place is held.")
	}
	return checkClaim(c.Claim)
}

func checkClaim(name string) error {
	if !Opaque(name) {
		return refuse(CodeInvalid, "Name the claim on the place.")
	}
	return nil
}

func (EndHold) check() error      { return nil }
func (ReleasePlace) check() error { return nil }
func (Admit) check() error        { return nil }
func (StartSupport) check() error { return nil }

func (c Complete) check() error {
	return among("outcome", c.Outcome, OutcomeAsPlanned, OutcomeEarlier, OutcomeMovedPlace, OutcomeDied, OutcomeOther)
}

func (c Withdraw) check() error {
	return among("reason", c.Reason, WithdrawChoice, WithdrawOtherSupport, WithdrawNoContact, WithdrawMoved, WithdrawNothingFits,
		WithdrawMadeTwice, WithdrawDied, WithdrawOther)
}

func (c Escalate) check() error {
	return among("reason", c.Reason, EscalateNoAnswer, EscalateNobodyElse, EscalateLate, EscalateRisk, EscalateNothing,
		EscalateFunding, EscalateProtection, EscalateOther)
}

func (SettleEscalation) check() error { return nil }
func (Message) check() error          { return nil }

func (c Ask) check() error {
	return among("side to ask", c.Of, SideOrigin, SideTarget, SidePartnership)
}

func (c Answer) check() error {
	if c.To < 1 {
		return refuse(CodeInvalid, "Say which question is answered, by the version that asked it.")
	}
	return nil
}

func (c SettleStage) check() error {
	if !c.Stage.known() || len(c.Stage.settledBy()) == 0 {
		return refuse(CodeInvalid, "Settle one of ContactADP, SpecialistAssessment, PlanAndFunding and Preparation: the other stages "+
			"follow from what happens.")
	}
	if c.Outcome == StageDeclined && c.Stage != StageFunding {
		return refuse(CodeInvalid, "Only funding can be Declined: say Done or NotNeeded.")
	}
	return among("outcome", c.Outcome, StageDone, StageNotNeeded, StageDeclined)
}

func (c SetUrgency) check() error { return c.Urgency.check() }

func (c Amend) check() error {
	if len(c.Fields) == 0 {
		return refuse(CodeInvalid, "Name the fields that have changed.")
	}
	for i, name := range c.Fields {
		category, ok := record.CategoryOf(record.Field(name))
		if !ok || category == record.Admin || slices.Contains(c.Fields[:i], name) {
			return refuse(CodeInvalid, "Name fields of the person or their needs, each once.")
		}
	}
	return nil
}

func (c MakeLink) check() error {
	if !c.Link.Kind.known() || !Opaque(c.Link.Referral) {
		return refuse(CodeInvalid, "A link names a referral, and is Aftercare or Onward.")
	}
	return nil
}
