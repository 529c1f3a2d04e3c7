package schema

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/crds/v1alpha1"
)

// claimSeen is a claim on a place, with what may be seen of the needs in it.
type claimSeen struct {
	*v1alpha1.Placement

	needs casework.NeedsSeen
}

// claimOf is a claim on a place, with the view that the pools it names are found in.
type claimOf = of[claimSeen]

// placementTypes are the types of claims on places.
type placementTypes struct {
	placementEnums

	placementNeeds, withheldNeed, queuePosition, waitingCount, hold, fundingDecision *engine.Object
	acceptance, discharged, placement, placementFund, placements                     *engine.Object
	offer, offerReason, queue, queueEntry, viewer, problem                           *engine.Object
	unmetNeed, unmetCount                                                            *engine.Object
	capacityReport, placementEdge, mutationObject, subscriptionObject                *engine.Object
}

// mostReasons bounds how many reasons anything waits for.
const (
	mostReasons = 10
	mostNamed   = 16
)

func (t *types) declarePlacements() {
	t.placementEnums = newPlacementEnums()
	t.placementNeeds = object("PlacementNeeds", "What a place must be like, as far as you may see it. What is null makes no difference, "+
		"unless it is among those withheld.", t.needsFields)
	t.withheldNeed = object("WithheldNeed", "Something that a place must be like and that is not for you to see, whether or not it was "+
		"said.", t.withheldNeedFields)
	t.waitingCount = object("WaitingCount", "For how many pools a reason holds. One pool may have several.", func() []engine.Field {
		return []engine.Field{
			engine.Get("reason", "Why they cannot give a place now.", required(t.waitingReason),
				func(w v1alpha1.WaitingCount) v1alpha1.WaitingReason { return w.Reason }),
			engine.Get("pools", "How many.", required(engine.Int), func(w v1alpha1.WaitingCount) int32 { return w.Pools }),
		}
	})
	t.queuePosition = object("QueuePosition", "Where a claim stands in a queue.", t.positionFields)
	t.hold = object("PlacementHold", "The place that is being taken or held for a claim, or that the person is in.", t.holdFields)
	t.declareDecisions()
	t.placement = object("Placement", "A claim on one place for one referral, by codes alone: it never names a person. Only its "+
		"ADP, and the provider while it holds a place for it, can see it.", func() []engine.Field {
		return append(t.claimFields(), t.standingFields()...)
	}, t.nodeInterface)
	t.placementFund = object("PlacementFund", "The placements an ADP can pay for by one route in one financial year.", t.fundFields)
}

func (t *types) positionFields() []engine.Field {
	type at = of[*v1alpha1.QueuePosition]
	return []engine.Field{
		engine.Get("position", "The place in the queue, 1 the next.", required(engine.Int),
			func(p at) int32 { return p.it.Position }),
		engine.Get("capacityPool", "The pool whose queue it is: the one where the claim stands nearest to the front.", t.capacityPool,
			func(p at) *poolOf { return poolNamed(p.view, p.it.Pool) }),
		engine.Get("asOf", "The moment it was worked out for.", required(t.dateTime),
			func(p at) time.Time { return p.it.AsOfTime.Time }),
	}
}

func (t *types) holdFields() []engine.Field {
	type hold = of[*v1alpha1.PlacementBinding]
	return []engine.Field{
		engine.Get("attempt", "Counts the places chosen for this claim. An answer names it, so that it never counts for a place held "+
			"later.", required(engine.Int), func(h hold) int32 { return h.it.Attempt }),
		engine.Get("capacityPool", "The pool the place is in; null if it is not in the directory.", t.capacityPool,
			func(h hold) *poolOf { return poolNamed(h.view, h.it.Pool) }),
		engine.Get("provider", "The organisation that runs it; null if it is not in the directory.", t.partner,
			func(h hold) *of[*directory.Partner] {
				return pointerTo(h.view, present(h.view.Partner(string(h.it.Provider))))
			}),
		engine.Get("place", "The number of the place in its pool; null while it is being taken.", engine.Int,
			func(h hold) *int32 { return orNull(h.it.Place) }),
		engine.Get("heldTime", "When the place was first held; null while it is being taken.", t.dateTime,
			func(h hold) *time.Time { return instantOf(h.it.HeldTime) }),
		engine.Get("holdUntilTime", "When the hold ends if the person has not been admitted.", t.dateTime,
			func(h hold) *time.Time { return instantOf(h.it.HoldUntilTime) }),
		engine.Get("admittedTime", "When the person arrived; null if they have not.", t.dateTime,
			func(h hold) *time.Time { return instantOf(h.it.AdmittedTime) }),
	}
}

