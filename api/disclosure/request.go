package disclosure

import (
	"time"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// read is the action of the rules for looking at a referral.
const read = "read"

// requestOf states to the rules who asks for a referral.
func requestOf(a Asking, d store.Dossier, declared *store.Emergency, now time.Time) policies.Request {
	r := policies.Request{
		Now: now, Action: read, Purpose: string(a.Purpose),
		Actor: policies.Actor{
			ID: a.Caller.Subject, Partner: a.Caller.Partner, Role: string(a.As), Active: a.Caller.Known(),
			Assigned:     a.software || d.State.WorksWith(a.Caller.Subject, a.Caller.Partner),
			SecondFactor: a.Caller.SecondFactor, HealthProfessional: a.Caller.HealthProfessional,
		},
		Referral:         referralOf(d, a, now),
		Consents:         consentsOf(d.Consents, now),
		StatutoryRequest: a.Statutory,
	}
	if declared != nil {
		r.BreakGlass = &policies.BreakGlass{
			Reason: declared.Reason, Justification: declared.Justification, DeclaredTime: declared.At,
		}
	}
	return r
}

// referralOf is what the rules have to know of a referral when a partner asks.
func referralOf(d store.Dossier, a Asking, now time.Time) policies.Referral {
	s, partner := d.State, a.Caller.Partner
	r := policies.Referral{
		ADP: s.Partnership, TransferredTo: d.Circumstances.TransferredTo, Origin: s.Origin, Target: s.Target,
		Status: string(s.Standing()), Anonymous: d.Circumstances.Anonymous, OverdoseTime: d.OverdoseAt, Subject: subjectOf(d, now),
		Unreadable: d.Unreadable,
	}
	turn, _, held := s.HeldBy(partner)
	given := turn.Gave(string(a.Purpose))
	if !held || len(given) == 0 { // whoever accepts what it was not shown has been given nothing
		return r
	}
	r.DisclosedTime = turn.AcceptedAt
	for _, category := range given {
		r.Given = append(r.Given, string(category))
	}
	// The rules know one target: whoever accepted and was followed by another keeps what it was given. Of an anonymous referral
	// nobody does.
	if partner != s.Target && !r.Anonymous {
		r.Target, r.Status = partner, string(referral.StandingClosed)
	}
	return r
}

func subjectOf(d store.Dossier, now time.Time) policies.Subject {
	c := d.Circumstances
	s := policies.Subject{
		ID: d.State.Person, Capacity: "not_assessed", Deceased: c.Deceased, Informed: c.Informed,
		AdultAtRisk: c.AdultAtRisk, ChildAtRisk: c.ChildAtRisk,
	}
	switch c.Capability {
	case referral.Capable:
		s.Capacity = "capable"
	case referral.Incapable:
		s.Capacity = "incapable"
	case referral.NotAssessed:
	}
	switch c.Understanding {
	case referral.UnderstandingShown:
		s.Understanding = "shown"
	case referral.UnderstandingLacking:
		s.Understanding = "lacking"
	case referral.UnderstandingPresumed:
	}
	s.Age = ageOf(d, now)
	if !d.Born.IsZero() {
		s.OlderTime = d.Born.Turns(*s.Age + 1)
	}
	return s
}

// ageOf is how old the person is, or at least is by their age band; nil if nobody told either.
func ageOf(d store.Dossier, now time.Time) *int {
	if !d.Born.IsZero() {
		age := d.Born.AgeOn(now)
		return &age
	}
	if age, told := d.AgeBand.From(); told {
		return &age
	}
	return nil
}

// consentsOf is what was said as the rules read it. What is on record has been said, whatever the clock here says: whoever wrote
// a refusal or a withdrawal down may have a clock that is ahead of it. A grant waits for its time.
func consentsOf(events []consent.Event, now time.Time) []policies.Consent {
	said := make([]policies.Consent, len(events))
	for i, e := range events {
		e = e.ForPolicy()
		if e.Decision != consent.Grant && e.At.After(now) {
			e.At = now
		}
		said[i] = policies.Consent{
			Decision: string(e.Decision), By: string(e.By), Time: e.At, ExpiresTime: e.ExpiresAt,
			Purposes: e.Purposes, Recipients: e.Recipients,
			Incapable: e.CapableWhenGiven != nil && !*e.CapableWhenGiven, ProxyAuthority: e.ProxyAuthority,
		}
		for _, c := range e.Categories {
			said[i].Categories = append(said[i].Categories, string(c))
		}
	}
	return said
}
