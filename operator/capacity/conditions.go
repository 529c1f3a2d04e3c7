package capacity

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	rules "lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

const noReports = "Nobody has reported a count that can be used yet."

func overcommitted(merged rules.Merged, carried rules.Carried) metav1.Condition {
	const kind = v1alpha1.ConditionOvercommitted
	switch {
	case merged.Current == nil:
		return status.Unknown(kind, v1alpha1.ReasonNoReports, noReports)
	case carried.Overcommitted():
		return status.True(kind, v1alpha1.ReasonMorePeopleThanPlaces,
			"More people are in, or promised, a place than there are staffed places. Nobody is put out; no more places are offered.")
	default:
		return status.False(kind, v1alpha1.ReasonWithinStaffed,
			"No more people are in, or promised, a place than there are staffed places.")
	}
}

func mismatch(pool *v1alpha1.CapacityPool, merged rules.Merged, carried rules.Carried) metav1.Condition {
	const kind = v1alpha1.ConditionCountMismatch
	switch {
	case merged.Current == nil:
		return status.Unknown(kind, v1alpha1.ReasonNoReports, noReports)
	case len(merged.Contradicting) > 0:
		return status.True(kind, v1alpha1.ReasonDifferentCountsSameTime, fmt.Sprintf(
			"%s is shown, but for the same moment other counts were given: %s. Count again.",
			merged.Current.Name, status.Names(names(merged.Contradicting))))
	case carried.KnownIn > rules.CountOf(merged.Current).Occupied:
		return status.True(kind, v1alpha1.ReasonFewerThanAdmitted, fmt.Sprintf(
			"%d places were counted with somebody in them, but %d people were admitted and not discharged by then: count again, or "+
				"record who has left. Until then the greater number is used.",
			rules.CountOf(merged.Current).Occupied, carried.KnownIn))
	case moreThanRegistered(pool, merged.Current):
		return status.True(kind, v1alpha1.ReasonMoreStaffedThanRegistered, fmt.Sprintf(
			"%d places are staffed, but %d are registered: correct the count, or the registered figure.",
			*merged.Current.Spec.Staffed, *pool.Spec.Registered.Places))
	default:
		return status.False(kind, v1alpha1.ReasonConsistent, "The count contradicts nothing that is known.")
	}
}

func moreThanRegistered(pool *v1alpha1.CapacityPool, report *v1alpha1.CapacityReport) bool {
	registered := pool.Spec.Registered
	return registered != nil && registered.Places != nil && rules.CountOf(report).Staffed > *registered.Places
}

// accepted says whether a report could not be used that nobody has put right since: a provider cannot delete its reports, so
// a good count written after the refused one settles it.
func accepted(merged rules.Merged) metav1.Condition {
	const kind = v1alpha1.ConditionReportsAccepted
	var refused []string
	var reason string
	for _, v := range merged.Verdicts {
		if v.Usable() || putRight(v.Report, merged.Current) {
			continue
		}
		refused = append(refused, v.Report.Name)
		// The least reason in alphabetical order, so that the order of the reports makes no difference.
		if reason == "" || v.Reason < reason {
			reason = v.Reason
		}
	}
	switch {
	case len(refused) > 0:
		return status.False(kind, reason, fmt.Sprintf(
			"These reports could not be used: %s. Each says why; the next good count settles it.", status.Names(refused)))
	case len(merged.Verdicts) == 0:
		return status.Unknown(kind, v1alpha1.ReasonNoReports, "Nobody has reported a count yet.")
	default:
		return status.True(kind, v1alpha1.ReasonAllAccepted, "Every report since the count that is shown could be used.")
	}
}

// putRight reports whether the count that is shown was written after the refused report.
func putRight(refused, current *v1alpha1.CapacityReport) bool {
	return current != nil && refused.CreationTimestamp.Time.Before(current.CreationTimestamp.Time)
}

func names(reports []*v1alpha1.CapacityReport) []string {
	var list []string
	for _, report := range reports {
		list = append(list, report.Name)
	}
	return list
}
