package casework_test

import (
	"errors"
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
	"lifeline.scot/api/store"
)

// office is a world in which requests are counted.
type office struct {
	*World
	t    *testing.T
	keys int
}

func open(t *testing.T) *office { return &office{World: New(t), t: t} }

func (o *office) key() string {
	o.keys++
	return fmt.Sprintf("request-%06d", o.keys)
}

func (o *office) submit(change ...func(*casework.Submission)) casework.About {
	o.t.Helper()
	s := Submission()
	for _, c := range change {
		c(&s)
	}
	done, err := o.Desk.Submit(o.t.Context(), Referrer, o.key(), s)
	if err != nil {
		o.t.Fatal(err)
	}
	return casework.About{Referral: done.Referral, Version: done.Version}
}

// do carries out a change upon the latest version.
// do carries out a change of the latest version, which callers who may not know it send as the number that they read.
func (o *office) do(c identity.Caller, about *casework.About, change referral.Change, words string) {
	o.t.Helper()
	done, err := o.Desk.Do(o.t.Context(), c, o.key(), *about, change, words)
	if told := staleIn(err); told != nil && told.Latest > mostVersions {
		done, err = o.Desk.Do(o.t.Context(), c, o.key(), casework.About{Referral: about.Referral, Version: told.Latest}, change, words)
	}
	if err != nil {
		o.t.Fatalf("%s: %v", change.Kind(), err)
	}
	if about.Version = done.Version; done.Version > mostVersions {
		about.Version = o.stateOf(about.Referral).Version
	}
}

func (o *office) see(a disclosure.Asking, id string, fields ...record.Field) disclosure.Cut {
	o.t.Helper()
	cuts, err := o.Desk.Cutter.Cut(o.t.Context(), a, fields, id)
	if err != nil {
		o.t.Fatal(err)
	}
	return cuts[0]
}

// shown is a field as it is shown: its value, or its state and why.
func (o *office) shown(a disclosure.Asking, id string, f record.Field) string {
	o.t.Helper()
	cut := o.see(a, id, f)
	if !cut.There() {
		return "not there"
	}
	value, err := cut.Field(f)
	if err != nil {
		o.t.Fatal(err)
	}
	if value.State == disclosure.Known {
		return string(value.JSON)
	}
	return strings.TrimSpace(string(value.State) + " " + strings.Join(value.Reasons, " "))
}

func codeOf(err error) refusal.Code {
	var r refusal.Refusal
	switch {
	case err == nil:
		return ""
	case errors.As(err, &r):
		return r[0].Code
	default:
		return refusal.Code("error: " + err.Error())
	}
}

// entries are what the audit log says of a referral, oldest first.
func (o *office) entries(id string) []audit.Entry {
	o.t.Helper()
	page, err := o.Store.Trail(o.t.Context(), store.Look{By: audit.Actor{Subject: "u-test"}, Referral: id}, 0, 100)
	if err != nil {
		o.t.Fatal(err)
	}
	slices.Reverse(page)
	return page
}

var (
	asReferrer = Asks(Referrer, identity.Practitioner, disclosure.DirectCare)
	asProvider = Asks(Provider, identity.Clinician, disclosure.DirectCare)
	asClerk    = Asks(Provider, identity.Practitioner, disclosure.ReferralCoordination)
)

