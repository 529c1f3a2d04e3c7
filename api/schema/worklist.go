package schema

import (
	"context"
	"errors"
	"time"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
)

// searchReferrals is what looking through a worklist costs besides what is found.
const searchReferrals = 200

// worklistPage is a page of a worklist, with the view that partners are found in.
type worklistPage = of[casework.Page]

// worklistEdge is one of a page.
type worklistEdge struct {
	caseOf
	cursor string
}

func edgesOf(p worklistPage) []worklistEdge {
	edges := make([]worklistEdge, len(p.it.Cuts))
	for i, cut := range p.it.Cuts {
		edges[i] = worklistEdge{caseOf{p.view, cut}, p.it.Cursors[i]}
	}
	return edges
}

func (t *types) declareWorklist() {
	t.worklistEdge = object("WorklistEdge", "One of a worklist.", func() []engine.Field {
		return []engine.Field{
			engine.Get("cursor", "Where it stands in the list, for after. Opaque.", required(engine.String), func(e worklistEdge) string { return e.cursor }),
			engine.Get("node", "The referral.", required(t.referral), func(e worklistEdge) caseOf { return e.caseOf }),
			engine.Get("waitsForYou", "Whether it waits for something that your side has to do.", required(engine.Boolean), func(e worklistEdge) bool {
				state, ok := e.cut.Standing()
				return ok && casework.Waits(state, e.cut.Sides())
			}),
		}
	})
	t.worklist = object("Worklist", "A page of referrals: most urgent first, then oldest. How many there are in all is not said.",
		func() []engine.Field {
			return []engine.Field{
				engine.Get("edges", "The page, with a cursor for each.", each(t.worklistEdge), edgesOf),
				engine.Get("nodes", "The page.", each(t.referral), func(p worklistPage) []caseOf {
					cases := make([]caseOf, len(p.it.Cuts))
					for i, cut := range p.it.Cuts {
						cases[i] = caseOf{p.view, cut}
					}
					return cases
				}),
				engine.Get("hasNextPage", "Whether there may be more after this page. A page may come short, or empty, when much was looked through "+
					"that you may not see: go on after endCursor.", required(engine.Boolean), func(p worklistPage) bool { return p.it.More }),
				engine.Get("endCursor", "The cursor to go on after; null if there is nothing. Opaque, and yours alone.", engine.String,
					func(p worklistPage) *string { return orNull(p.it.End) }),
				engine.Get("holdsUntilTime", "When time alone may change it; null if never.", t.dateTime, func(p worklistPage) *time.Time {
					return orNull(p.it.Until)
				}),
			}
		})
	t.withheldReferral = object("WithheldReferral", "A referral of your organisation or ADP that you may not see.", func() []engine.Field {
		return []engine.Field{
			engine.Get("id", "Its number.", required(engine.ID), func(c disclosure.Cut) string { return c.ID() }),
			engine.Get("reasons", "Why.", each(t.sharingReason), func(c disclosure.Cut) []reason { return reasonsOf(c.WhyNot(record.Status)) }).
				Sized(mostReasonsGiven),
		}
	})
}

// worklistArguments say which part of which worklist.
func (t *types) worklistArguments() []engine.Argument {
	return append([]engine.Argument{
		{Name: "first", Description: "The first so many, 1 to 100.", Type: required(engine.Int)},
		{Name: "filter", Description: "Which referrals. Left out: all that have not ended.", Type: t.worklistFilter},
	}, t.coordinating()...)
}

// coordinating is askingArguments for what is usually asked to pass referrals on.
func (t *types) coordinating() []engine.Argument {
	args := t.askingArguments()
	args[0].Default = disclosure.ReferralCoordination
	return args
}

func filterOf(args engine.Args) casework.Filter {
	in, _ := args.Input("filter")
	f := casework.Filter{
		Statuses: engine.ListOf[referral.Status](in, "statuses"), Urgencies: engine.ListOf[referral.Urgency](in, "urgencies"),
	}
	f.Mine, _ = in.Boolean("waitsForYou")
	whose, _ := in.String("of")
	f.OfPartnership = whose == "PARTNERSHIP"
	return f
}

