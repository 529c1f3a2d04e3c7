package schema

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// What looking through things costs besides those that are found.
const (
	searchClaims = 200
	searchQueue  = 200
	mostFunds    = 20
	usualWeeks   = 8
)

func (t *types) placementQueries() []engine.Field {
	return []engine.Field{
		engine.Get("viewer", "Who is asking, as far as that was said.", required(t.viewer),
			func(v *directory.View) *directory.View { return v }),
		engine.Resolve("placement", "A claim on a place; null if there is none of that name, or it is not for you to see.",
			t.placement, inPartnership("Placement"), func(ctx context.Context, v *directory.View, args engine.Args) (*claimOf, error) {
				book, err := t.book()
				if err != nil {
					return nil, err
				}
				namespace, name := objectName(args)
				return pointerTo(v, book.Placement(identity.From(ctx), placement.Name{Namespace: namespace, Name: name})), nil
			}),
		engine.Resolve("placements", "The claims that you may see, those made last first: of your ADP, or those that your "+
			"organisation holds places for.", required(t.placements), append(pageArguments(),
			engine.Argument{Name: "states", Description: "In any of these states.", Type: some(t.placementState)},
			engine.Argument{Name: "kinds", Description: "For any of these kinds of place.", Type: some(t.poolKind)},
			engine.Argument{Name: "referralID", Description: "For this referral.", Type: engine.String}),
			t.findClaims).Costing(searchClaims),
		engine.Resolve("placementFunds", "What your ADP can pay for; empty for an ADP that you do not work for.",
			each(t.placementFund), []engine.Argument{{
				Name: "partnership", Description: "The name of the ADP.", Type: required(engine.String),
			}}, func(ctx context.Context, _ *directory.View, args engine.Args) ([]*v1alpha1.PlacementFund, error) {
				book, err := t.book()
				if err != nil {
					return nil, err
				}
				partnership, _ := args.String("partnership")
				return book.Funds(identity.From(ctx), partnership), nil
			}).Sized(mostFunds),
		engine.Resolve("unmetNeeds", "What people of your ADP asked for and could not be given, the latest week first; empty for an ADP "+
			"that you do not work for.", each(t.unmetNeed), []engine.Argument{
			{Name: "partnership", Description: "The name of the ADP.", Type: required(engine.String)},
			{Name: "first", Description: "The latest so many weeks, 1 to 100.", Type: engine.Int, Default: usualWeeks},
		}, t.unmetNeeds).Sized(usualWeeks),
		engine.Resolve("placementQueue", "Who waits for a place in a pool, the next first. Whose claim each is you see only of "+
			"those that you may read.", t.queue, append(inPartnership("capacity pool"), engine.Argument{
			Name: "first", Description: "The first so many, 1 to 100.", Type: required(engine.Int),
		}), t.queueOf).Costing(searchQueue),
		t.offersField(),
	}
}

func (t *types) findClaims(ctx context.Context, v *directory.View, args engine.Args) (*claims, error) {
	request, err := pageRequest(claimList, args)
	if err != nil {
		return nil, err
	}
	book, err := t.book()
	if err != nil {
		return nil, err
	}
	found := book.Placements(identity.From(ctx))
	states, kinds := engine.ListOf[string](args, "states"), engine.ListOf[v1alpha1.PoolKind](args, "kinds")
	referral, byReferral := args.String("referralID")
	found = slices.DeleteFunc(found, func(claim *v1alpha1.Placement) bool {
		return (len(states) > 0 && !slices.Contains(states, stateOf(claimOf{v, claim}))) ||
			(len(kinds) > 0 && !slices.Contains(kinds, claim.Spec.Kind)) ||
			(byReferral && claim.Spec.ReferralID != referral)
	})
	return pageOfClaims(v, found, request), nil
}

// queueOf is who waits in a pool's queue.
func (t *types) queueOf(ctx context.Context, v *directory.View, args engine.Args) (*of[queue], error) {
	partnership, _ := args.String("partnership")
	name, _ := args.String("name")
	first, _ := args.Int("first")
	if first < 1 || first > largestPage {
		return nil, problem(CodeBadPageSize, "Ask for the first 1 to 100.")
	}
	book, err := t.book()
	if err != nil {
		return nil, err
	}
	waiting, total, err := book.Queue(identity.From(ctx),
		v1alpha1.PlacementPool{Partnership: v1alpha1.ObjectName(partnership), Name: v1alpha1.ObjectName(name)}, first)
	if err != nil {
		return nil, told(err)
	}
	return &of[queue]{v, queue{waiting, total}}, nil
}