func TestAJourneyOfTwoPartners(t *testing.T) {
	o := open(t)
	about := o.submit()
	if got := o.shown(asProvider, about.Referral, record.FullName); got != "Withheld no_relationship" {
		t.Errorf("nobody at harbour works with the person yet, and they see %s", got)
	}
	if got := o.shown(asClerk, about.Referral, record.FullName); got != `{"chosen":"Sorcha Quillfeather"}` {
		t.Errorf("to pass it on: %s", got)
	}
	o.do(Provider, &about, referral.Acknowledge{}, "")
	for f, want := range map[record.Field]string{
		record.FullName: `{"chosen":"Sorcha Quillfeather"}`, record.Naloxone: `"HasKit"`, record.Medication: "NotKnown",
		record.BBVStatus: "Withheld outside_ground", record.Status: `"Acknowledged"`, record.OriginPartner: `"haven"`,
	} {
		if got := o.shown(asProvider, about.Referral, f); got != want {
			t.Errorf("%s: %s, want %s", f, got, want)
		}
	}
	if got := o.shown(Asks(Provider, identity.Practitioner, disclosure.DirectCare), about.Referral, record.Naloxone); got != "Withheld outside_role" {
		t.Errorf("a practitioner sees of clinical data %s", got)
	}
	o.do(Provider, &about, referral.Accept{}, "")
	o.do(Referrer, &about, referral.Message{}, "Thank you.")
	o.do(Provider, &about, referral.Ask{Of: referral.SideOrigin}, "Which GP?")
	o.do(Referrer, &about, referral.Answer{To: about.Version}, "Dr Sample.")
	o.do(Provider, &about, referral.StartSupport{}, "")
	o.do(Provider, &about, referral.Complete{Outcome: referral.OutcomeAsPlanned}, "")
	o.Rules.Agree("harbour-beacon", Agreement("harbour", "beacon"))
	follow := Submission()
	follow.Target, follow.Consents = "beacon", []consent.Event{Grant("beacon")}
	follow.Follows = &casework.Follows{About: about, Kind: referral.Aftercare}
	done, err := o.Desk.Submit(t.Context(), Provider, o.key(), follow)
	if err != nil {
		t.Fatal(err)
	}
	if next, err := o.Store.State(t.Context(), done.Referral); err != nil || next.Origin != "harbour" || next.Partnership != "moray" {
		t.Errorf("%+v %v", next, err)
	}
}

func TestWhatIsShownIsRecordedFirst(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.shown(asClerk, about.Referral, record.Phone)
	entries := o.entries(about.Referral)
	last := entries[len(entries)-2:]
	if last[0].What != audit.Decided || last[0].Decision.Ground != "consent" || last[0].Decision.Revision == "" ||
		last[1].What != audit.Read || !slices.Equal(last[1].Decision.Fields, []string{"phone"}) || last[1].By.Subject != "u-provider" ||
		last[1].By.Role != "practitioner" || last[1].Purpose != "referral_coordination" || last[1].Person == "" {
		t.Errorf("%+v", last)
	}
	if cut := o.see(asClerk, about.Referral, record.Phone); cut.There() {
		if _, err := cut.Field(record.Email); err == nil {
			t.Error("a field that nobody asked for was shown")
		}
	}
	if err := o.Store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Desk.Cutter.Cut(t.Context(), asClerk, []record.Field{record.Phone}, about.Referral); err == nil {
		t.Error("something was shown without a store")
	}
}

func TestWithdrawalTakesEffectOnTheNextRead(t *testing.T) {
	o := open(t)
	about := o.submit()
	if got := o.shown(asClerk, about.Referral, record.Phone); got != `"01414960123"` {
		t.Fatal(got)
	}
	o.Clock.SetTime(Noon().Add(time.Hour))
	said := consent.Event{
		Decision: consent.Withdraw, By: consent.Self, At: Noon().Add(time.Hour), Purposes: []string{consent.All}, Recipients: []string{consent.All},
	}
	if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), about.Referral, said); err != nil {
		t.Fatal(err)
	}
	if got := o.shown(asClerk, about.Referral, record.Phone); got != "Withheld consent_withdrawn" {
		t.Error(got)
	}
	if got := o.shown(asReferrer, about.Referral, record.Phone); got != `"01414960123"` {
		t.Error("the partner's own record:", got)
	}
}

func TestWhoAcceptedKeepsWhatTheyWereGiven(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.do(Provider, &about, referral.Acknowledge{}, "")
	o.do(Provider, &about, referral.Accept{}, "")
	o.Rules.Agree("haven-harbour", nil)
	done, err := o.Desk.Amend(t.Context(), asReferrer, o.key(), about, record.Values{record.Phone: []byte(`"0141 496 9999"`)}, "")
	if err != nil {
		t.Fatal(err)
	}
	about.Version = done.Version
	if got := o.shown(asProvider, about.Referral, record.Phone); got != `"01414960123"` {
		t.Errorf("harbour sees %s", got)
	}
	if got := o.shown(asReferrer, about.Referral, record.Phone); got != `"01414969999"` {
		t.Errorf("haven sees %s", got)
	}
	o.do(Referrer, &about, referral.Redirect{Target: "beacon"}, "")
	if got := o.shown(asProvider, about.Referral, record.TargetPartner); got != `"harbour"` {
		t.Errorf("harbour learns where it went: %s", got)
	}
	if got := o.shown(Asks(Competitor, identity.Clinician, disclosure.DirectCare), about.Referral, record.Phone); !strings.HasPrefix(got, "Withheld") {
		t.Errorf("beacon sees %s without consent", got)
	}
}

