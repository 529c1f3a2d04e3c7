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
	"lifeline.scot/api/rights"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// Rules are the rules of sharing, and the partners and agreements they decide by, as they are now.
type Rules interface {
	Now() (*policies.Engine, *policies.World)
	// Ready reports whether partners and agreements have been read.
	Ready() bool
	// Doubtful reports whether they have not been followed for so long that nobody knows whether they still hold.
	Doubtful() bool
}

// Kept is where referrals are kept.
type Kept interface {
	Dossiers(ctx context.Context, ids ...string) (map[string]store.Dossier, error)
	ReadMany(ctx context.Context, wanted map[string]store.Wanted) (map[string]record.Values, error)
	HistoryAsDecided(ctx context.Context, id string, on store.Basis, after int64, limit int, words bool) (store.Events, error)
	Emergencies(ctx context.Context, f store.Emergencies, limit int) ([]store.Emergency, error)
	Record(ctx context.Context, entries ...audit.Entry) error
	// MaskVersion is a number in place of a version, for a reader who may not know how often a referral has changed.
	MaskVersion(referral, reader string, version int64) (int64, error)
	// WasShown reports whether a partner was shown something of a referral on one of some grounds.
	WasShown(ctx context.Context, referral, partner string, grounds ...string) (bool, error)
}

// Cutter cuts what people told to what whoever asks may see.
type Cutter struct {
	Kept  Kept
	Rules Rules
	// Rights say which parts callers have in referrals.
	Rights rights.Rules
	Clock  func() time.Time
	// Unreadable is told of each referral of which something that is kept does not open, whenever somebody asks for it; nil for
	// nobody.
	Unreadable func(ctx context.Context, referral string)
}

// ErrNotDecided is an answer that cannot be given because nobody knows what the rules are now. Nothing was shown.
var ErrNotDecided = errors.New("it cannot be decided now what may be shared: try again in a moment")

// MostAtOnce is how many referrals are cut at once.
const MostAtOnce = store.LongestPage

// Cut cuts referrals to what may be seen of the fields that are asked for, in the order of ids. What is read was decided upon as
// it is: when something about a referral changes in between, all is decided again.
func (c *Cutter) Cut(ctx context.Context, a Asking, fields []record.Field, ids ...string) ([]Cut, error) {
	return c.CutBeside(ctx, nil, a, fields, ids...)
}

// CutBeside is [Cutter.Cut], with entries that are recorded in one transaction with what is about to be shown: what else was
// decided on the way to it. They are recorded also if nothing is shown.
func (c *Cutter) CutBeside(
	ctx context.Context, beside []audit.Entry, a Asking, fields []record.Field, ids ...string,
) ([]Cut, error) {
	made, err := c.decideAndRead(ctx, a, fields, ids, len(ids))
	if err != nil {
		return nil, err
	}
	if err := c.record(ctx, made, beside); err != nil {
		return nil, err
	}
	return made.cuts, nil
}

// Those says which referrals are wanted, of many that are decided about.
type Those struct {
	// Keys are fields, among those asked for, all of which may be seen; Tell is what they tell.
	Keys []record.Field
	Tell func(record.Values) (bool, error)
	// Looked are the entries that are recorded in one transaction with what is about to be shown, given those that are left out.
	Looked func(leftOut []Cut) []audit.Entry
}

// CutThose is [Cutter.Cut] of those referrals alone that are wanted, of at most [MostAtOnce]. The others are left out as if there
// were none: that they were decided about, and not shown, is recorded as Looked says. As many decisions are made, however many
// there are.
func (c *Cutter) CutThose(ctx context.Context, those Those, a Asking, fields []record.Field, ids ...string) ([]Cut, error) {
	made, err := c.decideAndRead(ctx, a, fields, ids, MostAtOnce)
	if err != nil {
		return nil, err
	}
	kept := decided{asking: made.asking, at: made.at}
	var leftOut []Cut
	for i, cut := range made.cuts {
		is := false
		if cut.PermitsAll(those.Keys) {
			if is, err = those.Tell(cut.values); err != nil {
				return nil, err
			}
		}
		if is {
			kept.ids, kept.cuts = append(kept.ids, made.ids[i]), append(kept.cuts, cut)
		} else {
			leftOut = append(leftOut, cut)
		}
	}
	if err := c.record(ctx, kept, those.Looked(leftOut)); err != nil {
		return nil, err
	}
	return kept.cuts, nil
}

