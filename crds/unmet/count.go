package unmet

import (
	"time"

	"lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// referral is what counts once, however many claims are made for it.
type referral struct{ namespace, id string }

// Count returns, for each namespace, how many referrals of all claims there count in each row at now. A referral counts once:
// in the row of the oldest of its claims that is unmet. A claim is not asked while another for the same referral and kind of
// place has one, or is the one that the queue keeps it waiting for. Somebody in detox whom no rehab takes does count.
func Count(claims []v1alpha1.Placement, now time.Time) map[string]map[Row]int32 {
	counted := map[string]map[Row]int32{}
	for of, row := range rows(claims, now) {
		if counted[of.namespace] == nil {
			counted[of.namespace] = map[Row]int32{}
		}
		counted[of.namespace][row]++
	}
	return counted
}

// rows returns the row of each referral that is unmet.
func rows(claims []v1alpha1.Placement, now time.Time) map[referral]Row {
	rows, by := map[referral]Row{}, map[referral]*v1alpha1.Placement{}
	placed := havePlaces(claims)
	for key, claim := range competing(claims) {
		if _, has := placed[key]; has {
			continue
		}
		row, is := RowOf(claim, now)
		if is && (by[key.referral] == nil || placement.Older(claim, by[key.referral])) {
			rows[key.referral], by[key.referral] = row, claim
		}
	}
	return rows
}

// havePlaces returns for what a place is taken, held, used or being given back.
func havePlaces(claims []v1alpha1.Placement) map[ofKind]struct{} {
	placed := map[ofKind]struct{}{}
	for i := range claims {
		if claim := &claims[i]; placement.Open(claim) && claim.Status.Binding != nil {
			placed[ofKind{referralOf(claim), claim.Spec.Kind}] = struct{}{}
		}
	}
	return placed
}

// ofKind is what only one claim at a time competes for.
type ofKind struct {
	referral
	kind v1alpha1.PoolKind
}

// competing returns, of the open claims for the same, the one that the queue does not keep waiting for another.
func competing(claims []v1alpha1.Placement) map[ofKind]*v1alpha1.Placement {
	first := map[ofKind]*v1alpha1.Placement{}
	for i := range claims {
		claim := &claims[i]
		key := ofKind{referralOf(claim), claim.Spec.Kind}
		if placement.Open(claim) && (first[key] == nil || placement.Older(claim, first[key])) {
			first[key] = claim
		}
	}
	return first
}

func referralOf(claim *v1alpha1.Placement) referral {
	return referral{claim.Namespace, claim.Spec.ReferralID}
}
