package placement

import "lifeline.scot/crds/v1alpha1"

// InWords says of one pool why it cannot give a place now, as a sentence for people.
func InWords(reason v1alpha1.WaitingReason) string {
	switch reason {
	case v1alpha1.WaitingFull:
		return "Every place is taken."
	case v1alpha1.WaitingNoFund:
		return "The ADP has no fund by this route for this financial year."
	case v1alpha1.WaitingFundUsedUp:
		return "All placements of the ADP's fund are promised or used."
	case v1alpha1.WaitingFundingDeclined:
		return "The ADP decided not to pay."
	case v1alpha1.WaitingFundingAwaited:
		return "A hold ended before the ADP had decided whether it pays; a place is held again once it has."
	case v1alpha1.WaitingOthersFirst:
		return "A place is free, and others whom it fits come before."
	case v1alpha1.WaitingNotBefore:
		return "The earliest moment a place can be used has not come."
	case v1alpha1.WaitingNoPool:
		return "There is no pool of this kind that the ADP may claim."
	default:
		if says, ok := because[reason]; ok {
			return "It " + says[0] + "."
		}
		return string(reason)
	}
}

// WaitingReasons are all reasons, in the order in which a pool is judged.
func WaitingReasons() []v1alpha1.WaitingReason {
	return []v1alpha1.WaitingReason{
		v1alpha1.WaitingPoolNotFound, v1alpha1.WaitingNotClaimable, v1alpha1.WaitingOtherKind, v1alpha1.WaitingNotOpen,
		v1alpha1.WaitingSaidCannotOffer, v1alpha1.WaitingNoAnswer, v1alpha1.WaitingGenderNotTaken,
		v1alpha1.WaitingGenderNotKnown, v1alpha1.WaitingNotSingleGender, v1alpha1.WaitingAgeNotTaken, v1alpha1.WaitingChildrenNotTaken,
		v1alpha1.WaitingChildrenNotKnown, v1alpha1.WaitingTooManyChildren, v1alpha1.WaitingNotStepFree,
		v1alpha1.WaitingStepFreeNotKnown, v1alpha1.WaitingNoDetoxOnSite, v1alpha1.WaitingDetoxOnSiteNotKnown,
		v1alpha1.WaitingNoStayingOnMAT, v1alpha1.WaitingStayingOnMATNotKnown, v1alpha1.WaitingLanguageNotSpoken,
		v1alpha1.WaitingLanguageNotKnown, v1alpha1.WaitingRouteNotTaken, v1alpha1.WaitingNoFund, v1alpha1.WaitingFundUsedUp,
		v1alpha1.WaitingFundingDeclined, v1alpha1.WaitingFundingAwaited, v1alpha1.WaitingUnconfirmed, v1alpha1.WaitingDisputed,
		v1alpha1.WaitingFull,
		v1alpha1.WaitingNotBefore, v1alpha1.WaitingOthersFirst, v1alpha1.WaitingNoPool,
	}
}
