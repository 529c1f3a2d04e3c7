package disclosure

import (
	"context"
	"slices"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// passOn is the action of the rules for telling somebody else.
const passOn = "onward_disclose"

// PassingOn is the detail of entries about what a partner that was referred to may tell another one.
const PassingOn = "onward"

// Onward is a referral that somebody at a partner that was referred to wants to make for the person, to another partner.
type Onward struct {
	Caller identity.Caller
	// Follows is the referral that it follows.
	Follows string
	// To is the partner that is asked, Partnership the ADP that it is made in.
	To, Partnership string
	Told            referral.Told
	Circumstances   referral.Circumstances
	// Said is what the person said about sharing it.
	Said []consent.Event
}

// MayPassOn decides whether a partner that was referred to may tell another what it refers the person with. There are two ways,
// and either suffices: the person agrees to it anew, for this referral, as if they told it themselves; or it is passed on from
// the referral that is followed, by what was said about that one and an agreement which lets it be passed on. What the person
// refused or took back of the one before counts in both.
//
// It returns the decisions, to be recorded with what is done because of them; those of a denial say why.
func (c *Cutter) MayPassOn(ctx context.Context, o Onward) (may bool, decided []audit.Entry, err error) {
	engine, world, err := c.rules()
	if err != nil {
		return false, nil, err
	}
	dossiers, err := c.Kept.Dossiers(ctx, named([]string{o.Follows})...)
	if err != nil {
		return false, nil, err
	}
	before, there := dossiers[o.Follows]
	if !there {
		return false, nil, nil
	}
	now := c.Clock() // after what was read was written
	anew := o.toldAnew(before, now)
	for _, name := range engine.Settings().OnwardPurposes {
		purpose := Purpose(name)
		decision, r, err := widest(ctx, engine, world, o.requests(purpose, now, before, anew))
		if err != nil {
			return false, nil, err
		}
		may = may || decision.Effect == policies.Allow
		cut := Cut{
			id: o.Follows, asking: Asking{Caller: o.Caller, Purpose: purpose}, dossier: before, decision: decision, engine: engine,
		}
		cut.logged = cut.untilKnown(world, r, inTheLog)
		entry := cut.Decided(now)
		entry.To, entry.Detail = o.To, PassingOn
		decided = append(decided, entry)
	}
	return may, decided, nil
}

// toldAnew is the new referral as it would be. A grant that does not say when it was given does not undo what was refused or
// taken back: whoever writes it down has to say that it came after.
func (o Onward) toldAnew(before store.Dossier, now time.Time) store.Dossier {
	objections := consent.Objections(before.Consents)
	objected := slices.ContainsFunc(objections, func(e consent.Event) bool {
		return slices.Contains(e.Recipients, o.To) || slices.Contains(e.Recipients, consent.All)
	})
	d := store.Dossier{
		State: referral.State{
			ID: before.State.ID, Person: before.State.Person, Partnership: o.Partnership, Origin: o.Caller.Partner, Target: o.To,
		},
		Circumstances: o.Circumstances, Consents: objections, Born: o.Told.Person.DateOfBirth, AgeBand: o.Told.Person.AgeBand,
	}
	d.Circumstances.Deceased = d.Circumstances.Deceased || before.Circumstances.Deceased
	if d.Born.IsZero() && d.AgeBand == "" {
		d.Born, d.AgeBand = before.Born, before.AgeBand
	}
	for _, e := range o.Said {
		if e.At.IsZero() && e.Decision == consent.Grant && objected {
			continue
		}
		d.Consents = append(d.Consents, e.Normal().Written(d.Consents, now))
	}
	return d
}

// requests ask in every care role: it is decided what one partner may tell another, and whoever refers somebody works with them.
func (o Onward) requests(purpose Purpose, now time.Time, records ...store.Dossier) []policies.Request {
	var requests []policies.Request
	for _, d := range records {
		for _, role := range identity.AllCareRoles() {
			r := requestOf(Asking{Caller: o.Caller, Purpose: purpose, As: role}, d, nil, now)
			r.Action, r.Recipient = passOn, o.To
			r.Actor.Active, r.Actor.Assigned = true, true
			requests = append(requests, r)
		}
	}
	return requests
}

// widest is the decision that permits most, or of denials the one that says most, with what it is about.
func widest(
	ctx context.Context, engine *policies.Engine, world *policies.World, requests []policies.Request,
) (policies.Decision, policies.Request, error) {
	decisions, err := judged(ctx, engine, world, requests)
	if err != nil {
		return policies.Decision{}, policies.Request{}, err
	}
	of := 0
	for i, d := range decisions {
		most := decisions[of]
		if n := len(d.Fields) - len(most.Fields); n > 0 || n == 0 && len(d.Reasons) > len(most.Reasons) {
			of = i
		}
	}
	return decisions[of], requests[of], nil
}
