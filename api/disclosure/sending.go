package disclosure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/api/store"
)

// Outgoing is what is to be sent to the software of a partner about a referral.
type Outgoing struct {
	Partner, Referral string
	// Fields are those that are sent as far as the partner may see them, once it is decided; nil for none.
	Fields func(Cut) []record.Field
}

// ToSend is what may be sent about referrals to the software of partners, as things are now, in the order in which it is asked
// for: decided in one evaluation of the rules over one reading of the store. Nobody at a partner has signed in and chosen a part:
// so it is decided as for a clerk who arranges the referral, which is the least of the care roles that take part in that, and who
// works with the person as the partner's own. An emergency opens nothing to software.
//
// Nothing of it is recorded: whoever sends it records [Cut.ToRecord] first. At most [MostAtOnce].
func (c *Cutter) ToSend(ctx context.Context, all ...Outgoing) ([]Cut, error) {
	for try := 1; ; try++ {
		cuts, err := c.decideToSend(ctx, all)
		if err != nil {
			return nil, err
		}
		err = c.fillEach(ctx, cuts)
		switch {
		case err == nil:
			return cuts, nil
		case !errors.Is(err, store.ErrMoved):
			return nil, err
		case try == mostTries:
			return nil, fmt.Errorf("%w (%w)", ErrNotDecided, err)
		}
	}
}

func (c *Cutter) decideToSend(ctx context.Context, all []Outgoing) ([]Cut, error) {
	engine, world, err := c.rules()
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, s := range all {
		ids[i] = s.Referral
	}
	dossiers, err := c.Kept.Dossiers(ctx, named(ids)...)
	if err != nil {
		return nil, err
	}
	questions := make([]question, len(all))
	for i, s := range all {
		questions[i] = question{asking: toSoftware(s.Partner), id: s.Referral}
	}
	cuts, err := c.answer(ctx, engine, world, dossiers, c.Clock(), questions) // the time after what was read was written
	if err != nil {
		return nil, err
	}
	for i, s := range all {
		if s.Fields != nil {
			cuts[i].asked = s.Fields(cuts[i])
		}
	}
	return cuts, nil
}

// fillEach reads what is sent besides references. What goes to several partners is read for each by itself: of one and the same
// referral they may not see the same.
func (c *Cutter) fillEach(ctx context.Context, cuts []Cut) error {
	var turns [][]int
	before := map[string]int{}
	for i, cut := range cuts {
		if len(cut.asked) == 0 {
			continue
		}
		turn := before[cut.id]
		before[cut.id]++
		if turn == len(turns) {
			turns = append(turns, nil)
		}
		turns[turn] = append(turns[turn], i)
	}
	for _, turn := range turns {
		some := make([]Cut, len(turn))
		for i, at := range turn {
			some[i] = cuts[at]
		}
		if err := c.fill(ctx, some); err != nil {
			return err
		}
		for i, at := range turn {
			cuts[at] = some[i]
		}
	}
	return nil
}

// ToRecord is what is to be recorded before something is sent: what was decided, and what is shown.
func (c Cut) ToRecord(at time.Time) []audit.Entry {
	return decided{at: at, ids: []string{c.id}, cuts: []Cut{c}}.entries()
}

func toSoftware(partner string) Asking {
	return Asking{
		Caller:  identity.Caller{Partner: partner, Roles: identity.RolesOf(identity.Provider, identity.Referrer)},
		Purpose: ReferralCoordination, As: identity.Clerk, software: true,
	}
}

// Sendable are the fields that can be sent at all: those that are for the purpose that it is sent for.
func Sendable() []record.Field { return record.FieldsOf(record.Admin, record.Identity, record.Contact) }
