package casework_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"lifeline.scot/api/casework"
	. "lifeline.scot/api/casework/caseworktest" //nolint:revive // the names of those who take part read like a story
	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/pathway"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/crds/v1alpha1"
)

// afterOverdose goes along the pathway of which harbour and beacon are told; the person agreed that both are.
func afterOverdose(s *casework.Submission) {
	s.Target = ""
	s.Along = &casework.Along{
		Pathway: "overdose", Incident: Noon().Add(-3 * time.Hour), IncidentArea: MorayCouncil, Notice: Noon().Add(-time.Hour),
	}
	s.Told.Details.OverdoseAt = Noon().Add(-3 * time.Hour)
	agreed("harbour", "beacon")(s)
}

// silence lets time go by until some hours after noon, and what is due be done.
func (o *office) silence(hours int) {
	o.t.Helper()
	o.Clock.SetTime(Noon().Add(time.Duration(hours) * time.Hour))
	keeper := &pathway.Keeper{
		Referrals: o.Store, CanBeAsked: o.Desk.CanBeAsked, Changed: o.Desk.Changed,
		Clock: clocktesting.NewFakeClock(o.Clock.Now()), Logger: slog.New(slog.DiscardHandler),
	}
	if _, err := keeper.Round(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

func TestAReferralAlongAPathwayIsSentToWhoAnswersFirst(t *testing.T) {
	o := open(t)
	about := o.submit(afterOverdose)
	s, err := o.Store.State(t.Context(), about.Referral)
	if err != nil {
		t.Fatal(err)
	}
	if s.Target != "harbour" || len(s.Steps) != 4 {
		t.Fatalf("with %s: %+v", s.Target, s.Steps)
	}
	if by := s.DueSteps()[0].By; !by.Equal(Noon().Add(3 * time.Hour)) { // four hours from the notice
		t.Errorf("due by %s", by)
	}
	o.Pathways["overdose"].Spec.Steps[0].Responders = []v1alpha1.ObjectName{"haven"}
	o.silence(3)
	if s, _ = o.Store.State(t.Context(), about.Referral); s.Target != "beacon" {
		t.Errorf("with %s, as the pathway is now and not as it was", s.Target)
	}
}

// agreed are those of whom the person said that they may be told.
func agreed(with ...string) func(*casework.Submission) {
	return func(s *casework.Submission) {
		s.Consents = nil
		for _, name := range with {
			s.Consents = append(s.Consents, Grant(name))
		}
	}
}

// says records what the person said, where the referral was made.
func (o *office) says(id string, said consent.Event) {
	o.t.Helper()
	if _, err := o.Desk.Consent(o.t.Context(), Referrer, o.key(), id, said); err != nil {
		o.t.Fatal(err)
	}
}

// Whoever is asked next sees what they may; whoever lost it sees nothing.
func TestTheNextResponderSeesWhatTheyMay(t *testing.T) {
	o := open(t)
	about := o.submit(afterOverdose)
	asks := Asks(Competitor, identity.Practitioner, disclosure.DirectCare)
	if got := o.shown(asks, about.Referral, record.ReferralReason); got != "not there" {
		t.Errorf("before they are asked: %s", got)
	}
	o.silence(3)
	about.Version++
	o.do(Competitor, &about, referral.Acknowledge{}, "")
	if got := o.shown(asks, about.Referral, record.ReferralReason); got != `"Sorcha wants to stop using benzodiazepines safely."` {
		t.Errorf("when they are asked: %s", got)
	}
	if got := o.shown(Asks(Provider, identity.Practitioner, disclosure.DirectCare), about.Referral, record.ReferralReason); got != "not there" {
		t.Errorf("who did not answer: %s", got)
	}
}

// Nobody is asked who may not be told that there is a referral: it would wait where nobody sees it. Where nobody is left, the ADP is
// told at once.
func TestAReferralIsPassedOnToThoseWhoMayBeTold(t *testing.T) {
	for name, tc := range map[string]struct {
		agreed    []string
		meanwhile func(*office, casework.About)
		with      string
		escalated bool
	}{
		"the person agreed":                  {[]string{"harbour", "beacon"}, func(*office, casework.About) {}, "beacon", false},
		"nobody asked the person about them": {[]string{"harbour"}, func(*office, casework.About) {}, "harbour", true},
		"the person agreed later": {[]string{"harbour"}, func(o *office, about casework.About) {
			o.says(about.Referral, Grant("beacon"))
		}, "beacon", false},
		"the person withdrew that": {[]string{"harbour", "beacon"}, func(o *office, about casework.About) {
			o.says(about.Referral, consent.Event{
				Decision: consent.Withdraw, By: consent.Self, Purposes: []string{consent.All}, Recipients: []string{"beacon"},
			})
		}, "harbour", true},
		"the agreement with them ended": {[]string{"harbour", "beacon"}, func(o *office, _ casework.About) {
			o.Rules.Agree("haven-beacon", nil)
		}, "harbour", true},
		"they take no part any more": {[]string{"harbour", "beacon"}, func(o *office, _ casework.About) {
			o.SuspendInDirectory("beacon")
		}, "harbour", true},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			about := o.submit(afterOverdose, agreed(tc.agreed...))
			tc.meanwhile(o, about)
			o.silence(3)
			s, err := o.Store.State(t.Context(), about.Referral)
			if err != nil {
				t.Fatal(err)
			}
			if s.Target != tc.with || (s.Escalation != nil) != tc.escalated {
				t.Errorf("with %s, escalated %v", s.Target, s.Escalation)
			}
			if s.Escalation != nil && s.Escalation.Reason != referral.EscalateNobodyElse {
				t.Errorf("escalated as %s", s.Escalation.Reason)
			}
		})
	}
}

