package schema

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/refusal"
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
				book, err := t.bookFor(ctx)
				if err != nil {
					return nil, err
				}
				namespace, name := objectName(args)
				claim := book.Placement(ctx, identity.From(ctx), placement.Name{Namespace: namespace, Name: name})
				return t.showingOne(ctx, v, identity.From(ctx), claim)
			}),
		engine.Resolve("placements", "The claims that you may see, those made last first: of your ADP, or those that your "+
			"organisation holds places for.", required(t.placements), append(pageArguments(),
			engine.Argument{Name: "states", Description: "In any of these states.", Type: some(t.placementState)},
			engine.Argument{Name: "kinds", Description: "For any of these kinds of place.", Type: some(t.poolKind)},
			engine.Argument{Name: "referralID", Description: "For this referral.", Type: engine.String}),
			t.findClaims).Costing(searchClaims).Ahead(),
		engine.Resolve("placementFunds", "What your ADP can pay for; empty for an ADP that you do not work for.",
			each(t.placementFund), []engine.Argument{{
				Name: "partnership", Description: "The name of the ADP.", Type: required(engine.String),
			}}, func(ctx context.Context, _ *directory.View, args engine.Args) ([]*v1alpha1.PlacementFund, error) {
				book, err := t.bookFor(ctx)
				if err != nil {
					return nil, err
				}
				partnership, _ := args.String("partnership")
				return book.Funds(ctx, identity.From(ctx), partnership), nil
			}).Sized(mostFunds),
		engine.Resolve("unmetNeeds", "What people of your ADP asked for and could not be given, the latest week first; empty for an ADP "+
			"that you do not work for.", each(t.unmetNeed), []engine.Argument{
			{Name: "partnership", Description: "The name of the ADP.", Type: required(engine.String)},
			{Name: "first", Description: "The latest so many weeks, 1 to 100.", Type: engine.Int, Default: usualWeeks},
		}, t.unmetNeeds).Sized(usualWeeks),
		engine.Resolve("placementQueue", "Who waits for a place in a pool, the next first. Whose claim each is you see only of "+
			"those that you may read.", t.queue, append(inPartnership("capacity pool"), engine.Argument{
			Name: "first", Description: "The first so many, 1 to 100.", Type: required(engine.Int),
		}), t.queueOf).Costing(searchQueue).Ahead(),
		t.offersField(),
	}
}

func (t *types) findClaims(ctx context.Context, v *directory.View, args engine.Args) (*claims, error) {
	request, err := pageRequest(claimList, args)
	if err != nil {
		return nil, err
	}
	book, err := t.bookFor(ctx)
	if err != nil {
		return nil, err
	}
	found := book.Placements(ctx, identity.From(ctx))
	states, kinds := engine.ListOf[string](args, "states"), engine.ListOf[v1alpha1.PoolKind](args, "kinds")
	referral, byReferral := args.String("referralID")
	found = slices.DeleteFunc(found, func(claim *v1alpha1.Placement) bool {
		return (len(states) > 0 && !slices.Contains(states, stateOf(claim))) ||
			(len(kinds) > 0 && !slices.Contains(kinds, claim.Spec.Kind)) ||
			(byReferral && claim.Spec.ReferralID != referral)
	})
	page := pageOfClaims(v, found, request)
	if selected := engine.Selected(ctx); slices.Contains(selected, "nodes") || slices.Contains(selected, "edges") {
		page.shown, err = t.showing(ctx, identity.From(ctx), page.rows...)
	}
	return page, err
}

// showing decides what of claims may be shown, and has it written down that they are about to be, where referrals are
// kept; nil ones are not. If that cannot be done they are not to be shown.
func (t *types) showing(ctx context.Context, c identity.Caller, claims ...*v1alpha1.Placement) ([]*claimSeen, error) {
	there := slices.DeleteFunc(slices.Clone(claims), func(claim *v1alpha1.Placement) bool { return claim == nil })
	needs, err := t.needsOf(ctx, c, there)
	if err != nil {
		return nil, err
	}
	shown := make([]*claimSeen, len(claims))
	next := 0
	for i, claim := range claims {
		if claim == nil {
			continue
		}
		if shown[i] = (&claimSeen{Placement: claim}); needs[next] != nil {
			shown[i].needs = *needs[next]
		} else {
			shown[i].needs = casework.NeedsOfNoReferral(t.sources.Book != nil && t.sources.Book.MaySeeNeeds(ctx, c, claim))
		}
		next++
	}
	return shown, nil
}

// needsOf are what may be seen of the needs in claims; nil for those that are made for no referral that is kept here.
func (t *types) needsOf(ctx context.Context, c identity.Caller, claims []*v1alpha1.Placement) ([]*casework.NeedsSeen, error) {
	if t.sources.Casework == nil || len(claims) == 0 {
		return make([]*casework.NeedsSeen, len(claims)), nil
	}
	desk, err := t.casework(ctx)
	if err != nil {
		return nil, err
	}
	needs, err := desk.ClaimsSeen(ctx, c, claims...)
	if err != nil {
		return nil, toldOfCase(err)
	}
	return needs, nil
}