func (t *types) declareDecisions() {
	decision := func(kind string, decided func(*v1alpha1.Placement) (string, *time.Time), reason engine.Field) func() []engine.Field {
		return func() []engine.Field {
			return []engine.Field{
				engine.Get("state", "What was decided.", required(t.decisionState), func(c claimOf) string {
					state, _ := decided(c.it.Placement)
					return state
				}),
				engine.Get("explanation", "Who decided what and when, in words; null for a moment after it was decided.", engine.String,
					func(c claimOf) *string {
						said := meta.FindStatusCondition(c.it.Status.Conditions, kind)
						if state, _ := decided(c.it.Placement); said == nil || said.Reason != state {
							return nil
						}
						return &said.Message
					}),
				engine.Get("decidedTime", "When it was decided; null if it has not been.", t.dateTime, func(c claimOf) *time.Time {
					_, at := decided(c.it.Placement)
					return at
				}),
				reason,
			}
		}
	}
	t.fundingDecision = object("FundingDecision", "Whether the ADP pays.", decision(v1alpha1.ConditionFundingApproved, fundingOf,
		engine.Get("reason", "Why it does not; null if it does.", t.fundingReason, func(c claimOf) v1alpha1.FundingReason {
			if c.it.Spec.Funding == nil {
				return ""
			}
			return c.it.Spec.Funding.Reason
		})))
	t.acceptance = object("AcceptanceDecision", "Whether the provider whose place is held takes the person.", decision(
		v1alpha1.ConditionAccepted, acceptanceOf,
		engine.Get("reason", "Why it cannot; null if it can.", t.cannotOfferReason, func(c claimOf) v1alpha1.CannotOfferReason {
			if state, _ := acceptanceOf(c.it.Placement); state != v1alpha1.ReasonCannotOffer {
				return ""
			}
			return c.it.Spec.Acceptance.Reason
		})))
	t.discharged = object("Discharge", "How and when a stay ended.", func() []engine.Field {
		return []engine.Field{
			engine.Get("time", "When the person left.", required(t.dateTime), func(d v1alpha1.Discharge) time.Time { return d.Time.Time }),
			engine.Get("reason", "How the stay ended.", required(t.dischargeReason),
				func(d v1alpha1.Discharge) v1alpha1.DischargeReason { return d.Reason }),
		}
	})
}

// fundingOf is what the ADP decided, and when.
func fundingOf(p *v1alpha1.Placement) (state string, at *time.Time) {
	switch said := p.Spec.Funding; {
	case !p.Spec.FundRoute.NeedsFund():
		return v1alpha1.ReasonNotNeeded, nil
	case said == nil:
		return v1alpha1.ReasonAwaited, nil
	case said.Decision == v1alpha1.FundingApproved:
		return v1alpha1.ReasonApproved, &said.DecidedTime.Time
	default:
		return v1alpha1.ReasonDeclined, &said.DecidedTime.Time
	}
}

// acceptanceOf is what the provider said of the place that is held, and when.
func acceptanceOf(p *v1alpha1.Placement) (state string, at *time.Time) {
	switch said := p.Spec.Acceptance; {
	case p.Status.Binding == nil:
		return v1alpha1.ReasonNoPlaceHeld, nil
	case said == nil || said.Attempt != p.Status.Binding.Attempt:
		return v1alpha1.ReasonAwaited, nil
	case said.Decision == v1alpha1.AcceptanceAccepted:
		return v1alpha1.ReasonAccepted, &said.DecidedTime.Time
	default:
		return v1alpha1.ReasonCannotOffer, &said.DecidedTime.Time
	}
}

