package schema

import (
	"context"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/person"
)

// CodeSendByPost is something personal that was sent in a URL.
const CodeSendByPost = "SEND_BY_POST"

func (t *types) findQuery() engine.Field {
	by := inputObject("ReferralSearchInput", "Whom you look for: by chi alone, or by name and dateOfBirth.",
		optional("chi", "The Community Health Index number.", engine.String),
		optional("name", "The whole name, as the person wants to be called or as it is recorded. Capitals, accents and hyphens make no difference.",
			engine.String),
		optional("dateOfBirth", "The date of birth.", t.date))
	return engine.Resolve("referralSearch", "The referrals of whoever you look for that your organisation, or the ADP you act for, has or had a "+
		"part in, the newest first, at most 100, whatever became of them. You find those alone that show you what you look by: what may not "+
		"be seen is not found. That you looked is written down. Send this by POST, with variables.",
		each(t.referral), append([]engine.Argument{
			{Name: "by", Description: "Whom.", Type: required(by)},
		}, t.askingArguments()...), t.findPerson).Costing(searchReferrals).Sized(mostFound).Ahead()
}

// mostFound is how many referrals of one person are usually found at most, which is what a search counts for.
const mostFound = 10

func (t *types) findPerson(ctx context.Context, v *directory.View, args engine.Args) ([]caseOf, error) {
	if engine.InURL(ctx) {
		return nil, problem(CodeSendByPost, "Send this by POST: whom you look for does not belong in a URL.")
	}
	desk, asking, err := t.asked(ctx, args)
	if err != nil {
		return nil, err
	}
	who, err := soughtOf(args)
	if err != nil {
		return nil, err
	}
	cuts, err := desk.Find(ctx, asking, who, fieldsNamed(engine.Selected(ctx)))
	if err != nil {
		return nil, toldOfCase(err)
	}
	return casesOf(v, cuts), nil
}

func casesOf(v *directory.View, cuts []disclosure.Cut) []caseOf {
	cases := make([]caseOf, len(cuts))
	for i, cut := range cuts {
		cases[i] = caseOf{v, cut}
	}
	return cases
}

// soughtOf is whom somebody looks for. What is wrong with it is said without it.
func soughtOf(args engine.Args) (who person.Sought, err error) {
	by, _ := args.Input("by")
	who.Name, _ = by.String("name")
	who.Born, _ = engine.ArgOf[person.Date](by, "dateOfBirth")
	if chi, given := by.String("chi"); given {
		if who.CHI, err = person.ParseCHI(chi); err != nil {
			return who, badArgument("by", "chi: "+err.Error()+".")
		}
	}
	return who, nil
}
