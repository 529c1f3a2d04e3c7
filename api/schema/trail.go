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
	"lifeline.scot/api/refusal"
	"lifeline.scot/policies"
)

func (t *types) declareTrail() {
	type seen = of[casework.Seen]
	t.trailEntry = object("TrailEntry", "Something that was done with what was told of somebody, or that they were shown.", func() []engine.Field {
		return []engine.Field{
			engine.Get("time", "When.", required(t.dateTime), func(s seen) time.Time { return s.it.Time }),
			engine.Get("sentence", "Who did what and why, in words.", required(engine.String), func(s seen) string { return s.it.Sentence }),
			engine.Get("what", "What happened, as a code.", required(engine.String), func(s seen) string { return string(s.it.What) }),
			engine.Get("partner", "The organisation; null if it is not in the directory.", t.partner, func(s seen) *of[*directory.Partner] {
				return pointerTo(s.view, present(s.view.Partner(s.it.By.Partner)))
			}),
			engine.Get("worker", "Who it was, by an opaque number that is always the same for the same one. For data leads and auditors; null for "+
				"others.", engine.String, func(s seen) *string { return orNull(s.it.Worker) }),
			engine.Get("referral", "The referral.", engine.ID, func(s seen) *string { return orNull(s.it.Referral) }),
			engine.Get("as", "The care role; null for none.", engine.String, func(s seen) *string { return orNull(s.it.By.Role) }),
			engine.Get("purpose", "What for, as a code; null for none.", engine.String, func(s seen) *string { return orNull(s.it.Purpose) }),
			engine.Get("detail", "More of it, as a code; null for none.", engine.String, func(s seen) *string { return orNull(s.it.Detail) }),
			engine.Get("ground", "Why it was allowed, as a code; null if nothing was shown.", engine.String, func(s seen) *string {
				return orNull(decisionOf(s.it).Ground)
			}),
			engine.Get("fields", "What was shown, by the names of fields.", each(engine.String), func(s seen) []string {
				return namesHere(decisionOf(s.it).Fields)
			}),
			engine.Get("reasons", "Why nothing was shown, as codes.", each(t.sharingReason), func(s seen) []reason {
				return reasonsOf(decisionOf(s.it).Reasons)
			}).Sized(mostReasonsGiven),
			engine.Get("revision", "The revision of the rules; null where none were asked.", engine.String, func(s seen) *string {
				return orNull(decisionOf(s.it).Revision)
			}),
		}
	})
	t.trail = object("Trail", "Who saw what, newest first.", func() []engine.Field {
		return []engine.Field{
			engine.Get("entries", "What happened.", each(t.trailEntry), func(p of[casework.TrailPage]) []seen { return all(p.view, p.it.Entries) }),
			engine.Get("endCursor", "Goes on after it, as after; null at the end. Opaque, and yours alone.", engine.String, func(p of[casework.TrailPage]) *string {
				return orNull(p.it.End)
			}),
		}
	})
	t.withheldField = object("WithheldField", "A field that would be withheld, and why.", func() []engine.Field {
		return []engine.Field{
			engine.Get("field", "The field.", required(engine.String), func(l disclosure.Left) string { return casework.InputName(l.Field) }),
			engine.Get("reasons", "Why.", each(t.sharingReason), func(l disclosure.Left) []reason { return reasonsOf(l.Reasons) }).Sized(mostReasonsGiven),
		}
	})
	t.wouldSee = object("WouldSee", "What somebody would see, and why, without any of it.", t.wouldSeeFields)
}

// recorded is a decision as it was recorded; the zero one where there was none.
type recorded struct {
	Ground, Revision string
	Fields, Reasons  []string
}

func decisionOf(s casework.Seen) recorded {
	d := s.Decision
	if d == nil {
		return recorded{}
	}
	return recorded{d.Ground, d.Revision, d.Fields, d.Reasons}
}

func (t *types) wouldSeeFields() []engine.Field {
	type e = disclosure.Explanation
	return []engine.Field{
		engine.Get("effect", "Whether they would see anything.", required(t.effect), func(x e) string { return x.Effect }),
		engine.Get("ground", "Why they would, as a code; null if they would see nothing.", engine.String, func(x e) *string { return orNull(x.Ground) }),
		engine.Get("inWords", "Why, or why not, in words.", required(engine.String), explanationInWords),
		engine.Get("reasons", "What it rests on, or why not.", each(t.sharingReason), func(x e) []reason { return reasonsOf(x.Reasons) }).
			Sized(mostReasonsGiven),
		engine.Get("fields", "What they would see if it was told, by the names of fields.", each(engine.String),
			func(x e) []string { return namesHere(x.Fields) }),
		engine.Get("withheld", "What would be withheld, and why.", each(t.withheldField), func(x e) []disclosure.Left { return x.Left }).Sized(mostFields),
		engine.Get("holdsUntilTime", "When time alone may change it; null if never.", t.dateTime, func(x e) *time.Time { return orNull(x.HoldsUntil) }),
	}
}

