package casework_test

import (
	"fmt"
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
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/policies"
)

// What the rules rest on is said by those whose record it is. Of an anonymous referral an agreement alone lets the partner that is
// asked see the needs of the person: it does not make it anonymous itself, nor move it to another area, before or after it accepts.
func TestWhoIsAskedOpensNothingForThemselves(t *testing.T) {
	o := open(t)
	about := o.submit(func(s *casework.Submission) { s.Consents = nil })
	for _, step := range []referral.Change{referral.TakeUp{}, referral.Acknowledge{}, referral.Accept{}} {
		o.do(Provider, &about, step, "")
		for name, is := range map[string]referral.Circumstances{
			"anonymous": {Anonymous: true}, "incapable": {Capability: referral.Incapable}, "elsewhere": {TransferredTo: "fife"},
		} {
			_, err := o.Desk.SetCircumstances(t.Context(), Provider, o.key(), about, is, "")
			if codeOf(err) != refusal.Forbidden {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := o.shown(asProvider, about.Referral, record.ReferralReason); !strings.HasPrefix(got, "Withheld consent_none") {
			t.Errorf("after %s: %s", step.Kind(), got)
		}
	}
	if _, err := o.Desk.SetCircumstances(t.Context(), DataLead, o.key(), about, referral.Circumstances{}, ""); codeOf(err) != refusal.Forbidden {
		t.Errorf("a data lead decides nothing: %v", err)
	}
	for _, c := range []identity.Caller{Referrer, Commissioner} {
		_, err := o.Desk.SetCircumstances(t.Context(), c, o.key(), about, referral.Circumstances{Informed: true}, "")
		if told := staleIn(err); told != nil { // a commissioner without a care role reads a number in place of the version
			at := casework.About{Referral: about.Referral, Version: told.Latest}
			_, err = o.Desk.SetCircumstances(t.Context(), c, o.key(), at, referral.Circumstances{Informed: true}, "")
		}
		if about.Version = o.stateOf(about.Referral).Version; err != nil {
			t.Error(err)
		}
	}
}

// Whoever accepts keeps what it was given then, for each purpose, and not more: a withdrawal takes nothing of that away, and adds
// nothing to it.
func TestACopyIsWhatWasGiven(t *testing.T) {
	const redirected = "after somebody else was asked"
	o := open(t)
	contact := Grant("harbour")
	contact.Categories = []record.Category{record.Admin, record.Contact}
	toPassOn := contact
	toPassOn.Purposes = []string{"referral_coordination"}
	gone := map[string]string{"Withheld": "not there"} // where nothing is kept, and nothing is asked of them any more
	for name, tc := range map[string]struct {
		said []consent.Event
		// What is seen of the telephone number for direct care, and to pass the referral on; nobody agreed to tell more.
		care, pass string
	}{
		"nothing": {nil, "Withheld", "Withheld"}, "how to get in touch": {[]consent.Event{contact}, `"01414960123"`, `"01414960123"`},
		"how to get in touch, to pass it on": {[]consent.Event{toPassOn}, "Withheld", `"01414960123"`},
	} {
		about := o.submit(func(s *casework.Submission) { s.Consents = tc.said })
		sees := func(when string) {
			t.Helper()
			for what, got := range map[string][2]string{
				"for direct care": {o.shown(asProvider, about.Referral, record.Phone), tc.care},
				"to pass it on":   {o.shown(asClerk, about.Referral, record.Phone), tc.pass},
				"why":             {o.shown(asProvider, about.Referral, record.ReferralReason), "Withheld"},
				"a name":          {o.shown(asClerk, about.Referral, record.FullName), "Withheld"},
			} {
				if !strings.HasPrefix(got[0], got[1]) && (got[0] != gone[got[1]] || when != redirected) {
					t.Errorf("%s, %s, %s: %s", name, when, what, got[0])
				}
			}
		}
		for _, step := range []referral.Change{referral.TakeUp{}, referral.Acknowledge{}, referral.Accept{}} {
			o.do(Provider, &about, step, "")
			sees("after " + string(step.Kind()))
		}
		back := consent.Event{Decision: consent.Withdraw, By: consent.Self, Purposes: []string{consent.All}, Recipients: []string{consent.All}}
		if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), about.Referral, back); err != nil {
			t.Fatal(err)
		}
		sees("after the withdrawal")
		o.Rules.Agree("haven-harbour", nil)
		sees("after the end of the agreement")
		o.Rules.Agree("haven-harbour", Agreement("haven", "harbour"))
		o.do(Referrer, &about, referral.Redirect{Target: "beacon"}, "")
		sees(redirected)
	}
}