// mostTries bounds how often it is decided anew because something changed before it was read.
const mostTries = 5

func (c *Cutter) decideAndRead(
	ctx context.Context, a Asking, fields []record.Field, ids []string, most int,
) (decided, error) {
	for try := 1; ; try++ {
		made, err := c.decide(ctx, a, fields, ids, most)
		if err != nil {
			return decided{}, err
		}
		err = c.fill(ctx, made.cuts)
		switch {
		case err == nil:
			return made, nil
		case !errors.Is(err, store.ErrMoved):
			return decided{}, err
		case try == mostTries:
			return decided{}, fmt.Errorf("%w (%w)", ErrNotDecided, err)
		}
	}
}

// record writes down what is about to be shown, and what else was decided. Nothing is shown if that fails.
func (c *Cutter) record(ctx context.Context, made decided, beside []audit.Entry) error {
	if err := c.Kept.Record(ctx, append(slices.Clone(beside), made.entries()...)...); err != nil {
		return fmt.Errorf("record what is about to be shown: %w", err)
	}
	return nil
}

// May reports what would be decided, and shows and records nothing: for what reveals nothing by itself, such as leaving a
// referral out of a list. Whoever acts on it records [Cut.Decided] with what they do, or [LeavingOut] with the list.
func (c *Cutter) May(ctx context.Context, a Asking, ids ...string) ([]Cut, error) {
	return c.MayOfUpTo(ctx, len(ids), a, ids...)
}

// MayOfUpTo is [Cutter.May] of a list that could have so many: as many decisions are made, however many there are.
func (c *Cutter) MayOfUpTo(ctx context.Context, most int, a Asking, ids ...string) ([]Cut, error) {
	made, err := c.decide(ctx, a, nil, ids, most)
	return made.cuts, err
}

// MayAs is [Cutter.May] of one referral in several ways in which one caller can ask for it: one reading, and one evaluation of
// the rules, are for all of them.
func (c *Cutter) MayAs(ctx context.Context, id string, ways ...Asking) ([]Cut, error) {
	engine, world, err := c.rules()
	if err != nil || len(ways) == 0 {
		return nil, err
	}
	dossiers, err := c.Kept.Dossiers(ctx, withDecoys(named([]string{id}), 1)...)
	if err != nil {
		return nil, err
	}
	at := c.Clock() // after what was read was written
	found, err := c.emergenciesOf(ctx, ways[0].Caller, at.Add(-engine.Settings().EmergencyLasts))
	if err != nil {
		return nil, err
	}
	questions := make([]question, len(ways))
	for i, a := range ways {
		questions[i] = question{asking: a, id: id, declared: latestFor(a, found)[id]}
	}
	return c.answer(ctx, engine, world, dossiers, at, questions)
}

// decided are the decisions about a list.
type decided struct {
	asking Asking
	at     time.Time
	ids    []string
	cuts   []Cut
}