// showingOne is showing of one claim, with its view; nil for none.
func (t *types) showingOne(ctx context.Context, v *directory.View, c identity.Caller, claim *v1alpha1.Placement) (*claimOf, error) {
	if claim == nil {
		return nil, nil //nolint:nilnil // null is the answer
	}
	shown, err := t.showing(ctx, c, claim)
	if err != nil {
		return nil, err
	}
	return &claimOf{v, *shown[0]}, nil
}

// queueOf is who waits in a pool's queue.
func (t *types) queueOf(ctx context.Context, v *directory.View, args engine.Args) (*of[queue], error) {
	partnership, _ := args.String("partnership")
	name, _ := args.String("name")
	first, err := firstOf(args)
	if err != nil {
		return nil, err
	}
	book, err := t.bookFor(ctx)
	if err != nil {
		return nil, err
	}
	waiting, total, err := book.Queue(ctx, identity.From(ctx),
		v1alpha1.PlacementPool{Partnership: v1alpha1.ObjectName(partnership), Name: v1alpha1.ObjectName(name)}, first)
	if err != nil {
		return nil, told(err)
	}
	entries := make([]waitingSeen, len(waiting))
	claims := make([]*v1alpha1.Placement, len(waiting))
	for i, one := range waiting {
		entries[i].Waiting, claims[i] = one, one.Claim
	}
	if slices.Contains(engine.Selected(ctx), "entries") {
		shown, err := t.showing(ctx, identity.From(ctx), claims...)
		if err != nil {
			return nil, err
		}
		for i, claim := range shown {
			entries[i].claim = claim
		}
	}
	return &of[queue]{v, queue{entries, total}}, nil
}

// waitingSeen is a claim in a queue, as far as it may be seen.
type waitingSeen struct {
	placement.Waiting

	claim *claimSeen
}

// queue is the beginning of a pool's queue.
type queue struct {
	first []waitingSeen
	total int
}

func (t *types) declareQueues() {
	type entry = of[waitingSeen]
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
				func(e entry) *claimOf {
					if e.it.claim == nil {
						return nil
					}
					return &claimOf{e.view, *e.it.claim}
				}),
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
			engine.Resolve("roles", "What they may do for the organisation, or for the ADP; none for the public.", each(t.role), nil,
				func(ctx context.Context, _ *directory.View, _ engine.Args) ([]identity.Role, error) {
					return identity.From(ctx).Roles.List(), nil
				}).Sized(len(identity.AllRoles())),
			t.careRolesField(),
			engine.Resolve("partnership", "The ADP that referrers, commissioners and data leads act for; null for others.", t.partnership, nil,
				func(ctx context.Context, v *directory.View, _ engine.Args) (*of[*directory.Partnership], error) {
					return partnershipOf(v, identity.From(ctx).Partnership), nil
				}),
			engine.Resolve("partner", "The organisation they work for, or whose app they use; null for the public.", t.partner, nil,
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
func (a asked) offersTo(ctx context.Context, book *placement.Book, first int) []offerOf {
	own := book.Rights().MaySeeOf(ctx, a.caller, placement.SightQueuePosition, string(a.request.Partnership))
	var found []offerOf
	for _, offer := range book.Offers(a.request) {
		pool := book.Pool(offer.Pool)
		runs := pool != nil && book.Rights().MaySeePosition(ctx, a.caller, pool)
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
			partnership, _ := args.String("partnership")
			first, err := firstOf(args)
			if err != nil {
				return nil, err
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
			if spec.FundRoute.NeedsFund() && !book.Rights().MaySeeOf(ctx, who, placement.SightFund, partnership) {
				return nil, problem("FORBIDDEN", "Whether an ADP can pay is for those who work for it to know: leave fundRoute out.")
			}
			return asked{v, who, rules.Request{
				Partnership: v1alpha1.ObjectName(partnership), Kind: spec.Kind, Pools: spec.Pools, Needs: *spec.Needs, FundRoute: spec.FundRoute,
			}}.offersTo(ctx, book, first), nil
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

// bookFor is book for what looks at claims: how long that takes is not to tell whoever asks of those that are not for them.
func (t *types) bookFor(ctx context.Context) (*placement.Book, error) {
	engine.Evenly(ctx)
	return t.book()
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
	var refused refusal.Refusal
	switch {
	case errors.As(err, &refused) && len(refused) > 0:
		return problem(strings.ToUpper(strings.ReplaceAll(directory.Spaced(string(refused[0].Code)), " ", "_")), refused.Error())
	case errors.Is(err, placement.ErrNotReady):
		return problem(CodeNotReady, placement.ErrNotReady.Error()+".")
	case errors.Is(err, placement.ErrUnavailable):
		return problem(CodeUnavailable, placement.ErrUnavailable.Error()+".")
	default:
		return err
	}
}