// What was anonymous is closed to whoever accepted it once somebody else is asked.
func TestAnAnonymousReferralGoesOnWithoutWhoHadIt(t *testing.T) {
	o := open(t)
	about := o.submit(func(s *casework.Submission) {
		s.Consents, s.Circumstances = nil, referral.Circumstances{Anonymous: true}
	})
	o.do(Provider, &about, referral.Acknowledge{}, "")
	o.do(Provider, &about, referral.Accept{}, "")
	if got := o.shown(asProvider, about.Referral, record.ReferralReason); !strings.Contains(got, "Sorcha") {
		t.Fatal(got)
	}
	o.do(Referrer, &about, referral.Redirect{Target: "beacon"}, "")
	if got := o.shown(asProvider, about.Referral, record.ReferralReason); got != "not there" {
		t.Error(got)
	}
}

// Somebody's clock that is ahead does not let a grant outlive a withdrawal that is written down after it.
func TestAWithdrawalIsNotOvertakenByAClockThatIsAhead(t *testing.T) {
	o := open(t)
	id := o.submit(func(s *casework.Submission) { s.Consents = nil }).Referral
	ahead := Grant("harbour")
	ahead.At = Noon().Add(90 * time.Second)
	if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), id, ahead); err != nil {
		t.Fatal(err)
	}
	o.Clock.SetTime(Noon().Add(10 * time.Second))
	back := consent.Event{
		Decision: consent.Withdraw, By: consent.Self, Purposes: []string{consent.All}, Recipients: []string{consent.All},
	}
	if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), id, back); err != nil {
		t.Fatal(err)
	}
	for _, later := range []time.Duration{10 * time.Second, time.Minute, 2 * time.Minute, time.Hour} {
		o.Clock.SetTime(Noon().Add(later))
		if got := o.shown(asClerk, id, record.Phone); got != "Withheld consent_withdrawn" {
			t.Errorf("after %v: %s", later, got)
		}
	}
}

// A denial is the same whether or not somebody had an overdose, is at risk, cannot decide or objected: its reasons and how long it
// holds tell those nothing whose record it is not.
func TestADenialTellsNothingOfThePerson(t *testing.T) {
	o := open(t)
	about := func(change func(*casework.Submission)) string {
		return o.submit(func(s *casework.Submission) {
			s.Consents = nil
			change(s)
		}).Referral
	}
	overdose := Noon().Add(-10 * time.Hour)
	ids := []string{
		about(func(*casework.Submission) {}),
		about(func(s *casework.Submission) { s.Told.Details.OverdoseAt = overdose }),
		about(func(s *casework.Submission) {
			s.Told.Details.OverdoseAt, s.Circumstances = Noon().AddDate(0, 0, -30), referral.Circumstances{Capability: referral.Capable}
		}),
		about(func(s *casework.Submission) {
			s.Circumstances = referral.Circumstances{AdultAtRisk: true, ChildAtRisk: true, Informed: true, Capability: referral.Incapable}
		}),
	}
	for name, a := range map[string]disclosure.Asking{
		"for an overdose": Asks(Provider, identity.Clinician, disclosure.OverdoseResponse), "to pass it on": asClerk,
		"for adults at risk": Asks(Provider, identity.SafeguardingOfficer, disclosure.AdultProtection),
		"for children":       Asks(Provider, identity.SafeguardingOfficer, disclosure.ChildProtection),
		"in an emergency":    Asks(Provider, identity.OverdoseResponder, disclosure.OverdoseResponse),
	} {
		told := func(id string) string {
			cut := o.see(a, id, record.Phone)
			phone, err := cut.Field(record.Phone)
			if err != nil || phone.State != disclosure.Withheld {
				t.Fatal(phone, err)
			}
			return fmt.Sprint(cut.Reasons(), phone.Reasons, cut.WhyNot(record.Status), cut.HoldsUntil())
		}
		for _, id := range ids[1:] {
			if got, want := told(id), told(ids[0]); got != want {
				t.Errorf("%s: %s, and of somebody else %s", name, got, want)
			}
		}
	}
	own := o.see(Asks(Referrer, identity.Practitioner, disclosure.OverdoseResponse), ids[0])
	if !slices.Contains(own.Reasons(), "no_nfo_event") {
		t.Errorf("those whose record it is are told why: %v", own.Reasons())
	}
}

