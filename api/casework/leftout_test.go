package casework_test

import (
	"bytes"
	"context"
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
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
)

// leftOut is what the log says of referrals that were left out of looks of somebody, oldest first: in which look, why, which.
func (o *office) leftOut(subject string) (all []string) {
	o.t.Helper()
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
		if e.By.Subject != subject || e.What != audit.Viewed {
			continue
		}
		all = append(all, e.Detail)
		for _, l := range e.LeftOut {
			if l.Revision == "" {
				o.t.Errorf("by which rules %v are left out is not said", l.Referrals)
			}
			all[len(all)-1] += fmt.Sprint(" ", l.Reasons, l.Referrals)
		}
	}
	return all
}

func (o *office) sentences(a disclosure.Asking, id string, whole bool) (all []string) {
	o.t.Helper()
	page, err := o.Desk.WhoSawWhat(o.t.Context(), a, id, whole, "", 100)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, e := range page.Entries {
		if e.LeftOut != nil {
			o.t.Errorf("%+v names others", e)
		}
		all = append(all, e.Sentence)
	}
	return all
}

func TestThatAReferralIsLeftOutOfAWorklistIsWrittenDown(t *testing.T) {
	o := open(t)
	shown, hidden := o.submit(), o.submit(hiddenFrom(referral.Urgent))
	page, err := o.Desk.Worklist(t.Context(), asClerk, casework.Filter{}, nil, 10, "")
	if err != nil || len(page.Cuts) != 1 || page.Cuts[0].ID() != shown.Referral {
		t.Fatal(page, err)
	}
	want := []string{"worklist [consent_none] [" + hidden.Referral + "]"}
	if got := o.leftOut("u-provider"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, err := o.Desk.Worklist(t.Context(), asClerk, casework.Filter{Urgencies: []referral.Urgency{referral.Routine}}, nil, 10, ""); err != nil {
		t.Fatal(err)
	}
	if got, want := o.leftOut("u-provider"), append(want, "worklist"); !slices.Equal(got, want) {
		t.Errorf("of a list that it could not be in: %q, want %q", got, want)
	}
	says := "Somebody at Harbour House, as a practitioner, looked through the referrals of their organisation for passing the referral " +
		"on and was not shown this, because nobody has said that the person agreed."
	for name, tc := range map[string]struct {
		a     disclosure.Asking
		about string
		want  bool
	}{
		"the data lead": {Asks(DataLead, "", ""), hidden.Referral, true}, "an auditor": {Asks(Auditor, "", ""), hidden.Referral, true},
		"who made it, who would learn who looks for whom": {asReferrer, hidden.Referral, false},
		"of a referral that was shown":                    {Asks(DataLead, "", ""), shown.Referral, false},
	} {
		for _, whole := range []bool{false, true} {
			if got := o.sentences(tc.a, tc.about, whole); slices.Contains(got, says) != tc.want {
				t.Errorf("%s, of the whole person %v: %q", name, whole, got)
			}
		}
	}
	o.wholeLog()
}

// wholeLog makes sure that the log can be verified, from the store and from an export.
func (o *office) wholeLog() {
	o.t.Helper()
	var exported bytes.Buffer
	if _, err := audit.Export(&exported, o.Store.Log(o.t.Context())); err != nil {
		o.t.Fatal(err)
	}
	for name, log := range map[string]func() (audit.Report, error){
		"the store":  func() (audit.Report, error) { return audit.Verify(o.Store.Log(o.t.Context()), nil, o.AuditKey) },
		"the export": func() (audit.Report, error) { return audit.Verify(audit.Import(&exported), nil, o.AuditKey) },
	} {
		if report, err := log(); err != nil || !report.Whole() || report.Records == 0 {
			o.t.Errorf("%s: %+v %v", name, report, err)
		}
	}
}

func TestThatAReferralIsLeftOutOfASearchIsWrittenDown(t *testing.T) {
	o := open(t)
	hidden := o.submit(withNumber(t, number), func(s *casework.Submission) { s.Consents = nil })
	if got := o.finds(asProvider, byNumber(t, number)); got != "" {
		t.Fatal(got)
	}
	want := "find.chi [consent_none no_relationship] [" + hidden.Referral + "]"
	if got := o.leftOut("u-provider"); len(got) != 1 || !strings.HasPrefix(got[0], "find.chi [") || !strings.HasSuffix(got[0], hidden.Referral+"]") {
		t.Errorf("%q, want such as %q", got, want)
	}
	says := "looked for the person by their CHI number for direct care and was not shown this, because"
	said := func(text string) bool { return strings.Contains(text, says) }
	if got := o.sentences(Asks(DataLead, "", ""), hidden.Referral, false); !slices.ContainsFunc(got, said) {
		t.Errorf("the data lead: %q", got)
	}
	if got := o.sentences(asReferrer, hidden.Referral, true); slices.ContainsFunc(got, said) {
		t.Errorf("who made it learns who looks for the person: %q", got)
	}
	o.wholeLog()
}

// One that shows who it is about and does not tell the number is found by the database, and shown to nobody who looks by that.
func TestWhatDoesNotTellWhatIsLookedByIsLeftOutOfASearch(t *testing.T) {
	o := open(t)
	first := o.submit(withNumber(t, number))
	o.do(Provider, &first, referral.Acknowledge{}, "")
	o.do(Provider, &first, referral.Accept{}, "")
	follows := o.submit(func(s *casework.Submission) {
		s.Target, s.Consents = "beacon", []consent.Event{Grant("beacon")}
		s.Follows = &casework.Follows{About: first, Kind: referral.Onward}
	})
	o.do(Competitor, &follows, referral.Acknowledge{}, "")
	if got := o.finds(Asks(Competitor, identity.Clinician, disclosure.DirectCare), byNumber(t, number)); got != "" {
		t.Fatal(got)
	}
	want := []string{"find.chi [not_looked_for] [" + follows.Referral + "]"}
	if got := o.leftOut("u-competitor"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A long list is not gone through for the record: what was looked at to fill a page is in it, and of that each once.
func TestWhatIsWrittenDownOfAListIsBoundedByWhatWasLookedAt(t *testing.T) {
	o := open(t)
	o.Desk.MostScanned = 20
	hidden := map[string]bool{}
	for i := range 60 {
		o.Clock.SetTime(Noon().Add(time.Duration(i) * time.Second))
		hidden[o.submit(hiddenFrom(referral.Routine)).Referral] = true
	}
	named := 0
	for after := ""; ; {
		page, err := o.Desk.Worklist(t.Context(), asClerk, casework.Filter{}, nil, 5, after)
		if err != nil {
			t.Fatal(err)
		}
		entries := o.leftOut("u-provider")
		for id := range hidden {
			if strings.Contains(entries[len(entries)-1], id) {
				named++
				delete(hidden, id)
			}
		}
		if named%10 != 0 && named != 60 || named > 60 {
			t.Errorf("%d are named after a page", named)
		}
		if !page.More {
			break
		}
		after = page.End
	}
	if len(hidden) > 0 {
		t.Errorf("%d of those that were left out are in no record", len(hidden))
	}
	o.wholeLog()
}

// Nobody asks again while a list is followed, and what is decided meanwhile is written down all the same: once.
func TestWhatIsLeftOutOfAListThatIsFollowedIsWrittenDown(t *testing.T) {
	o := open(t)
	f, err := o.Desk.Follow(t.Context(), asClerk, casework.Filter{}, []record.Field{record.FullName}, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	hidden := o.submit(hiddenFrom(referral.Urgent))
	next := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		page, err := f.Next(ctx)
		if err == nil && len(page.Cuts) != 1 {
			err = fmt.Errorf("a page of %d, though nothing new may be seen", len(page.Cuts))
		}
		next <- err
	}()
	shown := o.submit()
	if err := <-next; err != nil {
		t.Fatal(err)
	}
	got := o.leftOut("u-provider")
	if last := got[len(got)-1]; !strings.Contains(last, hidden.Referral) || strings.Contains(last, shown.Referral) {
		t.Errorf("%q", got)
	}
}

func TestThatATrailWasAskedForInVainIsWrittenDown(t *testing.T) {
	o := open(t)
	about := o.submit()
	if _, err := o.Desk.WhoSawWhat(t.Context(), asClerk, about.Referral, false, "", 10); err == nil {
		t.Fatal("harbour sees the trail")
	}
	says := "Somebody at Harbour House, as a practitioner, asked who saw it for passing the referral on and was shown nothing, because"
	got := o.sentences(Asks(DataLead, "", ""), about.Referral, false)
	if !slices.ContainsFunc(got, func(text string) bool { return strings.HasPrefix(text, says) }) {
		t.Errorf("%q", got)
	}
}

// From where a page of a trail ends nobody learns how much was asked of others meanwhile, and nobody goes on for somebody else.
func TestWhereAPageOfATrailEndsTellsNothing(t *testing.T) {
	o := open(t)
	about := o.submit()
	for range 5 {
		o.shown(asClerk, about.Referral, record.Phone)
	}
	lead, auditor := Asks(DataLead, "", ""), Asks(Auditor, "", "")
	first, err := o.Desk.WhoSawWhat(t.Context(), lead, about.Referral, false, "", 4)
	if err != nil || first.End == "" {
		t.Fatal(first, err)
	}
	next, err := o.Desk.WhoSawWhat(t.Context(), lead, about.Referral, false, first.End, 4)
	if err != nil || len(next.Entries) == 0 || next.Entries[0].Seq >= first.Entries[len(first.Entries)-1].Seq {
		t.Errorf("the page after: %+v %v", next, err)
	}
	if len(next.End) != len(first.End) {
		t.Errorf("cursors of %d and %d characters", len(first.End), len(next.End))
	}
	for name, after := range map[string]string{"of somebody else": first.End, "a number": "12", "changed": first.End[1:]} {
		if _, err := o.Desk.WhoSawWhat(t.Context(), auditor, about.Referral, false, after, 4); codeOf(err) != refusal.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
