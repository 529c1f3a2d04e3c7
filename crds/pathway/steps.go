// Package pathway holds the pure rules of Pathways: which steps one has, when each is due, and what agreements leave open. They
// read no clock and call nothing; the operator and the API share them.
package pathway

import (
	"slices"
	"time"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/crds/workday"
)

// Step is a step as it is carried out.
type Step struct {
	Task v1alpha1.PathwayTask
	// Responders that are asked, in turn; none but for the step Answer.
	Responders []v1alpha1.ObjectName
	// Within is how long it may take; zero until support ends.
	Within workday.Within
	// CountedFrom is from when that is counted.
	CountedFrom v1alpha1.PathwayMoment
}

// Steps are the steps of a Pathway in order. Take-home naloxone and aftercare are offered unless it says why not, so they are the
// last ones where it has none of its own.
func Steps(spec *v1alpha1.PathwaySpec) []Step {
	var steps []Step
	for _, s := range spec.Steps {
		step := Step{Task: s.Task, Responders: slices.Clone(s.Responders), Within: withinOf(s.Within), CountedFrom: s.CountedFrom}
		if step.CountedFrom == "" {
			step.CountedFrom = v1alpha1.FromReferral
		}
		steps = append(steps, step)
	}
	for _, safety := range []struct {
		task v1alpha1.PathwayTask
		why  string
	}{{v1alpha1.TaskNaloxone, spec.WithoutNaloxone}, {v1alpha1.TaskAftercare, spec.WithoutAftercare}} {
		there := slices.ContainsFunc(steps, func(s Step) bool { return s.Task == safety.task })
		if !there && safety.why == "" {
			steps = append(steps, Step{Task: safety.task, CountedFrom: v1alpha1.FromReferral})
		}
	}
	return steps
}

func withinOf(r *v1alpha1.ResponseTime) workday.Within {
	var w workday.Within
	if r != nil && r.Hours != nil {
		w.Hours = *r.Hours
	}
	if r != nil && r.WorkingDays != nil {
		w.WorkingDays = *r.WorkingDays
	}
	return w
}

// Moments are what the times of a Pathway are counted from. Incident and Notice are zero where there was none.
type Moments struct {
	Incident, Notice, Referral time.Time
}

// of is the moment that is meant; one that nobody gave is that of the referral.
func (m Moments) of(from v1alpha1.PathwayMoment) time.Time {
	switch {
	case from == v1alpha1.FromIncident && !m.Incident.IsZero():
		return m.Incident
	case from == v1alpha1.FromNotice && !m.Notice.IsZero():
		return m.Notice
	default:
		return m.Referral
	}
}

// Due is when the step is due, as far as that is known when the referral is made: zero if it has no limit, or is counted from the
// step before. Nobody can do anything before they are asked: where the time was over before the referral was made, it is counted
// from the referral instead, and late says so.
func (s Step) Due(m Moments) (due time.Time, late bool) {
	if s.CountedFrom == v1alpha1.FromStepBefore || s.Within.IsZero() {
		return time.Time{}, false
	}
	if due = s.Within.From(m.of(s.CountedFrom)); due.After(m.Referral) {
		return due, false
	}
	return s.Within.From(m.Referral), true
}

// before reports whether a task comes before a person moves on; the others come after it or beside it.
func before(task v1alpha1.PathwayTask) bool {
	switch task {
	case v1alpha1.TaskAnswer, v1alpha1.TaskContact, v1alpha1.TaskAssessment, v1alpha1.TaskPreparation:
		return true
	default:
		return false
	}
}

// ReadyBy is when all is done that has to be before the person moves on, if the first responder answers and each step takes all
// of its time. Steps without a limit are not reckoned with.
func ReadyBy(steps []Step, m Moments) time.Time {
	ready, last := m.Referral, m.Referral
	for _, s := range steps {
		due, _ := s.Due(m)
		if s.CountedFrom == v1alpha1.FromStepBefore {
			due = s.Within.From(last)
		}
		if due.IsZero() {
			continue
		}
		if last = due; before(s.Task) && due.After(ready) {
			ready = due
		}
	}
	return ready
}