func TestNobodyLearnsOfWhatIsNotTheirs(t *testing.T) {
	o := open(t)
	about := o.submit()
	nothing := casework.About{Referral: "r-nobodyhasthisone00", Version: about.Version}
	for name, c := range map[string]identity.Caller{
		"the public": {}, "competitor": Competitor, "elsewhere": Elsewhere, "auditor": Auditor, "admin": Admin,
	} {
		t.Run(name, func(t *testing.T) {
			acts := map[string]func(casework.About) error{
				"acknowledge": func(a casework.About) error {
					_, err := o.Desk.Do(t.Context(), c, o.key(), a, referral.Acknowledge{}, "")
					return err
				},
				"a stale version": func(a casework.About) error {
					a.Version = 7
					_, err := o.Desk.Do(t.Context(), c, o.key(), a, referral.Withdraw{Reason: referral.WithdrawOther}, "")
					return err
				},
				"send it to nobody": func(a casework.About) error {
					_, err := o.Desk.Do(t.Context(), c, o.key(), a, referral.Redirect{Target: "nobody"}, "")
					return err
				},
				"consent": func(a casework.About) error {
					_, err := o.Desk.Consent(t.Context(), c, o.key(), a.Referral, Grant("nobody"))
					return err
				},
				"amend": func(a casework.About) error {
					asking := Asks(c, identity.Clinician, disclosure.DirectCare)
					_, err := o.Desk.Amend(t.Context(), asking, o.key(), a, record.Values{record.Phone: nil}, "")
					return err
				},
				"circumstances": func(a casework.About) error {
					_, err := o.Desk.SetCircumstances(t.Context(), c, o.key(), a, referral.Circumstances{TransferredTo: "nowhere"}, "")
					return err
				},
				"follow": func(a casework.About) error {
					s := Submission()
					s.Target, s.Follows = "nobody", &casework.Follows{About: a, Kind: referral.Onward}
					_, err := o.Desk.Submit(t.Context(), c, o.key(), s)
					return err
				},
				"review": func(a casework.About) error {
					_, err := o.Desk.ReviewEmergency(t.Context(), c, o.key(), a.Referral, 1, casework.ReviewJustified, "")
					return err
				},
			}
			for act, do := range acts {
				there, not := do(about), do(nothing)
				if there == nil || not == nil || there.Error() != not.Error() || codeOf(there) != refusal.NotFound {
					t.Errorf("%s: %v and %v", act, there, not)
				}
			}
			asking := Asks(c, identity.Clinician, disclosure.DirectCare)
			for _, id := range []string{about.Referral, nothing.Referral, "not a number!"} {
				if o.see(asking, id, record.Fields()...).There() {
					t.Errorf("%s is there", id)
				}
			}
		})
	}
}

