package casework

import (
	"context"
	"errors"
	"slices"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/bell"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/pathway"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/rights"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

// Store is where referrals are kept.
type Store interface {
	disclosure.Kept
	Submit(ctx context.Context, r store.Submission) (store.Result, error)
	Change(ctx context.Context, r store.Step) (store.Result, error)
	Said(ctx context.Context, r store.Statement) (store.Result, error)
	Declare(ctx context.Context, o store.Once, e store.Emergency, because ...audit.Entry) (store.Result, error)
	CloseEmergency(
		ctx context.Context, o store.Once, id string, number int64, r store.Review, because ...audit.Entry,
	) (store.Result, error)
	Answered(ctx context.Context, r store.Request) (store.Result, bool, error)
	State(ctx context.Context, id string) (referral.State, error)
	// Consents are all that was said about sharing a referral.
	Consents(ctx context.Context, id string) ([]consent.Event, error)
	Late(ctx context.Context, partnership, after string, limit int) ([]store.Summary, error)
	List(ctx context.Context, f store.Filter, after store.Cursor, limit int) (store.Page, error)
	Found(ctx context.Context, who person.Sought, holders ...store.Holder) ([]store.Summary, error)
	// UnmaskVersion is the version behind a number of MaskVersion, and whether it is one.
	UnmaskVersion(ctx context.Context, referral, reader string, number int64) (version int64, masked bool, err error)
	// PeopleOf says whom referrals are about.
	PeopleOf(ctx context.Context, ids ...string) (map[string]string, error)
	// Hide and Reveal are for cursors that tell what may not be told.
	Hide(ctx context.Context, text string, about ...string) (string, error)
	Reveal(ctx context.Context, hidden string, about ...string) (text string, was bool, err error)
	Trail(ctx context.Context, look store.Look, before int64, limit int) ([]audit.Entry, error)
}

// Desk is where what is wanted of referrals is handed in.
type Desk struct {
	Store  Store
	Cutter *disclosure.Cutter
	// Rights say what callers may do and see.
	Rights rights.Rules
	// View is the directory, by which partners and partnerships are known.
	View func() directory.View
	// MostScanned is how many referrals a worklist looks through at most to fill a page. Default: 1,000.
	MostScanned int
	// Pathways are those that people can be referred along; nil for none.
	Pathways Pathways

	bells bell.Bells[string]
}

// Done is what came of a request.
type Done struct {
	// Referral that it was about, and the version it has now; of what was said about sharing and of emergencies, their number.
	Referral string
	Version  int64
	// Replayed says that the request had been carried out before.
	Replayed bool
}

// About is the referral that a request is about, and the version that was read of it.
type About struct {
	Referral string
	Version  int64
	// guessed says that whoever asks may not know versions, and was never given this one: it counts for what was done with it
	// before, and for nothing new.
	guessed bool
}

// read is the version that was read, of those that were given out; 0 for none, which no referral has.
func (about About) read() int64 {
	if about.guessed {
		return 0
	}
	return about.Version
}

// once identifies a request.
func once(c identity.Caller, key string) store.Once { return store.Once{Scope: c.Scope(), Key: key} }

// again is what a request came to that was carried out before. It is looked up before anything is judged: what was done is done,
// however things stand by now. Only whoever sent it is answered, and with no more than they were answered then.
func (d *Desk) again(ctx context.Context, c identity.Caller, r store.Request) (done Done, was bool, err error) {
	if !c.Known() {
		return Done{}, false, nil
	}
	result, was, err := d.Store.Answered(ctx, r)
	return Done(result), was, told(err)
}

// step fills in who changes which referral.
func (about About) step(c identity.Caller, key string, step store.Step) store.Step {
	step.Once, step.By, step.Referral, step.Read = once(c, key), disclosure.ActorOf(c), about.Referral, about.Version
	return step
}

// part is the part that somebody has in a referral that exists.
type part struct {
	caller identity.Caller
	state  referral.State
	// stands is where they stand to it, and sides what the rules make of that.
	stands policies.Stands
	sides  []referral.Side
	// had says that they have none now and had one earlier: a request of that time may be sent again.
	had bool
}

// part finds the part that a caller has in a referral. Whoever has none is told that there is no such referral, after the rules
// were asked as much of one that does not exist as of another.
func (d *Desk) part(ctx context.Context, c identity.Caller, id string) (part, error) {
	if !referral.IsID(id) || !c.Known() {
		return part{}, notFound()
	}
	state, missing := d.Store.State(ctx, id)
	if missing != nil && !errors.Is(missing, store.ErrNotFound) {
		return part{}, told(missing)
	}
	p, err := d.partIn(ctx, c, state)
	if err == nil && missing != nil {
		return part{}, notFound()
	}
	return p, err
}

// partIn finds the part that a caller has in a referral that stands so.
func (d *Desk) partIn(ctx context.Context, c identity.Caller, state referral.State) (part, error) {
	p := part{caller: c, state: state, stands: disclosure.StandsOf(c, state)}
	var err error
	if p.sides, err = disclosure.SidesOf(ctx, d.Rights, c, state); err != nil {
		return part{}, unavailable(err)
	}
	if len(p.sides) > 0 {
		return p, nil
	}
	again, err := d.rule(ctx, p.asks(actionSendAgain))
	if err != nil {
		return part{}, err
	}
	if p.had = again.Allowed; !p.had {
		return part{}, notFound()
	}
	return p, nil
}

// may refuses what the rules, or the sides that the referral knows, leave for others to do. How it stands is judged later.
func (d *Desk) may(ctx context.Context, p part, kind referral.Kind) error {
	if p.had {
		return nil
	}
	ruling, err := d.rule(ctx, p.asks(actionOf(kind)))
	if err == nil && !ruling.Allowed {
		err = refusal.Of(refusal.Forbidden, forSides(kind.By()))
	}
	return err
}

// change carries out a change of a referral.
func (d *Desk) change(ctx context.Context, c identity.Caller, key string, about About, step store.Step) (Done, error) {
	step = about.step(c, key, step)
	p, err := d.part(ctx, c, about.Referral)
	if err != nil {
		return Done{}, err
	}
	if err := d.may(ctx, p, step.Change.Kind()); err != nil {
		return Done{}, err
	}
	step.Read = about.read()
	if step.Deliver = p.others(step.Change); step.Change.Kind() == referral.KindWithdraw {
		step.Shown = d.Cutter.ToldOfAnEnd()
	}
	result, err := d.Store.Change(ctx, step)
	if err != nil {
		return Done{}, d.explain(ctx, p, err)
	}
	d.ring(p.state, step.Deliver)
	return Done(result), nil
}

// others are the partners on the other sides, who are told of a change; that it was withdrawn is told to all who may hold it.
func (p part) others(c referral.Change) []string {
	if c.Kind() == referral.KindWithdraw {
		return p.holders()
	}
	partners := []string{p.state.Origin, p.state.Target}
	if to, redirects := c.(referral.Redirect); redirects {
		partners = append(partners, to.Target)
	}
	return distinctBut(p.caller.Partner, partners)
}

func distinctBut(own string, partners []string) []string {
	slices.Sort(partners)
	return slices.DeleteFunc(slices.Compact(partners), func(name string) bool { return name == own || name == "" })
}

// explain turns an error of the store into what the caller is told. What would tell how the referral stands is told to those only
// who may see that.
func (d *Desk) explain(ctx context.Context, p part, err error) error {
	var stale *referral.Stale
	if p.had && !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrKeyReused) {
		return notFound()
	}
	if errors.As(err, &stale) {
		return staleOf(stale)
	}
	var refused *referral.Refused
	if errors.As(err, &refused) && tellsStanding(refused.Code) && !d.showsStanding(ctx, p) {
		return refusal.Of(CodeWrongStatus, "This cannot be done as the referral stands now.")
	}
	return told(err)
}