// Whoever may see how it stands and not when the overdose was does not learn it from how long the decision holds.
func TestHowLongAPermitHoldsDoesNotTellOfAnOverdose(t *testing.T) {
	o := open(t)
	overdose := Noon().Add(-10 * time.Hour)
	id := o.submit(func(s *casework.Submission) { s.Told.Details.OverdoseAt = overdose }).Referral
	if got := o.see(asClerk, id).HoldsUntil(); !got.Equal(Noon().AddDate(1, 0, 0)) {
		t.Errorf("to pass it on it holds until %v", got)
	}
	page, err := o.Desk.Worklist(t.Context(), asClerk, casework.Filter{}, nil, 10, "")
	if err != nil || !page.Until.Equal(Noon().AddDate(1, 0, 0)) {
		t.Errorf("a worklist holds until %v %v", page.Until, err)
	}
	if got := o.see(asReferrer, id).HoldsUntil(); !got.Equal(overdose.Add(72 * time.Hour)) {
		t.Errorf("whoever may see when it was: %v", got)
	}
}

// Whether a partner would see something tells who was asked, who objected and who is at risk: it is explained to those who may
// see that.
func TestWouldSeeIsForThoseWhoMaySeeCircumstances(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.do(Provider, &about, referral.Acknowledge{}, "")
	o.do(Provider, &about, referral.Accept{}, "")
	o.do(Referrer, &about, referral.Redirect{Target: "beacon"}, "")
	who := disclosure.Supposed{Partner: "beacon", Role: identity.Clinician, Purpose: disclosure.DirectCare, Assigned: true}
	for name, a := range map[string]disclosure.Asking{
		"who keeps a copy": asProvider, "another role": Asks(Referrer, identity.Clerk, disclosure.ReferralCoordination),
		"another purpose": Asks(Referrer, identity.Practitioner, disclosure.ReferralCoordination),
	} {
		cut := o.see(a, about.Referral, record.Status)
		if is, err := o.Desk.Cutter.WouldSee(t.Context(), cut, who); err == nil {
			t.Errorf("%s: %+v", name, is)
		}
	}
	if _, err := o.Desk.Cutter.WouldSee(t.Context(), o.see(asReferrer, about.Referral), who); err != nil {
		t.Error(err)
	}
}

