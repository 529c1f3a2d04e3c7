package casework_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/casework"
	. "lifeline.scot/api/casework/caseworktest" //nolint:revive // the names of those who take part read like a story
	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/policies"
)

var asCompetitor = Asks(Competitor, identity.Clinician, disclosure.DirectCare)

// onward is a referral by harbour to beacon that follows one that harbour accepted.
func onward(about casework.About, said ...consent.Event) casework.Submission {
	s := Submission()
	s.Target, s.Consents, s.Follows = "beacon", said, &casework.Follows{About: about, Kind: referral.Onward}
	return s
}

// agreedAt is the consent of the person that beacon is told, given a time after noon.
func agreedAt(after time.Duration) consent.Event {
	e := Grant("beacon")
	e.At = Noon().Add(after)
	return e
}

// accepted is a referral that harbour accepted, at noon; harbour and beacon agreed on sharing.
func accepted(o *office, agreement *policies.Agreement) casework.About {
	o.Rules.Agree("harbour-beacon", agreement)
	about := o.submit()
	o.do(Provider, &about, referral.Acknowledge{}, "")
	o.do(Provider, &about, referral.Accept{}, "")
	return about
}

// Onward sharing is off unless it is allowed: the person agreed to it since they last said no, and an agreement covers it.
func TestNothingIsPassedOnUnlessThePersonAgreed(t *testing.T) {
	undated := agreedAt(0)
	undated.At = time.Time{}
	notBeacon := withdrawal()
	notBeacon.Decision, notBeacon.Recipients = consent.Refuse, []string{"beacon"}
	passes := Agreement("harbour", "beacon")
	passes.Onward = true
	for name, tc := range map[string]struct {
		agreement *policies.Agreement
		// before is what was said of the referral that is followed; withdrawn an hour after noon.
		before []consent.Event
		said   []consent.Event
		may    bool
	}{
		"they agreed to it for this referral":          {Agreement("harbour", "beacon"), nil, []consent.Event{agreedAt(0)}, true},
		"nobody asked them":                            {Agreement("harbour", "beacon"), nil, nil, false},
		"they agreed to another being told":            {Agreement("harbour", "beacon"), nil, []consent.Event{Grant("haven")}, false},
		"no agreement":                                 {nil, nil, []consent.Event{agreedAt(0)}, false},
		"they took all back":                           {Agreement("harbour", "beacon"), []consent.Event{withdrawal()}, []consent.Event{agreedAt(0)}, false},
		"they refused beacon":                          {Agreement("harbour", "beacon"), []consent.Event{notBeacon}, []consent.Event{agreedAt(0)}, false},
		"took all back, and nobody says when":          {Agreement("harbour", "beacon"), []consent.Event{withdrawal()}, []consent.Event{undated}, false},
		"took all back, agreed after it":               {Agreement("harbour", "beacon"), []consent.Event{withdrawal()}, []consent.Event{agreedAt(90 * time.Minute)}, true},
		"they agreed before, and it may be passed on":  {passes, []consent.Event{agreedAt(time.Minute)}, nil, true},
		"they agreed before, and it may not":           {Agreement("harbour", "beacon"), []consent.Event{agreedAt(time.Minute)}, nil, false},
		"they agreed before and took that back":        {passes, []consent.Event{agreedAt(time.Minute), withdrawal()}, nil, false},
		"nobody says when, and nothing was taken back": {Agreement("harbour", "beacon"), nil, []consent.Event{undated}, true},
		"agreed after it, no agreement":                {nil, []consent.Event{withdrawal()}, []consent.Event{agreedAt(90 * time.Minute)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			about := accepted(o, tc.agreement)
			o.Clock.SetTime(Noon().Add(time.Hour))
			for _, said := range tc.before {
				if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), about.Referral, said); err != nil {
					t.Fatal(err)
				}
			}
			o.Clock.SetTime(Noon().Add(2 * time.Hour))
			_, err := o.Desk.Submit(t.Context(), Provider, o.key(), onward(about, tc.said...))
			switch {
			case tc.may && err != nil:
				t.Error(err)
			case !tc.may && codeOf(err) != refusal.Forbidden:
				t.Errorf("%v", err)
			}
			if got := o.passedOn(about.Referral); got != tc.may {
				t.Errorf("it is written down that it may be passed on: %v", got)
			}
		})
	}
}

// passedOn is what was written down of whether harbour may tell beacon.
func (o *office) passedOn(id string) bool {
	o.t.Helper()
	decided := slices.DeleteFunc(o.entries(id), func(e audit.Entry) bool {
		return e.What != audit.Decided || e.Detail != disclosure.PassingOn
	})
	if len(decided) == 0 {
		o.t.Error("nothing is written down of the decision")
	}
	return slices.ContainsFunc(decided, func(e audit.Entry) bool {
		if e.To != "beacon" || e.By.Partner != "harbour" || e.Decision.Revision == "" {
			o.t.Errorf("%+v", e)
		}
		return e.Decision.Effect == policies.Allow && e.Decision.Ground == "consent_onward"
	})
}

// Whatever way a grant of before the withdrawal gets there, it opens nothing: not with the referral, and not afterwards.
func TestWhatWasTakenBackGoesWithThePerson(t *testing.T) {
	o := open(t)
	about := accepted(o, Agreement("harbour", "beacon"))
	o.Clock.SetTime(Noon().Add(time.Hour))
	if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), about.Referral, withdrawal()); err != nil {
		t.Fatal(err)
	}
	o.Clock.SetTime(Noon().Add(2 * time.Hour))
	s := onward(about, agreedAt(0))
	done, err := o.Desk.Submit(t.Context(), Referrer, o.key(), s) // whose record it is
	if err != nil {
		t.Fatal(err)
	}
	follows := casework.About{Referral: done.Referral, Version: done.Version}
	o.do(Competitor, &follows, referral.Acknowledge{}, "")
	for _, said := range []consent.Event{agreedAt(30 * time.Minute), agreedAt(time.Hour)} {
		if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), done.Referral, said); err != nil {
			t.Fatal(err)
		}
		if got := o.shown(asCompetitor, done.Referral, record.Phone); strings.HasPrefix(got, `"`) {
			t.Errorf("by what they agreed to before they took it back, beacon sees %s", got)
		}
	}
	if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), done.Referral, agreedAt(61*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got := o.shown(asCompetitor, done.Referral, record.Phone); got != `"01414960123"` {
		t.Errorf("they agreed after it, and beacon sees %s", got)
	}
}
