package placement

import (
	"slices"

	"lifeline.scot/crds/v1alpha1"
)

// Request is what somebody needs: what a claim says of it, or what a worker asks about before making one.
type Request struct {
	// Partnership the person is referred by.
	Partnership v1alpha1.ObjectName
	Kind        v1alpha1.PoolKind
	// Pools that will do, the best first; empty: any that fits.
	Pools []v1alpha1.PlacementPool
	Needs v1alpha1.PlacementNeeds
	// FundRoute is how the place is to be paid for; empty: nobody has to pay.
	FundRoute v1alpha1.FundRoute
	// CannotOffer are pools whose providers have said for this claim that they cannot offer a place.
	CannotOffer []v1alpha1.PlacementPool
	// Unanswered are holds for this claim that providers let end without an answer, and that count against their pools still.
	Unanswered []v1alpha1.UnansweredHold
}

// RequestOf returns what a claim asks for.
func RequestOf(claim *v1alpha1.Placement) Request {
	r := Request{
		Partnership: v1alpha1.PartnershipOf(claim.Namespace),
		Kind:        claim.Spec.Kind,
		Pools:       claim.Spec.Pools,
		FundRoute:   claim.Spec.FundRoute,
		CannotOffer: claim.Status.CannotOffer,
		Unanswered:  claim.Status.Unanswered,
	}
	if claim.Spec.Needs != nil {
		r.Needs = *claim.Spec.Needs
	}
	return r
}

// PoolOf returns how a claim refers to the pool.
func PoolOf(pool *v1alpha1.CapacityPool) v1alpha1.PlacementPool {
	return v1alpha1.PlacementPool{Partnership: v1alpha1.PartnershipOf(pool.Namespace), Name: v1alpha1.ObjectName(pool.Name)}
}

// Preference returns how well a pool the request names is liked, 0 the best. False: it will not do, since others are named.
// When none is named every pool will do, the Partnership's own before others.
func (r Request) Preference(pool v1alpha1.PlacementPool) (int, bool) {
	if len(r.Pools) == 0 {
		if pool.Partnership == r.Partnership {
			return 0, true
		}
		return 1, true
	}
	i := slices.Index(r.Pools, pool)
	return i, i >= 0
}

// Misfits returns why a place of the pool cannot be given to the request, whether or not one is free: all reasons, in the
// order in which they are declared. None: it fits. What is not known is its own reason, never read as yes or as no.
//
// Whether the request prefers other pools, whether a place is free and whether it can be paid for today are other
// questions.
func Misfits(pool *v1alpha1.CapacityPool, r Request) []v1alpha1.WaitingReason {
	var why []v1alpha1.WaitingReason
	note := func(reason v1alpha1.WaitingReason) {
		if reason != "" {
			why = append(why, reason)
		}
	}
	if !Claimable(pool, r.Partnership) {
		note(v1alpha1.WaitingNotClaimable)
	}
	if pool.Spec.Kind != r.Kind {
		note(v1alpha1.WaitingOtherKind)
	}
	if slices.Contains(r.CannotOffer, PoolOf(pool)) {
		note(v1alpha1.WaitingSaidCannotOffer)
	}
	if slices.ContainsFunc(r.Unanswered, func(u v1alpha1.UnansweredHold) bool { return u.Pool == PoolOf(pool) }) {
		note(v1alpha1.WaitingNoAnswer)
	}
	features := v1alpha1.Features{}
	if pool.Spec.Features != nil {
		features = *pool.Spec.Features
	}
	for _, reason := range unmet(features, r.Needs) {
		note(reason)
	}
	note(language(pool.Status.Languages, r.Needs.Language))
	note(route(pool.Spec.FundRoutes, r.FundRoute))
	return why
}