// claimFields are what was asked for.
func (t *types) claimFields() []engine.Field {
	return []engine.Field{
		engine.Get("id", idDescription, required(engine.ID), func(c claimOf) string {
			return directory.IDOf(directory.KindPlacement, c.it.Namespace, c.it.Name)
		}),
		engine.Get("name", "Its name within its ADP.", required(engine.String), func(c claimOf) string { return c.it.Name }),
		engine.Get("version", "Changes whenever the claim does. Opaque: send it with a decision, and nothing is done if the claim "+
			"has changed since.", required(engine.String), func(c claimOf) string { return c.it.ResourceVersion }),
		engine.Get("partnership", "The ADP the person is referred by; null if it is not in the directory.", t.partnership,
			func(c claimOf) *of[*directory.Partnership] {
				return partnershipOf(c.view, string(v1alpha1.PartnershipOf(c.it.Namespace)))
			}),
		engine.Get("referralID", "The opaque number of the referral.", required(engine.String),
			func(c claimOf) string { return c.it.Spec.ReferralID }),
		engine.Get("kind", "The kind of place.", required(t.poolKind), func(c claimOf) v1alpha1.PoolKind { return c.it.Spec.Kind }),
		engine.Get("priority", "How pressing it is.", required(t.priority),
			func(c claimOf) v1alpha1.PlacementPriority { return c.it.Spec.Priority }),
		engine.Get("needs", "What the place must be like: for those alone who may see the same of the "+
			"referral. It is written down who was shown what.", required(t.placementNeeds), needsOfClaim),
		engine.Get("capacityPools", "The pools that will do, the best first, as far as they are in the directory; empty when any "+
			"that fits will do.", each(t.capacityPool), func(c claimOf) []poolOf { return poolsNamed(c.view, c.it.Spec.Pools) }).
			Sized(mostNamed),
		engine.Get("fundRoute", "How the place is to be paid for; null when nobody has to pay.", t.fundRoute,
			func(c claimOf) v1alpha1.FundRoute { return c.it.Spec.FundRoute }),
		engine.Get("notBeforeTime", "The earliest moment a place can be used; null for now.", t.dateTime,
			func(c claimOf) *time.Time { return instantOf(c.it.Spec.NotBeforeTime) }),
		engine.Get("expectedLengthDays", "How long the stay is expected to last, in days; null when nobody has said.", engine.Int,
			func(c claimOf) *int32 { return orNull(c.it.Spec.ExpectedLengthDays) }),
		engine.Get("createdTime", "When the claim was made.", required(t.dateTime),
			func(c claimOf) time.Time { return c.it.CreationTimestamp.Time }),
	}
}

