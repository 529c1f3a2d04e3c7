package referral

import (
	"slices"

	"lifeline.scot/crds/v1alpha1"
)

func (c Submit) apply(s *State, e Event) {
	s.ID = e.Referral
	s.Person, s.Partnership = c.Person, c.Partnership
	s.Origin = e.By.Partner
	s.Urgency, s.Route, s.From = c.Urgency, c.Route, c.From
	s.SubmittedAt = e.At
	s.ask(c.Target, e.Version)
	s.plan(c.Plan)
	s.settle(StageDecide, StageDone, e)
}

func (c Acknowledge) apply(s *State, e Event) {
	if s.step(v1alpha1.TaskAnswer) != nil {
		s.settleStep(v1alpha1.TaskAnswer, StepDone, c.NextDue, e)
	}
}

func (c Accept) apply(s *State, e Event) {
	s.Refusal = nil
	turn := &s.Asked[len(s.Asked)-1]
	turn.AcceptedAt, turn.AcceptedVersion, turn.Given = e.At, e.Version, c.Given
	s.settle(StageAcceptance, StageDone, e)
}

func (c CannotOffer) apply(s *State, _ Event) {
	s.Refusal = &c
	s.unsettle()
}

func (c Redirect) apply(s *State, e Event) {
	s.Refusal = nil
	s.ask(c.Target, e.Version)
	s.awaitAnswer(c.Due)
}

func (c Reconsider) apply(s *State, _ Event) {
	s.Refusal = nil
	s.awaitAnswer(c.Due)
}

func (c WaitForPlace) apply(s *State, e Event) {
	s.Claim, s.AskedAt = c.Claim, 0
	if c.isOurs() {
		s.AskedAt = e.Version
	}
}

func (c HoldPlace) apply(s *State, _ Event) { s.HeldUntil = c.Until }

func (EndHold) apply(s *State, _ Event) { s.HeldUntil = State{}.HeldUntil }

func (ReleasePlace) apply(s *State, _ Event) { s.letGo() }

func (Admit) apply(s *State, e Event) { s.begin(e) }

func (StartSupport) apply(s *State, e Event) { s.begin(e) }

// begin is when a stay or support begins.
func (s *State) begin(e Event) {
	s.BeganAt = e.At
	s.settle(StageAdmission, StageDone, e)
}

func (c Complete) apply(s *State, _ Event) {
	s.Outcome = c.Outcome
	s.close()
}

func (c Withdraw) apply(s *State, _ Event) {
	s.Withdrawal = c.Reason
	s.Refusal = nil
	s.close()
}

// close is the end: nobody waits for an answer or a place any more.
func (s *State) close() {
	s.Questions = nil
	s.Escalation = nil
	s.letGo()
}

// letGo ends the claim on a place.
func (s *State) letGo() { s.Claim, s.AskedAt, s.HeldUntil = "", 0, State{}.HeldUntil }

// apply leaves what somebody else escalated as it is when a step is late besides: it has to be looked at anyway.
func (c Escalate) apply(s *State, e Event) {
	if c.Task != "" {
		s.step(c.Task).LateAt = e.At
	}
	if c.Task == "" || s.Escalation == nil {
		s.Escalation = &OpenEscalation{c.Reason, e.At, e.Version}
	}
}

func (c SettleEscalation) apply(s *State, e Event) {
	s.Escalation = nil
	for _, again := range c.Again {
		if step := s.step(again.Task); step != nil {
			step.Due, step.LateAt = again.Due, State{}.HeldUntil
		}
	}
	if step := s.step(c.Late); step != nil {
		s.Escalation = &OpenEscalation{lateAs(c.Late), step.LateAt, e.Version}
	}
	if c.Still {
		s.Escalation = &OpenEscalation{EscalateOther, e.At, e.Version}
	}
}

func (Message) apply(*State, Event) {}

func (c Ask) apply(s *State, e Event) {
	s.Questions = append(s.Questions, Question{e.Version, c.Of, e.At})
}

func (c Answer) apply(s *State, _ Event) {
	s.Questions = slices.DeleteFunc(s.Questions, func(q Question) bool { return q.Version == c.To })
}

func (c SettleStage) apply(s *State, e Event) { s.settle(c.Stage, c.Outcome, e) }

func (c SetUrgency) apply(s *State, _ Event) { s.Urgency = c.Urgency }

func (Amend) apply(*State, Event) {}

func (c MakeLink) apply(s *State, e Event) {
	if c.Link.Kind == Aftercare {
		s.settle(StageAftercare, StageDone, e)
		s.settleStep(v1alpha1.TaskAftercare, StepDone, c.NextDue, e)
	}
	s.Links = append(s.Links, c.Link)
}