// Circumstances and what was said about sharing are shown to nobody who is not written down.
func TestCircumstancesAndConsentsAreRecorded(t *testing.T) {
	o := open(t)
	id := o.submit(func(s *casework.Submission) { s.Circumstances = referral.Circumstances{AdultAtRisk: true} }).Referral
	cut := o.see(asReferrer, id)
	if is, _, err := cut.Circumstances(); err == nil || is.AdultAtRisk {
		t.Errorf("shown without being asked for: %v %v", is, err)
	}
	if said, err := cut.Consents(); err == nil || said != nil {
		t.Errorf("shown without being asked for: %v %v", said, err)
	}
	for name, tc := range map[string]struct {
		a    disclosure.Asking
		want []string
	}{
		"the referrer": {asReferrer, []string{"circumstances", "consents"}}, "who is asked": {asClerk, []string{"consents"}},
		"a colleague who sees nothing else": {Asks(Colleague, identity.Practitioner, disclosure.DirectCare), []string{"consents"}},
	} {
		cut := o.see(tc.a, id, disclosure.Circumstances, disclosure.Consents)
		_, may, err := cut.Circumstances()
		said, failed := cut.Consents()
		if err != nil || failed != nil || may != slices.Contains(tc.want, "circumstances") {
			t.Errorf("%s: %v %v %v %v", name, may, said, err, failed)
		}
		last := o.entries(id)
		if e := last[len(last)-1]; e.What != audit.Read || !slices.Equal(e.Decision.Fields, tc.want) || e.By.Subject != tc.a.Caller.Subject {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// Beacon referred the same person: whoever looks at who saw what of the whole person at haven learns nothing of it, not even by
// where a page ends.
func TestTheTrailOfAPersonDoesNotTellOfOtherReferrals(t *testing.T) {
	o := open(t)
	chi, err := person.ParseCHI("1904851231")
	if err != nil {
		t.Fatal(err)
	}
	born := person.Date{Year: 1985, Month: time.April, Day: 19}
	same := func(s *casework.Submission) { s.Told.Person.CHI, s.Told.Person.DateOfBirth = chi, born }
	mine := o.submit(same).Referral
	elsewhere := Competitor
	elsewhere.Roles, elsewhere.Subject = identity.RolesOf(identity.Referrer, identity.Provider), "u-beacon"
	s := Submission()
	same(&s)
	s.Partnership, s.Consents = "moray", nil
	done, err := o.Desk.Submit(t.Context(), elsewhere, o.key(), s)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		o.see(Asks(elsewhere, identity.Clinician, disclosure.DirectCare), done.Referral, record.Phone)
	}
	asks := func(a disclosure.Asking) (of []string) {
		for after := ""; ; {
			page, err := o.Desk.WhoSawWhat(t.Context(), a, mine, true, after, 3)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Entries {
				of = append(of, e.Referral)
			}
			if after = page.End; after == "" {
				return of
			}
			if len(page.Entries) == 0 && !a.Caller.Roles.HasAny(identity.Auditor, identity.DataLead) {
				t.Error("a page without anything says that there is something")
			}
		}
	}
	if slices.ContainsFunc(asks(asReferrer), func(id string) bool { return id != mine }) {
		t.Error("the referrer learns of another referral")
	}
	if of := asks(Asks(DataLead, "", "")); !slices.Contains(of, mine) || !slices.Contains(of, done.Referral) {
		t.Error("the data lead of the ADP looks after both")
	}
	if slices.Contains(asks(Asks(Auditor, "", "")), "nothing") {
		t.Error("there is no such referral")
	}
}

// Harbour was followed by beacon: what it asks to follow the referral it had with tells it nothing of how it goes on.
func TestWhoWasFollowedLearnsNothingByFollowing(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.do(Provider, &about, referral.Redirect{Target: "beacon"}, "")
	for version := range int64(4) {
		s := Submission()
		s.Target, s.Follows = "haven", &casework.Follows{About: casework.About{Referral: about.Referral, Version: version}, Kind: referral.Onward}
		if _, err := o.Desk.Submit(t.Context(), Provider, o.key(), s); codeOf(err) != refusal.NotFound {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

// Nor does somebody whose consent was not given, by asking for aftercare of what they may not see.
func TestFollowingTellsNoMoreThanReading(t *testing.T) {
	o := open(t)
	about := o.submit(func(s *casework.Submission) { s.Consents = nil })
	o.Rules.Agree("harbour-beacon", Agreement("harbour", "beacon"))
	s := Submission()
	s.Consents = []consent.Event{Grant("beacon")}
	s.Target, s.Follows = "beacon", &casework.Follows{About: about, Kind: referral.Aftercare}
	_, err := o.Desk.Submit(t.Context(), Provider, o.key(), s)
	if codeOf(err) != casework.CodeWrongStatus || strings.Contains(err.Error(), "Aftercare comes after") {
		t.Error(err)
	}
}

// Whoever keeps a copy sees nothing newer, and overwrites nothing newer.
func TestWhoKeepsACopyChangesNothing(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.do(Provider, &about, referral.Acknowledge{}, "")
	o.do(Provider, &about, referral.Accept{}, "")
	back := consent.Event{
		Decision: consent.Withdraw, By: consent.Self, Purposes: []string{consent.All}, Recipients: []string{"harbour"},
	}
	if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), about.Referral, back); err != nil {
		t.Fatal(err)
	}
	if got := o.shown(asProvider, about.Referral, record.Phone); got != `"01414960123"` {
		t.Fatalf("the copy: %s", got)
	}
	_, err := o.Desk.Amend(t.Context(), asProvider, o.key(), about, record.Values{record.Phone: nil}, "")
	if codeOf(err) != refusal.Forbidden {
		t.Error(err)
	}
	o.expectRefused("u-provider", about.Referral)
}

// That somebody wanted to change what is withheld from them is written down, as that they wanted to read it is.
func TestARefusedAmendmentIsWrittenDown(t *testing.T) {
	o := open(t)
	about := o.submit(func(s *casework.Submission) { s.Consents = nil })
	_, err := o.Desk.Amend(t.Context(), asProvider, o.key(), about, record.Values{record.Phone: nil}, "")
	if codeOf(err) != refusal.Forbidden {
		t.Error(err)
	}
	o.expectRefused("u-provider", about.Referral)
}

// expectRefused looks for the one refused amendment of somebody in the audit log.
func (o *office) expectRefused(subject, id string) {
	o.t.Helper()
	found := 0
	for item, err := range o.Store.Log(o.t.Context()) {
		if err != nil {
			o.t.Fatal(err)
		}
		if item.Record == nil {
			continue
		}
		e, err := audit.Parse(item.Record)
		if err != nil {
			o.t.Fatal(err)
		}
		if e.What == audit.Decided && e.Detail == "amend" && e.By.Subject == subject && e.Referral == id &&
			e.Decision.Effect == policies.Deny && len(e.Decision.Reasons) > 0 {
			found++
		}
	}
	if found != 1 {
		o.t.Errorf("the audit log has %d refused amendments", found)
	}
}

// A review that finds an emergency not justified ends it at once; and nobody reviews their own, however many there are.
func TestAnEmergencyEndsWithAReview(t *testing.T) {
	o := open(t)
	id := o.submit(func(s *casework.Submission) {
		s.Consents, s.Circumstances = nil, referral.Circumstances{Capability: referral.Incapable}
	}).Referral
	asking := Asks(Competitor, identity.Clinician, disclosure.DirectCare)
	both := asking
	both.Caller.Roles, both.Caller.Partnership = identity.RolesOf(identity.DataLead), "moray"
	both.Caller.Subject = "u-both"
	declared := int64(0)
	declare := func(a disclosure.Asking) int64 {
		_, err := o.Desk.BreakGlass(t.Context(), a, o.key(), id, casework.LifeAtRisk, "Found unconscious in the street.")
		if err != nil {
			t.Fatal(err)
		}
		declared++
		return declared
	}
	number := declare(asking)
	if _, err := o.Desk.ReviewEmergency(t.Context(), DataLead, o.key(), id, number, casework.ReviewNotJustified, ""); err != nil {
		t.Fatal(err)
	}
	if o.see(asking, id, record.Phone).There() {
		t.Error("it is still open though it was not justified")
	}
	for range 101 {
		number = declare(both)
	}
	_, err := o.Desk.ReviewEmergency(t.Context(), both.Caller, o.key(), id, number, casework.ReviewJustified, "")
	if codeOf(err) != refusal.Forbidden {
		t.Errorf("emergency %d was reviewed by whoever declared it: %v", number, err)
	}
}