// unmet returns what the features lack of the needs; empty reasons stand for needs that are met.
func unmet(f v1alpha1.Features, n v1alpha1.PlacementNeeds) []v1alpha1.WaitingReason {
	return []v1alpha1.WaitingReason{
		gender(f.Genders, n.Gender),
		singleGender(f.Genders, n),
		age(f, n.AgeYears),
		children(f, n.Children),
		required(n.StepFree, f.StepFree, v1alpha1.WaitingNotStepFree, v1alpha1.WaitingStepFreeNotKnown),
		required(n.DetoxOnSite, f.DetoxOnSite, v1alpha1.WaitingNoDetoxOnSite, v1alpha1.WaitingDetoxOnSiteNotKnown),
		required(n.StayingOnMAT, f.StayingOnMAT, v1alpha1.WaitingNoStayingOnMAT, v1alpha1.WaitingStayingOnMATNotKnown),
	}
}

// Claimable reports whether the Partnership's people may be placed in the pool.
func Claimable(pool *v1alpha1.CapacityPool, partnership v1alpha1.ObjectName) bool {
	if partnership == "" {
		return false
	}
	if v1alpha1.PartnershipOf(pool.Namespace) == partnership {
		return true
	}
	by := pool.Spec.ClaimableBy
	switch {
	case by == nil:
		return false
	case by.Scope == v1alpha1.ClaimScotland:
		return true
	default:
		return by.Scope == v1alpha1.ClaimSelected && slices.Contains(by.Partnerships, partnership)
	}
}

func gender(taken []v1alpha1.Gender, needed v1alpha1.Gender) v1alpha1.WaitingReason {
	anyone := slices.Contains(taken, v1alpha1.GenderAny)
	switch {
	case anyone, needed == "" && len(taken) == 0:
		return ""
	case needed == "", len(taken) == 0:
		return v1alpha1.WaitingGenderNotKnown
	case slices.Contains(taken, needed):
		return ""
	default:
		return v1alpha1.WaitingGenderNotTaken
	}
}

// singleGender speaks only of places whose genders are known; gender has said the rest.
func singleGender(taken []v1alpha1.Gender, n v1alpha1.PlacementNeeds) v1alpha1.WaitingReason {
	if n.SingleGender != v1alpha1.NeedRequired || len(taken) == 0 || (len(taken) == 1 && taken[0] != v1alpha1.GenderAny) {
		return ""
	}
	return v1alpha1.WaitingNotSingleGender
}

func age(f v1alpha1.Features, years *int32) v1alpha1.WaitingReason {
	if years == nil {
		return ""
	}
	if (f.MinimumAgeYears != nil && *years < *f.MinimumAgeYears) || (f.MaximumAgeYears != nil && *years > *f.MaximumAgeYears) {
		return v1alpha1.WaitingAgeNotTaken
	}
	return ""
}

func children(f v1alpha1.Features, n int32) v1alpha1.WaitingReason {
	switch {
	case n == 0:
		return ""
	case f.Children == v1alpha1.KnownNo:
		return v1alpha1.WaitingChildrenNotTaken
	case f.Children != v1alpha1.KnownYes, f.MaximumChildren == 0:
		return v1alpha1.WaitingChildrenNotKnown
	case n > f.MaximumChildren:
		return v1alpha1.WaitingTooManyChildren
	default:
		return ""
	}
}

func required(n v1alpha1.Need, has v1alpha1.Known, no, notKnown v1alpha1.WaitingReason) v1alpha1.WaitingReason {
	switch {
	case n != v1alpha1.NeedRequired, has == v1alpha1.KnownYes:
		return ""
	case has == v1alpha1.KnownNo:
		return no
	default:
		return notKnown
	}
}

// language: English needs no saying.
func language(spoken []string, needed string) v1alpha1.WaitingReason {
	switch {
	case needed == "" || needed == "en" || slices.Contains(spoken, needed):
		return ""
	case len(spoken) == 0:
		return v1alpha1.WaitingLanguageNotKnown
	default:
		return v1alpha1.WaitingLanguageNotSpoken
	}
}

func route(taken []v1alpha1.FundRoute, by v1alpha1.FundRoute) v1alpha1.WaitingReason {
	if len(taken) == 0 || slices.Contains(taken, by) {
		return ""
	}
	return v1alpha1.WaitingRouteNotTaken
}
