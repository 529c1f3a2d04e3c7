package referral

import (
	"slices"
	"time"

	"lifeline.scot/api/record"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/crds/workday"
)

// Redacted is a change without what its codes tell of the person: why something was done, what was told anew, what came of it,
// and which steps were planned. What is left says who did what kind of thing and when, and who had to answer by when; a history
// of such changes keeps to all rules, and comes to the same status, partners, stages and claim. It is what is kept of somebody
// who was erased.
func Redacted(c Change) Change {
	var never time.Time
	switch c := c.(type) {
	case Submit:
		c.Plan = c.Plan.redacted()
		return c
	case Acknowledge:
		return Acknowledge{}
	case Accept:
		return Accept{}
	case CannotOffer:
		return CannotOffer{Reason: CannotOfferOther, Possible: PossibleOther}
	case Complete:
		return Complete{Outcome: OutcomeOther}
	case Withdraw:
		return Withdraw{Reason: WithdrawOther}
	case Escalate:
		return c.redacted()
	case SettleEscalation:
		return c.redacted()
	case Amend:
		return Amend{Fields: []string{string(record.Goals)}}
	case SettleStep:
		return SettleStep{Task: v1alpha1.TaskAftercare, Outcome: StepDone}
	case MakeLink:
		c.NextDue = never
		return c
	default:
		return c
	}
}

// redacted leaves the answer that every plan begins with: who is asked for it, and by when.
func (p *Plan) redacted() *Plan {
	if p == nil || len(p.Steps) == 0 {
		return nil
	}
	answer := p.Steps[0]
	return &Plan{Steps: []PlannedStep{{
		Task: v1alpha1.TaskAnswer, Responders: answer.Responders, Within: workday.Within{Hours: 1}, Due: answer.Due,
	}}}
}

// redacted leaves that nobody answered, or that it was escalated: not why, and not which other step was late.
func (c Escalate) redacted() Change {
	if c.Task == v1alpha1.TaskAnswer {
		return c
	}
	return Escalate{Reason: EscalateOther}
}

// redacted leaves by when somebody has to answer again, and that something is escalated still: not which other steps were late.
func (c SettleEscalation) redacted() Change {
	c.Again = slices.DeleteFunc(slices.Clone(c.Again), func(a Again) bool { return a.Task != v1alpha1.TaskAnswer })
	if c.Late != "" && c.Late != v1alpha1.TaskAnswer {
		c.Late, c.Still = "", true
	}
	return c
}
