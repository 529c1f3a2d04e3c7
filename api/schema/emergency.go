package schema

import (
	"context"
	"time"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/person"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

func (t *types) declareEmergencies() {
	type e = of[store.Emergency]
	t.emergency = object("Emergency", "A declared emergency that waits for a review.", func() []engine.Field {
		return []engine.Field{
			engine.Get("referral", "The number of the referral.", required(engine.ID), func(x e) string { return x.it.Referral }),
			engine.Get("number", "Counts the emergencies of the referral: a review names it.", required(engine.Int), func(x e) int64 { return x.it.Number }),
			engine.Get("time", "When it was declared.", required(t.dateTime), func(x e) time.Time { return x.it.At }),
			engine.Resolve("reviewByTime", "When it has to be reviewed at the latest.", required(t.dateTime), nil,
				func(ctx context.Context, x e, _ engine.Args) (time.Time, error) {
					desk, err := t.casework(ctx)
					if err != nil {
						return time.Time{}, err
					}
					by, err := desk.ReviewBy(x.it)
					return by, toldOfCase(err)
				}),
			engine.Get("partner", "The organisation of whoever declared it; null if it is not in the directory.", t.partner,
				func(x e) *of[*directory.Partner] { return pointerTo(x.view, present(x.view.Partner(x.it.By.Partner))) }),
			engine.Get("worker", "Who declared it, by an opaque number.", required(engine.String), func(x e) string { return x.it.By.ID }),
			engine.Get("reason", "Why.", required(t.emergencyReason), func(x e) string { return x.it.Reason }),
			engine.Get("justification", "Why it could not wait, in words; null if the person was erased, or it cannot be read.", engine.String,
				func(x e) *string { return orNull(x.it.Justification) }),
		}
	})
}

func (t *types) emergenciesQuery() engine.Field {
	return engine.Resolve("openEmergencies", "The emergencies of your ADP that wait for a review, oldest first; for its data leads. That you looked "+
		"is written down.", each(t.emergency), []engine.Argument{
		{Name: "first", Description: "The first so many, 1 to 100.", Type: engine.Int, Default: 20},
	}, func(ctx context.Context, v *directory.View, args engine.Args) ([]of[store.Emergency], error) {
		desk, err := t.casework(ctx)
		if err != nil {
			return nil, err
		}
		first, err := firstOf(args)
		if err != nil {
			return nil, err
		}
		found, err := desk.OpenEmergencies(ctx, identity.From(ctx), first)
		if err != nil {
			return nil, toldOfCase(err)
		}
		return all(v, found), nil
	}).Costing(readReferral)
}

func (t *types) emergencyMutations() []engine.Field {
	return []engine.Field{
		t.caseMutation("emergencyDeclare", "Declares an emergency: for as long as the rules are set to, you may read what an "+
			"emergency opens, in this role and for this purpose. Somebody else reviews it, and the person is told.", false, append([]engine.Argument{
			{Name: "reason", Description: "Why.", Type: required(t.emergencyReason)},
			{Name: "justification", Description: "Why it cannot wait, in at most 2,000 characters; the rules say how many it takes.", Type: required(engine.String)},
		}, t.askingArguments()...),
			func(ctx context.Context, desk *casework.Desk, _ identity.Caller, key string, about casework.About, in engine.Args) (casework.Done, error) {
				asking, err := askingOf(ctx, in)
				if err != nil {
					return casework.Done{}, err
				}
				reason, _ := engine.ArgOf[casework.EmergencyReason](in, "reason")
				why, _ := in.String("justification")
				return desk.BreakGlass(ctx, asking, key, about.Referral, reason, why)
			}),
		t.caseMutation("emergencyReview", "Closes an emergency, as a data lead of the ADP.", false, []engine.Argument{
			{Name: "number", Description: "The number of the emergency.", Type: required(engine.Int)},
			{Name: "outcome", Description: "What came of it.", Type: required(t.reviewOutcome)},
			{Name: "words", Description: "What you found, in at most 2,000 characters.", Type: engine.String},
		}, func(ctx context.Context, desk *casework.Desk, c identity.Caller, key string, about casework.About, in engine.Args) (casework.Done, error) {
			number, _ := in.Int("number")
			outcome, _ := engine.ArgOf[casework.ReviewOutcome](in, "outcome")
			words, _ := in.String("words")
			return desk.ReviewEmergency(ctx, c, key, about.Referral, int64(number), outcome, words)
		}),
	}
}

// statutoryOf reads what a public body asks by law; nil for nothing.
func statutoryOf(args engine.Args) (*policies.StatutoryRequest, error) {
	in, given := args.Input("statutoryRequest")
	if !given {
		return nil, nil //nolint:nilnil // nothing is asked by law
	}
	r := &policies.StatutoryRequest{}
	r.Act, _ = in.String("act")
	r.Section, _ = in.String("section")
	r.Reference, _ = in.String("reference")
	for _, code := range []string{r.Act, r.Section, r.Reference} {
		if _, err := person.ParseCHI(code); err == nil || !referral.Opaque(code) { // it is written into the audit log
			return nil, badArgument("statutoryRequest", "Give act, section and reference as codes of 1 to 63 letters, digits, hyphens and dots; "+
				"never a CHI number.")
		}
	}
	return r, nil
}
