package casework

import (
	"context"
	"errors"
	"slices"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/crds/v1alpha1"
)

// claimSeen is the detail of the entry that somebody was shown a claim on a place, before its namespace and name.
const claimSeen = "claim:"

// NeedsSeen says which of the needs in a claim whoever asks may see. The zero NeedsSeen shows none.
type NeedsSeen struct {
	decided bool
	// cut decides, where the claim is made for a referral of this store.
	cut disclosure.Cut
	// why none is shown of another.
	why string
}

// NeedsOfNoReferral are those of a claim that is made for no referral of this store, of which no decision about sharing
// can be made: all of them or none.
func NeedsOfNoReferral(may bool) NeedsSeen {
	n := NeedsSeen{decided: true}
	if !may {
		n.why = disclosure.ReasonOthersClaim
	}
	return n
}

// needFields are the fields of a referral that the needs in a claim tell the same as, or what is of the same kind: a need
// is shown to those alone who may see that field. An exact age is as telling as a date of birth.
var needFields = []record.Field{
	record.Gender, record.DateOfBirth, record.Dependants, record.Housing, record.Substances, record.OSTStatus, record.Locality,
}

// Of says why what tells the same as a field may not be seen; none if it may.
func (n NeedsSeen) Of(f record.Field) []string {
	switch {
	case !n.decided:
		return []string{disclosure.ReasonNotDecided}
	case n.why != "":
		return []string{n.why}
	case n.cut.ID() == "":
		return nil
	case n.cut.There() && n.cut.KeepsCopy(): // the claim was made after the copy was given
		return []string{disclosure.ReasonNotGiven}
	default:
		return n.cut.Withholds(f)
	}
}

// fields are the names of those that are shown, sorted.
func (n NeedsSeen) fields() (names []string) {
	for _, f := range needFields {
		if len(n.Of(f)) == 0 {
			names = append(names, string(f))
		}
	}
	slices.Sort(names)
	return names
}

// ClaimsSeen decides which needs may be shown in claims on places that somebody is about to be shown, and writes it down.
// Who may see a claim is settled where claims are kept: its ADP, and the provider that holds the place. It says in codes
// what somebody needs, which is for those alone who may see the same of the referral that it is made for, for direct care,
// in one of their care roles. Each claim for a referral that is kept here is an entry in the trail of its referral and
// person, with the decision, and nothing is to be shown if that cannot be written. The claims that are made for no
// referral of this store are nil in what is returned.
func (d *Desk) ClaimsSeen(ctx context.Context, c identity.Caller, claims ...*v1alpha1.Placement) ([]*NeedsSeen, error) {
	all := make([]*NeedsSeen, len(claims))
	for from := 0; from < len(claims); from += disclosure.MostAtOnce {
		to := min(len(claims), from+disclosure.MostAtOnce)
		if err := d.claimsSeen(ctx, c, claims[from:to], all[from:to]); err != nil {
			return nil, told(err)
		}
	}
	return all, nil
}

func (d *Desk) claimsSeen(ctx context.Context, c identity.Caller, claims []*v1alpha1.Placement, into []*NeedsSeen) error {
	people, err := d.peopleOf(ctx, claims)
	if err != nil {
		return err
	}
	seen, err := d.needsSeen(ctx, c, people)
	if err != nil {
		return err
	}
	var entries []audit.Entry
	for i, claim := range claims {
		id := claim.Spec.ReferralID
		person, kept := people[id]
		if !kept { // it is of another store, or named so by somebody
			continue
		}
		needs := seen[id]
		into[i] = &needs
		entry := audit.Entry{
			What: audit.Viewed, By: disclosure.Asking{Caller: c}.AuditActor(), Person: person, Referral: id,
			Detail: claimSeen + claim.Namespace + "/" + claim.Name,
		}
		if needs.decided {
			decision := needs.cut.Decided(d.now())
			entries = append(entries, decision)
			entry.By, entry.Purpose = decision.By, decision.Purpose
			entry.Decision = &audit.Decision{Effect: decision.Decision.Effect, Ground: decision.Decision.Ground, Fields: needs.fields()}
		}
		entries = append(entries, entry)
	}
	return d.Store.Record(ctx, entries...)
}

// peopleOf says whom those of the claims are for that are made for referrals of this store.
func (d *Desk) peopleOf(ctx context.Context, claims []*v1alpha1.Placement) (map[string]string, error) {
	var ids []string
	for _, claim := range claims {
		if referral.IsID(claim.Spec.ReferralID) {
			ids = append(ids, claim.Spec.ReferralID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return d.Store.PeopleOf(ctx, ids...)
}

// needsSeen decides about the needs of claims for referrals: in that care role of the caller which sees most. While nobody knows
// what the rules are, none is shown.
func (d *Desk) needsSeen(ctx context.Context, c identity.Caller, people map[string]string) (map[string]NeedsSeen, error) {
	seen := make(map[string]NeedsSeen, len(people))
	ids := make([]string, 0, len(people))
	for id := range people {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	roles := c.Care.List()
	if len(roles) == 0 {
		roles = []identity.CareRole{""}
	}
	for _, as := range roles {
		cuts, err := d.Cutter.May(ctx, disclosure.Asking{Caller: c, Purpose: disclosure.DirectCare, As: as}, ids...)
		if errors.Is(err, disclosure.ErrNotDecided) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, cut := range cuts {
			before, decided := seen[cut.ID()]
			if now := (NeedsSeen{decided: true, cut: cut}); !decided || len(now.fields()) > len(before.fields()) {
				seen[cut.ID()] = now
			}
		}
	}
	return seen, nil
}
