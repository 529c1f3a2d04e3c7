package casework_test

import (
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
	"lifeline.scot/api/store"
)

// An invented person's number, whose date and check digit are right, and another one.
const (
	number      = "0405901232"
	otherNumber = "1904851231"
)

var sorcha = person.Sought{Name: "SORCHA quillfeather", Born: person.Date{Year: 1990, Month: time.May, Day: 4}}

func byNumber(t *testing.T, digits string) person.Sought {
	t.Helper()
	chi, err := person.ParseCHI(digits)
	if err != nil {
		t.Fatal(err)
	}
	return person.Sought{CHI: chi}
}

func withNumber(t *testing.T, digits string) func(*casework.Submission) {
	return func(s *casework.Submission) { s.Told.Person.CHI = byNumber(t, digits).CHI }
}

// finds is which of the referrals somebody finds, newest first.
func (o *office) finds(a disclosure.Asking, who person.Sought) string {
	o.t.Helper()
	cuts, err := o.Desk.Find(o.t.Context(), a, who, []record.Field{record.FullName})
	if err != nil {
		return string(codeOf(err))
	}
	var ids []string
	for _, cut := range cuts {
		ids = append(ids, cut.ID())
	}
	return strings.Join(ids, " ")
}

func TestSomebodyIsFoundInReferralsThatShowWhoTheyAre(t *testing.T) {
	o := open(t)
	known := o.submit(withNumber(t, number))
	o.do(Provider, &known, referral.Acknowledge{}, "")
	o.Clock.SetTime(Noon().Add(time.Minute))
	hidden := o.submit(withNumber(t, number), func(s *casework.Submission) { s.Consents = nil })
	o.Clock.SetTime(Noon().Add(2 * time.Minute))
	ended := o.submit(withNumber(t, number))
	o.do(Provider, &ended, referral.Acknowledge{}, "")
	o.do(Referrer, &ended, referral.Withdraw{Reason: referral.WithdrawMadeTwice}, "")
	own := strings.Join([]string{ended.Referral, hidden.Referral, known.Referral}, " ")

	theirs := ended.Referral + " " + known.Referral
	peer := Referrer
	peer.Care = identity.CareRolesOf(identity.PeerWorker)
	for name, tc := range map[string]struct {
		asks disclosure.Asking
		who  person.Sought
		want string
	}{
		"who made them finds all":                     {asReferrer, byNumber(t, number), own},
		"by name and date of birth, too":              {asReferrer, sorcha, own},
		"who is asked finds what they may see":        {asProvider, byNumber(t, number), theirs},
		"and so by name":                              {asProvider, sorcha, theirs},
		"whoever works elsewhere finds nothing":       {Asks(Competitor, identity.Clinician, disclosure.DirectCare), byNumber(t, number), ""},
		"nor by name":                                 {Asks(Competitor, identity.Clinician, disclosure.DirectCare), sorcha, ""},
		"a colleague who does not work with them":     {Asks(Colleague, identity.Practitioner, disclosure.DirectCare), byNumber(t, number), ""},
		"a peer worker sees nobody's identity":        {Asks(peer, identity.PeerWorker, disclosure.DirectCare), sorcha, ""},
		"another number is nobody's":                  {asReferrer, byNumber(t, otherNumber), ""},
		"another date is nobody's":                    {asReferrer, person.Sought{Name: sorcha.Name, Born: person.Date{Year: 1991, Month: 5, Day: 4}}, ""},
		"a commissioner has no care role":             {Asks(Commissioner, "", disclosure.DirectCare), byNumber(t, number), ""},
		"an auditor has no referrals to look through": {Asks(Auditor, identity.Clinician, disclosure.DirectCare), byNumber(t, number), string(refusal.Forbidden)},
		"the public has none":                         {Asks(identity.Caller{}, identity.Clinician, disclosure.DirectCare), sorcha, string(refusal.Forbidden)},
		"nobody is looked for by a name alone":        {asReferrer, person.Sought{Name: "Sorcha Quillfeather"}, string(refusal.Invalid)},
		"nobody is looked for by nothing":             {asReferrer, person.Sought{}, string(refusal.Invalid)},
	} {
		if got := o.finds(tc.asks, tc.who); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestANumberThatOnlyAnotherReferralTellsFindsNothing(t *testing.T) {
	o := open(t)
	first := o.submit(withNumber(t, number))
	o.do(Provider, &first, referral.Acknowledge{}, "")
	o.do(Provider, &first, referral.Accept{}, "")
	follows := o.submit(func(s *casework.Submission) {
		s.Target, s.Consents = "beacon", []consent.Event{Grant("beacon")}
		s.Follows = &casework.Follows{About: first, Kind: referral.Onward}
	})
	o.do(Competitor, &follows, referral.Acknowledge{}, "")
	beacon := Asks(Competitor, identity.Clinician, disclosure.DirectCare)
	if got := o.finds(beacon, sorcha); got != follows.Referral {
		t.Errorf("by what it is told beacon finds %q", got)
	}
	if got := o.finds(beacon, byNumber(t, number)); got != "" {
		t.Errorf("beacon was not told the number, and learns by %q that it is this one", got)
	}
}

func TestNobodyIsFoundAfterTheyWereErasedOrTookItBack(t *testing.T) {
	o := open(t)
	about := o.submit(withNumber(t, number))
	o.do(Provider, &about, referral.Acknowledge{}, "")
	if got := o.finds(asProvider, byNumber(t, number)); got != about.Referral {
		t.Fatalf("before: %q", got)
	}
	if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), about.Referral, withdrawal()); err != nil {
		t.Fatal(err)
	}
	if got := o.finds(asProvider, byNumber(t, number)); got != "" {
		t.Errorf("after a withdrawal: %q", got)
	}
	if err := o.Store.Erase(t.Context(), o.stateOf(about.Referral).Person, referral.Actor{ID: "u-lead"}, "RequestOfThePerson"); err != nil {
		t.Fatal(err)
	}
	for _, who := range []person.Sought{byNumber(t, number), sorcha} {
		if got := o.finds(asReferrer, who); got != "" {
			t.Errorf("after they were erased: %q", got)
		}
	}
}