// What the person refused or took back of one referral counts for the one that follows it before anybody is asked: a grant that
// was given earlier opens nothing to whom they refused.
func TestWhomThePersonObjectedToIsNotAskedFirstOfAReferralThatFollows(t *testing.T) {
	no := func(what consent.Decision, recipients ...string) consent.Event {
		return consent.Event{Decision: what, By: consent.Self, Purposes: []string{consent.All}, Recipients: recipients}
	}
	agreedAnew := Grant("harbour")
	agreedAnew.At = Noon().Add(90 * time.Minute)
	for name, tc := range map[string]struct {
		before    []consent.Event
		said      []consent.Event
		with      string // "" if nobody can be asked
		uncovered bool
	}{
		"they refused nobody":                   {nil, nil, "harbour", false},
		"they refused the first":                {[]consent.Event{no(consent.Refuse, "harbour")}, nil, "beacon", true},
		"they took back the first":              {[]consent.Event{no(consent.Withdraw, "harbour")}, nil, "beacon", true},
		"they refused the second":               {[]consent.Event{no(consent.Refuse, "beacon")}, nil, "harbour", true},
		"they refused everybody":                {[]consent.Event{no(consent.Refuse, consent.All)}, nil, "", false},
		"they refused the first, and agreed":    {[]consent.Event{no(consent.Refuse, "harbour")}, []consent.Event{agreedAnew}, "harbour", false},
		"they agreed, and then refused the one": {[]consent.Event{agreedAnew, no(consent.Refuse, "harbour")}, nil, "beacon", true},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			about := o.submit()
			o.Clock.SetTime(Noon().Add(time.Hour))
			for _, said := range tc.before {
				if said.Decision == consent.Grant {
					said.At = Noon().Add(time.Minute)
				}
				o.says(about.Referral, said)
			}
			o.Clock.SetTime(Noon().Add(2 * time.Hour))
			s := Submission()
			afterOverdose(&s)
			s.Consents = append(s.Consents, tc.said...)
			s.Follows = &casework.Follows{About: about, Kind: referral.Onward}
			done, err := o.Desk.Submit(t.Context(), Referrer, o.key(), s)
			if tc.with == "" {
				if codeOf(err) != refusal.Invalid || !strings.Contains(err.Error(), "may be told") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if state := o.stateOf(done.Referral); state.Target != tc.with {
				t.Errorf("with %s", state.Target)
			}
			cut := o.see(Asks(Referrer, identity.Practitioner, disclosure.DirectCare), done.Referral, disclosure.Along)
			if along, may, err := cut.Along(); err != nil || !may || along.Uncovered != tc.uncovered || along.Unrouted {
				t.Errorf("%+v, may %t: %v", along, may, err)
			}
		})
	}
}

