package schema

import (
	"context"
	"slices"
	"time"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
)

func (t *types) declareConsent() {
	type e = consent.Event
	t.consent = object("ConsentEvent", "Something that was said about sharing a referral. What is allowed follows from all of them.", func() []engine.Field {
		return []engine.Field{
			engine.Get("decision", "What was said.", required(t.consentDecision), func(x e) consent.Decision { return x.Decision }),
			engine.Get("by", "Who said it; null for those who may see nothing of the referral, to whom purposes and categories are not "+
				"shown either.", t.speaker, func(x e) consent.Speaker { return x.By }),
			engine.Get("time", "When it was said.", required(t.dateTime), func(x e) time.Time { return x.At }),
			engine.Get("expiresTime", "When it ends; null for no end.", t.dateTime, func(x e) *time.Time { return orNull(x.ExpiresAt) }),
			engine.Get("purposes", "What it is for; empty for all purposes.", each(t.purpose), func(x e) []disclosure.Purpose {
				return namedAs[disclosure.Purpose](x.Purposes)
			}).Sized(len(disclosure.Purposes())),
			engine.Get("recipients", "The names of the partners it is about, as far as you may know them; empty for all.", each(engine.String),
				func(x e) []string { return namedAs[string](x.Recipients) }),
			engine.Get("categories", "The kinds of data it covers; empty where nothing is allowed.", each(t.category),
				func(x e) []record.Category { return x.Categories }).Sized(len(record.Categories())),
			engine.Get("narrows", "Whether it takes something back from the one before it.", required(engine.Boolean), func(x e) bool { return x.Narrows }),
		}
	})
}

// namedAs are names; none for all.
func namedAs[T ~string](names []string) []T {
	if slices.Contains(names, consent.All) {
		return nil
	}
	all := make([]T, len(names))
	for i, name := range names {
		all[i] = T(name)
	}
	return all
}

func (t *types) consentsField() engine.Field {
	return engine.Resolve("consents", "What was said about sharing it: all of it for the partner that made it and the ADP, what concerns their "+
		"organisation for others.", each(t.consent), nil, func(_ context.Context, c caseOf, _ engine.Args) ([]consent.Event, error) {
		return c.cut.Consents()
	}).Sized(mostConsents)
}

// consentFields are what is said about sharing, as clients send it.
func (t *types) consentFields() []engine.Argument {
	return []engine.Argument{
		{Name: "by", Description: "Who said it.", Type: t.speaker, Default: consent.Self},
		{Name: "time", Description: "When it was said. Left out: now.", Type: t.dateTime},
		{
			Name: "purposes", Description: "What it is for. Someone who agrees names them; left out otherwise: all purposes.",
			Type: some(t.purpose),
		},
		{
			Name: "recipients", Description: "The names of the partners it is about. Someone who agrees names them; left out otherwise: all.",
			Type: some(engine.String),
		},
		{Name: "proxyAuthority", Description: "That a proxy showed that they may speak for the person.", Type: engine.Boolean, Default: false},
	}
}

// grantFields are what only somebody who agrees says.
func (t *types) grantFields() []engine.Argument {
	return []engine.Argument{
		{Name: "categories", Description: "The kinds of data that may be shared.", Type: some(t.category)},
		{Name: "expiresTime", Description: "When it ends. Left out: when the person takes it back.", Type: t.dateTime},
		{
			Name: "capableWhenGiven", Description: "Whether the person could decide at the time. Left out: nobody doubted it.",
			Type: engine.Boolean,
		},
	}
}

// consentOf reads what was said. Where nobody says when, the time is left open until it is written down: a request that is sent again
// later is the same request.
func consentOf(in engine.Args, decision consent.Decision) consent.Event {
	e := consent.Event{Decision: decision}
	e.By, _ = engine.ArgOf[consent.Speaker](in, "by")
	e.At, _ = engine.ArgOf[time.Time](in, "time")
	for _, p := range engine.ListOf[disclosure.Purpose](in, "purposes") {
		e.Purposes = append(e.Purposes, string(p))
	}
	e.Recipients = in.Strings("recipients")
	if decision != consent.Grant {
		e.Purposes, e.Recipients = orAll(e.Purposes), orAll(e.Recipients)
	}
	e.Categories = engine.ListOf[record.Category](in, "categories")
	e.ExpiresAt, _ = engine.ArgOf[time.Time](in, "expiresTime")
	e.ProxyAuthority, _ = in.Boolean("proxyAuthority")
	if capable, given := in.Boolean("capableWhenGiven"); given {
		e.CapableWhenGiven = &capable
	}
	return e
}

func orAll(names []string) []string {
	if len(names) == 0 {
		return []string{consent.All}
	}
	return names
}

func (t *types) consentMutations() []engine.Field {
	record := func(decide func(engine.Args) (consent.Decision, bool)) caseDecision {
		return func(ctx context.Context, desk *casework.Desk, c identity.Caller, key string, about casework.About, in engine.Args) (casework.Done, error) {
			decision, narrows := decide(in)
			said := consentOf(in, decision)
			said.Narrows = narrows
			return desk.Consent(ctx, c, key, about.Referral, said)
		}
	}
	return []engine.Field{
		t.caseMutation("consentRecord", "Records what the person said about sharing a referral: that they agreed, or that they said no.", false,
			append(append([]engine.Argument{
				{Name: "decision", Description: "What was said.", Type: required(t.consentDecision)},
			}, t.consentFields()...), t.grantFields()...),
			record(func(in engine.Args) (consent.Decision, bool) {
				decision, _ := engine.ArgOf[consent.Decision](in, "decision")
				return decision, false
			})),
		t.caseMutation("consentNarrow", "Records that the person takes back a part of what they agreed to: fewer kinds of data, or an earlier end. "+
			"What they name is what remains.", false, append(t.consentFields(), t.grantFields()...),
			record(func(engine.Args) (consent.Decision, bool) { return consent.Grant, true })),
		t.caseMutation("consentWithdraw", "Records that the person takes back what they agreed to. It takes effect on the next read.", false,
			t.consentFields(), record(func(engine.Args) (consent.Decision, bool) { return consent.Withdraw, false })),
	}
}
