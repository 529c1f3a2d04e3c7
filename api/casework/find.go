package casework

import (
	"context"
	"errors"
	"maps"
	"slices"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/rights"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// lookedFor is the detail of the entry that somebody looked for a person, before what they looked by.
const lookedFor = "find."

// Find returns the referrals of whoever is looked for, the newest first, whatever became of them: those that the caller's
// organisation or ADP has or had a part in, that are in their worklists as far as what may be seen goes, and that show them whom
// they tell of. What may not be seen is not found, and nobody learns the difference.
//
// That somebody looked is written down before anything is returned, with who was found in the caller's own referrals, which of
// these were not shown and why, and never with what was looked by. Whether nobody is found, or somebody who may not be seen,
// makes no difference to what is asked of the database and of the rules.
func (d *Desk) Find(
	ctx context.Context, a disclosure.Asking, who person.Sought, fields []record.Field,
) ([]disclosure.Cut, error) {
	holders, err := d.holders(ctx, a.Caller)
	if err != nil {
		return nil, err
	}
	if err := who.Check(); err != nil {
		return nil, refusal.Of(refusal.Invalid, "Look by the CHI number alone, or by the name and the date of birth.", "by")
	}
	found, err := d.Store.Found(ctx, who, holders...)
	if err != nil {
		return nil, told(err)
	}
	ids := make([]string, min(len(found), disclosure.MostAtOnce))
	for i := range ids {
		ids[i] = found[i].ID
	}
	keys := slices.Concat(listFields, who.Fields())
	those := disclosure.Those{Keys: keys, Tell: who.Is, Looked: func(leftOut []disclosure.Cut) []audit.Entry {
		return looks(a, who, found, keys, leftOut)
	}}
	cuts, err := d.Cutter.CutThose(ctx, those, a, withoutTwice(slices.Concat(fields, keys)), ids...)
	if err != nil { // nothing is shown, and they looked all the same
		return nil, errors.Join(unavailable(err), told(d.Store.Record(ctx, looks(a, who, found, keys, nil)...)))
	}
	return cuts, nil
}

// holders are those whose referrals a caller may look through: their organisation, and the ADP they act for.
func (d *Desk) holders(ctx context.Context, c identity.Caller) ([]store.Holder, error) {
	var holders []store.Holder
	for _, list := range []struct {
		sight  string
		stands policies.Stands
		of     store.Holder
	}{
		{sightWorklist, rights.At(c, c.Partner, policies.AtPartner), store.Holder{Partner: c.Partner}},
		{sightWorklistOfADP, rights.ForADP(c, c.Partnership), store.Holder{Partnership: c.Partnership}},
	} {
		sees, err := d.sees(ctx, c, list.sight, list.stands)
		if err != nil {
			return nil, err
		}
		if sees && list.of != (store.Holder{}) {
			holders = append(holders, list.of)
		}
	}
	if len(holders) == 0 {
		return nil, refusal.Of(refusal.Forbidden,
			"You have no referrals to look through: that is for those who refer, support or commission.")
	}
	return holders, nil
}

// looks are the entries that somebody looked: one for each person who was found in their own referrals, or one for nobody, with
// those of their referrals that are left out.
func looks(
	a disclosure.Asking, who person.Sought, found []store.Summary, keys []record.Field, leftOut []disclosure.Cut,
) []audit.Entry {
	look := audit.Entry{What: audit.Viewed, By: a.AuditActor(), Purpose: string(a.Purpose), Detail: lookedFor + who.Kind()}
	of := map[string][]disclosure.Cut{}
	for _, r := range found {
		at := slices.IndexFunc(leftOut, func(cut disclosure.Cut) bool { return cut.ID() == r.ID })
		of[r.Person] = append(of[r.Person], leftOut[max(at, 0):at+1]...)
	}
	if len(of) == 0 {
		of[""] = nil
	}
	var entries []audit.Entry
	for _, id := range slices.Sorted(maps.Keys(of)) {
		look.Person = id
		entries = append(entries, disclosure.LeavingOut(look, keys, of[id]...)...)
	}
	return entries
}