// While the rules are not known, nobody is passed over, and nobody is told that nobody answered.
func TestWhileTheRulesAreNotKnownNobodyKnowsWhoCanBeAsked(t *testing.T) {
	o := open(t)
	about := o.submit(afterOverdose)
	s, err := o.Store.State(t.Context(), about.Referral)
	if err != nil {
		t.Fatal(err)
	}
	o.Rules.InDoubt.Store(true)
	beacon := pathway.Turn{Referral: s.ID, Partner: "beacon"}
	if can, err := o.Desk.CanBeAsked(t.Context(), []pathway.Turn{beacon}); can[beacon] || !errors.Is(err, disclosure.ErrNotDecided) {
		t.Errorf("can be asked %t: %v", can[beacon], err)
	}
}

// Whoever refers is told when they do who can be asked: the first who may be told is, and whoever may not is left out with a warning.
func TestWhoMayBeToldIsFoundOutWhenAReferralIsMade(t *testing.T) {
	consented, notObjected := v1alpha1.BasisConsented, v1alpha1.BasisDidNotObject
	for name, tc := range map[string]struct {
		agreed []string
		bases  []v1alpha1.PathwayBasis
		with   string
		warned bool
		says   string
	}{
		"both may be told":              {[]string{"harbour", "beacon"}, []v1alpha1.PathwayBasis{consented}, "harbour", false, ""},
		"the second may not":            {[]string{"harbour"}, []v1alpha1.PathwayBasis{consented}, "harbour", true, ""},
		"the first may not":             {[]string{"beacon"}, []v1alpha1.PathwayBasis{notObjected, consented}, "beacon", true, ""},
		"neither may":                   {nil, []v1alpha1.PathwayBasis{consented}, "", false, "may be told of this referral as things are"},
		"the pathway has another basis": {[]string{"harbour"}, []v1alpha1.PathwayBasis{notObjected}, "", false, "its bases say"},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			o.Pathways["overdose"].Spec.Bases = tc.bases
			s := Submission()
			afterOverdose(&s)
			agreed(tc.agreed...)(&s)
			done, err := o.Desk.Submit(t.Context(), Referrer, o.key(), s)
			if tc.says != "" {
				if codeOf(err) != refusal.Invalid || !strings.Contains(err.Error(), tc.says) {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			cut := o.see(Asks(Referrer, identity.Practitioner, disclosure.DirectCare), done.Referral, disclosure.Along, record.Status)
			along, may, err := cut.Along()
			if err != nil || !may || along.Uncovered != tc.warned {
				t.Errorf("may %t: %v; warned %t", may, err, along.Uncovered)
			}
			if state, ok := cut.Standing(); !ok || state.Target != tc.with {
				t.Errorf("with %s", state.Target)
			}
		})
	}
}

// After an overdose nobody has agreed to anything: it goes to whoever an agreement names, because the person was told and did not
// object; and to nobody along a pathway for those who agreed.
func TestWhoDidNotObjectIsReachedOnAPathwayForThem(t *testing.T) {
	for name, tc := range map[string]struct {
		informed bool
		basis    v1alpha1.PathwayBasis
		says     string
	}{
		"told, and did not object":     {true, v1alpha1.BasisDidNotObject, ""},
		"nobody told the person":       {false, v1alpha1.BasisDidNotObject, "may be told of this referral as things are"},
		"a pathway for who has agreed": {true, v1alpha1.BasisConsented, "its bases say"},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			for _, partner := range []string{"harbour", "beacon"} {
				agreement := Agreement("council", partner)
				agreement.Purposes = []string{"nfo_response"}
				o.Rules.Agree("council-"+partner, agreement)
			}
			o.Pathways["overdose"].Spec.Bases = []v1alpha1.PathwayBasis{tc.basis}
			s := Submission()
			afterOverdose(&s)
			s.Consents, s.Circumstances = nil, referral.Circumstances{Capability: referral.Capable, Informed: tc.informed}
			council := Referrer
			council.Partner = "council"
			done, err := o.Desk.Submit(t.Context(), council, o.key(), s)
			if tc.says != "" {
				if codeOf(err) != refusal.Invalid || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			o.silence(3)
			if s, err := o.Store.State(t.Context(), done.Referral); err != nil || s.Target != "beacon" || s.Escalation != nil {
				t.Errorf("with %s: %v", s.Target, err)
			}
		})
	}
}