// decide decides about all of a list, which could have had most, in one evaluation of the rules. Of what does not exist it asks
// and works out as much as of what does: how long it takes tells nobody which of them it is.
func (c *Cutter) decide(ctx context.Context, a Asking, fields []record.Field, ids []string, most int) (decided, error) {
	made := decided{asking: a, ids: ids, cuts: make([]Cut, len(ids))}
	engine, world, err := c.rules()
	if err != nil {
		return decided{}, err
	}
	dossiers, err := c.Kept.Dossiers(ctx, withDecoys(named(ids), 1)...)
	if err != nil {
		return decided{}, err
	}
	made.at = c.Clock() // after what was read was written
	declared, err := c.declared(ctx, a, made.at.Add(-engine.Settings().EmergencyLasts))
	if err != nil {
		return decided{}, err
	}
	about := withDecoys(ids, most)
	questions := make([]question, len(about))
	for i, id := range about {
		questions[i] = question{asking: a, id: id, declared: declared[id]}
	}
	cuts, err := c.answer(ctx, engine, world, dossiers, made.at, questions)
	if err != nil {
		return decided{}, err
	}
	for i := range made.cuts {
		made.cuts[i] = cuts[i]
		made.cuts[i].asked = fields
	}
	return made, nil
}

// decoy is decided about where there is nothing to decide about: it is the name of no referral, and takes as long as one that is
// not for whoever asks.
const decoy = "r-00000000000000000000"

// withDecoys adds decoys to ids until there are enough, and one at least.
func withDecoys(ids []string, enough int) []string {
	all := slices.Clone(ids)
	for len(all) < max(enough, 1) {
		all = append(all, decoy)
	}
	return all
}

// ofNone is the cut of a referral that does not exist, after it was decided about like any other.
func (c Cut) ofNone() Cut {
	return Cut{id: c.id, asking: c.asking, asked: c.asked, engine: c.engine, decision: policies.Decision{
		Effect: policies.Deny, Reasons: c.decision.Reasons, Revision: c.decision.Revision,
	}}
}

// question is a referral that somebody asks for, with the emergency that they declared of it; nil for none.
type question struct {
	asking   Asking
	id       string
	declared *store.Emergency
}

// answer decides about all that is asked in one evaluation of the rules, and makes a cut of each, of what decisions rest on.
func (c *Cutter) answer(
	ctx context.Context, engine *policies.Engine, world *policies.World, dossiers map[string]store.Dossier, at time.Time,
	questions []question,
) ([]Cut, error) {
	requests, cuts := make([]policies.Request, len(questions)), make([]Cut, len(questions))
	for i, q := range questions {
		r, sides, err := c.requestAbout(ctx, q.asking, dossiers[q.id], q.declared, at)
		if err != nil {
			return nil, err
		}
		requests[i], cuts[i] = r, Cut{id: q.id, asking: q.asking, sides: sides, engine: engine}
	}
	decisions, err := judged(ctx, engine, world, requests)
	if err != nil {
		return nil, err
	}
	for i := range cuts {
		cuts[i].decision = decisions[i]
		if err := c.begin(ctx, &cuts[i], dossiers, world, requests[i]); err != nil {
			return nil, err
		}
	}
	return cuts, nil
}

// requestAbout is what the rules are asked about a referral, with the sides of it that whoever asks is on.
func (c *Cutter) requestAbout(
	ctx context.Context, a Asking, d store.Dossier, declared *store.Emergency, at time.Time,
) (policies.Request, []referral.Side, error) {
	sides, err := SidesOf(ctx, c.Rights, a.Caller, d.State)
	if err != nil {
		return policies.Request{}, nil, err
	}
	r := requestOf(a, d, declared, at)
	r.Actor.KeepsRecord = KeepsRecord(sides)
	return r, sides, nil
}

// begin makes a cut, about which was decided, of what decisions rest on. Of a referral that does not exist it does the same work.
func (c *Cutter) begin(
	ctx context.Context, cut *Cut, dossiers map[string]store.Dossier, world *policies.World, r policies.Request,
) (err error) {
	d, there := dossiers[cut.id]
	cut.dossier = d
	if d.Unreadable {
		c.isUnreadable(ctx, cut.id)
	}
	cut.there = len(cut.sides) > 0 || cut.decision.Effect == policies.Allow
	cut.until, cut.logged = cut.untilKnown(world, r, cut.Permits), cut.untilKnown(world, r, inTheLog)
	if cut.version, err = c.versionKnown(cut, d.State.Version); err != nil { // of none, too: it takes as long
		return err
	}
	if cut.toldOfSharing, err = mayHearOfSharing(ctx, c.Rights, cut.asking.Caller, d.State); err != nil {
		return err
	}
	if cut.asking.software && len(cut.sides) == 0 {
		cut.read, err = c.Kept.WasShown(ctx, cut.id, cut.asking.Caller.Partner, cut.engine.Settings().ToldOfAnEnd...)
		if err != nil {
			return err
		}
	}
	if !there {
		*cut = cut.ofNone()
	}
	return nil
}

