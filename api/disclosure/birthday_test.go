package disclosure_test

import (
	"testing"
	"time"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/rights/rightstest"
)

// What a parent agreed to counts until the child is sixteen, which it becomes at midnight in Scotland: a decision that is remembered
// holds no longer. Those who may not see when somebody was born do not learn it from that, and nor does the audit log.
func TestADecisionAboutAChildHoldsUntilTheirBirthday(t *testing.T) {
	const onlySummer = "2026-07-14T23:00:00Z"
	birthday, err := time.Parse(time.RFC3339, onlySummer)
	if err != nil {
		t.Fatal(err)
	}
	agreementEnds := noon.AddDate(1, 0, 0)
	haven := disclosure.Asking{
		Caller: identity.Caller{
			Partner: "haven", Roles: identity.RolesOf(identity.Referrer), Care: identity.CareRolesOf(identity.Practitioner), Subject: "u-haven",
		},
		As: identity.Practitioner, Purpose: disclosure.DirectCare,
	}
	for name, tc := range map[string]struct {
		a      disclosure.Asking
		before bool
		opened bool
		until  time.Time
	}{
		"the referrer, who sees when they were born": {haven, true, true, birthday},
		"the partner that does not":                  {harbour(), true, true, agreementEnds},
		"the partner from the birthday on":           {harbour(), false, false, agreementEnds},
	} {
		t.Run(name, func(t *testing.T) {
			s := kept()
			s.dossier.Born = person.Date{Year: 2010, Month: time.July, Day: 15}
			s.dossier.Circumstances.Understanding = referral.UnderstandingLacking
			said := granted(record.Admin, record.Contact)
			said.By, said.At = consent.Parent, birthday.AddDate(0, -1, 0)
			s.dossier.Consents = []consent.Event{said}
			now := birthday
			if tc.before {
				now = birthday.Add(-time.Second)
			}
			cutter := &disclosure.Cutter{Kept: s, Rules: rules(t), Rights: rightstest.Rules(), Clock: func() time.Time { return now }}
			cuts, err := cutter.Cut(t.Context(), tc.a, []record.Field{record.Phone}, s.dossier.State.ID)
			if err != nil {
				t.Fatal(err)
			}
			cut := cuts[0]
			if cut.Permits(record.Phone) != tc.opened {
				t.Errorf("permits %t: %v", cut.Permits(record.Phone), cut.Reasons())
			}
			if !cut.HoldsUntil().Equal(tc.until) {
				t.Errorf("it is said to hold until %s, want %s", cut.HoldsUntil(), tc.until)
			}
			if tc.before && !cut.Decision().HoldsUntil.Equal(birthday) {
				t.Errorf("it holds until %s", cut.Decision().HoldsUntil)
			}
			for _, e := range s.entries {
				if e.Decision != nil && e.Decision.Until != nil && e.Decision.Until.Equal(birthday) {
					t.Error("the audit log has the birthday")
				}
			}
		})
	}
}

// When an overdose was begins times by which more may be shared, for hours and days. Whoever may see when it was learns from a
// decision how long it holds; the audit log, which nothing is erased from, does not, whoever asks.
func TestTheAuditLogDoesNotTellWhenAnOverdoseWas(t *testing.T) {
	clerk := disclosure.Asking{
		Caller: identity.Caller{
			Partner: "haven", Roles: identity.RolesOf(identity.Referrer), Subject: "u-haven",
		},
		Purpose: disclosure.DirectCare,
	}
	overdose := noon.Add(-5*time.Hour - 7*time.Minute - 11*time.Second)
	told := false
	for _, from := range []disclosure.Asking{clerk, harbour()} {
		for _, as := range identity.AllCareRoles() {
			a := from
			a.As, a.Caller.Care = as, identity.CareRolesOf(as)
			s := kept()
			s.dossier.OverdoseAt = overdose
			s.dossier.Consents = []consent.Event{granted(record.Admin, record.Contact, record.Clinical)}
			cutter := &disclosure.Cutter{Kept: s, Rules: rules(t), Rights: rightstest.Rules(), Clock: func() time.Time { return noon }}
			cuts, err := cutter.Cut(t.Context(), a, []record.Field{record.Phone, record.OverdoseAt}, s.dossier.State.ID)
			if err != nil {
				t.Fatal(err)
			}
			told = told || isFrom(overdose, cuts[0].Decision().HoldsUntil)
			for _, e := range s.entries {
				if e.Decision != nil && e.Decision.Until != nil && isFrom(overdose, *e.Decision.Until) {
					t.Errorf("%s of %s: the audit log has %s", as, a.Caller.Partner, e.Decision.Until)
				}
			}
		}
	}
	if !told {
		t.Error("nobody's decision rests on when it was: this looks at nothing")
	}
}

// isFrom says that a moment is so many hours after another.
func isFrom(begin, at time.Time) bool { return !at.IsZero() && at.Sub(begin)%time.Hour == 0 }