// showsStanding reports whether the caller is told in a refusal how the referral stands, which is written down first.
func (d *Desk) showsStanding(ctx context.Context, p part) bool {
	cut, may := d.seesStanding(ctx, p)
	return may && d.Store.Record(ctx, cut.Decided(d.now())) == nil
}

// maySeeStanding reports whether the caller may see how the referral stands. Nothing is shown by it.
func (d *Desk) maySeeStanding(ctx context.Context, p part) bool {
	_, may := d.seesStanding(ctx, p)
	return may
}

// seesStanding decides whether the caller may see how the referral stands.
func (d *Desk) seesStanding(ctx context.Context, p part) (disclosure.Cut, bool) {
	cut, may, err := d.seesField(ctx, p, record.Status)
	return cut, may && err == nil
}

// seesField decides whether the caller may see a field, in any of their care roles and for any purpose that somebody is asked to
// act for; software, whether it may be sent to it. Nothing is shown by it.
func (d *Desk) seesField(ctx context.Context, p part, f record.Field) (cut disclosure.Cut, may bool, err error) {
	var cuts []disclosure.Cut
	if p.caller.Software {
		cuts, err = d.Cutter.ToSend(ctx, disclosure.Outgoing{Partner: p.caller.Partner, Referral: p.state.ID})
	} else {
		cuts, err = d.inAnyWay(ctx, p)
	}
	i := slices.IndexFunc(cuts, func(c disclosure.Cut) bool { return c.Permits(f) })
	if err != nil || i < 0 {
		return disclosure.Cut{}, false, unavailable(err)
	}
	return cuts[i], true, nil
}

