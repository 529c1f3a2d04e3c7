package referral

import "slices"

// WaitsFor reports whether a referral waits for something that a side has to do: an answer, the next step, or to look at what was
// escalated.
func (s State) WaitsFor(side Side) bool {
	if slices.ContainsFunc(s.Questions, func(q Question) bool { return q.Of == side }) {
		return true
	}
	switch side {
	case SideTarget:
		return slices.Contains([]Status{Submitted, Redirected, Acknowledged, Accepted, PlacementHeld}, s.Status)
	case SideOrigin:
		return s.Status == CannotBeOffered
	case SidePartnership:
		stage := s.Stage()
		return s.Escalation != nil || !s.Status.Ended() &&
			(stage == StageContact || stage == StageAssessment || stage == StageFunding)
	case SidePerson, SideProgram:
	}
	return false
}
