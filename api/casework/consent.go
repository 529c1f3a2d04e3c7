package casework

import (
	"context"
	"slices"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/store"
)

// Consent records what somebody said about sharing a referral. A withdrawal or a refusal is taken from every side, at any time; a
// grant from those whose record it is: whoever was only asked could otherwise open it for themselves. A partner that accepted
// records one for others, and for itself none that is wider than what others recorded: nobody opens a referral by their own word.
func (d *Desk) Consent(ctx context.Context, c identity.Caller, key, id string, said consent.Event) (Done, error) {
	statement := store.Statement{Once: once(c, key), By: disclosure.ActorOf(c), Referral: id, Said: said}
	again, was, err := d.again(ctx, c, statement)
	if err != nil {
		return again, err
	}
	p, err := d.part(ctx, c, id)
	switch {
	case was: // by somebody who has no part in it any more, too
		return uncounted(p, again), nil
	case err != nil:
		return Done{}, err
	}
	if p.had {
		return Done{}, notFound()
	}
	if err := d.maySay(ctx, p, said.Decision); err != nil {
		return Done{}, err
	}
	if err := d.checkConsent(said, "input"); err != nil {
		return Done{}, err
	}
	statement.NoWider = p.wouldGain(said)
	statement.Deliver, statement.Shown = p.holders(), d.Cutter.ToldOfAnEnd()
	result, err := d.Store.Said(ctx, statement)
	if err != nil {
		return Done{}, told(err)
	}
	d.ring(p.state, recipients(said))
	return uncounted(p, Done(result)), nil
}

// wouldGain reports whether a grant would show more to those who record it, whose record it is not.
func (p part) wouldGain(said consent.Event) bool {
	return said.Decision == consent.Grant && slices.Contains(said.Recipients, p.caller.Partner) && !p.keepsRecord()
}

// keepsRecord reports whether it is their record: of the partner that made the referral, or the ADP.
func (p part) keepsRecord() bool { return disclosure.KeepsRecord(p.sides) }

// uncounted leaves out how much has been said: those whose record it is alone see all of it.
func uncounted(p part, done Done) Done {
	if !p.keepsRecord() {
		done.Version = 0
	}
	return done
}

// holders are the partners, besides the caller's, that have a part in a referral or were ever asked, whether they accepted or
// not, and so may hold what was told: they have to know when what may be shared has changed. So do those who were shown something
// by an emergency or by law: the store knows them.
func (p part) holders() []string {
	partners := []string{p.state.Origin, p.state.Target}
	for _, turn := range p.state.Asked {
		partners = append(partners, turn.Partner)
	}
	return distinctBut(p.caller.Partner, partners)
}

// maySay refuses what somebody is not to record of what the person said.
func (d *Desk) maySay(ctx context.Context, p part, what consent.Decision) error {
	action, message := actionRefuse, "Only those who have a part in the referral record what the person said."
	if what == consent.Grant {
		action, message = actionGrant, "Accept the referral before you record that the person agreed to more, or ask the "+
			"partner that made it. What the person refuses or withdraws you can record now."
	}
	ruling, err := d.rule(ctx, p.asks(action))
	if err == nil && !ruling.Allowed {
		err = refusal.Of(refusal.Forbidden, message, "input", "decision")
	}
	return err
}

func recipients(said consent.Event) []string {
	return slices.DeleteFunc(slices.Clone(said.Recipients), func(name string) bool { return name == consent.All })
}
