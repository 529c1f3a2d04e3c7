package casework_test

import (
	"errors"
	"strings"
	"testing"

	"lifeline.scot/api/casework"
	. "lifeline.scot/api/casework/caseworktest" //nolint:revive // the names of those who take part read like a story
	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
)

// mostVersions is more than any referral has here: a number below it could be how often one has changed.
const mostVersions = 1_000_000

// staleIn are the versions that a refusal tells.
func staleIn(err error) *refusal.Stale {
	var problems refusal.Refusal
	if !errors.As(err, &problems) {
		return nil
	}
	return problems[0].Stale
}

// A partner that is asked and may see nothing learns that a referral has changed since it looked, and not how often: neither from
// what it reads, nor from what it is refused, nor from what it does. Whoever may see how it stands is told the versions.
func TestWhoMaySeeNothingDoesNotLearnHowOftenAReferralHasChanged(t *testing.T) {
	o := open(t)
	about := o.submit(func(s *casework.Submission) { s.Consents = nil })
	reads := func(a disclosure.Asking) int64 { return o.see(a, about.Referral, record.Status).Version() }
	colleague := Provider
	colleague.Subject = "u-another"
	first := reads(asProvider)
	switch {
	case reads(asReferrer) != about.Version:
		t.Errorf("the referrer reads version %d", reads(asReferrer))
	case first < mostVersions:
		t.Errorf("who may see nothing reads version %d", first)
	case first != reads(asProvider):
		t.Error("what has not changed has another number")
	case first == reads(Asks(colleague, identity.Clinician, disclosure.DirectCare)):
		t.Error("two people can compare their numbers")
	}
	o.do(Referrer, &about, referral.Message{}, "Is there a place?")
	second := reads(asProvider)
	if second == first || second < mostVersions {
		t.Errorf("after a change it reads %d, %d before", second, first)
	}
	for name, sent := range map[string]int64{"what it read before": first, "a guess": 1, "another guess": 7, "nobody's number": second + 1} {
		at := casework.About{Referral: about.Referral, Version: sent}
		_, err := o.Desk.Do(t.Context(), Provider, o.key(), at, referral.Acknowledge{}, "")
		told := staleIn(err)
		if codeOf(err) != refusal.StaleVersion || told == nil || told.Read != sent || told.Latest != second || strings.Contains(err.Error(), "version 2") {
			t.Errorf("%s: %v %+v", name, err, told)
		}
	}
	key := o.key()
	at := casework.About{Referral: about.Referral, Version: second}
	done, err := o.Desk.Do(t.Context(), Provider, key, at, referral.Acknowledge{}, "")
	if err != nil || done.Version < mostVersions || done.Version != reads(asProvider) {
		t.Fatalf("by what it read it is carried out: %+v %v", done, err)
	}
	again, err := o.Desk.Do(t.Context(), Provider, key, at, referral.Acknowledge{}, "")
	if err != nil || !again.Replayed || again.Version != done.Version {
		t.Errorf("sent again: %+v %v", again, err)
	}
	refused := Grant("harbour")
	refused.Decision, refused.Categories, refused.At = consent.Refuse, nil, Noon()
	if said, err := o.Desk.Consent(t.Context(), Provider, o.key(), about.Referral, refused); err != nil || said.Version != 0 {
		t.Errorf("it is told how much has been said: %+v %v", said, err)
	}
	about.Version++
	at.Version = done.Version
	if _, err := o.Desk.Do(t.Context(), Referrer, o.key(), at, referral.Message{}, "Hello?"); staleIn(err) == nil {
		t.Errorf("somebody else's number counts: %v", err)
	}
	at.Version = 1
	_, err = o.Desk.Do(t.Context(), Referrer, o.key(), at, referral.Message{}, "Hello?")
	if told := staleIn(err); told == nil || *told != (refusal.Stale{Read: 1, Latest: about.Version}) {
		t.Errorf("the referrer is told %v %+v", err, told)
	}
}

// Of what is late commissioners learn that it is, and can settle it, without learning how often it has changed.
func TestWhatIsLateDoesNotTellHowOftenItHasChanged(t *testing.T) {
	o := open(t)
	about := o.submit(func(s *casework.Submission) {
		s.Target, s.Along = "", &casework.Along{Pathway: "prison", Deadline: Noon().AddDate(0, 2, 0)}
	})
	o.silence(24 * 10)
	late, err := o.Desk.Late(t.Context(), Commissioner, "", 10)
	if err != nil || len(late) == 0 {
		t.Fatalf("%+v %v", late, err)
	}
	if late[0].Version < mostVersions {
		t.Errorf("it is told as version %d", late[0].Version)
	}
	at := casework.About{Referral: about.Referral, Version: late[0].Version}
	if _, err := o.Desk.Do(t.Context(), Commissioner, o.key(), at, referral.SettleEscalation{}, "They were called."); err != nil {
		t.Errorf("it cannot be settled: %v", err)
	}
}

// A number below all that are given out counts for nothing new from somebody who may not know versions, also if it is the right
// one: what it comes to tells nothing of how often the referral has changed. What was done with it earlier is answered again.
func TestAGuessedVersionCountsForNothing(t *testing.T) {
	o := open(t)
	about := o.submit(func(s *casework.Submission) { s.Consents = nil })
	for guess := range int64(3) {
		at := casework.About{Referral: about.Referral, Version: guess}
		_, err := o.Desk.Do(t.Context(), Provider, o.key(), at, referral.Acknowledge{}, "")
		if told := staleIn(err); told == nil || told.Read != guess || told.Latest < mostVersions {
			t.Errorf("version %d, where it has 1: %v", guess, err)
		}
	}
	open := o.submit()
	key := o.key()
	if _, err := o.Desk.Do(t.Context(), Provider, key, open, referral.Acknowledge{}, ""); err != nil {
		t.Fatal("who may know versions:", err)
	}
	back := consent.Event{Decision: consent.Withdraw, By: consent.Self, Purposes: []string{consent.All}, Recipients: []string{consent.All}}
	if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), open.Referral, back); err != nil {
		t.Fatal(err)
	}
	again, err := o.Desk.Do(t.Context(), Provider, key, open, referral.Acknowledge{}, "")
	if err != nil || !again.Replayed {
		t.Errorf("sent again after it may be known no longer: %+v %v", again, err)
	}
}

// Whoever keeps what they were given, and may not see how the referral stood, learns neither when they accepted nor when others
// followed.
func TestWhatIsKeptDoesNotTellVersionsEither(t *testing.T) {
	o := open(t)
	about := o.submit(func(s *casework.Submission) { s.Consents = []consent.Event{Grant("harbour")} })
	o.do(Provider, &about, referral.Acknowledge{}, "")
	o.do(Provider, &about, referral.Accept{}, "")
	back := consent.Event{Decision: consent.Withdraw, By: consent.Self, Purposes: []string{consent.All}, Recipients: []string{consent.All}}
	if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), about.Referral, back); err != nil {
		t.Fatal(err)
	}
	for _, as := range identity.AllCareRoles() {
		a := asProvider
		a.As, a.Caller.Care = as, identity.CareRolesOf(as)
		cut := o.see(a, about.Referral, record.Status, record.Phone)
		if _, sees := cut.Standing(); !cut.There() || sees {
			continue
		}
		if v := cut.Version(); v < mostVersions {
			t.Errorf("%s: version %d", as, v)
		}
		if v := cut.AsOf(); v != 0 && v < mostVersions {
			t.Errorf("%s: as of version %d", as, v)
		}
	}
}
