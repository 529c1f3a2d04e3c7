package casework

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/pathway"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/crds/workday"
)

// Pathways are where pathways are found.
type Pathways interface {
	// Ready reports whether they have been read.
	Ready() bool
	Pathway(partnership, name string) (*v1alpha1.Pathway, bool)
	// Of are those of an ADP, by their names.
	Of(partnership string) []*v1alpha1.Pathway
}

// PathwaysOf are the pathways of an ADP, "" for the one that the caller acts for.
func (d *Desk) PathwaysOf(ctx context.Context, c identity.Caller, partnership string) ([]*v1alpha1.Pathway, error) {
	if partnership == "" {
		partnership = c.Partnership
	}
	if sees, err := d.sees(ctx, c, sightPathways, 0); err != nil {
		return nil, err
	} else if !sees {
		return nil, refusal.Of(refusal.Forbidden, "Pathways are for those who sign in.")
	}
	if err := d.partnershipExists(partnership, "partnership"); err != nil {
		return nil, err
	}
	if d.Pathways == nil || !d.Pathways.Ready() {
		return nil, fmt.Errorf("%w: the pathways have not been read", ErrUnavailable)
	}
	return d.Pathways.Of(partnership), nil
}

// Along is the pathway that somebody is to be referred along.
type Along struct {
	// Pathway is its name, in the ADP of the referral.
	Pathway string
	// Incident and Notice are when it happened, and when somebody was told; zero if there was none.
	Incident, Notice time.Time
	// IncidentArea is the council area in which it happened (GSS code), for example "S12000049"; "" if there was no incident.
	IncidentArea string
	// Deadline is on the day by which all has to be done. Zero: the day of liberation that is told, where that is the deadline.
	Deadline time.Time
}

// Bounds of the moments that are given.
const (
	earliestMoment = 366 * 24 * time.Hour
	latestDeadline = 5 * 366 * 24 * time.Hour
	skew           = 2 * time.Minute
)

// councilCode is the code of a council area (GSS code).
var councilCode = regexp.MustCompile(`^S12\d{6}$`)

// along makes the plan of a referral along a pathway, and fills in the partner that is asked first. There is none without a
// pathway.
func (d *Desk) along(ctx context.Context, c identity.Caller, s *Submission) (*referral.Plan, *referral.Along, error) {
	if s.Along == nil {
		return nil, nil, nil
	}
	if d.Pathways == nil || !d.Pathways.Ready() {
		return nil, nil, fmt.Errorf("%w: the pathways have not been read", ErrUnavailable)
	}
	p, known := d.Pathways.Pathway(s.Partnership, s.Along.Pathway)
	if !known || !p.DeletionTimestamp.IsZero() {
		return nil, nil, refusal.Of(refusal.Invalid, "The ADP has no pathway of that name.", "input", "pathway", "name")
	}
	given, err := s.moments(p, d.now())
	if err != nil {
		return nil, nil, err
	}
	routed, err := d.routed(*s, p)
	if err != nil {
		return nil, nil, err
	}
	given.Unrouted = !routed
	asked, err := d.responders(ctx, c, *s, p)
	if err != nil {
		return nil, nil, err
	}
	plan, along := pathway.PlanOf(p, given, d.now(), asked.canBeAsked)
	if plan == nil {
		return nil, nil, asked.nobody()
	}
	along.Uncovered = along.Uncovered || asked.someMayNot()
	first := plan.Steps[0].Responders[0]
	if s.Target != "" && s.Target != first {
		return nil, nil, refusal.Of(refusal.Invalid, "On this pathway "+first+" is asked first: leave target out, or the pathway.",
			"input", "target")
	}
	s.Target = first
	return plan, &along, nil
}

// moments are those that were given, checked by what the pathway counts from.
func (s Submission) moments(p *v1alpha1.Pathway, now time.Time) (referral.Along, error) {
	a := referral.Along{Incident: micro(s.Along.Incident), IncidentArea: s.Along.IncidentArea, Notice: micro(s.Along.Notice)}
	if err := countedFrom(p.Spec.Trigger, a); err != nil {
		return a, err
	}
	for name, at := range map[string]time.Time{"incidentTime": a.Incident, "noticeTime": a.Notice} {
		if !at.IsZero() && (at.After(now.Add(skew)) || at.Before(now.Add(-earliestMoment))) {
			return a, wrong(name, "It is in the future, or more than a year ago: check it.")
		}
	}
	return a, s.deadline(p, &a, now)
}

// countedFrom refuses moments and places that a pathway does not count from, and a place that is no council area.
func countedFrom(trigger v1alpha1.PathwayTrigger, a referral.Along) error {
	switch {
	case a.IncidentArea != "" && !councilCode.MatchString(a.IncidentArea):
		return wrong("incidentArea", "Give the code of the council area in which it happened: S12 and six digits, such as S12000049.")
	case trigger == v1alpha1.TriggerIncident && a.Incident.IsZero():
		return wrong("incidentTime", "Say when it happened, as exactly as is known: this pathway begins with an incident.")
	case trigger != v1alpha1.TriggerIncident && !a.Incident.IsZero():
		return wrong("incidentTime", "This pathway does not begin with an incident: leave incidentTime out.")
	case trigger != v1alpha1.TriggerIncident && a.IncidentArea != "":
		return wrong("incidentArea", "This pathway does not begin with an incident: leave incidentArea out.")
	case trigger == v1alpha1.TriggerNotice && a.Notice.IsZero():
		return wrong("noticeTime", "Say when somebody was told of it: this pathway begins with a notice.")
	case trigger == v1alpha1.TriggerReferral && !a.Notice.IsZero():
		return wrong("noticeTime", "This pathway begins with the referral itself: leave noticeTime out.")
	default:
		return nil
	}
}

// wrong says what is wrong with something that is given with a pathway.
func wrong(name, message string) error {
	return refusal.Of(refusal.Invalid, message, "input", "pathway", name)
}

// deadline fills in the first moment of the day by which all has to be done.
func (s Submission) deadline(p *v1alpha1.Pathway, a *referral.Along, now time.Time) error {
	at := s.Along.Deadline
	if j := s.Told.Details.Justice; at.IsZero() && j != nil && p.Spec.Deadline == v1alpha1.DeadlineLiberationDate {
		at = j.Liberation
	}
	wrong := func(message string) error {
		return refusal.Of(refusal.Invalid, message, "input", "pathway", "deadlineTime")
	}
	switch {
	case p.Spec.Deadline == "" && !at.IsZero():
		return wrong("This pathway has no deadline: leave deadlineTime out.")
	case p.Spec.Deadline == "":
		return nil
	case at.IsZero():
		return wrong("Say on which day the person leaves: all of this pathway has to be done by then.")
	case at.Before(now.Add(-earliestMoment)) || at.After(now.Add(latestDeadline)):
		return wrong("It is more than a year ago, or too far away: check it.")
	}
	day := workday.DayOf(at)
	a.Deadline = time.Date(day.Year, day.Month, day.Of, 0, 0, 0, 0, workday.Scotland()).UTC()
	return nil
}

// micro is a moment as it is kept.
func micro(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Microsecond)
}
