package referral

import "slices"

// judged is a change that is judged by more of how the referral stands than its status and who makes it.
type judged interface {
	judge(s State, e Event) error
}

func (c Submit) judge(s State, _ Event) error {
	if c.From != nil && c.From.Referral == s.ID {
		return refuse(CodeInvalid, "A referral cannot follow itself: name the one before it.")
	}
	return nil
}

func (c Redirect) judge(s State, _ Event) error {
	if c.Target == s.Target {
		return refuse(CodeInvalid, "It is with this partner already: send it to another, or ask the same one to reconsider.")
	}
	if len(s.Asked) >= mostTurns {
		return refuse(CodeTooMany, "It has been with %d partners: escalate it instead.", len(s.Asked))
	}
	return nil
}

func (c HoldPlace) judge(s State, e Event) error {
	if c.Claim != s.Claim {
		return refuse(CodeInvalid, "The place is held for another claim than the one that waits: read the referral again.")
	}
	if !c.Until.After(e.At) {
		return refuse(CodeInvalid, "A hold ends after it begins: check until when it lasts.")
	}
	return nil
}

// judge lets Lifeline say that somebody has moved in whatever was not settled or seen before: the claim on the place says so, and
// they are there.
func (Admit) judge(s State, e Event) error {
	if s.isOn(e.By, SideProgram) {
		return nil
	}
	if s.Status != PlacementHeld {
		return refuse(CodeWrongStatus, "No place is held yet: somebody is admitted to a place that is held for them.")
	}
	return s.mayBegin()
}

func (StartSupport) judge(s State, _ Event) error { return s.mayBegin() }

// mayBegin is before a stay or support begins: in a funded journey, after all that has to come before.
func (s State) mayBegin() error {
	if first := s.missing(StageAdmission); first != "" {
		return refuse(CodeStageFirst, "The stage %s has to be settled first.", first)
	}
	return nil
}

func (SettleEscalation) judge(s State, _ Event) error {
	if s.Escalation == nil {
		return refuse(CodeWrongStatus, "Nothing is escalated now.")
	}
	return nil
}

func (c Ask) judge(s State, e Event) error {
	if len(s.Questions) >= mostQuestions {
		return refuse(CodeTooMany, "%d questions are open: wait for answers first.", len(s.Questions))
	}
	if s.isOn(e.By, c.Of) {
		return refuse(CodeInvalid, "That side is your own: ask another.")
	}
	return nil
}

func (c Answer) judge(s State, e Event) error {
	i := slices.IndexFunc(s.Questions, func(q Question) bool { return q.Version == c.To })
	if i < 0 {
		return refuse(CodeNothingAsked, "No such question is open: it may have been answered already.")
	}
	if !s.isOn(e.By, s.Questions[i].Of) {
		return refuse(CodeNotYours, "The question was put to the side %s.", s.Questions[i].Of)
	}
	return nil
}

func (c SettleStage) judge(s State, e Event) error {
	if s.Route != Funded {
		return refuse(CodeWrongStatus, "Nobody has to approve funding here: the referral is Direct.")
	}
	if !s.isOn(e.By, c.Stage.settledBy()...) {
		return refuse(CodeNotYours, "The stage %s is settled by one of these sides: %v.", c.Stage, c.Stage.settledBy())
	}
	if first := s.missing(c.Stage); first != "" {
		return refuse(CodeStageFirst, "The stage %s has to be settled first.", first)
	}
	if s.Stages[StageAdmission].Outcome.settles() {
		return refuse(CodeWrongStatus, "Stay or support has begun: what came before it stays as it was settled.")
	}
	return nil
}

// judge refuses a target that has not accepted yet: until then the record is that of those who made the referral.
func (Amend) judge(s State, e Event) error {
	if !s.isOn(e.By, SideOrigin, SidePartnership) && !s.HasAccepted(e.By.Partner) {
		return refuse(CodeNotYours, "Accept the referral before you change what it tells, or ask for the information.")
	}
	return nil
}

func (c MakeLink) judge(s State, _ Event) error {
	if len(s.Links) >= mostLinks {
		return refuse(CodeTooMany, "%d referrals follow this one already.", len(s.Links))
	}
	if c.Link.Referral == s.ID || slices.ContainsFunc(s.Links, func(l Link) bool { return l.Referral == c.Link.Referral }) {
		return refuse(CodeInvalid, "That referral follows this one already, or is the same.")
	}
	if c.Link.Kind == Aftercare && s.Status != Admitted && s.Status != InSupport && s.Status != Completed {
		return refuse(CodeWrongStatus, "Aftercare comes after a stay or support: refer onward instead.")
	}
	return nil
}