// untilKnown is when time alone may change the decision, as far as somebody may know who sees some fields.
func (c Cut) untilKnown(world *policies.World, r policies.Request, sees func(record.Field) bool) time.Time {
	overdose, subject := &r.Referral.OverdoseTime, &r.Referral.Subject
	hidden := false
	if !sees(record.OverdoseAt) && !overdose.IsZero() {
		*overdose, hidden = time.Time{}, true
	}
	if !sees(record.DateOfBirth) && !subject.OlderTime.IsZero() {
		subject.OlderTime, hidden = time.Time{}, true
	}
	if !hidden {
		return c.decision.HoldsUntil
	}
	return c.engine.HoldsUntil(world, r)
}

// inTheLog sees no field: what the audit log says is kept for longer than what was told, and in the clear.
func inTheLog(record.Field) bool { return false }

func (c *Cutter) rules() (*policies.Engine, *policies.World, error) {
	if c.Rules == nil || !c.Rules.Ready() || c.Rules.Doubtful() {
		return nil, nil, ErrNotDecided
	}
	engine, world := c.Rules.Now()
	if engine == nil || world == nil {
		return nil, nil, ErrNotDecided
	}
	return engine, world, nil
}

// Settings are the choices that decide what the rules are asked. It fails with [ErrNotDecided].
func (c *Cutter) Settings() (*policies.Settings, error) {
	engine, _, err := c.rules()
	if err != nil {
		return nil, err
	}
	return engine.Settings(), nil
}

// ToldOfAnEnd are the grounds on which whoever was shown something is told when that may be shared no longer. They are known
// also while nobody knows whether partners and agreements still hold: a withdrawal waits for nothing.
func (c *Cutter) ToldOfAnEnd() []string {
	if c.Rules == nil {
		return nil
	}
	engine, _ := c.Rules.Now()
	if engine == nil {
		return nil
	}
	return engine.Settings().ToldOfAnEnd
}

// named leaves out what cannot be the name of a referral, and what is named twice.
func named(ids []string) []string {
	names := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !referral.IsID(id) })
	slices.Sort(names)
	return slices.Compact(names)
}

// declared are the emergencies that whoever asks has declared since a time, after which they may still last, for this purpose and
// role; the latest of each referral. One that was found not to be justified lasts no longer.
func (c *Cutter) declared(ctx context.Context, a Asking, since time.Time) (map[string]*store.Emergency, error) {
	found, err := c.emergenciesOf(ctx, a.Caller, since)
	return latestFor(a, found), err
}

// emergenciesOf are those that a caller declared, the latest last.
func (c *Cutter) emergenciesOf(ctx context.Context, by identity.Caller, since time.Time) ([]store.Emergency, error) {
	if by.Subject == "" {
		return nil, nil
	}
	return c.Kept.Emergencies(ctx, store.Emergencies{
		Subject: by.Subject, Partner: by.Partner, Since: since, Words: true,
	}, store.LongestPage)
}

// latestFor are the latest that were declared for a way to ask, by the referral.
func latestFor(a Asking, found []store.Emergency) map[string]*store.Emergency {
	latest := map[string]*store.Emergency{}
	for i, e := range found {
		if e.Purpose == string(a.Purpose) && e.Role == string(a.As) && !e.Unjustified() {
			latest[e.Referral] = &found[i]
		}
	}
	return latest
}

