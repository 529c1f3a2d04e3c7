package referral

import (
	"slices"
	"time"

	"lifeline.scot/crds/v1alpha1"
)

// Due is a step that is to be done by a moment.
type Due struct {
	Task Task
	// Responder is the partner that is to do it.
	Responder string
	By        time.Time
	// Late says that somebody with more say has been told that it is late.
	Late bool
}

// Overdue reports whether its time is over at a moment.
func (d Due) Overdue(now time.Time) bool { return !now.Before(d.By) }

// DueSteps are the steps that are still to be done by a moment, the earliest first. Nothing is due once the referral has ended.
func (s State) DueSteps() []Due {
	if s.Status.Ended() {
		return nil
	}
	var all []Due
	for _, step := range s.Steps {
		if !step.Due.IsZero() && !step.Outcome.settles() {
			all = append(all, Due{step.Task, s.Target, step.Due, !step.LateAt.IsZero()})
		}
	}
	slices.SortStableFunc(all, func(a, b Due) int { return a.By.Compare(b.By) })
	return all
}

// Timers are the steps at whose time something happens by itself: those that are due, and that nobody was told of yet.
func (s State) Timers() []Due {
	return slices.DeleteFunc(s.DueSteps(), func(d Due) bool { return d.Late })
}

// WhatNow is what Lifeline does about the earliest step whose time is over at a moment; nil if there is none. A partner that
// does not answer is followed by the next of those that can be asked; after the last of them, and of any other step, somebody
// with more say is told.
func (s State) WhatNow(now time.Time, canBeAsked func(partner string) bool) Change {
	timers := s.Timers()
	if len(timers) == 0 || !timers[0].Overdue(now) {
		return nil
	}
	task := timers[0].Task
	if task != v1alpha1.TaskAnswer {
		return Escalate{Reason: EscalateLate, Task: task}
	}
	reason := EscalateNoAnswer
	for _, next := range s.NextResponders() {
		if canBeAsked(next) {
			return PassOn{Target: next}
		}
		reason = EscalateNobodyElse
	}
	return Escalate{Reason: reason, Task: task}
}

// lateAs is why a step that is late is escalated.
func lateAs(task Task) EscalationReason {
	if task == v1alpha1.TaskAnswer {
		return EscalateNoAnswer
	}
	return EscalateLate
}

// dated gives what is late, and still to be done, a time of its own again from when somebody has looked at it: as much as it had
// at first. What became late afterwards has still to be looked at.
func (c SettleEscalation) dated(s State, at time.Time) Change {
	c.Again, c.Late, c.Still = nil, "", false
	var since time.Time
	for _, step := range s.LateSteps() {
		switch {
		case !step.LateAt.After(s.Escalation.At):
			c.Again = append(c.Again, Again{step.Task, step.Within.From(at)})
		case c.Late == "" || step.LateAt.Before(since):
			c.Late, since = step.Task, step.LateAt
		}
	}
	return c
}

// Silence is a partner that did not say in time that it has a referral, so that the next one was asked.
type Silence struct {
	Partner string
	// Until is when the next one was asked.
	Until time.Time
}

// Silences are those of whom the one who is asked now has not taken over yet, the first of them first; none once it has, or the
// referral has ended.
func (s State) Silences() (all []Silence) {
	answer := s.step(v1alpha1.TaskAnswer)
	if answer == nil || answer.Outcome.settles() || s.Status.Ended() {
		return nil
	}
	for _, turn := range s.Asked {
		if !turn.SilentUntil.IsZero() {
			all = append(all, Silence{turn.Partner, turn.SilentUntil})
		}
	}
	return all
}

// ForTheADP reports whether the ADP is shown that something of the referral is or was late: it has to look at it, or somebody did
// not answer and the next one has not yet.
func (s State) ForTheADP() bool { return len(s.LateSteps()) > 0 || len(s.Silences()) > 0 }

// LateSteps are the steps that are still to be done and late, while somebody with more say has to look at the referral.
func (s State) LateSteps() []Step {
	if s.Escalation == nil || s.Status.Ended() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Steps), func(step Step) bool {
		return step.Due.IsZero() || step.Outcome.settles() || step.LateAt.IsZero()
	})
}

// Missing are the steps that keep people alive, take-home naloxone and aftercare, of which nobody has said that they were
// taken, not wanted or not needed, once a stay or support has begun. Nothing is missing of somebody who died, and aftercare
// needs none.
func (s State) Missing() []Task {
	if s.BeganAt.IsZero() || s.Outcome == OutcomeDied || s.Withdrawal == WithdrawDied {
		return nil
	}
	var missing []Task
	planned := s.step(v1alpha1.TaskAnswer) != nil // and a plan leaves out what is not offered, with a reason
	for _, task := range safety {
		step := s.step(task)
		expected := step != nil || !planned
		follows := task == v1alpha1.TaskAftercare && s.From != nil && s.From.Kind == Aftercare
		if expected && !follows && (step == nil || !step.Outcome.settles()) {
			missing = append(missing, task)
		}
	}
	return missing
}

// judge lets Lifeline alone say that a step is late, and only when it is.
func (c Escalate) judge(s State, e Event) error {
	if c.Task == "" {
		return nil
	}
	step := s.step(c.Task)
	switch {
	case !s.isOn(e.By, SideProgram):
		return refuse(CodeNotYours, "That a step is late is noticed by Lifeline: say why you escalate it.")
	case step == nil || step.Outcome.settles() || step.Due.IsZero() || e.At.Before(step.Due):
		return refuse(CodeWrongStatus, "The step is not late.")
	default:
		return nil
	}
}
