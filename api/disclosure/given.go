package disclosure

import (
	"context"
	"slices"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// Given is what a partner may be shown of a referral now, in whatever care role, for each purpose that the settings name: so much
// it keeps if it accepts the referral now. What it keeps of an earlier time does not count, and an emergency gives nothing to
// keep.
//
// It returns what that rests on, too; nil if there is no such referral.
func (c *Cutter) Given(ctx context.Context, partner, id string) ([]referral.Given, *store.Basis, error) {
	engine, world, err := c.rules()
	if err != nil {
		return nil, nil, err
	}
	dossiers, err := c.Kept.Dossiers(ctx, named([]string{id})...)
	if err != nil {
		return nil, nil, err
	}
	d, there := dossiers[id]
	if !there {
		return nil, nil, nil
	}
	var given []referral.Given
	for _, purpose := range engine.Settings().KeptPurposes {
		var requests []policies.Request
		for _, role := range identity.AllCareRoles() {
			r := requestOf(Asking{Caller: identity.Caller{Partner: partner}, Purpose: Purpose(purpose), As: role}, d, nil, c.Clock())
			r.Actor.Active, r.Actor.Assigned = true, true
			requests = append(requests, r)
		}
		decisions, err := judged(ctx, engine, world, requests)
		if err != nil {
			return nil, nil, err
		}
		if categories := categoriesOf(decisions); len(categories) > 0 {
			given = append(given, referral.Given{Purpose: purpose, Categories: categories})
		}
	}
	return given, &d.Basis, nil
}

// categoriesOf are those of all fields that decisions let somebody see as they are now, sorted.
func categoriesOf(decisions []policies.Decision) []record.Category {
	var all []record.Category
	for _, d := range decisions {
		if d.Effect != policies.Allow || slices.Contains(d.Obligations, snapshotOnly) {
			continue
		}
		for _, f := range d.Fields {
			if category, known := record.CategoryOf(record.Field(f)); known {
				all = append(all, category)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ReasonNotGiven: a copy is kept, and what is asked about is not in it.
const ReasonNotGiven = "record_not_held"