// All that is due at one midnight is decided together, though the rules are asked about more than they are asked at a time.
func TestWhoCanBeAskedIsKnownOfManyReferralsAtOnce(t *testing.T) {
	o := open(t)
	var turns []pathway.Turn
	for range disclosure.MostAtOnce {
		turns = append(turns, pathway.Turn{Referral: o.submit(afterOverdose).Referral, Partner: "beacon"})
	}
	can, err := o.Desk.CanBeAsked(t.Context(), turns)
	if err != nil {
		t.Fatal(err)
	}
	for _, turn := range turns {
		if !can[turn] {
			t.Errorf("%s cannot be asked about %s", turn.Partner, turn.Referral)
		}
	}
}

// The commissioner finds in the worklist of the ADP what nobody answered.
func TestTheADPSeesWhatNobodyAnswers(t *testing.T) {
	o := open(t)
	about := o.submit(afterOverdose)
	waits := func() bool {
		s, err := o.Store.State(t.Context(), about.Referral)
		if err != nil {
			t.Fatal(err)
		}
		return casework.Waits(s, []referral.Side{referral.SidePartnership})
	}
	o.silence(3)
	if waits() {
		t.Error("somebody is still asked, and the ADP is told already")
	}
	o.silence(7)
	if !waits() {
		t.Error("nobody answered, and the ADP is not told")
	}
	about.Version += 2
	o.do(Commissioner, &about, referral.SettleEscalation{}, "We rang beacon.")
	if waits() {
		t.Error("it was settled")
	}
}

