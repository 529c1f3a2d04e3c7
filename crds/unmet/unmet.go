// Package unmet holds the rules of the ledger of unmet need: which claims count, for what, and what of the counts is
// published. Everything here is a function of its arguments.
package unmet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// TooLong is how long a claim waits in a queue until it counts as unmet though places fit it: three weeks, the longest that
// nine of ten people ought to wait (Local Delivery Plan standard for drug and alcohol treatment waiting times).
const TooLong = placement.AgeingInterval

// mostRows is how many counts one week of one Partnership has at most.
const mostRows = 512

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

// Rows returns the rows that a claim counts for at now, one for each of its needs; none if it is not unmet. It is unmet
// while it wants a place and nothing fits it, or nobody can pay, or it has waited too long.
func Rows(claim *v1alpha1.Placement, now time.Time) []Row {
	if !placement.Waits(claim) || len(claim.Status.WaitingFor) == 0 {
		return nil
	}
	placed := meta.FindStatusCondition(claim.Status.Conditions, v1alpha1.ConditionPlaced)
	if placed == nil {
		return nil
	}
	switch placed.Reason {
	case v1alpha1.ReasonNothingFits, v1alpha1.ReasonNotFunded: // for as long as it is so
	case v1alpha1.ReasonWaiting:
		if since := placement.StandingOf(claim).Since; now.Sub(since) <= TooLong {
			return nil
		}
	default:
		return nil
	}
	var rows []Row
	for _, need := range needs(claim.Spec.Needs) {
		rows = append(rows, Row{claim.Spec.Kind, need, mainReason(placed.Reason, claim.Status.WaitingFor)})
	}
	return rows
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

// needs are those of a claim. SingleGender stands for Gender too, which it includes: counts of the two shown side by side would
// tell how many asked for the one and not the other.
func needs(n *v1alpha1.PlacementNeeds) []v1alpha1.NeedName {
	if n == nil {
		return []v1alpha1.NeedName{v1alpha1.NeedNone}
	}
	var has []v1alpha1.NeedName
	for _, need := range []struct {
		name v1alpha1.NeedName
		has  bool
	}{
		{v1alpha1.NeedGender, n.Gender != "" && n.Gender != v1alpha1.GenderAny && n.SingleGender != v1alpha1.NeedRequired},
		{v1alpha1.NeedSingleGender, n.SingleGender == v1alpha1.NeedRequired},
		{v1alpha1.NeedAge, n.AgeYears != nil},
		{v1alpha1.NeedChildren, n.Children > 0},
		{v1alpha1.NeedStepFree, n.StepFree == v1alpha1.NeedRequired},
		{v1alpha1.NeedDetoxOnSite, n.DetoxOnSite == v1alpha1.NeedRequired},
		{v1alpha1.NeedStayingOnMAT, n.StayingOnMAT == v1alpha1.NeedRequired},
		{v1alpha1.NeedLanguage, n.Language != "" && n.Language != "en"},
	} {
		if need.has {
			has = append(has, need.name)
		}
	}
	if len(has) == 0 {
		return []v1alpha1.NeedName{v1alpha1.NeedNone}
	}
	return has
}

// Publish returns what a ledger shows after one more look: the greatest count of each row so far, and counts that are small
// withheld. It may be called again with the same counts, by anybody and in any order, and never shows less than before.
func Publish(before []v1alpha1.UnmetCount, counted map[Row]int32) []v1alpha1.UnmetCount {
	shown := map[Row]int32{} // 0: withheld
	for _, c := range before {
		shown[Row{c.Kind, c.Need, c.Reason}] = c.Claims
	}
	for row, n := range counted {
		if n < capacity.SmallBelow {
			n = 0
		}
		shown[row] = max(n, shown[row])
	}
	counts := make([]v1alpha1.UnmetCount, 0, len(shown))
	for row, n := range shown {
		count := v1alpha1.UnmetCount{Kind: row.Kind, Need: row.Need, Reason: row.Reason, State: v1alpha1.UnmetKnown, Claims: n}
		if n == 0 {
			count.State = v1alpha1.UnmetWithheld
		}
		counts = append(counts, count)
	}
	slices.SortFunc(counts, func(a, b v1alpha1.UnmetCount) int {
		return cmp.Or(cmp.Compare(b.Claims, a.Claims), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Need, b.Need),
			cmp.Compare(a.Reason, b.Reason))
	})
	return counts[:min(mostRows, len(counts))]
}