// queue is the beginning of a pool's queue.
type queue struct {
	first []placement.Waiting
	total int
}

func (t *types) declareQueues() {
	type entry = of[placement.Waiting]
	t.queueEntry = object("PlacementQueueEntry", "A claim in a queue.", func() []engine.Field {
		return []engine.Field{
			engine.Get("position", "Its place in the queue, 1 the next.", required(engine.Int), func(e entry) int { return e.it.Position }),
			engine.Get("priority", "How pressing it is; null when it is not for you to see.", t.priority,
				func(e entry) v1alpha1.PlacementPriority {
					if e.it.Claim == nil {
						return ""
					}
					return e.it.Priority
				}),
			engine.Get("waitingSince", "Since when it has waited; null when it is not for you to see.", t.dateTime,
				func(e entry) *time.Time {
					if e.it.Claim == nil {
						return nil
					}
					return &e.it.Since
				}),
			engine.Get("placement", "The claim; null when it is not for you to see.", t.placement,
				func(e entry) *claimOf { return pointerTo(e.view, e.it.Claim) }),
		}
	})
	t.queue = object("PlacementQueue", "Who waits for a place in a pool.", func() []engine.Field {
		return []engine.Field{
			engine.Get("waiting", "How many wait in all.", required(engine.Int), func(q of[queue]) int { return q.it.total }),
			engine.Get("entries", "Those who are next.", each(t.queueEntry), func(q of[queue]) []entry { return all(q.view, q.it.first) }).
				Sized(largestPage),
		}
	})
	t.viewer = object("Viewer", "Who is asking.", func() []engine.Field {
		return []engine.Field{
			engine.Resolve("role", "What they may do.", required(t.role), nil,
				func(ctx context.Context, _ *directory.View, _ engine.Args) (identity.Role, error) {
					return identity.From(ctx).Role, nil
				}),
			engine.Resolve("partnership", "The ADP they work for; null for others.", t.partnership, nil,
				func(ctx context.Context, v *directory.View, _ engine.Args) (*of[*directory.Partnership], error) {
					return partnershipOf(v, identity.From(ctx).Partnership), nil
				}),
			engine.Resolve("partner", "The organisation they work for; null for others.", t.partner, nil,
				func(ctx context.Context, v *directory.View, _ engine.Args) (*of[*directory.Partner], error) {
					return pointerTo(v, present(v.Partner(identity.From(ctx).Partner))), nil
				}),
		}
	})
}

// offerOf is what a pool can do for a request, as far as whoever asks may know.
type offerOf struct {
	of[rules.Offer]
	// hidesQueue: how many wait could point at a person, so it is for the ADP whose people would wait, and the provider.
	hidesQueue bool
}

// asked is what offers are asked for.
type asked struct {
	view    *directory.View
	caller  identity.Caller
	request rules.Request
}

// offersTo are what pools can do for the request, as far as whoever asks may know.
func (a asked) offersTo(book *placement.Book, first int) []offerOf {
	own := placement.MayFor(a.caller, placement.ActionRead, string(a.request.Partnership))
	var found []offerOf
	for _, offer := range book.Offers(a.request) {
		pool := book.Pool(offer.Pool)
		runs := pool != nil && placement.MayCount(a.caller, pool)
		found = append(found, offerOf{of[rules.Offer]{a.view, offer}, !own && !runs})
	}
	if !own { // their order would tell how long each queue is
		slices.SortStableFunc(found, func(x, y offerOf) int {
			return cmp.Or(
				cmp.Compare(slices.Index(offerStates(), x.it.State), slices.Index(offerStates(), y.it.State)),
				cmp.Compare(x.it.Pool.Partnership, y.it.Pool.Partnership), cmp.Compare(x.it.Pool.Name, y.it.Pool.Name))
		})
	}
	return found[:min(first, len(found))]
}

// offerStates are the states, the most useful first.
func offerStates() []rules.OfferState {
	return []rules.OfferState{rules.OfferableNow, rules.Full, rules.FreeNotOfferable, rules.Unconfirmed, rules.NotOpen}
}