// standingFields are what has become of it.
func (t *types) standingFields() []engine.Field {
	return []engine.Field{
		engine.Get("state", "Where the claim stands.", required(t.placementState),
			func(c claimOf) string { return stateOf(c.it.Placement) }),
		engine.Get("explanation", "Where it stands in words, what it waits for and, when nothing fits, why.", required(engine.String),
			func(c claimOf) string {
				switch {
				case c.it.Status.Explanation == "":
					return "The claim has just been made."
				case !explains(c):
					return "What it waits for would tell what the person needs, which is not all for you to see."
				default:
					return c.it.Status.Explanation
				}
			}),
		engine.Get("queuePosition", "Its place in the queue; null when it stands in none.", t.queuePosition,
			func(c claimOf) *of[*v1alpha1.QueuePosition] { return pointerTo(c.view, c.it.Status.Queue) }),
		engine.Get("waitingFor", "For each reason, the number of pools that cannot give a place now. A reason that would "+
			"tell a need is there for those alone who may see that need.", each(t.waitingCount),
			waitingForOf).Sized(mostReasons),
		engine.Get("waitingSince", "Since when it has waited, as far as its turn goes; null before anybody has looked.", t.dateTime,
			func(c claimOf) *time.Time { return instantOf(c.it.Status.QueueTime) }),
		engine.Get("hold", "The place that is taken or held; null when there is none.", t.hold,
			func(c claimOf) *of[*v1alpha1.PlacementBinding] { return pointerTo(c.view, c.it.Status.Binding) }),
		engine.Get("funding", "Whether the ADP pays.", required(t.fundingDecision), func(c claimOf) claimOf { return c }),
		engine.Get("acceptance", "Whether the provider takes the person.", required(t.acceptance), func(c claimOf) claimOf { return c }),
		engine.Get("discharge", "How the stay ended; null if it has not.", t.discharged,
			func(c claimOf) *v1alpha1.Discharge { return c.it.Spec.Discharge }),
		engine.Get("withdrawalReason", "Why the claim was given up; null if it was not.", t.withdrawal,
			func(c claimOf) v1alpha1.WithdrawalReason {
				if c.it.Spec.Withdrawal == nil {
					return ""
				}
				return c.it.Spec.Withdrawal.Reason
			}),
		engine.Get("lastReleaseReason", "Why the last place was given back; null if none was.", t.releaseReason,
			func(c claimOf) v1alpha1.ReleaseReason { return c.it.Status.LastRelease }),
		engine.Get("holdsExpired", "How many holds have ended without an admission. The third ends the claim.", required(engine.Int),
			func(c claimOf) int32 { return c.it.Status.Lapses }),
		engine.Get("endedTime", "When the claim ended; null if it goes on.", t.dateTime,
			func(c claimOf) *time.Time { return instantOf(c.it.Status.EndedTime) }),
	}
}

func stateOf(claim *v1alpha1.Placement) string {
	placed := meta.FindStatusCondition(claim.Status.Conditions, v1alpha1.ConditionPlaced)
	if placed == nil {
		return v1alpha1.ReasonPending
	}
	return placed.Reason
}

func (t *types) fundFields() []engine.Field {
	type fund = *v1alpha1.PlacementFund
	return []engine.Field{
		engine.Get("name", "Its name within its ADP.", required(engine.String), func(f fund) string { return f.Name }),
		engine.Get("route", "How the placements are paid for.", required(t.fundRoute),
			func(f fund) v1alpha1.FundRoute { return f.Spec.Route }),
		engine.Get("financialYear", "The year they are paid in, from 1 April, such as 2026-27.", required(engine.String),
			func(f fund) string { return f.Spec.FinancialYear }),
		engine.Get("places", "How many placements can be paid for.", required(engine.Int),
			func(f fund) int32 { return orZero(f.Spec.Places) }),
		engine.Get("committed", "How many are promised and not used yet.", required(engine.Int),
			func(f fund) int32 { return orZero(f.Status.Committed) }),
		engine.Get("used", "How many were used.", required(engine.Int), func(f fund) int32 { return orZero(f.Status.Used) }),
		engine.Get("remaining", "How many can still be promised; null before anybody has looked.", engine.Int,
			func(f fund) *int32 { return f.Status.Remaining }),
	}
}

// poolNamed is the pool that a claim names; nil if it is not in the directory.
func poolNamed(v *directory.View, name v1alpha1.PlacementPool) *poolOf {
	return pointerTo(v, present(v.Pool(v1alpha1.NamespaceFor(string(name.Partnership)), string(name.Name))))
}

func poolsNamed(v *directory.View, names []v1alpha1.PlacementPool) []poolOf {
	var found []poolOf
	for name := range slices.Values(names) {
		if pool := poolNamed(v, name); pool != nil {
			found = append(found, *pool)
		}
	}
	return found
}

func instantOf(at *metav1.Time) *time.Time {
	if at == nil {
		return nil
	}
	return &at.Time
}

// orNull is null for nothing.
func orNull[T comparable](value T) *T {
	var nothing T
	if value == nothing {
		return nil
	}
	return &value
}
