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
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/store"
)

// Do carries out a change that is codes and words alone.
func (d *Desk) Do(
	ctx context.Context, c identity.Caller, key string, about About, change referral.Change, words string,
) (Done, error) {
	switch change.(type) {
	case referral.Submit, referral.Amend, referral.SetCircumstances, referral.MakeLink:
		return Done{}, errors.New("this change is carried out in a way of its own")
	}
	return d.asRead(ctx, c, about, func(about About) (Done, error) { return d.do(ctx, c, key, about, change, words) })
}

func (d *Desk) do(
	ctx context.Context, c identity.Caller, key string, about About, change referral.Change, words string,
) (Done, error) {
	step := store.Step{Change: change, Words: words}
	if done, was, err := d.again(ctx, c, about.step(c, key, step)); was || err != nil {
		return done, err
	}
	switch change := change.(type) {
	case referral.Accept:
		return d.accept(ctx, c, key, about, step)
	case referral.Redirect:
		if err := d.partnerExists(change.Target, "input", "target"); err != nil {
			return Done{}, d.hidden(ctx, c, about, err)
		}
	case referral.SettleStep:
		if err := d.maySettle(ctx, c, about, change); err != nil {
			return Done{}, err
		}
	}
	return d.change(ctx, c, key, about, step)
}

// maySettle refuses those who may not see along which pathway somebody was referred a step that not every referral has, whether
// this one has it or not: who is told that it was settled knows that there is one.
func (d *Desk) maySettle(ctx context.Context, c identity.Caller, about About, change referral.SettleStep) error {
	if referral.TellsNothing(change.Task) {
		return nil
	}
	p, err := d.part(ctx, c, about.Referral)
	if err != nil {
		return err
	}
	if err := d.may(ctx, p, change.Kind()); err != nil {
		return err
	}
	_, sees, err := d.seesField(ctx, p, disclosure.Along)
	if err == nil && !sees {
		err = d.explain(ctx, p, referral.NoSuchStep())
	}
	return err
}

// mostTries bounds how often something is decided anew because what it rested on has changed.
const mostTries = 5

// accept accepts a referral, and has the partner keep what may be shown to it now.
func (d *Desk) accept(ctx context.Context, c identity.Caller, key string, about About, step store.Step) (Done, error) {
	for try := 1; ; try++ {
		var err error
		if step.Given, step.Decided, err = d.given(ctx, c, about); err != nil {
			return Done{}, err
		}
		done, err := d.change(ctx, c, key, about, step)
		if !errors.Is(err, store.ErrMoved) {
			return done, err
		}
		if try == mostTries {
			return Done{}, errors.Join(ErrUnavailable, err)
		}
	}
}

// given is what a partner that accepts keeps: what may be shown to it now.
func (d *Desk) given(ctx context.Context, c identity.Caller, about About) ([]referral.Given, *store.Basis, error) {
	p, err := d.part(ctx, c, about.Referral)
	if err != nil || !slices.Contains(p.sides, referral.SideTarget) {
		return nil, nil, err
	}
	given, on, err := d.Cutter.Given(ctx, c.Partner, about.Referral)
	return given, on, unavailable(err)
}

// hidden answers those who have no part in a referral as if it did not exist, whatever else is wrong with what they ask.
func (d *Desk) hidden(ctx context.Context, c identity.Caller, about About, err error) error {
	if _, none := d.part(ctx, c, about.Referral); none != nil {
		return none
	}
	return err
}

// Amend changes what a referral tells, of the fields of a patch alone. Only fields that may be seen can be changed, so that
// nobody overwrites what they do not know.
func (d *Desk) Amend(
	ctx context.Context, a disclosure.Asking, key string, about About, patch record.Values, words string,
) (Done, error) {
	return d.asRead(ctx, a.Caller, about, func(about About) (Done, error) { return d.amend(ctx, a, key, about, patch, words) })
}

