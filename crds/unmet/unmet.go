// Package unmet holds the rules of the ledger of unmet need: which claims count, for what, and what of the counts is
// published. Everything here is a function of its arguments.
//
// The rows of a ledger have nothing in common: a referral counts in one row at most. Were one row a part of another, the
// difference of two published counts would be a third, which may be small.
package unmet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// TooLong is how long a claim waits in a queue until it counts as unmet though places fit it: three weeks, the longest that
// nine of ten people ought to wait (Local Delivery Plan standard for drug and alcohol treatment waiting times).
const TooLong = placement.AgeingInterval

// Week returns the week that a moment lies in, from Monday to Sunday in UTC, as ISO 8601 writes it: "2026-W48".
func Week(at time.Time) string {
	year, week := at.UTC().ISOWeek()
	return fmt.Sprintf("%d-W%02d", year, week)
}

// NameOf returns the name of the ledger of a week.
func NameOf(week string) string { return strings.ToLower(week) }

// Row is what a count is of.
type Row struct {
	Kind   v1alpha1.PoolKind
	Need   v1alpha1.NeedName
	Reason v1alpha1.WaitingReason
}

// RowOf returns the one row that a claim counts in at now, looked at by itself; false if it is not unmet. It is unmet while it
// wants a place and nothing fits it, or nobody can pay, or it has waited too long.
func RowOf(claim *v1alpha1.Placement, now time.Time) (Row, bool) {
	if !placement.Waits(claim) || len(claim.Status.WaitingFor) == 0 {
		return Row{}, false
	}
	placed := meta.FindStatusCondition(claim.Status.Conditions, v1alpha1.ConditionPlaced)
	if placed == nil {
		return Row{}, false
	}
	switch placed.Reason {
	case v1alpha1.ReasonNothingFits, v1alpha1.ReasonNotFunded: // for as long as it is so
	case v1alpha1.ReasonWaiting:
		if since := placement.StandingOf(claim).Since; now.Sub(since) <= TooLong {
			return Row{}, false
		}
	default:
		return Row{}, false
	}
	reason := mainReason(placed.Reason, claim.Status.WaitingFor)
	return Row{claim.Spec.Kind, needOf(claim.Spec.Needs, reason), reason}, true
}

// mainReason is, of the reasons that account for where the claim stands, the one that holds for most pools: a pool that does
// not fit may be full too, which is not why nothing fits.
func mainReason(state string, counts []v1alpha1.WaitingCount) v1alpha1.WaitingReason {
	var telling []v1alpha1.WaitingCount
	for _, c := range counts {
		if accountsFor(state, c.Reason) {
			telling = append(telling, c)
		}
	}
	if len(telling) == 0 {
		telling = counts
	}
	return slices.MaxFunc(telling, func(a, b v1alpha1.WaitingCount) int {
		return cmp.Or(cmp.Compare(a.Pools, b.Pools), cmp.Compare(b.Reason, a.Reason))
	}).Reason
}

// accountsFor reports whether a reason is of the sort that makes a claim stand as the state says.
func accountsFor(state string, reason v1alpha1.WaitingReason) bool {
	switch reason {
	case v1alpha1.WaitingNoFund, v1alpha1.WaitingFundUsedUp, v1alpha1.WaitingFundingDeclined:
		return state == v1alpha1.ReasonNotFunded
	case v1alpha1.WaitingFull, v1alpha1.WaitingOthersFirst, v1alpha1.WaitingUnconfirmed, v1alpha1.WaitingDisputed:
		return state == v1alpha1.ReasonWaiting
	default:
		return state == v1alpha1.ReasonNothingFits
	}
}
