package schema

import (
	"lifeline.scot/api/casework"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/refusal"
	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// placementEnums are the closed sets of values of claims on places.
type placementEnums struct {
	priority, placementState, releaseReason, waitingReason, fundRoute *engine.Enum
	fundingReason, cannotOfferReason, dischargeReason, withdrawal     *engine.Enum
	decisionState, offerState, problemCode, role, need                *engine.Enum
}

func newPlacementEnums() placementEnums {
	e := placementEnums{}
	e.ofClaims()
	e.ofDecisions()
	e.ofOffers()
	e.ofNeeds()
	e.ofCallers()
	return e
}

func (e *placementEnums) ofClaims() {
	type priority = value[v1alpha1.PlacementPriority]
	e.priority = enumOf("PlacementPriority", "How pressing a claim is.",
		priority{v1alpha1.PriorityEmergency, "Before all others. Only a commissioner may say so."},
		priority{v1alpha1.PriorityUrgent, "Before ROUTINE."},
		priority{
			v1alpha1.PriorityRoutine,
			"Everything else. It counts as URGENT after three weeks and as EMERGENCY after six, so that nobody waits for ever.",
		})
	type state = value[string]
	e.placementState = enumOf("PlacementState", "Where a claim stands.",
		state{v1alpha1.ReasonPending, "It has just been made, and nobody has looked at it yet."},
		state{v1alpha1.ReasonWaiting, "It stands in the queue of a pool that fits."},
		state{v1alpha1.ReasonNotYet, "The earliest moment a place can be used has not come."},
		state{v1alpha1.ReasonNothingFits, "No pool it may use fits. It keeps its turn, and blocks nobody."},
		state{v1alpha1.ReasonNotFunded, "Places fit, and none can be paid for."},
		state{v1alpha1.ReasonTaking, "A pool is chosen and the place is being taken."},
		state{v1alpha1.ReasonHeld, "A place is held."},
		state{v1alpha1.ReasonAdmitted, "The person is in the place."},
		state{v1alpha1.ReasonReleasing, "The place is being given back."},
		state{v1alpha1.ReasonEnded, "It has ended."})
	type released = value[v1alpha1.ReleaseReason]
	e.releaseReason = enumOf("ReleaseReason", "Why a place was given back.",
		released{v1alpha1.ReleaseHoldExpired, "The place was paid for and accepted, and the hold ended before the person was admitted."},
		released{v1alpha1.ReleaseUnanswered, "The hold ended before the ADP had decided about the funding or the provider had answered."},
		released{v1alpha1.ReleaseCannotOffer, "The provider could not offer the place."},
		released{v1alpha1.ReleaseFundingDeclined, "The ADP does not pay."},
		released{v1alpha1.ReleaseWithdrawn, "The claim was given up."},
		released{v1alpha1.ReleaseDeleted, "The claim was deleted."},
		released{v1alpha1.ReleaseDischarged, "The person has left."},
		released{v1alpha1.ReleasePoolDeleted, "The pool has gone."},
		released{v1alpha1.ReleaseNotTaken, "The place, or the money for it, went to somebody else before it was taken."},
		released{v1alpha1.ReleaseDuplicateReferral, "Another claim for the same referral has a place, and comes first."})
	reasons := make([]value[v1alpha1.WaitingReason], 0, len(rules.WaitingReasons()))
	for _, reason := range rules.WaitingReasons() {
		reasons = append(reasons, value[v1alpha1.WaitingReason]{reason, rules.InWords(reason)})
	}
	e.waitingReason = enumOf("WaitingReason",
		"Why a pool cannot give a place now. What is not known is another answer than no.", reasons...)
	type route = value[v1alpha1.FundRoute]
	e.fundRoute = enumOf("FundRoute", "How a placement is paid for.",
		route{v1alpha1.RouteADP, "The ADP's own money."},
		route{v1alpha1.RouteAdditionalPlacementFund, "The national fund for more placements."},
		route{v1alpha1.RouteNationalMission, "Money of the National Mission."},
		route{v1alpha1.RouteNHSWard, "A bed on a ward of the NHS."},
		route{v1alpha1.RouteDualHousingSupport, "Help with the rent at home during a stay."},
		route{v1alpha1.RouteOtherLocalAuthority, "Another council pays."},
		route{v1alpha1.RouteSelfFunded, "The person or their family pays."},
		route{v1alpha1.RouteInsurance, "An insurer pays."},
		route{v1alpha1.RouteBenefitsOrCharitable, "Benefits or a charity pay."})
}

func (e *placementEnums) ofDecisions() {
	type funding = value[v1alpha1.FundingReason]
	e.fundingReason = enumOf("FundingReason", "Why the ADP does not pay.",
		funding{v1alpha1.FundingReasonAssessmentNeeded, "A specialist assessment has to come first."},
		funding{v1alpha1.FundingReasonOtherSupportAgreed, "Another kind of support was agreed with the person."},
		funding{v1alpha1.FundingReasonNoFundsLeft, "The money is spent."},
		funding{v1alpha1.FundingReasonOther, "Any other reason."})
	type cannot = value[v1alpha1.CannotOfferReason]
	e.cannotOfferReason = enumOf("CannotOfferReason", "Why a provider cannot offer a place that looked free.",
		cannot{v1alpha1.CannotOfferNoPlace, "There was no free place after all. The count is disputed until somebody counts again."},
		cannot{v1alpha1.CannotOfferNeeds, "The provider cannot give what the person needs."},
		cannot{v1alpha1.CannotOfferAssessment, "The provider needs an assessment first."},
		cannot{v1alpha1.CannotOfferOther, "Any other reason."})
	type discharge = value[v1alpha1.DischargeReason]
	e.dischargeReason = enumOf("DischargeReason", "How a stay ended.",
		discharge{v1alpha1.DischargeCompleted, "As planned."},
		discharge{v1alpha1.DischargeLeftEarly, "The person left before the planned end."},
		discharge{v1alpha1.DischargeMoved, "The person moved to another place."},
		discharge{v1alpha1.DischargeDied, "The person died."},
		discharge{v1alpha1.DischargeOther, "Any other way."})
	type withdrawal = value[v1alpha1.WithdrawalReason]
	e.withdrawal = enumOf("WithdrawalReason", "Why a claim is given up.",
		withdrawal{v1alpha1.WithdrawalNoLongerNeeded, "The person needs no place any more."},
		withdrawal{v1alpha1.WithdrawalOtherChoice, "The person chose something else."},
		withdrawal{v1alpha1.WithdrawalFoundElsewhere, "A place was found outside Lifeline."},
		withdrawal{v1alpha1.WithdrawalEnteredInError, "The claim ought not to have been made."},
		withdrawal{v1alpha1.WithdrawalOther, "Any other reason."})
	type decided = value[string]
	e.decisionState = enumOf("DecisionState", "What became of a decision somebody has to make.",
		decided{v1alpha1.ReasonNotNeeded, "Nobody has to decide."},
		decided{v1alpha1.ReasonNoPlaceHeld, "There is nothing to decide while no place is held."},
		decided{v1alpha1.ReasonAwaited, "Nobody has decided yet."},
		decided{v1alpha1.ReasonApproved, "The ADP pays."},
		decided{v1alpha1.ReasonDeclined, "The ADP does not pay."},
		decided{v1alpha1.ReasonAccepted, "The provider takes the person."},
		decided{v1alpha1.ReasonCannotOffer, "The provider cannot offer the place."})
}

func (e *placementEnums) ofOffers() {
	type offer = value[rules.OfferState]
	e.offerState = enumOf("OfferState", "What a pool can do for somebody with given needs.",
		offer{rules.OfferableNow, "A claim made now would be given a place at once."},
		offer{rules.FreeNotOfferable, "A place is free and cannot be given; reasons say why."},
		offer{rules.Full, "No place is free."},
		offer{rules.Unconfirmed, "Nobody knows whether a place is free: nobody confirmed the count in time, or it is disputed. Ask."},
		offer{rules.NotOpen, "The pool gives no places at all."})
}

func (e *placementEnums) ofNeeds() {
	type need = value[v1alpha1.NeedName]
	e.need = enumOf("NeedName", "The need that a claim is counted for.",
		need{v1alpha1.NeedNone, "Nothing in particular."},
		need{v1alpha1.NeedGender, "A place for women, or for men."},
		need{v1alpha1.NeedSingleGender, "A place for one gender alone."},
		need{v1alpha1.NeedAge, "A place for the age given."},
		need{v1alpha1.NeedChildren, "A place where children can come too."},
		need{v1alpha1.NeedStepFree, "A step-free place."},
		need{v1alpha1.NeedDetoxOnSite, "Detox in the same place."},
		need{v1alpha1.NeedStayingOnMAT, "Staying on medication assisted treatment (MAT)."},
		need{v1alpha1.NeedLanguage, "Support in another language than English."},
		need{v1alpha1.NeedSeveral, "More than one need, and the reason is about none of them."})
}

func (e *placementEnums) ofCallers() {
	type role = value[identity.Role]
	e.role = enumOf("Role", "What somebody who signed in may do.",
		role{identity.Referrer, "Claims places for people, for an ADP."},
		role{identity.Commissioner, "Decides for an ADP what is paid for and what is most pressing."},
		role{identity.DataLead, "Looks after the data of an ADP."},
		role{identity.Provider, "Counts, accepts, admits and discharges for an organisation."},
		role{identity.Auditor, "Checks afterwards what was done."},
		role{identity.PlatformAdmin, "Looks after the platform itself."})
	type code = value[refusal.Code]
	e.problemCode = enumOf("ProblemCode", "What is in the way of something that was asked for. Nothing was done.",
		code{refusal.Invalid, "The input makes no sense; path says which part."},
		code{refusal.NotFound, "It does not exist, or is not for the caller to see."},
		code{refusal.Forbidden, "The caller may not do that."},
		code{refusal.KeyReused, "The idempotencyKey was used before with other input."},
		code{refusal.StaleVersion, "It has changed since it was read."},
		code{refusal.Ended, "The claim has ended."},
		code{placement.CodeNoPlaceHeld, "No place is held for the claim."},
		code{placement.CodeStaleAttempt, "The answer is for a place that was held before, not now."},
		code{placement.CodeNotAccepted, "The provider has to accept before the admission."},
		code{placement.CodeFundingNotApproved, "The ADP has to approve the funding before the admission."},
		code{placement.CodeAlreadyAdmitted, "The person has been admitted."},
		code{placement.CodeNotAdmitted, "Nobody has been admitted."},
		code{placement.CodeNothingToConfirm, "Nobody has counted yet, so there is no count to confirm."},
		code{placement.CodeConflict, "Others keep changing it."},
		code{casework.CodeWrongStatus, "It does not go with how the referral stands."},
		code{casework.CodeStageFirst, "Another stage of the funded journey has to be settled first."},
		code{casework.CodeNothingAsked, "No such question is open."},
		code{casework.CodeTooMany, "There are too many of them."},
		code{casework.CodePartnerSuspended, "The partner takes no part now."},
		code{casework.CodeErased, "The person was erased."},
		code{casework.CodeSecondFactor, "A sign-in with a second factor is needed."},
		code{casework.CodeNotNeeded, "It may be seen without an emergency."},
		code{delivery.CodeNotGivenUp, "The delivery was not given up."})
}
