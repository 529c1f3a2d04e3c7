package referral

import (
	"log/slog"
	"time"

	"lifeline.scot/crds/v1alpha1"
)

// Along is the pathway that a referral was made along, and the moments that were given. It is kept encrypted like what is told:
// that somebody had an overdose, or is in prison, shows in it.
type Along struct {
	// Pathway is its name, and Journey what it is for.
	Pathway string                  `json:"pathway"`
	Journey v1alpha1.PathwayJourney `json:"journey"`
	// Bases are what lets the person be passed on along it, as it was then.
	Bases []v1alpha1.PathwayBasis `json:"bases,omitempty"`
	// Incident and Notice are when it happened, and when somebody was told; zero where nobody said.
	Incident time.Time `json:"incident,omitzero"`
	Notice   time.Time `json:"notice,omitzero"`
	// IncidentArea is the council area in which it happened (GSS code); "" where there was no incident.
	IncidentArea string `json:"incidentArea,omitempty"`
	// Deadline is the first moment of the day by which all has to be done; zero where there is none.
	Deadline time.Time `json:"deadline,omitzero"`
	// ReadyBy is when all is done that comes before, if each step takes all of its time.
	ReadyBy time.Time `json:"readyBy,omitzero"`
	// Late says that the time of a step was over before the referral was made, so that it is counted from then instead.
	Late bool `json:"late,omitempty"`
	// Uncovered says that something was missing of the pathway when the referral was made: an agreement, somebody who takes part, or
	// a responder who may be told of this referral.
	Uncovered bool `json:"uncovered,omitempty"`
	// Unrouted says that nobody could look whether this is the ADP whose pathway the person goes along: where they live or return to
	// was not told, or not as an area that an ADP covers.
	Unrouted bool `json:"unrouted,omitempty"`
}

// MissesDeadline reports whether the plan does not fit before the deadline.
func (a Along) MissesDeadline() bool { return !a.Deadline.IsZero() && a.ReadyBy.After(a.Deadline) }

// String implements fmt.Stringer with nobody's data.
func (Along) String() string { return "a pathway of somebody" }

// GoString implements fmt.GoStringer with nobody's data.
func (Along) GoString() string { return "a pathway of somebody" }

// LogValue implements slog.LogValuer with nobody's data.
func (Along) LogValue() slog.Value { return slog.StringValue("a pathway of somebody") }
