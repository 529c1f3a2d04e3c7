package disclosure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
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
// A partner that is asked to answer, or has answered, is told of the referral if somebody there who works with the person may
// be shown it in any care role and for any purpose that the settings name: it arrives, and whoever opens it is asked who they
// are. Of fields nothing is sent then, and nothing else may be known.
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
	if err := c.tellWhoAnswers(ctx, engine, world, dossiers, cuts); err != nil {
		return nil, err
	}
	for i, s := range all {
		if s.Fields != nil {
			cuts[i].asked = s.Fields(cuts[i])
		}
	}
	return cuts, nil
}

// tellWhoAnswers puts in the place of a denial the first permit of those who can answer at the partner that is asked now, as
// far as a reference goes. If it is not known whether there is one, that is put there.
func (c *Cutter) tellWhoAnswers(
	ctx context.Context, engine *policies.Engine, world *policies.World, dossiers map[string]store.Dossier, cuts []Cut,
) error {
	var questions []question
	var of []int
	for i, cut := range cuts {
		if cut.Permits(record.ReferralID) || !slices.Contains(cut.sides, referral.SideTarget) {
			continue
		}
		for _, asking := range whoAnswers(cut.asking.Caller.Partner, engine.Settings().AskedPurposes) {
			questions, of = append(questions, question{asking: asking, id: cut.id}), append(of, i)
		}
	}
	answers, err := c.answer(ctx, engine, world, dossiers, c.Clock(), questions)
	if err != nil {
		return err
	}
	for n, answer := range answers {
		unasked := slices.Contains(answer.decision.Reasons, policies.ReasonNarrowingFailed)
		if i := of[n]; !cuts[i].Permits(record.ReferralID) && (answer.Permits(record.ReferralID) || unasked) {
			cuts[i] = answer.asReference()
		}
	}
	return nil
}

// asReference is a cut of which nothing is left but that there is a referral.
func (c Cut) asReference() Cut {
	if c.decision.Effect == policies.Allow {
		c.decision.Fields, c.decision.Beside = []string{string(record.ReferralID)}, nil
	}
	return c
}

// whoAnswers are those who may work with the person at a partner, of whom nobody has signed in, for purposes of the settings.
func whoAnswers(partner string, asked []string) (all []Asking) {
	for _, purpose := range UsualFirst(asked) {
		if !slices.Contains(asked, string(purpose)) {
			continue
		}
		for _, role := range identity.AllCareRoles() {
			asking := toSoftware(partner)
			asking.Purpose, asking.As, asking.reference = purpose, role, true
			asking.Caller.SecondFactor, asking.Caller.HealthProfessional = true, true
			all = append(all, asking)
		}
	}
	return all
}

// UsualFirst are purposes in the order in which they are tried: what is decided for the sake of the usual ones says least of the
// person. Coordination and care are always among them.
func UsualFirst(purposes []string) []Purpose {
	all := []Purpose{ReferralCoordination, DirectCare}
	for _, name := range purposes {
		if purpose := Purpose(name); !slices.Contains(all, purpose) {
			all = append(all, purpose)
		}
	}
	return all
}

// OnlyReference reports whether a partner may be told of the referral, and of nothing that is in it.
func (c Cut) OnlyReference() bool { return c.asking.reference }

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