func TestWhatIsInTheWay(t *testing.T) {
	o := open(t)
	about := o.submit()
	long := strings.Repeat("x", 4001)
	for name, tc := range map[string]struct {
		do   func() error
		want refusal.Code
	}{
		"an unknown partner": {func() error { return o.trySubmit(Referrer, func(s *casework.Submission) { s.Target = "nobody" }) }, refusal.Invalid},
		"a suspended partner": {
			func() error { return o.trySubmit(Referrer, func(s *casework.Submission) { s.Target = "away" }) },
			casework.CodePartnerSuspended,
		},
		"an unknown partnership": {
			func() error {
				free := Referrer
				free.Partnership = ""
				return o.trySubmit(free, func(s *casework.Submission) { s.Partnership = "atlantis" })
			}, refusal.Invalid,
		},
		"another partnership": {
			func() error { return o.trySubmit(Referrer, func(s *casework.Submission) { s.Partnership = "fife" }) }, refusal.Forbidden,
		},
		"nobody who refers": {func() error { return o.trySubmit(Commissioner, nil) }, refusal.Forbidden},
		"no reason": {
			func() error {
				return o.trySubmit(Referrer, func(s *casework.Submission) { s.Told.Details.Reason = "" })
			}, refusal.Invalid,
		},
		"too many words": {
			func() error { return o.trySubmit(Referrer, func(s *casework.Submission) { s.Words = long }) }, refusal.Invalid,
		},
		"consent for nobody": {
			func() error {
				return o.trySubmit(Referrer, func(s *casework.Submission) { s.Consents = []consent.Event{Grant("nobody")} })
			}, refusal.Invalid,
		},
		"a stale version": {func() error {
			_, err := o.Desk.Do(t.Context(), Referrer, o.key(), casework.About{Referral: about.Referral, Version: 9}, referral.Message{}, "hello")
			return err
		}, refusal.StaleVersion},
		"the other side's answer": {func() error {
			_, err := o.Desk.Do(t.Context(), Referrer, o.key(), about, referral.Acknowledge{}, "")
			return err
		}, refusal.Forbidden},
		"a step too far": {func() error {
			_, err := o.Desk.Do(t.Context(), Provider, o.key(), about, referral.StartSupport{}, "")
			return err
		}, casework.CodeWrongStatus},
		"a data lead decides nothing": {func() error {
			_, err := o.Desk.Do(t.Context(), DataLead, o.key(), about, referral.Escalate{Reason: referral.EscalateRisk}, "")
			return err
		}, refusal.Forbidden},
		"a grant by whoever is asked": {func() error {
			_, err := o.Desk.Consent(t.Context(), Provider, o.key(), about.Referral, Grant("harbour"))
			return err
		}, refusal.Forbidden},
		"change what is withheld": {func() error {
			_, err := o.Desk.Amend(t.Context(), asClerk, o.key(), about, record.Values{record.Justice: nil}, "")
			return err
		}, refusal.Forbidden},
	} {
		if err := tc.do(); codeOf(err) != tc.want {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
}

func (o *office) trySubmit(c identity.Caller, change func(*casework.Submission)) error {
	s := Submission()
	if change != nil {
		change(&s)
	}
	_, err := o.Desk.Submit(o.t.Context(), c, o.key(), s)
	return err
}

func TestARequestIsCarriedOutOnce(t *testing.T) {
	o := open(t)
	first, err := o.Desk.Submit(t.Context(), Referrer, "the-same-key", Submission())
	if err != nil {
		t.Fatal(err)
	}
	again, err := o.Desk.Submit(t.Context(), Referrer, "the-same-key", Submission())
	if err != nil || again.Referral != first.Referral || !again.Replayed {
		t.Errorf("%+v %v", again, err)
	}
	other := Submission()
	other.Urgency = referral.Urgent
	if _, err := o.Desk.Submit(t.Context(), Referrer, "the-same-key", other); codeOf(err) != refusal.KeyReused {
		t.Error(err)
	}
	about := casework.About{Referral: first.Referral, Version: 1}
	if _, err := o.Desk.Do(t.Context(), Provider, "send-it-on-0", about, referral.Redirect{Target: "beacon"}, ""); err != nil {
		t.Fatal(err)
	}
	if again, err := o.Desk.Do(t.Context(), Provider, "send-it-on-0", about, referral.Redirect{Target: "beacon"}, ""); err != nil || !again.Replayed {
		t.Errorf("harbour is not asked any more, and sends the same again: %+v %v", again, err)
	}
	if _, err := o.Desk.Do(t.Context(), Provider, "send-it-on-1", about, referral.Redirect{Target: "haven"}, ""); codeOf(err) != refusal.NotFound {
		t.Errorf("and something else: %v", err)
	}
}

// A side that may not see how a referral stands is not told by what is in the way.
func TestRefusalsTellNoMoreThanReading(t *testing.T) {
	o := open(t)
	about := o.submit(func(s *casework.Submission) { s.Consents = nil })
	about.Version = o.see(asProvider, about.Referral).Version()
	_, err := o.Desk.Do(t.Context(), Provider, o.key(), about, referral.Accept{}, "")
	if codeOf(err) != casework.CodeWrongStatus || strings.Contains(err.Error(), string(referral.Submitted)) {
		t.Error(err)
	}
}

func TestNothingIsShownWhileNobodyKnowsTheRules(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.Rules.InDoubt.Store(true)
	if _, err := o.Desk.Cutter.Cut(t.Context(), asClerk, []record.Field{record.Phone}, about.Referral); !errors.Is(err, disclosure.ErrNotDecided) {
		t.Error(err)
	}
	o.Rules.InDoubt.Store(false)
	o.Rules.NotReady.Store(true)
	if _, err := o.Desk.Worklist(t.Context(), asClerk, casework.Filter{}, nil, 10, ""); !errors.Is(err, casework.ErrUnavailable) {
		t.Error(err)
	}
}

func TestASuspendedPartnerSeesNothing(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.Rules.Suspend("harbour")
	if got := o.shown(asClerk, about.Referral, record.Phone); got != "Withheld partner_not_active" {
		t.Error(got)
	}
}

func TestWorklistsAreInOrderAndLeakNothing(t *testing.T) {
	o := open(t)
	var ids []string
	for i, urgency := range []referral.Urgency{referral.Routine, referral.Urgent, referral.Emergency, referral.Routine} {
		o.Clock.SetTime(Noon().Add(time.Duration(i) * time.Minute))
		ids = append(ids, o.submit(func(s *casework.Submission) { s.Urgency = urgency }).Referral)
	}
	hidden := o.submit(func(s *casework.Submission) { s.Consents = nil })
	list := func(a disclosure.Asking, f casework.Filter, first int, after string) (string, casework.Page) {
		t.Helper()
		page, err := o.Desk.Worklist(t.Context(), a, f, []record.Field{record.FullName}, first, after)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, cut := range page.Cuts {
			names = append(names, fmt.Sprint(slices.Index(ids, cut.ID())))
		}
		return strings.Join(names, " "), page
	}
	if got, page := list(asClerk, casework.Filter{}, 10, ""); got != "2 1 0 3" || page.More {
		t.Errorf("%s %v", got, page.More)
	}
	got, page := list(asClerk, casework.Filter{}, 2, "")
	if got != "2 1" || !page.More {
		t.Errorf("%s %v", got, page.More)
	}
	if got, page := list(asClerk, casework.Filter{}, 2, page.Cursors[1]); got != "0 3" || page.More {
		t.Errorf("%s %v", got, page.More)
	}
	if got, _ := list(asClerk, casework.Filter{Urgencies: []referral.Urgency{referral.Urgent}}, 10, ""); got != "1" {
		t.Error(got)
	}
	if got, _ := list(asClerk, casework.Filter{Statuses: []referral.Status{referral.Accepted}}, 10, ""); got != "" {
		t.Error(got)
	}
	if got, _ := list(asReferrer, casework.Filter{Mine: true}, 10, ""); got != "" {
		t.Errorf("haven waits for harbour, and has to do %s", got)
	}
	withheld, err := o.Desk.Withheld(t.Context(), asClerk, casework.Filter{})
	if err != nil || len(withheld) != 1 || withheld[0].ID() != hidden.Referral ||
		!slices.Equal(withheld[0].WhyNot(record.Status), []string{"consent_none"}) {
		t.Errorf("%v %v", withheld, err)
	}
	for _, c := range []identity.Caller{{}, Auditor, Admin} {
		if _, err := o.Desk.Worklist(t.Context(), Asks(c, identity.Clinician, disclosure.DirectCare), casework.Filter{}, nil, 10, ""); codeOf(err) != refusal.Forbidden {
			t.Error(err)
		}
	}
}

func TestAnEmergencyOpensForAnHourAndIsReviewed(t *testing.T) {
	o := open(t)
	about := o.submit(func(s *casework.Submission) {
		s.Consents, s.Circumstances = nil, referral.Circumstances{Capability: referral.Incapable}
	})
	asking := Asks(Competitor, identity.Clinician, disclosure.DirectCare)
	if o.see(asking, about.Referral, record.Phone).There() {
		t.Fatal("beacon knows of it")
	}
	why := "Found unconscious; the ward has to know of allergies."
	for name, tc := range map[string]struct {
		a    disclosure.Asking
		id   string
		why  string
		want refusal.Code
	}{
		"too few words":        {asking, about.Referral, "urgent", refusal.Invalid},
		"another's role":       {Asks(Competitor, identity.OverdoseResponder, disclosure.OverdoseResponse), about.Referral, why, refusal.Forbidden},
		"no second factor":     {asReferrer, about.Referral, why, casework.CodeSecondFactor},
		"a referral not there": {asking, "r-nobodyhasthisone00", why, refusal.NotFound},
		"for another purpose":  {Asks(Competitor, identity.Clinician, disclosure.ReferralCoordination), about.Referral, why, refusal.NotFound},
	} {
		if _, err := o.Desk.BreakGlass(t.Context(), tc.a, o.key(), tc.id, casework.LifeAtRisk, tc.why); codeOf(err) != tc.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	done, err := o.Desk.BreakGlass(t.Context(), asking, o.key(), about.Referral, casework.LifeAtRisk, why)
	if err != nil {
		t.Fatal(err)
	}
	if got := o.shown(asking, about.Referral, record.Phone); got != `"01414960123"` {
		t.Errorf("in the emergency: %s", got)
	}
	if got := o.shown(asking, about.Referral, record.ReferralReason); got != "Withheld outside_ground" {
		t.Errorf("what an emergency does not need: %s", got)
	}
	o.Clock.SetTime(Noon().Add(time.Hour))
	if o.see(asking, about.Referral, record.Phone).There() {
		t.Error("it is still open after an hour")
	}
	if done.Version != 0 {
		t.Errorf("who declares one is told that it is the %dth", done.Version)
	}
	o.review(about.Referral, 1, why)
}

func (o *office) review(id string, number int64, why string) {
	t := o.t
	t.Helper()
	if _, err := o.Desk.OpenEmergencies(t.Context(), Commissioner, 10); codeOf(err) != refusal.Forbidden {
		t.Error(err)
	}
	waiting, err := o.Desk.OpenEmergencies(t.Context(), DataLead, 10)
	if err != nil || len(waiting) != 1 || waiting[0].Justification != why || waiting[0].Number != number {
		t.Fatalf("%v %v", waiting, err)
	}
	if waiting, err := o.Desk.OpenEmergencies(t.Context(), Elsewhere, 10); err != nil || len(waiting) != 0 {
		t.Errorf("%v %v", waiting, err)
	}
	if _, err := o.Desk.ReviewEmergency(t.Context(), Commissioner, o.key(), id, number, casework.ReviewJustified, ""); codeOf(err) != refusal.Forbidden {
		t.Error(err)
	}
	if _, err := o.Desk.ReviewEmergency(t.Context(), DataLead, o.key(), id, number, casework.ReviewJustified, "The ward confirmed it."); err != nil {
		t.Fatal(err)
	}
	if waiting, err := o.Desk.OpenEmergencies(t.Context(), DataLead, 10); err != nil || len(waiting) != 0 {
		t.Errorf("%v %v", waiting, err)
	}
}

func TestWhoSawWhatInSentences(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.shown(asClerk, about.Referral, record.Phone)
	for name, tc := range map[string]struct {
		a    disclosure.Asking
		want bool
	}{
		"data lead": {Asks(DataLead, "", ""), true}, "auditor": {Asks(Auditor, "", ""), true}, "the referrer": {asReferrer, true},
		"a colleague who has nothing to do with it": {Asks(Colleague, identity.Practitioner, disclosure.DirectCare), false},
		"the provider": {asClerk, false}, "elsewhere": {Asks(Elsewhere, "", ""), false}, "commissioner": {Asks(Commissioner, "", ""), false},
	} {
		page, err := o.Desk.WhoSawWhat(t.Context(), tc.a, about.Referral, false, "", 50)
		if !tc.want {
			if codeOf(err) != refusal.NotFound {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := "Somebody at Harbour House, as a practitioner, was shown the telephone number for passing the referral on, because the " +
			"person agreed and an agreement covers it."
		if !slices.ContainsFunc(page.Entries, func(s casework.Seen) bool { return s.Sentence == want }) {
			t.Errorf("%s: no such sentence in %v", name, page.Entries)
		}
	}
	entries := o.entries(about.Referral)
	if !slices.ContainsFunc(entries, func(e audit.Entry) bool { return e.What == audit.Viewed && e.By.Subject == "u-datalead" }) {
		t.Error("nobody wrote down that the data lead looked")
	}
}

func TestWhatAPartnerWouldSee(t *testing.T) {
	o := open(t)
	about := o.submit()
	cut := o.see(asReferrer, about.Referral)
	who := disclosure.Supposed{Partner: "harbour", Role: identity.Clinician, Purpose: disclosure.DirectCare, Assigned: true}
	is, err := o.Desk.Cutter.WouldSee(t.Context(), cut, who)
	if err != nil || is.Effect != "allow" || is.Ground != "consent" || !slices.Contains(is.Fields, "medication") {
		t.Errorf("%+v %v", is, err)
	}
	who.Partner = "beacon"
	if is, err = o.Desk.Cutter.WouldSee(t.Context(), cut, who); err != nil || is.Effect != "deny" || len(is.Left) != 30 ||
		!slices.Contains(is.Reasons, "consent_none") {
		t.Errorf("%+v %v", is, err)
	}
	page, err := o.Desk.WhoSawWhat(t.Context(), Asks(DataLead, "", ""), about.Referral, false, "", 50)
	want := "looked up what somebody at Harbour House would see"
	if err != nil || !slices.ContainsFunc(page.Entries, func(s casework.Seen) bool { return strings.Contains(s.Sentence, want) }) {
		t.Errorf("the trail does not say %q: %v %v", want, page.Entries, err)
	}
	other := o.see(Asks(DataLead, "", disclosure.DirectCare), about.Referral)
	if _, err := o.Desk.Cutter.WouldSee(t.Context(), other, who); err == nil {
		t.Error("somebody who may not read it has it explained")
	}
}

func TestAStoryShowsWordsToThoseWhoMaySeeWhy(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.do(Provider, &about, referral.Acknowledge{}, "We have it.")
	for name, tc := range map[string]struct {
		a     disclosure.Asking
		words bool
	}{"the referrer": {asReferrer, true}, "to pass it on": {asClerk, false}} {
		story, err := o.Desk.Cutter.Story(t.Context(), o.see(tc.a, about.Referral), 0, 10)
		if err != nil || len(story.Events) != 2 || story.Words != tc.words {
			t.Fatalf("%s: %v %v", name, story, err)
		}
		if got := story.Events[1].Words; (got == "We have it.") != tc.words {
			t.Errorf("%s reads %q", name, got)
		}
		if !tc.words && !slices.Equal(story.Reasons, []string{"outside_purpose"}) {
			t.Error(story.Reasons)
		}
	}
}

// Whoever follows a page that is full is told that there is more, though the page is as it was.
func TestAWorklistThatIsFollowedSaysThatThereIsMore(t *testing.T) {
	o := open(t)
	o.submit()
	f, err := o.Desk.Follow(t.Context(), asClerk, casework.Filter{}, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, more := range []bool{false, true} {
		page, err := f.Next(t.Context())
		if err != nil || len(page.Cuts) != 1 || page.More != more { // either may be first: both were made at one moment
			t.Fatalf("%+v, %v, want more: %t", page, err, more)
		}
		o.submit()
	}
}

func TestAWorklistIsFollowed(t *testing.T) {
	o := open(t)
	f, err := o.Desk.Follow(t.Context(), asClerk, casework.Filter{}, []record.Field{record.FullName}, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page, err := f.Next(t.Context())
	if err != nil || len(page.Cuts) != 0 {
		t.Fatal(page, err)
	}
	id := o.submit().Referral
	if page, err = f.Next(t.Context()); err != nil || len(page.Cuts) != 1 || page.Cuts[0].ID() != id {
		t.Fatal(page, err)
	}
	said := consent.Event{
		Decision: consent.Withdraw, By: consent.Self, At: Noon(), Purposes: []string{consent.All}, Recipients: []string{"harbour"},
	}
	if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), id, said); err != nil {
		t.Fatal(err)
	}
	if page, err = f.Next(t.Context()); err != nil || len(page.Cuts) != 0 {
		t.Errorf("after the withdrawal: %v %v", page, err)
	}
}
