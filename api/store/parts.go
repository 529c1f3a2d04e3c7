package store

import (
	"context"
	"slices"
	"strings"

	"lifeline.scot/api/referral"
)

// Who holds a part in a referral, as table parts has it.
const (
	holdsAsPartner     = "partner/"     // the origin, or the present target
	holdsAsPartnership = "partnership/" // the ADP
	heldEarlier        = "earlier/"     // a partner that was asked before
)

// part is one row of table parts: a referral in the list of one holder.
type part struct {
	holder, status, urgency  string
	open, waits, submittedAt int64
}

// partsOf are those that a referral has as it stands, in the order of their holders.
func partsOf(s referral.State) []part {
	sides := map[string][]referral.Side{
		holdsAsPartnership + s.Partnership: {referral.SidePartnership},
	}
	for _, turn := range s.Asked {
		if turn.Partner != s.Origin && turn.Partner != s.Target {
			sides[heldEarlier+turn.Partner] = nil
		}
	}
	sides[holdsAsPartner+s.Target] = append(sides[holdsAsPartner+s.Target], referral.SideTarget)
	sides[holdsAsPartner+s.Origin] = append(sides[holdsAsPartner+s.Origin], referral.SideOrigin)
	all := make([]part, 0, len(sides))
	for holder, has := range sides {
		all = append(all, part{
			holder: holder, open: flag(!s.Status.Ended()), status: string(s.Status), urgency: string(s.Urgency),
			submittedAt: micros(s.SubmittedAt), waits: flag(slices.ContainsFunc(has, s.WaitsFor)),
		})
	}
	slices.SortFunc(all, func(a, b part) int { return strings.Compare(a.holder, b.holder) })
	return all
}

// listIn keeps the parts that a referral has now, where before is how it stood; its zero value for one that is new.
func (t tx) listIn(ctx context.Context, before, after referral.State) error {
	var had []part
	if before.Version > 0 {
		had = partsOf(before)
	}
	has := partsOf(after)
	for _, p := range had {
		if slices.ContainsFunc(has, func(now part) bool { return now.holder == p.holder }) {
			continue
		}
		if err := t.run(ctx, "take a referral out of a list", `DELETE FROM parts WHERE holder = $1 AND referral_id = $2`,
			p.holder, after.ID); err != nil {
			return err
		}
	}
	for _, p := range has {
		if slices.Contains(had, p) {
			continue
		}
		if err := t.run(ctx, "put a referral into a list",
			`INSERT INTO parts (holder, referral_id, open, status, urgency, submitted_at, waits) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (holder, referral_id) DO UPDATE SET open = excluded.open, status = excluded.status, urgency = excluded.urgency,
			waits = excluded.waits`,
			p.holder, after.ID, p.open, p.status, p.urgency, p.submittedAt, p.waits); err != nil {
			return err
		}
	}
	return nil
}
