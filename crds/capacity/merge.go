package capacity

import (
	"fmt"
	"strings"
	"time"

	"lifeline.scot/crds/v1alpha1"
)

// ClockTolerance is how far a report's observedTime may lie after its creation before it counts as future-dated: clocks
// of providers and of the API server differ a little.
const ClockTolerance = 5 * time.Minute

// superseded does not name the report that is shown instead: otherwise each new count would change what every older report
// says.
const superseded = "A count observed later, or a correction of this one, is shown instead."

// Verdict says what became of one report.
type Verdict struct {
	Report *v1alpha1.CapacityReport
	// Reason is one of the reasons of v1alpha1.ConditionMerged.
	Reason string
	// Message says in words why, and what to do about it.
	Message string
}

// Usable reports whether the report could be used, even if a later one is shown instead.
func (v Verdict) Usable() bool {
	return v.Reason == v1alpha1.ReasonCurrent || v.Reason == v1alpha1.ReasonSuperseded
}

// Merged is the outcome of merging a pool's reports.
type Merged struct {
	// Current is the report whose count the pool shows; nil when no report can be used.
	Current *v1alpha1.CapacityReport
	// Verdicts has one entry for each report, in the order given.
	Verdicts []Verdict
	// Contradicting are usable reports of the same moment as Current that give another count.
	Contradicting []*v1alpha1.CapacityReport
}

// ObservedAt is the moment a report is taken to speak of: the one it names, but none later than its own creation, since
// nobody counts ahead of time. A clock that runs a little fast so gains its reports nothing.
func ObservedAt(report *v1alpha1.CapacityReport) time.Time {
	observed, created := report.Spec.ObservedTime.Time, report.CreationTimestamp.Time
	if observed.After(created) {
		return created
	}
	return observed
}

// Merge decides which of a pool's reports is the one that counts: the one observed last (see ObservedAt). The order in
// which reports arrived makes no difference. Of two observed at one moment the one written later counts, as a correction;
// if they were written in one second too, the one with the greater UID, so that everybody decides alike.
//
// provider is the Partner that runs the pool's service; while it is not known ("") nobody's report is refused for it.
// Reports being deleted are left out of the choice and keep their verdict as if superseded.
func Merge(provider v1alpha1.ObjectName, reports []*v1alpha1.CapacityReport) Merged {
	merged := Merged{Verdicts: make([]Verdict, len(reports))}
	for i, report := range reports {
		merged.Verdicts[i] = Verdict{Report: report}
		reason, message := refuse(provider, report)
		if reason != "" {
			merged.Verdicts[i].Reason, merged.Verdicts[i].Message = reason, message
			continue
		}
		if report.DeletionTimestamp.IsZero() && (merged.Current == nil || laterThan(report, merged.Current)) {
			merged.Current = report
		}
	}
	merged.settle()
	return merged
}

// settle gives the usable reports their verdicts, now that the current one is known.
func (m *Merged) settle() {
	for i := range m.Verdicts {
		v := &m.Verdicts[i]
		switch {
		case v.Reason != "":
		case v.Report == m.Current:
			v.Reason, v.Message = v1alpha1.ReasonCurrent, "This is the count the pool shows."
		default:
			v.Reason, v.Message = v1alpha1.ReasonSuperseded, superseded
			if m.Current != nil && contradicts(v.Report, m.Current) {
				m.Contradicting = append(m.Contradicting, v.Report)
			}
		}
	}
}

// refuse returns why a report cannot be used, or an empty reason.
func refuse(provider v1alpha1.ObjectName, report *v1alpha1.CapacityReport) (reason, message string) {
	if ahead := report.Spec.ObservedTime.Sub(report.CreationTimestamp.Time); ahead > ClockTolerance {
		return v1alpha1.ReasonFutureDated, fmt.Sprintf(
			"observedTime is %s after the report was created, so it is not believed; "+
				"create a new report with the moment of the count.", ahead.Round(time.Second))
	}
	if by := report.Spec.ReportedBy; by != nil && provider != "" && by.Name != provider {
		return v1alpha1.ReasonReporterNotProvider, fmt.Sprintf(
			"reportedBy is %s, but %s runs this pool's service; create a new report with reportedBy %s, "+
				"or without reportedBy if the partnership counted.", by.Name, provider, provider)
	}
	return "", ""
}

func laterThan(a, b *v1alpha1.CapacityReport) bool {
	if at, bt := ObservedAt(a), ObservedAt(b); !at.Equal(bt) {
		return at.After(bt)
	}
	if !a.CreationTimestamp.Time.Equal(b.CreationTimestamp.Time) {
		return a.CreationTimestamp.After(b.CreationTimestamp.Time)
	}
	return strings.Compare(string(a.UID), string(b.UID)) > 0
}

func contradicts(a, b *v1alpha1.CapacityReport) bool {
	return ObservedAt(a).Equal(ObservedAt(b)) && CountOf(a) != CountOf(b)
}

// Count is what a report says: places staffed, occupied and held.
type Count struct{ Staffed, Occupied, Held int32 }

// CountOf returns the numbers of a report; what it leaves out is zero.
func CountOf(report *v1alpha1.CapacityReport) Count {
	return Count{
		Staffed:  orZero(report.Spec.Staffed),
		Occupied: orZero(report.Spec.Occupied),
		Held:     orZero(report.Spec.Held),
	}
}

// Free returns the places free: staffed less occupied less held, and never less than none.
func (c Count) Free() int32 { return max(0, c.Staffed-c.People()) }

// People returns the places taken: somebody is in them, or they are held for somebody.
func (c Count) People() int32 { return c.Occupied + c.Held }

// Overcommitted reports whether more places are taken than staffed.
func (c Count) Overcommitted() bool { return c.People() > c.Staffed }

func orZero(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}