func (d *Desk) amend(
	ctx context.Context, a disclosure.Asking, key string, about About, patch record.Values, words string,
) (Done, error) {
	step := store.Step{Change: referral.Amend{}, Patch: patch, Words: words}
	if len(patch) > 0 {
		if done, was, err := d.again(ctx, a.Caller, about.step(a.Caller, key, step)); was || err != nil {
			return done, err
		}
	}
	if _, err := d.part(ctx, a.Caller, about.Referral); err != nil {
		return Done{}, err
	}
	if len(patch) == 0 {
		return Done{}, refusal.Of(refusal.Invalid, "Say what is told anew, or told no longer.", "input", "told")
	}
	cuts, err := d.Cutter.May(ctx, a, about.Referral)
	if err != nil {
		return Done{}, unavailable(err)
	}
	if err := d.mayAmend(ctx, cuts[0], patch); err != nil {
		return Done{}, err
	}
	step.Because, step.Decided = []audit.Entry{cuts[0].Decided(d.now())}, cuts[0].RestsOn()
	done, err := d.change(ctx, a.Caller, key, about, step)
	if errors.Is(err, store.ErrMoved) {
		err = errors.Join(ErrUnavailable, err)
	}
	return done, within(patch, err)
}

// detailAmend is what the audit log says of an amendment that was not for whoever wanted to make it.
const detailAmend = "amend"

// mayAmend refuses to change what somebody may not see; that they wanted to is recorded.
func (d *Desk) mayAmend(ctx context.Context, cut disclosure.Cut, patch record.Values) error {
	var refused error
	if cut.KeepsCopy() {
		refused = refusal.Of(refusal.Forbidden,
			"You keep what you were given, and see nothing newer: you cannot change what is told now.", "input", "told")
	}
	for _, f := range patch.Fields() {
		if refused == nil && !cut.Permits(f) {
			refused = refusal.Of(refusal.Forbidden,
				"You can change only what you may see, and "+InputName(f)+" is withheld from you.",
				"input", "told", InputName(f))
		}
	}
	if refused == nil {
		return nil
	}
	if err := d.Store.Record(ctx, cut.Refused(d.now(), detailAmend)); err != nil {
		return told(err)
	}
	return refused
}

// within leaves out problems with fields that were not sent: they would tell of what is beside them.
func within(patch record.Values, err error) error {
	var problems refusal.Refusal
	if !errors.As(err, &problems) {
		return err
	}
	var kept refusal.Refusal
	for _, p := range problems {
		if len(p.Path) == 3 && p.Path[1] == "told" && !sends(patch, p.Path[2]) {
			continue
		}
		kept = append(kept, p)
	}
	if len(kept) == 0 {
		return refusal.Of(refusal.Invalid, "This does not go with what else the referral tells.", "input", "told")
	}
	return kept
}

func sends(patch record.Values, name string) bool {
	for f := range patch {
		if InputName(f) == name {
			return true
		}
	}
	return false
}

// SetCircumstances says what the circumstances of the person are from now on, all of them at once. It is for those whose record
// it is, who alone may see them: whoever was only asked could otherwise open the referral for themselves, as anonymous for
// instance.
func (d *Desk) SetCircumstances(
	ctx context.Context, c identity.Caller, key string, about About, is referral.Circumstances, words string,
) (Done, error) {
	return d.asRead(ctx, c, about, func(about About) (Done, error) { return d.setCircumstances(ctx, c, key, about, is, words) })
}

func (d *Desk) setCircumstances(
	ctx context.Context, c identity.Caller, key string, about About, is referral.Circumstances, words string,
) (Done, error) {
	step := store.Step{Change: referral.SetCircumstances{}, Circumstances: &is, Words: words}
	if done, was, err := d.again(ctx, c, about.step(c, key, step)); was || err != nil {
		return done, err
	}
	p, err := d.part(ctx, c, about.Referral)
	if err != nil {
		return Done{}, err
	}
	if p.had {
		return Done{}, notFound()
	}
	ruling, err := d.rule(ctx, p.asks(actionOf(referral.KindSetCircumstances)))
	if err != nil {
		return Done{}, err
	}
	if !ruling.Allowed {
		return Done{}, refusal.Of(refusal.Forbidden, "What the rules of sharing rest on is said by the partner that made the "+
			"referral, or a commissioner of the ADP: write them a message.")
	}
	if err := d.checkCircumstances(is); err != nil {
		return Done{}, err
	}
	return d.change(ctx, c, key, about, step)
}

// unavailable marks rules that are not known now.
func unavailable(err error) error {
	if errors.Is(err, disclosure.ErrNotDecided) || errors.Is(err, store.ErrUnavailable) {
		return errors.Join(ErrUnavailable, err)
	}
	return err
}
