package placement

import (
	"lifeline.scot/api/identity"
	"lifeline.scot/crds/v1alpha1"
)

// Action is something somebody wants to do about a claim.
type Action string

// The actions. Each goes with the verb that Kubernetes asks for when the same is done with kubectl.
const (
	// ActionRead is to see the claim.
	ActionRead Action = "read"
	// ActionClaim is to make a claim, or to give it up (verb claim).
	ActionClaim Action = "claim"
	// ActionPrioritise is to make a claim an Emergency (verb prioritise).
	ActionPrioritise Action = "prioritise"
	// ActionApproveFunding is to say whether the ADP pays (verb approvefunding).
	ActionApproveFunding Action = "approvefunding"
	// ActionAdmit is to answer for the provider: accept, hold longer, admit, discharge (verb admit).
	ActionAdmit Action = "admit"
)

// May reports whether the caller may do something about a claim: of its ADP those who claim and decide for it, and the
// provider that holds a place for it as long as it does. Everybody else may not even know that the claim exists.
func May(c identity.Caller, a Action, claim *v1alpha1.Placement) bool {
	partnership := string(v1alpha1.PartnershipOf(claim.Namespace))
	switch a {
	case ActionRead:
		return c.ForPartnership(partnership, identity.Referrer, identity.Commissioner, identity.DataLead) || holds(c, claim)
	case ActionAdmit:
		return holds(c, claim)
	case ActionClaim, ActionPrioritise, ActionApproveFunding:
		return MayFor(c, a, partnership)
	default:
		return false
	}
}

// MayFor reports whether the caller may do something about claims of an ADP that need not exist yet.
func MayFor(c identity.Caller, a Action, partnership string) bool {
	switch a {
	case ActionRead:
		return c.ForPartnership(partnership, identity.Referrer, identity.Commissioner, identity.DataLead)
	case ActionClaim:
		return c.ForPartnership(partnership, identity.Referrer, identity.Commissioner)
	case ActionPrioritise, ActionApproveFunding:
		return c.ForPartnership(partnership, identity.Commissioner)
	default:
		return false
	}
}

// holds reports whether the caller's organisation holds a place for the claim.
func holds(c identity.Caller, claim *v1alpha1.Placement) bool {
	binding := claim.Status.Binding
	return binding != nil && binding.State != v1alpha1.BindingTaking && c.ForPartner(string(binding.Provider))
}

// MaySeeQueue reports whether the caller may see who waits for places in the pool: its provider, and the ADPs whose people
// may be placed there. Whose claim each is they see only of those they may read.
func MaySeeQueue(c identity.Caller, pool *v1alpha1.CapacityPool, claimable bool) bool {
	if c.ForPartner(string(pool.Status.Provider)) {
		return true
	}
	return claimable && c.ForPartnership(c.Partnership, identity.Referrer, identity.Commissioner, identity.DataLead)
}

// MayCount reports whether the caller may count the pool's places: its provider.
func MayCount(c identity.Caller, pool *v1alpha1.CapacityPool) bool {
	return c.ForPartner(string(pool.Status.Provider))
}