func (t *types) offersField() engine.Field {
	return engine.Resolve("offers", "What each pool can do for somebody with given needs now, by the same rules as places are given: "+
		"each pool named, or each of the kind that the ADP may claim. Those that can offer a place come first.",
		each(t.offer), append([]engine.Argument{
			{Name: "first", Description: "At most so many, 1 to 100.", Type: engine.Int, Default: largestPage},
			{Name: "partnership", Description: "The name of the ADP the person is referred by.", Type: required(engine.String)},
		}, t.requestInput()...), func(ctx context.Context, v *directory.View, args engine.Args) ([]offerOf, error) {
			first, _ := args.Int("first")
			partnership, _ := args.String("partnership")
			if first < 1 || first > largestPage {
				return nil, problem(CodeBadPageSize, "Ask for the first 1 to 100.")
			}
			spec, err := specOf(args)
			if err != nil {
				return nil, err
			}
			book, err := t.book()
			if err != nil {
				return nil, err
			}
			who := identity.From(ctx)
			if spec.FundRoute.NeedsFund() && !placement.MayFor(who, placement.ActionRead, partnership) {
				return nil, problem("FORBIDDEN", "Whether an ADP can pay is for those who work for it to know: leave fundRoute out.")
			}
			return asked{v, who, rules.Request{
				Partnership: v1alpha1.ObjectName(partnership), Kind: spec.Kind, Pools: spec.Pools, Needs: *spec.Needs, FundRoute: spec.FundRoute,
			}}.offersTo(book, first), nil
		}).Costing(searchEverywhere).Sized(largestPage)
}

func (t *types) declareOffers() {
	t.offerReason = object("OfferReason", "Why no place can be given now.", func() []engine.Field {
		return []engine.Field{
			engine.Get("code", "For programs.", required(t.waitingReason), func(r v1alpha1.WaitingReason) v1alpha1.WaitingReason { return r }),
			engine.Get("message", "For people.", required(engine.String), rules.InWords),
		}
	})
	t.offer = object("Offer", "What a pool can do for somebody with given needs now.", func() []engine.Field {
		return []engine.Field{
			engine.Get("capacityPool", "The pool; null if it is not in the directory.", t.capacityPool,
				func(o offerOf) *poolOf { return poolNamed(o.view, o.it.Pool) }),
			engine.Get("state", "What it can do.", required(t.offerState), func(o offerOf) rules.OfferState { return o.it.State }),
			engine.Get("fits", "Whether the places fit the needs and could be paid for; whether one is free is state.",
				required(engine.Boolean), func(o offerOf) bool { return o.it.Fits }),
			engine.Get("reasons", "Every reason why no place can be given now.", each(t.offerReason),
				func(o offerOf) []v1alpha1.WaitingReason { return o.it.Reasons }).Sized(mostReasons),
			engine.Get("position", "The place in the queue if a claim were made now; null when it would not queue. Only for those who work "+
				"for the ADP, and the provider: few who wait could point at a person.", engine.Int, func(o offerOf) *int {
				if o.hidesQueue {
					return nil
				}
				return orNull(o.it.Position)
			}),
			engine.Get("expectedTime", "When a place is expected to come free for that position, an estimate from how long stays "+
				"were expected to last, to the day; null when that is not known. Only for those who work for the ADP, and the provider.", t.dateTime,
				func(o offerOf) *time.Time {
					if o.hidesQueue || o.it.Expected == nil {
						return nil
					}
					day := o.it.Expected.UTC().Truncate(24 * time.Hour)
					return &day
				}),
		}
	})
}

// book holds the claims, once all have been read.
func (t *types) book() (*placement.Book, error) {
	if t.sources.Book == nil || !t.sources.Book.Ready() {
		return nil, problem(CodeNotReady, "Claims on places are still being read. Try again in a few seconds.")
	}
	return t.sources.Book, nil
}

// told is an error of the domain as the client is told of it.
func told(err error) error {
	var refusal placement.Refusal
	switch {
	case errors.As(err, &refusal) && len(refusal) > 0:
		return problem(strings.ToUpper(strings.ReplaceAll(directory.Spaced(string(refusal[0].Code)), " ", "_")), refusal.Error())
	case errors.Is(err, placement.ErrNotReady):
		return problem(CodeNotReady, placement.ErrNotReady.Error()+".")
	case errors.Is(err, placement.ErrUnavailable):
		return problem(CodeUnavailable, placement.ErrUnavailable.Error()+".")
	default:
		return err
	}
}