func explanationInWords(x disclosure.Explanation) string {
	if x.Effect == policies.Allow {
		return "They would see it, because " + disclosure.GroundInWords(x.Ground) + "."
	}
	text := "They would see nothing"
	for i, code := range x.Reasons {
		if i == 0 {
			text += ", because " + disclosure.ReasonInWords(code)
		} else {
			text += "; " + disclosure.ReasonInWords(code)
		}
	}
	return text + "."
}

func (t *types) wouldSeeField() engine.Field {
	yes := func(name, description string, standard bool) engine.Argument {
		return engine.Argument{Name: name, Description: description, Type: engine.Boolean, Default: standard}
	}
	return engine.Resolve("wouldSee", "What somebody at a partner would see of it now, and why, without any of it and without an emergency. It "+
		"tells of the person's circumstances: null if you may not see these. That you asked is written down.", t.wouldSee, []engine.Argument{
		{Name: "partner", Description: "The name of the partner.", Type: required(engine.String)},
		{Name: "as", Description: "Their care role.", Type: required(t.careRole)},
		{Name: "purpose", Description: "What they would ask for.", Type: t.purpose, Default: disclosure.DirectCare},
		yes("worksWithPerson", "Whether they work with the person.", true),
		yes("secondFactor", "Whether they signed in with a second factor.", false),
		yes("healthProfessional", "Whether they are a health professional.", false),
	}, func(ctx context.Context, c caseOf, args engine.Args) (*disclosure.Explanation, error) {
		desk, err := t.casework(ctx)
		if err != nil || !c.cut.SeesCircumstances() {
			return nil, err
		}
		who := disclosure.Supposed{}
		who.Partner, _ = args.String("partner")
		who.Role, _ = engine.ArgOf[identity.CareRole](args, "as")
		who.Purpose, _ = engine.ArgOf[disclosure.Purpose](args, "purpose")
		who.Assigned, _ = args.Boolean("worksWithPerson")
		who.SecondFactor, _ = args.Boolean("secondFactor")
		who.HealthProfessional, _ = args.Boolean("healthProfessional")
		if _, known := c.view.Partner(who.Partner); !known {
			return nil, badArgument("partner", "There is no partner of that name in the directory.")
		}
		is, err := desk.Cutter.WouldSee(ctx, c.cut, who)
		return &is, toldOfCase(err)
	}).Costing(readReferral)
}

func trailArguments() []engine.Argument {
	return []engine.Argument{
		{Name: "first", Description: "The latest so many, 1 to 100.", Type: engine.Int, Default: 50},
		{Name: "after", Description: "An endCursor: only what comes after it, which is older.", Type: engine.String},
	}
}

// trailField is the trail of a referral that was read.
func (t *types) trailField() engine.Field {
	return engine.Resolve("whoSawWhat", "Who was shown what of it and why, and who did what, newest first. For those who made it and may see "+
		"the person's circumstances, the data leads of the ADP and auditors; null for others. That you looked is written down.",
		t.trail, trailArguments(), func(ctx context.Context, c caseOf, args engine.Args) (*of[casework.TrailPage], error) {
			return t.trailOf(ctx, c.view, c.cut.Asking(), c.cut.ID(), false, args)
		}).Costing(readReferral)
}

// trailQuery is for those who look after data and read no referrals.
func (t *types) trailQuery() engine.Field {
	return engine.Resolve("whoSawWhat", "Who was shown what of a referral, or of the person it is about, newest first; null if there is none "+
		"of that number, or its trail is not for you to see. That you looked is written down.", t.trail,
		append(append([]engine.Argument{
			{Name: "referral", Description: "The number of the referral.", Type: required(engine.ID)},
			{
				Name: "wholePerson", Description: "Whether to look at all referrals of the same person that you may know of.", Type: engine.Boolean,
				Default: false,
			},
		}, trailArguments()...), t.askingArguments()...),
		func(ctx context.Context, v *directory.View, args engine.Args) (*of[casework.TrailPage], error) {
			asking, err := askingOf(ctx, args)
			if err != nil {
				return nil, err
			}
			id, _ := args.String("referral")
			whole, _ := args.Boolean("wholePerson")
			return t.trailOf(ctx, v, asking, id, whole, args)
		}).Costing(readReferral)
}

func notThere(err error) bool {
	var refused refusal.Refusal
	return errors.As(err, &refused) && len(refused) > 0 && refused[0].Code == refusal.NotFound
}

func (t *types) trailOf(
	ctx context.Context, v *directory.View, a disclosure.Asking, id string, whole bool, args engine.Args,
) (*of[casework.TrailPage], error) {
	desk, err := t.casework(ctx)
	if err != nil {
		return nil, err
	}
	first, err := firstOf(args)
	if err != nil {
		return nil, err
	}
	after, _ := args.String("after")
	page, err := desk.WhoSawWhat(ctx, a, id, whole, after, first)
	if notThere(err) {
		return nil, nil //nolint:nilnil // null is the answer
	}
	if err != nil {
		return nil, toldOfCase(err)
	}
	return &of[casework.TrailPage]{v, page}, nil
}