// inAnyWay decides about all ways in which the caller can ask for a referral to act on it, the usual ones first.
func (d *Desk) inAnyWay(ctx context.Context, p part) ([]disclosure.Cut, error) {
	settings, err := d.Cutter.Settings()
	if err != nil {
		return nil, err
	}
	var ways []disclosure.Asking
	for _, as := range p.caller.Care.List() {
		for _, purpose := range disclosure.UsualFirst(settings.AskedPurposes) {
			ways = append(ways, disclosure.Asking{Caller: p.caller, Purpose: purpose, As: as})
		}
	}
	return d.Cutter.MayAs(ctx, p.state.ID, ways...)
}

// partnerExists refuses a partner that nothing can be sent to.
func (d *Desk) partnerExists(name string, path ...string) error {
	v := d.View()
	partner, known := v.Partner(name)
	switch {
	case !known:
		return refusal.Of(refusal.Invalid, "There is no partner of that name in the directory.", path...)
	case partner.Spec.Participation == v1alpha1.ParticipationSuspended:
		return refusal.Of(CodePartnerSuspended,
			"That partner is suspended: nothing can be sent to it now. Choose another one.", path...)
	default:
		return nil
	}
}

func (d *Desk) partnershipExists(name string, path ...string) error {
	v := d.View()
	if _, known := v.Partnership(name); !known {
		return refusal.Of(refusal.Invalid, "There is no partnership of that name in the directory.", path...)
	}
	return nil
}

// takesPart reports whether a partner is in the directory and takes part.
func (d *Desk) takesPart(name string) bool { return d.partnerExists(name) == nil }

// CanBeAsked says which partners can be asked next to answer which referrals: those that are in the directory, take part, and may
// be told that there is such a referral or see it, on a basis that the pathway had when the referral was made. It fails where
// nobody knows that now. Of at most [disclosure.MostAtOnce] referrals.
func (d *Desk) CanBeAsked(ctx context.Context, turns []pathway.Turn) (map[pathway.Turn]bool, error) {
	var all []disclosure.Reached
	for _, turn := range turns {
		if d.takesPart(turn.Partner) {
			all = append(all, disclosure.Reached{Partner: turn.Partner, Referral: turn.Referral})
		}
	}
	if err := d.Cutter.Reaches(ctx, all); err != nil {
		return nil, err
	}
	can := map[pathway.Turn]bool{}
	for _, r := range all {
		can[pathway.Turn{Referral: r.Referral, Partner: r.Partner}] = reachOn(r.On, r.Along.Bases) == mayBeAskedAlong
	}
	return can, nil
}

// Changed wakes those who follow the worklists that a referral is in that somebody else has changed, as it was before.
func (d *Desk) Changed(s referral.State, told []string) { d.ring(s, told) }

// ring wakes those who follow the worklists that a referral is in.
func (d *Desk) ring(s referral.State, told []string) {
	for _, partner := range append([]string{s.Origin, s.Target}, told...) {
		d.bells.Ring(listOf(partner, ""))
	}
	d.bells.Ring(listOf("", s.Partnership))
}

// listOf names the worklist of a partner or a partnership.
func listOf(partner, partnership string) string {
	if partner != "" {
		return "partner/" + partner
	}
	return "partnership/" + partnership
}

// now is the moment that the cutter has.
func (d *Desk) now() time.Time { return d.Cutter.Clock() }
