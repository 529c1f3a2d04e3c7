package disclosure

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// Reaches says on which justifications under the duty of confidentiality a referral may be shown to a partner once it is asked to
// answer it, in whatever care role and for whatever purpose the settings name: each once, sorted, in the words of
// [policies.Decision.Confidentiality]. None if nobody there may even be told that there is a referral. Nothing is shown or
// recorded, and no emergency counts. Beside them stands the pathway that the referral was made along; zero for none.
func (c *Cutter) Reaches(ctx context.Context, partner, id string) (on []string, along referral.Along, err error) {
	dossiers, err := c.Kept.Dossiers(ctx, named([]string{id})...)
	if err != nil {
		return nil, referral.Along{}, err
	}
	d, there := dossiers[id]
	if !there {
		return nil, referral.Along{}, nil
	}
	on, err = c.WouldReach(ctx, partner, d)
	return on, d.Along, err
}

// WouldReach is [Cutter.Reaches] of a referral that is not kept yet, and of which that much is known.
func (c *Cutter) WouldReach(ctx context.Context, partner string, d store.Dossier) ([]string, error) {
	engine, world, err := c.rules()
	if err != nil {
		return nil, err
	}
	d.State.Target = partner
	decisions, err := engine.Decide(ctx, world, asTarget(partner, d, engine.Settings().AskedPurposes, c.Clock))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotDecided, err)
	}
	var on []string
	for _, decision := range decisions {
		if decision.Effect == policies.Allow && slices.Contains(decision.Fields, string(record.ReferralID)) {
			on = append(on, decision.Confidentiality)
		}
	}
	slices.Sort(on)
	return slices.Compact(on), nil
}

// asTarget are the requests of everybody who may work with the person at a partner.
func asTarget(partner string, d store.Dossier, purposes []string, now func() time.Time) []policies.Request {
	var requests []policies.Request
	for _, purpose := range purposes {
		for _, role := range identity.AllCareRoles() {
			caller := identity.Caller{Partner: partner, SecondFactor: true, HealthProfessional: true}
			r := requestOf(Asking{Caller: caller, Purpose: Purpose(purpose), As: role}, d, nil, now())
			r.Actor.Active, r.Actor.Assigned = true, true
			requests = append(requests, r)
		}
	}
	return requests
}
