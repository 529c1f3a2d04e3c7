package disclosure

import (
	"context"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
)

// ToSend is what may be sent about a referral to the software of a partner, as things are now. Nobody at the partner has signed
// in and chosen a part: so it is decided as for a clerk who arranges the referral, which is the least of the care roles that take
// part in that, and who works with the person as the partner's own. An emergency opens nothing to software.
//
// With fields, these are cut, and what is about to be shown is recorded first, as by [Cutter.Cut]. Without, nothing is shown or
// recorded: whoever sends a reference records [Cut.Decided] with what they did.
func (c *Cutter) ToSend(ctx context.Context, partner, id string, fields ...record.Field) (Cut, error) {
	decide := func() ([]Cut, error) { return c.ToSendMany(ctx, partner, id) }
	if len(fields) > 0 {
		decide = func() ([]Cut, error) { return c.Cut(ctx, toSoftware(partner), fields, id) }
	}
	cuts, err := decide()
	if err != nil {
		return Cut{}, err
	}
	return cuts[0], nil
}

// ToSendMany is [Cutter.ToSend] without fields for several referrals at once, in the order of ids.
func (c *Cutter) ToSendMany(ctx context.Context, partner string, ids ...string) ([]Cut, error) {
	return c.May(ctx, toSoftware(partner), ids...)
}

func toSoftware(partner string) Asking {
	return Asking{
		Caller:  identity.Caller{Partner: partner, Roles: identity.RolesOf(identity.Provider, identity.Referrer)},
		Purpose: ReferralCoordination, As: identity.Clerk, software: true,
	}
}

// Sendable are the fields that can be sent at all: those that are for the purpose that it is sent for.
func Sendable() []record.Field { return record.FieldsOf(record.Admin, record.Identity, record.Contact) }
