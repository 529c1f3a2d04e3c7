package disclosure

import (
	"context"
	"fmt"
	"slices"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/policies"
)

// Supposed is somebody who might ask.
type Supposed struct {
	Partner string
	Role    identity.CareRole
	Purpose Purpose
	// Assigned says that they work with the person, SecondFactor how they signed in, HealthProfessional that they are one.
	Assigned, SecondFactor, HealthProfessional bool
}

// Explanation is what somebody would see, and why. It has names and codes, and nobody's data: whether a field was told at all is
// not in it.
type Explanation struct {
	policies.Decision
	// Left are the fields that would be withheld, each with why.
	Left []Left
}

// Left is a field that would be withheld.
type Left struct {
	Field   record.Field
	Reasons []string
}

// DetailWouldSee says in the audit log that somebody had explained what others would see.
const DetailWouldSee = "would-see"

// WouldSee explains what somebody else would see of a referral, as things are now and without any emergency. Whether they would,
// and why not, tells of the person's circumstances: it is for those who may see these. That it was asked is recorded first.
func (c *Cutter) WouldSee(ctx context.Context, cut Cut, who Supposed) (Explanation, error) {
	if !cut.SeesCircumstances() {
		return Explanation{}, errNoStory
	}
	engine, world, err := c.rules()
	if err != nil {
		return Explanation{}, err
	}
	dossiers, err := c.Kept.Dossiers(ctx, cut.id)
	if err != nil {
		return Explanation{}, err
	}
	as := Asking{
		Caller: identity.Caller{
			Partner: who.Partner, SecondFactor: who.SecondFactor, HealthProfessional: who.HealthProfessional,
		},
		Purpose: who.Purpose, As: who.Role,
	}
	request := requestOf(as, dossiers[cut.id], nil, c.Clock())
	request.Actor.Active, request.Actor.Assigned = true, who.Assigned
	decisions, err := judged(ctx, engine, world, []policies.Request{request})
	if err != nil {
		return Explanation{}, err
	}
	looked := cut.entry(audit.Viewed, c.Clock(), nil)
	looked.Detail, looked.To = DetailWouldSee, who.Partner
	if err := c.Kept.Record(ctx, looked); err != nil {
		return Explanation{}, fmt.Errorf("record what is about to be shown: %w", err)
	}
	return explained(decisions[0], engine, as), nil
}

func explained(d policies.Decision, engine *policies.Engine, as Asking) Explanation {
	e := Explanation{Decision: d}
	for _, f := range record.Fields() {
		switch {
		case d.Effect != policies.Allow:
			e.Left = append(e.Left, Left{f, d.Reasons})
		case !slices.Contains(d.Fields, string(f)):
			e.Left = append(e.Left, Left{f, []string{engine.WhyNot(string(as.As), string(as.Purpose), string(f))}})
		}
	}
	return e
}