// However much people have escalated before, what is late is found, a page at a time; which step is late is not told but of an
// answer.
func TestWhatIsLateIsNotBehindWhatPeopleEscalate(t *testing.T) {
	o := open(t)
	for range 2 {
		about := o.submit()
		o.do(Referrer, &about, referral.Escalate{Reason: referral.EscalateRisk}, "Please look at this.")
	}
	o.Clock.SetTime(Noon().Add(time.Minute))
	nobody := o.submit(afterOverdose)
	contact := o.submit(afterOverdose, func(s *casework.Submission) { s.Consents = append(s.Consents, Grant("harbour")) })
	o.do(Provider, &contact, referral.Acknowledge{}, "")
	o.silence(7)
	o.silence(24 * 4)
	var got []casework.Late
	for after := ""; ; after = got[len(got)-1].Referral {
		page, err := o.Desk.Late(t.Context(), Commissioner, after, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		if got = append(got, page...); len(got) > 3 {
			break
		}
	}
	silent := slices.DeleteFunc(slices.Clone(got), func(l casework.Late) bool { return l.PassedOnFrom == "" })
	if len(silent) != 1 || silent[0].PassedOnFrom != "harbour" || silent[0].Referral != nobody.Referral {
		t.Errorf("harbour did not answer: %+v", silent)
	}
	got = slices.DeleteFunc(got, func(l casework.Late) bool { return l.PassedOnFrom != "" })
	want := map[string]referral.Task{nobody.Referral: v1alpha1.TaskAnswer, contact.Referral: ""}
	for _, late := range got {
		if task, is := want[late.Referral]; !is || late.Task != task || late.Since.IsZero() {
			t.Errorf("%+v", late)
		}
		delete(want, late.Referral)
	}
	if len(got) != 2 || len(want) > 0 {
		t.Errorf("%+v, without %v", got, want)
	}
}

func TestWhatIsWrongWithAPathwayIsSaid(t *testing.T) {
	ago := func(d time.Duration) time.Time { return Noon().Add(-d) }
	prison := func(change func(*casework.Along)) func(*casework.Submission) {
		return func(s *casework.Submission) {
			s.Target, s.Along = "", &casework.Along{Pathway: "prison"}
			change(s.Along)
		}
	}
	for name, tc := range map[string]struct {
		change func(*casework.Submission)
		code   refusal.Code
		path   []string
	}{
		"a pathway there is not":   {func(s *casework.Submission) { s.Along.Pathway = "nowhere" }, refusal.Invalid, []string{"input", "pathway", "name"}},
		"no incident":              {func(s *casework.Submission) { s.Along.Incident = time.Time{} }, refusal.Invalid, []string{"input", "pathway", "incidentTime"}},
		"an incident to come":      {func(s *casework.Submission) { s.Along.Incident = ago(-time.Hour) }, refusal.Invalid, []string{"input", "pathway", "incidentTime"}},
		"no place of the incident": {func(s *casework.Submission) { s.Along.IncidentArea = "" }, refusal.Invalid, []string{"input", "pathway", "incidentArea"}},
		"a place that nobody covers": {
			func(s *casework.Submission) { s.Along.IncidentArea = "S12000099" }, refusal.Invalid, []string{"input", "pathway", "incidentArea"},
		},
		"a place elsewhere": {
			func(s *casework.Submission) { s.Along.IncidentArea = FifeCouncil }, refusal.Invalid, []string{"input", "pathway", "incidentArea"},
		},
		"a place in prison": {
			prison(func(a *casework.Along) { a.IncidentArea = MorayCouncil }), refusal.Invalid, []string{"input", "pathway", "incidentArea"},
		},
		"a notice long ago":     {func(s *casework.Submission) { s.Along.Notice = ago(400 * 24 * time.Hour) }, refusal.Invalid, []string{"input", "pathway", "noticeTime"}},
		"a deadline it has not": {func(s *casework.Submission) { s.Along.Deadline = Noon() }, refusal.Invalid, []string{"input", "pathway", "deadlineTime"}},
		"another partner":       {func(s *casework.Submission) { s.Target = "beacon" }, refusal.Invalid, []string{"input", "target"}},
		"neither partner nor pathway": {
			func(s *casework.Submission) { s.Along = nil }, refusal.Invalid, []string{"input", "target"},
		},
		"nobody can be asked": {func(s *casework.Submission) {
			s.Along.Pathway = "away"
		}, casework.CodePartnerSuspended, []string{"input", "pathway", "name"}},
		"no day of liberation":      {prison(func(*casework.Along) {}), refusal.Invalid, []string{"input", "pathway", "deadlineTime"}},
		"a liberation in ten years": {prison(func(a *casework.Along) { a.Deadline = Noon().AddDate(10, 0, 0) }), refusal.Invalid, []string{"input", "pathway", "deadlineTime"}},
		"an incident in prison":     {prison(func(a *casework.Along) { a.Incident = ago(time.Hour) }), refusal.Invalid, []string{"input", "pathway", "incidentTime"}},
		"a notice in prison":        {prison(func(a *casework.Along) { a.Notice = ago(time.Hour) }), refusal.Invalid, []string{"input", "pathway", "noticeTime"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			away := Overdose()
			away.Name, away.Spec.Steps[0].Responders = "away", []v1alpha1.ObjectName{"away"}
			o.Pathways["away"] = away
			s := Submission()
			afterOverdose(&s)
			tc.change(&s)
			_, err := o.Desk.Submit(t.Context(), Referrer, o.key(), s)
			if codeOf(err) != tc.code {
				t.Fatalf("got %v", err)
			}
			var problems refusal.Refusal
			if !errors.As(err, &problems) || len(problems) != 1 || !slices.Equal(problems[0].Path, tc.path) {
				t.Errorf("%+v", problems)
			}
		})
	}
}

// The day of liberation that is told is the deadline, and whoever refers is warned when the plan does not fit before it.
func TestAPlanThatCannotMakeTheDeadlineSaysSo(t *testing.T) {
	for name, tc := range map[string]struct {
		inDays int
		warned bool
	}{"in ten days": {10, true}, "in ten weeks": {70, false}} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			about := o.submit(func(s *casework.Submission) {
				s.Target, s.Along = "", &casework.Along{Pathway: "prison"}
				s.Told.Details.Justice = &referral.Justice{Liberation: Noon().AddDate(0, 0, tc.inDays)}
			})
			cut := o.see(Asks(Referrer, identity.Practitioner, disclosure.DirectCare), about.Referral, disclosure.Along)
			along, may, err := cut.Along()
			if err != nil || !may || along.MissesDeadline() != tc.warned || along.Journey != v1alpha1.JourneyPrisonToRehab {
				t.Errorf("%+v, may %t: %v; ready by %s, deadline %s", along, may, err, along.ReadyBy, along.Deadline)
			}
			if !along.Deadline.Before(Noon().AddDate(0, 0, tc.inDays)) {
				t.Errorf("the deadline is %s, and the person leaves that day", along.Deadline)
			}
		})
	}
}