func (t *types) worklistQuery() engine.Field {
	return engine.Resolve("worklist", "The referrals that your organisation made or is asked, or those of the ADP you act for, as far as you may "+
		"see them: most urgent first, then oldest. A referral whose status, urgency or time is withheld from you is not in it: see "+
		"withheldReferrals.", required(t.worklist), append(t.worklistArguments(),
		engine.Argument{Name: "after", Description: "A cursor: only what comes after it.", Type: engine.String}),
		func(ctx context.Context, v *directory.View, args engine.Args) (*worklistPage, error) {
			desk, asking, first, err := t.worklistAsked(ctx, args)
			if err != nil {
				return nil, err
			}
			after, _ := args.String("after")
			page, err := desk.Worklist(ctx, asking, filterOf(args), worklistFields(ctx), first, after)
			if err != nil {
				return nil, toldOfCase(err)
			}
			return &worklistPage{v, page}, nil
		}).Costing(searchReferrals).Ahead()
}

// worklistFields are the fields of referrals that are selected in a worklist.
func worklistFields(ctx context.Context) []record.Field {
	return fieldsNamed(append(engine.Selected(ctx, "nodes"), engine.Selected(ctx, "edges", "node")...))
}

// asked is the desk that a query about referrals is for, and who asks what for in which role.
func (t *types) asked(ctx context.Context, args engine.Args) (*casework.Desk, disclosure.Asking, error) {
	desk, err := t.casework(ctx)
	if err != nil {
		return nil, disclosure.Asking{}, err
	}
	asking, err := askingOf(ctx, args)
	return desk, asking, err
}

func (t *types) worklistAsked(ctx context.Context, args engine.Args) (*casework.Desk, disclosure.Asking, int, error) {
	desk, asking, err := t.asked(ctx, args)
	if err != nil {
		return nil, asking, 0, err
	}
	first, err := firstOf(args)
	return desk, asking, first, err
}

func (t *types) withheldQuery() engine.Field {
	return engine.Resolve("withheldReferrals", "Referrals of your organisation or ADP, not ended, that you may not see for this purpose in this "+
		"role, with nothing but why: at most 100, in no order that tells anything.", each(t.withheldReferral),
		append([]engine.Argument{
			{Name: "of", Description: "Whose.", Type: t.worklistOf, Default: "PARTNER"},
		}, t.coordinating()...),
		func(ctx context.Context, _ *directory.View, args engine.Args) ([]disclosure.Cut, error) {
			desk, asking, err := t.asked(ctx, args)
			if err != nil {
				return nil, err
			}
			whose, _ := args.String("of")
			cuts, err := desk.Withheld(ctx, asking, casework.Filter{OfPartnership: whose == "PARTNERSHIP"})
			if err != nil {
				return nil, toldOfCase(err)
			}
			return cuts, nil
		}).Costing(searchReferrals).Sized(largestPage)
}

// followWorklist opens a subscription to a worklist.
func (t *types) followWorklist(ctx context.Context, _ *directory.View, args engine.Args) (engine.Source[worklistPage], error) {
	desk, asking, first, err := t.worklistAsked(ctx, args)
	if err != nil {
		return nil, err
	}
	following, err := desk.Follow(ctx, asking, filterOf(args), worklistFields(ctx), first)
	if err != nil {
		return nil, toldOfCase(err)
	}
	return &worklistSource{view: t.sources.Directory.View, following: following}, nil
}

// worklistSource yields a worklist whenever it changes.
type worklistSource struct {
	view      func() directory.View
	following *casework.Following
}

// Next implements engine.Source.
func (s *worklistSource) Next(ctx context.Context) (worklistPage, error) {
	page, err := s.following.Next(ctx)
	var refused refusal.Refusal
	if errors.As(err, &refused) || errors.Is(err, casework.ErrUnavailable) {
		err = toldOfCase(err)
	}
	v := s.view()
	return worklistPage{&v, page}, err
}

// Close implements engine.Source.
func (s *worklistSource) Close() { s.following.Close() }

func (t *types) worklistSubscription() engine.Field {
	return engine.Subscribe("worklist", "The first page of a worklist, whenever something in it has changed. It is decided anew each time, so what "+
		"the person takes back is gone at once.", required(t.worklist), t.worklistArguments(), t.followWorklist).Ahead()
}

// careRolesField says in which care roles whoever asks may ask.
func (t *types) careRolesField() engine.Field {
	return engine.Resolve("careRoles", "The care roles they may ask in; none: nothing of a person is shown to them.", each(t.careRole), nil,
		func(ctx context.Context, _ *directory.View, _ engine.Args) ([]identity.CareRole, error) {
			return identity.From(ctx).Care.List(), nil
		}).Sized(len(identity.AllCareRoles()))
}