func TestWhatIsToldAnewFinds(t *testing.T) {
	o := open(t)
	about := o.submit()
	patch := record.Values{record.FullName: []byte(`{"chosen":"Sorcha Nic Quill"}`)}
	if _, err := o.Desk.Amend(t.Context(), asReferrer, o.key(), about, patch, ""); err != nil {
		t.Fatal(err)
	}
	if got := o.finds(asReferrer, sorcha); got != "" {
		t.Errorf("by the old name: %q", got)
	}
	if got := o.finds(asReferrer, person.Sought{Name: "sorcha nic-quill", Born: sorcha.Born}); got != about.Referral {
		t.Errorf("by the new name: %q", got)
	}
}

func TestThatSomebodyLookedIsWrittenDown(t *testing.T) {
	o := open(t)
	about := o.submit(withNumber(t, number))
	who := o.stateOf(about.Referral).Person
	for _, look := range []struct {
		asks disclosure.Asking
		who  person.Sought
		want audit.Entry
	}{
		{asReferrer, byNumber(t, number), audit.Entry{Person: who, Detail: "find.chi"}},
		{asReferrer, sorcha, audit.Entry{Person: who, Detail: "find.name"}},
		{asProvider, byNumber(t, number), audit.Entry{Person: who, Detail: "find.chi"}}, // who may not see it yet
		{asReferrer, byNumber(t, otherNumber), audit.Entry{Detail: "find.chi"}},
		{Asks(Competitor, identity.Clinician, disclosure.DirectCare), byNumber(t, number), audit.Entry{Detail: "find.chi"}},
	} {
		o.finds(look.asks, look.who)
		page, err := o.Store.Trail(t.Context(), store.Look{By: audit.Actor{Subject: "u-test"}, Partner: look.asks.Caller.Partner}, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		var entry audit.Entry
		for _, e := range page {
			if strings.HasPrefix(e.Detail, "find.") {
				entry = e
				break
			}
		}
		if entry.What != audit.Viewed || entry.Person != look.want.Person || entry.Detail != look.want.Detail ||
			entry.By.Subject != look.asks.Caller.Subject || entry.Purpose != string(look.asks.Purpose) {
			t.Errorf("%+v, want %+v", entry, look.want)
		}
	}
	for item, err := range o.Store.Log(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{number, otherNumber, "uillfeather", "UILLFEATHER"} {
			if strings.Contains(string(item.Record), secret) {
				t.Errorf("the log says whom somebody looked for: %s", item.Record)
			}
		}
	}
}
