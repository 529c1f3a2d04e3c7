package placement

import (
	"context"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/rights"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

// Action is something somebody wants to do about a claim or a pool, in the words of the rules.
type Action string

// The actions. Those about claims go with the verb that Kubernetes asks for when the same is done with kubectl.
const (
	// ActionClaim is to make a claim, or to give it up (verb claim).
	ActionClaim Action = "claim.Make"
	// ActionPrioritise is to make a claim an Emergency (verb prioritise).
	ActionPrioritise Action = "claim.Prioritise"
	// ActionApproveFunding is to say whether the ADP pays (verb approvefunding).
	ActionApproveFunding Action = "claim.ApproveFunding"
	// ActionAdmit is to answer for the provider: accept, hold longer, admit, discharge (verb admit).
	ActionAdmit Action = "claim.Admit"

	actionCount Action = "pool.Count"
)

// Sight is something of an ADP that somebody wants to see, in the words of the rules.
type Sight string

// The sights.
const (
	// SightClaim is a claim: whoever may not see it may not even know that it exists.
	SightClaim Sight = "claim"
	// SightClaimNeeds is what a place must be like in a claim that is made for no referral of this store. Where it is made
	// for one, the rules of sharing decide.
	SightClaimNeeds Sight = "claim_needs"
	// SightFund is what the ADP can pay for.
	SightFund Sight = "fund"
	// SightUnmetNeed is what was asked for and could not be met.
	SightUnmetNeed Sight = "unmet_need"
	// SightQueuePosition is where a claim of the ADP would queue.
	SightQueuePosition Sight = "queue_position"

	sightQueue Sight = "queue"
)

// Rights say what callers may do about claims, pools and funds, and see of them. The rules decide; what they cannot rule on is
// not allowed.
type Rights struct{ rules rights.Rules }

// RightsBy are rights by these rules; the zero Rights allow nothing.
func RightsBy(rules rights.Rules) Rights { return Rights{rules} }

// May reports whether the caller may do something about a claim that they may see.
func (r Rights) May(ctx context.Context, c identity.Caller, a Action, claim *v1alpha1.Placement) bool {
	return r.act(ctx, c, a, standsTo(c, claim))
}

// MaySee reports whether the caller may see a claim: those of its ADP, and the provider that holds a place for it as long as it
// does.
func (r Rights) MaySee(ctx context.Context, c identity.Caller, claim *v1alpha1.Placement) bool {
	return r.see(ctx, c, SightClaim, standsTo(c, claim))
}

// MaySeeNeeds reports whether the caller may see what a place must be like in a claim that they may see and that is made for no
// referral of this store: those who decide whether it is paid, the organisation that claimed it, where that is known, and the
// providers that run one of these pools, which it asks for.
func (r Rights) MaySeeNeeds(
	ctx context.Context, c identity.Caller, claim *v1alpha1.Placement, pools ...*v1alpha1.CapacityPool,
) bool {
	stands := standsTo(c, claim)
	if by := claim.Annotations[ClaimedByAnnotation]; by != "" {
		stands |= rights.At(c, by, policies.AtOrigin)
	}
	for _, pool := range pools {
		stands |= standsToPool(c, pool)
	}
	return r.see(ctx, c, SightClaimNeeds, stands)
}

// MayFor reports whether the caller may do something about claims of an ADP that need not exist yet.
func (r Rights) MayFor(ctx context.Context, c identity.Caller, a Action, partnership string) bool {
	return r.act(ctx, c, a, rights.ForADP(c, partnership))
}

// MaySeeOf reports whether the caller may see something of an ADP.
func (r Rights) MaySeeOf(ctx context.Context, c identity.Caller, s Sight, partnership string) bool {
	return r.see(ctx, c, s, rights.ForADP(c, partnership))
}

// MaySeeQueue reports whether the caller may see who waits for places in the pool: its provider, and the ADPs whose people
// may be placed there. Whose claim each is they see only of those they may read.
func (r Rights) MaySeeQueue(ctx context.Context, c identity.Caller, pool *v1alpha1.CapacityPool, claimable bool) bool {
	stands := standsToPool(c, pool)
	if claimable && c.Partnership != "" {
		stands |= policies.MayClaimPool
	}
	return r.see(ctx, c, sightQueue, stands)
}

// MaySeePosition reports whether the caller may see where any claim would queue in the pool: its provider.
func (r Rights) MaySeePosition(ctx context.Context, c identity.Caller, pool *v1alpha1.CapacityPool) bool {
	return r.see(ctx, c, SightQueuePosition, standsToPool(c, pool))
}

// MayCount reports whether the caller may count the pool's places: its provider.
func (r Rights) MayCount(ctx context.Context, c identity.Caller, pool *v1alpha1.CapacityPool) bool {
	return r.act(ctx, c, actionCount, standsToPool(c, pool))
}

func (r Rights) act(ctx context.Context, c identity.Caller, a Action, stands policies.Stands) bool {
	if r.rules == nil {
		return false
	}
	ruling, err := r.rules.MayAct(ctx, rights.Of(c, string(a), stands))
	return err == nil && ruling.Allowed
}

// refuse says what it takes to do something, or that stricter rules are in the way and nothing else is.
func (r Rights) refuse(
	ctx context.Context, c identity.Caller, a Action, stands policies.Stands, takes string, path ...string,
) refusal.Refusal {
	if r.rules != nil {
		if ruling, err := r.rules.MayAct(ctx, rights.Of(c, string(a), stands)); err == nil && ruling.Narrowed {
			takes = refusal.Stricter(ruling.Reasons)
		}
	}
	return refusal.Of(refusal.Forbidden, takes, path...)
}

func (r Rights) see(ctx context.Context, c identity.Caller, s Sight, stands policies.Stands) bool {
	if r.rules == nil {
		return false
	}
	ruling, err := r.rules.MaySee(ctx, rights.Of(c, string(s), stands))
	return err == nil && ruling.Allowed
}

// standsTo is where the caller stands to a claim.
func standsTo(c identity.Caller, claim *v1alpha1.Placement) policies.Stands {
	stands := rights.ForADP(c, string(v1alpha1.PartnershipOf(claim.Namespace)))
	if binding := claim.Status.Binding; binding != nil && binding.State != v1alpha1.BindingTaking {
		stands |= rights.At(c, string(binding.Provider), policies.HoldsPlace)
	}
	return stands
}

func standsToPool(c identity.Caller, pool *v1alpha1.CapacityPool) policies.Stands {
	return rights.At(c, string(pool.Status.Provider), policies.RunsPool)
}