// Along which pathway somebody was referred tells of an overdose or of prison: it is shown to those who may see these.
func TestThePathwayIsShownToThoseWhoMaySeeWhy(t *testing.T) {
	o := open(t)
	about := o.submit(afterOverdose, func(s *casework.Submission) { s.Consents = append(s.Consents, Grant("harbour")) })
	o.do(Provider, &about, referral.Acknowledge{}, "")
	for name, tc := range map[string]struct {
		asks disclosure.Asking
		want bool
	}{
		"a practitioner where it was made":        {Asks(Referrer, identity.Practitioner, disclosure.DirectCare), true},
		"a clerk where it was made":               {Asks(Referrer, identity.Clerk, disclosure.ReferralCoordination), false},
		"who is asked, and may not see of prison": {Asks(Provider, identity.Practitioner, disclosure.DirectCare), false},
		"another partner":                         {Asks(Competitor, identity.Practitioner, disclosure.DirectCare), false},
	} {
		t.Run(name, func(t *testing.T) {
			cut := o.see(tc.asks, about.Referral, disclosure.Along)
			if !cut.There() {
				if tc.want {
					t.Error("not there")
				}
				return
			}
			along, may, err := cut.Along()
			if err != nil || may != tc.want || may != (along.Pathway == "overdose") {
				t.Errorf("%q, may %t: %v", along.Pathway, may, err)
			}
			if blind := o.see(tc.asks, about.Referral); tc.want {
				if _, _, err := blind.Along(); err == nil {
					t.Error("it is shown, and nobody recorded that it was asked for")
				}
			}
		})
	}
}

// Who may not see along which pathway somebody was referred cannot find it out by settling its steps: they are answered the same,
// whether it has them or not, and settle those that every referral has.
func TestNobodyLearnsOfAStepBySettlingIt(t *testing.T) {
	o := open(t)
	about := o.submit(afterOverdose)
	o.do(Provider, &about, referral.Acknowledge{}, "")
	settle := func(c identity.Caller, task referral.Task) error {
		_, err := o.Desk.Do(t.Context(), c, o.key(), about, referral.SettleStep{Task: task, Outcome: referral.StepDone}, "")
		return err
	}
	there, absent := settle(Provider, v1alpha1.TaskContact), settle(Provider, v1alpha1.TaskPreparation)
	if codeOf(there) != casework.CodeWrongStatus || fmt.Sprint(there) != fmt.Sprint(absent) {
		t.Errorf("of a step that it has: %v; of one that it has not: %v", there, absent)
	}
	if err := settle(Competitor, v1alpha1.TaskContact); codeOf(err) != refusal.NotFound {
		t.Errorf("who has no part in it: %v", err)
	}
	o.do(Provider, &about, referral.SettleStep{Task: v1alpha1.TaskNaloxone, Outcome: referral.StepDone}, "")
	o.do(Referrer, &about, referral.SettleStep{Task: v1alpha1.TaskContact, Outcome: referral.StepDone}, "")
	if err := settle(Referrer, v1alpha1.TaskPreparation); codeOf(err) != casework.CodeWrongStatus {
		t.Errorf("who may see it, of a step that it has not: %v", err)
	}
}

// A request that is sent again when the plan would be another is the same request.
func TestTheSameRequestAgainIsNotMadeTwice(t *testing.T) {
	o := open(t)
	s := Submission()
	afterOverdose(&s)
	first, err := o.Desk.Submit(t.Context(), Referrer, "request-again", s)
	if err != nil {
		t.Fatal(err)
	}
	o.Clock.SetTime(Noon().Add(time.Hour))
	o.Pathways["overdose"].Spec.Steps[0].Responders = []v1alpha1.ObjectName{"beacon"}
	again, err := o.Desk.Submit(t.Context(), Referrer, "request-again", s)
	if err != nil || !again.Replayed || again.Referral != first.Referral {
		t.Errorf("%+v: %v", again, err)
	}
}