// fill reads what may be seen of what was asked for.
func (c *Cutter) fill(ctx context.Context, cuts []Cut) error {
	wanted := map[string]store.Wanted{}
	for i := range cuts {
		cut := &cuts[i]
		if !cut.there {
			continue
		}
		if err := c.rewind(cut); err != nil {
			return err
		}
		if fields := cut.toRead(); len(fields) > 0 {
			wanted[cut.id] = store.Wanted{Fields: fields, Version: cut.snapshot, Decided: cut.dossier.Basis}
		}
	}
	values, unreadable, err := c.readMany(ctx, wanted)
	if err != nil {
		return err
	}
	for i := range cuts {
		if cuts[i].there {
			cuts[i].values, cuts[i].unreadable = values[cuts[i].id], slices.Contains(unreadable, cuts[i].id)
		}
	}
	return nil
}

// readMany reads what can be read of what is wanted, and says of which referrals something does not open.
func (c *Cutter) readMany(
	ctx context.Context, wanted map[string]store.Wanted,
) (values map[string]record.Values, unreadable []string, err error) {
	for {
		values, err := c.Kept.ReadMany(ctx, wanted)
		var damaged *store.UnreadableError
		if !errors.As(err, &damaged) || len(damaged.Referrals) == 0 {
			return values, unreadable, err
		}
		for _, id := range damaged.Referrals {
			c.isUnreadable(ctx, id)
			delete(wanted, id)
		}
		unreadable = append(unreadable, damaged.Referrals...)
	}
}

func (c *Cutter) isUnreadable(ctx context.Context, id string) {
	if c.Unreadable != nil {
		c.Unreadable(ctx, id)
	}
}

// rewind takes a cut back to what was given, where the rules allow no more than that: what was told when the partner accepted,
// and how the referral stood when another partner followed.
func (c *Cutter) rewind(cut *Cut) error {
	if !cut.KeepsCopy() {
		return nil
	}
	turn, until, held := cut.dossier.State.HeldBy(cut.asking.Caller.Partner)
	if !held {
		return nil
	}
	cut.snapshot = turn.AcceptedVersion
	var err error
	if cut.asOf, err = c.versionKnown(cut, turn.AcceptedVersion); err != nil || until == 0 {
		return err
	}
	state, err := cut.dossier.StateAt(until - 1)
	if err != nil {
		return fmt.Errorf("see how the referral stood: %w", err)
	}
	cut.dossier.State = state
	cut.version, err = c.versionKnown(cut, state.Version)
	return err
}

// versionKnown is a version as whoever asked may know it: itself, or a number of their own in its place.
func (c *Cutter) versionKnown(cut *Cut, version int64) (int64, error) {
	if cut.Permits(record.Status) {
		return version, nil
	}
	return c.Kept.MaskVersion(cut.id, cut.asking.Caller.Scope(), version)
}

// snapshotOnly is the obligation to show no more than was given.
const snapshotOnly = "snapshot_only"

// Suppose decides about a referral as if an emergency had been declared about it, and shows nothing. Whoever calls it records
// what was decided.
func (c *Cutter) Suppose(ctx context.Context, a Asking, id string, e store.Emergency) (Cut, error) {
	engine, world, err := c.rules()
	if err != nil {
		return Cut{}, err
	}
	dossiers, err := c.Kept.Dossiers(ctx, named([]string{id})...)
	if err != nil {
		return Cut{}, err
	}
	d, there := dossiers[id]
	r := requestOf(a, d, &e, e.At)
	decisions, err := judged(ctx, engine, world, []policies.Request{r})
	if err != nil {
		return Cut{}, err
	}
	cut := Cut{id: id, asking: a, dossier: d, decision: decisions[0], engine: engine}
	cut.logged = cut.untilKnown(world, r, inTheLog)
	cut.there = there && cut.decision.Effect == policies.Allow
	return cut, nil
}

// Opens reports whether the rules allow anything of a referral that exists.
func (c Cut) Opens() bool { return c.there && c.decision.Effect == policies.Allow }
