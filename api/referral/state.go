package referral

import (
	"maps"
	"slices"
	"time"
)

// State is how a referral stands after its history. It has codes and opaque names alone: nobody's words, and nothing of who the
// person is.
type State struct {
	ID string
	// Version counts the events; 0 before the first.
	Version int64
	Status  Status
	// Person is the opaque id of the person.
	Person string
	// Partnership is the ADP; Origin the partner that made the referral; Target the partner that is asked now.
	Partnership, Origin, Target string
	Urgency                     Urgency
	Route                       Route
	// From is the referral that this one follows; nil if none.
	From *Link
	// SubmittedAt and ChangedAt are the moments of the first and the latest event.
	SubmittedAt, ChangedAt time.Time
	// Asked are all partners that have been asked, in turn; the last is Target.
	Asked []Turn
	// Refusal is why the target cannot offer it, while that is how it stands.
	Refusal *CannotOffer
	// Claim is the name of the claim on a place, while there is one, and HeldUntil when the hold ends.
	Claim     string
	HeldUntil time.Time
	// AskedAt is the version whose event says what that claim asks for, if Lifeline is to make it; 0 if not. What it says is kept
	// apart: it tells of the person.
	AskedAt int64
	// Stages are the stages of a funded journey that somebody has said something about.
	Stages map[Stage]Settled
	// Steps are those of the plan, in order, and what is said of take-home naloxone and aftercare besides.
	Steps []Step
	// BeganAt is when a stay or support began; zero if it has not.
	BeganAt time.Time
	// Escalation is what somebody with more say has to look at; nil if nothing.
	Escalation *OpenEscalation
	// Questions are requests for information that are not answered yet, oldest first.
	Questions []Question
	// Links are the referrals that follow this one.
	Links []Link
	// Workers are those who work with the person, as far as they have done something here, in the order they began.
	Workers []Worker
	// Outcome of a stay or support, and Withdrawal why it was withdrawn, once it has ended.
	Outcome    Outcome
	Withdrawal WithdrawReason
}

// Turn is a partner's time as target.
type Turn struct {
	Partner string
	// SinceVersion is when it was asked.
	SinceVersion int64
	// AcceptedAt is when it accepted, and AcceptedVersion which version that made; zero if it has not.
	AcceptedAt      time.Time
	AcceptedVersion int64
	// Given is what it was given when it accepted.
	Given []Given
	// SilentUntil is when the next one was asked because this one had not answered; zero if that did not happen.
	SilentUntil time.Time
}

// OpenEscalation is an escalation that is not settled.
type OpenEscalation struct {
	Reason  EscalationReason
	At      time.Time
	Version int64
}

// Question is a request for information that is not answered.
type Question struct {
	// Version of the event that asked.
	Version int64
	Of      Side
	At      time.Time
}

// HasAccepted reports whether the partner accepted the referral at some time: it then holds a record of its own.
func (s State) HasAccepted(partner string) bool {
	return slices.ContainsFunc(s.Asked, func(t Turn) bool { return t.Partner == partner && !t.AcceptedAt.IsZero() })
}

// WorksWith reports whether somebody works with the person, for that partner.
func (s State) WorksWith(id, partner string) bool {
	return slices.Contains(s.Workers, Worker{id, partner})
}

// involve notes who works with the person after an event.
func (s *State) involve(e Event) {
	who := Worker{e.By.ID, e.By.Partner}
	switch {
	case e.By.Capacity != AsWorker || who.Partner == "":
	case e.kind() == KindStepBack:
		s.Workers = slices.DeleteFunc(s.Workers, func(w Worker) bool { return w == who })
	case !slices.Contains(s.Workers, who):
		s.Workers = append(s.Workers, who)
	}
}

// HeldBy is a partner's time as target in which it accepted last, and until which version it was the target; 0 if it still is.
// False if it never accepted.
func (s State) HeldBy(partner string) (turn Turn, until int64, held bool) {
	for i, t := range s.Asked {
		if t.Partner != partner || t.AcceptedAt.IsZero() {
			continue
		}
		turn, until, held = t, 0, true
		if i+1 < len(s.Asked) {
			until = s.Asked[i+1].SinceVersion
		}
	}
	return turn, until, held
}

// Standing is how a referral stands in the words of the policy.
type Standing string

// The standings.
const (
	StandingSent      Standing = "sent"
	StandingAccepted  Standing = "accepted"
	StandingDeclined  Standing = "declined"
	StandingClosed    Standing = "closed"
	StandingWithdrawn Standing = "withdrawn"
)

// Standing returns how it stands in the words of the policy. Closed is only what the target had accepted: whoever never
// accepted holds no record.
func (s State) Standing() Standing {
	switch s.Status {
	case Accepted, PlacementWaiting, PlacementHeld, Admitted, InSupport:
		return StandingAccepted
	case CannotBeOffered:
		return StandingDeclined
	case Completed:
		return StandingClosed
	case Withdrawn:
		if s.HasAccepted(s.Target) {
			return StandingClosed
		}
		return StandingWithdrawn
	default:
		return StandingSent
	}
}

// clone shares nothing that a change would write to.
func (s State) clone() State {
	s.Asked = slices.Clone(s.Asked)
	s.Questions = slices.Clone(s.Questions)
	s.Links = slices.Clone(s.Links)
	s.Workers = slices.Clone(s.Workers)
	s.Stages = maps.Clone(s.Stages)
	s.Steps = slices.Clone(s.Steps)
	return s
}

func (s *State) settle(stage Stage, outcome StageOutcome, e Event) {
	if s.Route != Funded {
		return
	}
	if s.Stages == nil {
		s.Stages = map[Stage]Settled{}
	}
	s.Stages[stage] = Settled{outcome, e.At, e.Version}
}

// ask makes a partner the target: what the one before it accepted, prepared and was asked does not count for it.
func (s *State) ask(partner string, version int64) {
	s.Target = partner
	s.Questions = slices.DeleteFunc(s.Questions, func(q Question) bool { return q.Of == SideTarget })
	s.Asked = append(s.Asked, Turn{Partner: partner, SinceVersion: version})
	s.unsettle()
}

// unsettle forgets what only counts for the provider that accepted.
func (s *State) unsettle() {
	delete(s.Stages, StageAcceptance)
	delete(s.Stages, StagePreparation)
}
