package unmet

import (
	"slices"

	"lifeline.scot/crds/v1alpha1"
)

// needOf returns the one need that a claim which could not be met for a reason counts for: the need that the reason is about,
// if the claim has it; or else its only need, Several if it has more, and None if it has none.
func needOf(n *v1alpha1.PlacementNeeds, reason v1alpha1.WaitingReason) v1alpha1.NeedName {
	has := needs(n)
	for _, need := range about(reason) {
		if slices.Contains(has, need) {
			return need
		}
	}
	switch len(has) {
	case 0:
		return v1alpha1.NeedNone
	case 1:
		return has[0]
	default:
		return v1alpha1.NeedSeveral
	}
}

// about returns the needs that a reason is about; none if it is about the money, the pool or the queue.
func about(reason v1alpha1.WaitingReason) []v1alpha1.NeedName {
	switch reason {
	case v1alpha1.WaitingGenderNotTaken, v1alpha1.WaitingGenderNotKnown, v1alpha1.WaitingNotSingleGender:
		return []v1alpha1.NeedName{v1alpha1.NeedSingleGender, v1alpha1.NeedGender}
	case v1alpha1.WaitingAgeNotTaken:
		return []v1alpha1.NeedName{v1alpha1.NeedAge}
	case v1alpha1.WaitingChildrenNotTaken, v1alpha1.WaitingChildrenNotKnown, v1alpha1.WaitingTooManyChildren:
		return []v1alpha1.NeedName{v1alpha1.NeedChildren}
	case v1alpha1.WaitingNotStepFree, v1alpha1.WaitingStepFreeNotKnown:
		return []v1alpha1.NeedName{v1alpha1.NeedStepFree}
	case v1alpha1.WaitingNoDetoxOnSite, v1alpha1.WaitingDetoxOnSiteNotKnown:
		return []v1alpha1.NeedName{v1alpha1.NeedDetoxOnSite}
	case v1alpha1.WaitingNoStayingOnMAT, v1alpha1.WaitingStayingOnMATNotKnown:
		return []v1alpha1.NeedName{v1alpha1.NeedStayingOnMAT}
	case v1alpha1.WaitingLanguageNotSpoken, v1alpha1.WaitingLanguageNotKnown:
		return []v1alpha1.NeedName{v1alpha1.NeedLanguage}
	default:
		return nil
	}
}

// needs are those of a claim. SingleGender includes Gender, so that the two are one need.
func needs(n *v1alpha1.PlacementNeeds) []v1alpha1.NeedName {
	if n == nil {
		return nil
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
	return has
}
