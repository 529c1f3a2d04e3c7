package casework

import (
	"context"
	"fmt"
	"slices"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/rights"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// Submission is a referral that somebody wants to make.
type Submission struct {
	// Partnership is the ADP; "" for the one the caller acts for, or that of the referral that this one follows.
	Partnership string
	// Target is the partner that is asked; "" for the one that the pathway names.
	Target        string
	Urgency       referral.Urgency
	Route         referral.Route
	Told          referral.Told
	Circumstances referral.Circumstances
	// Consents are what was said about sharing when the referral was made.
	Consents []consent.Event
	// Words go with it.
	Words string
	// Follows is the referral that this one follows, as aftercare or onward; nil for none.
	Follows *Follows
	// Along is the pathway that it is made along; nil for none.
	Along *Along
}

// Follows is how a referral follows another of the same person.
type Follows struct {
	About
	Kind referral.LinkKind
}

// Submit makes a referral.
func (d *Desk) Submit(ctx context.Context, c identity.Caller, key string, s Submission) (Done, error) {
	if s.Follows == nil {
		return d.submit(ctx, c, key, s)
	}
	version, masked, err := d.Store.UnmaskVersion(ctx, s.Follows.Referral, c.Scope(), s.Follows.Version)
	if err != nil {
		return Done{}, told(err)
	}
	followed, sent := *s.Follows, s.Follows.Version
	followed.Version, s.Follows = version, &followed
	done, err := d.submit(ctx, c, key, s)
	return done, d.maskStale(ctx, c, followed.Referral, sent, masked, err)
}

func (d *Desk) submit(ctx context.Context, c identity.Caller, key string, s Submission) (Done, error) {
	s.Partnership = d.partnershipFor(ctx, c, s)
	request := s.request(c, key)
	if done, was, err := d.again(ctx, c, request); was || err != nil {
		return done, err
	}
	followed, err := d.mayRefer(ctx, c, s)
	if err != nil {
		return Done{}, err
	}
	if err := d.partnershipExists(s.Partnership, "input", "partnership"); err != nil {
		return Done{}, err
	}
	if s.Target == "" && s.Along == nil {
		return Done{}, refusal.Of(refusal.Invalid, "Name the partner that is asked, or the pathway that names it.", "input", "target")
	}
	for _, err := range []error{d.checkConsents(s.Consents), d.checkCircumstances(s.Circumstances)} {
		if err != nil {
			return Done{}, err
		}
	}
	if request.Submit.Plan, request.Along, err = d.along(ctx, c, &s); err != nil {
		return Done{}, err
	}
	if err := d.partnerExists(s.Target, "input", "target"); err != nil {
		return Done{}, err
	}
	request.Submit.Target, request.Deliver = s.Target, distinctBut(c.Partner, []string{s.Target})
	if request.Because, err = d.mayPassOn(ctx, followed, s); err != nil {
		return Done{}, err
	}
	result, err := d.Store.Submit(ctx, request)
	if err != nil {
		return Done{}, d.notSubmitted(ctx, c, s, err)
	}
	d.ring(referral.State{Origin: c.Partner, Target: s.Target, Partnership: s.Partnership}, nil)
	return Done(result), nil
}

// request is what the store is asked for, before a pathway has chosen anything.
func (s Submission) request(c identity.Caller, key string) store.Submission {
	request := store.Submission{
		Once: once(c, key), By: disclosure.ActorOf(c),
		Submit: referral.Submit{Partnership: s.Partnership, Target: s.Target, Urgency: s.Urgency, Route: s.Route},
		Told:   s.Told, Circumstances: s.Circumstances, Consents: s.Consents, Words: s.Words,
	}
	if a := s.Along; a != nil {
		request.Asked = store.Asked{
			Target: s.Target, Pathway: a.Pathway, Incident: a.Incident, IncidentArea: a.IncidentArea, Notice: a.Notice,
			Deadline: a.Deadline,
		}
	}
	if f := s.Follows; f != nil {
		request.Submit.From, request.FromVersion = &referral.Link{Kind: f.Kind, Referral: f.Referral}, f.Version
	}
	return request
}

// partnershipFor is the ADP of a new referral where none is named: the one the caller acts for, or that of the referral it
// follows, or the one in whose area something happened.
func (d *Desk) partnershipFor(ctx context.Context, c identity.Caller, s Submission) string {
	switch {
	case s.Partnership != "":
		return s.Partnership
	case s.Follows == nil && (c.Partnership != "" || s.Along == nil):
		return c.Partnership
	case s.Follows == nil:
		here, _ := d.whereItHappened(s.Along.IncidentArea)
		return here
	}
	if !referral.IsID(s.Follows.Referral) {
		return "" // and what somebody typed in its place goes no further
	}
	state, err := d.Store.State(ctx, s.Follows.Referral)
	if err != nil {
		return "" // whoever may make such a referral is told of it
	}
	return state.Partnership
}

// notSubmitted says why there is no new referral. Of one that it was to follow it tells no more than of any other that is
// changed.
func (d *Desk) notSubmitted(ctx context.Context, c identity.Caller, s Submission, err error) error {
	if s.Follows == nil {
		return told(err)
	}
	p, none := d.part(ctx, c, s.Follows.Referral)
	if none != nil {
		return none
	}
	return d.explain(ctx, p, err)
}

// mayRefer refuses those who may make no such referral. It returns the part that they have in the one that it follows.
func (d *Desk) mayRefer(ctx context.Context, c identity.Caller, s Submission) (followed part, err error) {
	if s.Follows == nil {
		return part{}, d.mayReferAnew(ctx, c, s)
	}
	if followed, err = d.part(ctx, c, s.Follows.Referral); err != nil {
		return part{}, err
	}
	if followed.had {
		return part{}, notFound()
	}
	return followed, d.may(ctx, followed, referral.KindMakeLink)
}

// mayReferAnew refuses those who may make no referral that follows none.
func (d *Desk) mayReferAnew(ctx context.Context, c identity.Caller, s Submission) error {
	ruling, err := d.rule(ctx, rights.Of(c, actionOf(referral.KindSubmit), rights.ForADP(c, s.Partnership)))
	switch {
	case err != nil || ruling.Allowed:
		return err
	case ruling.Is(policies.ReasonNotTheirs):
		return refusal.Of(refusal.Forbidden, "You refer people for the ADP "+c.Partnership+": leave partnership out, or name that one.",
			"input", "partnership")
	default:
		return refusal.Of(refusal.Forbidden, "Only those who refer people may make a referral.")
	}
}

// mayPassOn refuses what a partner that was referred to may not tell another one, and returns what was decided. Whoever made the
// referral that is followed tells what is its own.
func (d *Desk) mayPassOn(ctx context.Context, p part, s Submission) ([]audit.Entry, error) {
	switch {
	case s.Follows == nil:
		return nil, nil
	case p.state.Origin == p.caller.Partner:
		return nil, nil
	}
	may, decided, err := d.Cutter.MayPassOn(ctx, disclosure.Onward{
		Caller: p.caller, Follows: s.Follows.Referral, To: s.Target, Partnership: s.Partnership, Told: s.Told,
		Circumstances: s.Circumstances, Said: s.Consents,
	})
	if err != nil || may {
		return decided, unavailable(err)
	}
	if err := d.Store.Record(ctx, decided...); err != nil {
		return nil, told(err)
	}
	return nil, refusal.Of(refusal.Forbidden, "What somebody told is passed on only as they agreed. Ask the person whether "+
		s.Target+" may be told, and send what they agreed to for it in consents. If they refused or took something back before, "+
		"say when they agreed after it.", "input", "consents")
}

// checkConsents refuses what is said about partners and purposes that nobody knows.
func (d *Desk) checkConsents(events []consent.Event) error {
	for i, e := range events {
		if err := d.checkConsent(e, "input", "consents", fmt.Sprint(i)); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) checkConsent(e consent.Event, path ...string) error {
	v := d.View()
	for _, name := range e.Recipients {
		if _, known := v.Partner(name); !known && name != consent.All {
			return refusal.Of(refusal.Invalid,
				"There is no partner of one of these names in the directory.", append(path, "recipients")...)
		}
	}
	for _, purpose := range e.Purposes {
		if purpose != consent.All && !slices.Contains(disclosure.Purposes(), disclosure.Purpose(purpose)) {
			return refusal.Of(refusal.Invalid, "There is no such purpose.", append(path, "purposes")...)
		}
	}
	return nil
}

func (d *Desk) checkCircumstances(c referral.Circumstances) error {
	if c.TransferredTo == "" {
		return nil
	}
	return d.partnershipExists(c.TransferredTo, "input", "circumstances", "transferredTo")
}
