package schema

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	cases "lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/pathway"
)

// laterBy lets so many hours after noon go by, and what is due be done.
func (o *office) laterBy(hours int) {
	o.t.Helper()
	o.Clock.SetTime(cases.Noon().Add(time.Duration(hours) * time.Hour))
	keeper := &pathway.Keeper{
		Referrals: o.Store, CanBeAsked: o.World.Desk.CanBeAsked, Changed: o.World.Desk.Changed,
		Clock: clocktesting.NewFakeClock(o.Clock.Now()), Logger: slog.New(slog.DiscardHandler),
	}
	if _, err := keeper.Round(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

// atHour is so many hours after noon.
func atHour(n int) string { return cases.Noon().Add(time.Duration(n) * time.Hour).Format(time.RFC3339) }

func alongOverdose() string {
	return strings.Replace(sorcha, `target: "harbour", `, fmt.Sprintf(
		`pathway: {name: "overdose", incidentTime: %q, incidentArea: "S12000020", noticeTime: %q}, `, atHour(-3), atHour(-1)), 1) +
		strings.ReplaceAll(agreed, `["harbour"]`, `["harbour", "beacon"]`)
}

// From a referral along a pathway that harbour does not answer to its end, as each side sees it.
func TestAPathwayByGraphQL(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(alongOverdose())
	due := fmt.Sprintf(`{ referral(id: %q, as: PRACTITIONER) { due { task responder { name } byTime overdue escalated inWords } missing } }`, id)
	sees := func(who, query string, parts ...string) {
		t.Helper()
		got := o.reads(who, query)
		for _, part := range parts {
			if !strings.Contains(got, part) {
				t.Errorf("%s: no %s in %s", who, part, got)
			}
		}
	}
	sees("referrer", due, `"due":{"task":"ANSWER","responder":{"name":"harbour"},"byTime":"`+atHour(3)+`","overdue":false,"escalated":false`,
		`is for Harbour House, who still has time`, `"missing":[]`)
	sees("referrer", fmt.Sprintf(`{ referral(id: %q, as: PRACTITIONER) { pathway { state value { name journey warnings } } standing { steps {
		task outcome responders } } } }`, id), `"pathway":{"state":"KNOWN","value":{"name":"overdose","journey":"NEAR_FATAL_OVERDOSE","warnings":[]}}`,
		`{"task":"ANSWER","outcome":null,"responders":["harbour","beacon"]},{"task":"CONTACT","outcome":null,"responders":[]},`+
			`{"task":"NALOXONE","outcome":null,"responders":[]},{"task":"AFTERCARE","outcome":null,"responders":[]}`)
	o.laterBy(3)
	sees("referrer", due, `"responder":{"name":"beacon"},"byTime":"`+atHour(7)+`","overdue":false`)
	sees("referrer", fmt.Sprintf(`{ referral(id: %q, as: PRACTITIONER) { story(afterVersion: 1) { events { kind inWords passedOnTo partner { name } } } } }`, id),
		`"kind":"PASS_ON","inWords":"Lifeline passed the referral on to Beacon Recovery, because the partner that was asked had not said in time that it has it."`,
		`"passedOnTo":"beacon","partner":null`)
	if got := o.reads("provider", due); got != `{"referral":null}` {
		t.Errorf("who did not answer sees %s", got)
	}
	if got := o.reads("commissioner", `{ lateSteps { task passedOnFrom } }`); got != `{"lateSteps":[{"task":"ANSWER","passedOnFrom":"harbour"}]}` {
		t.Errorf("after the first silence the commissioner sees %s", got)
	}
	o.laterBy(7)
	sees("referrer", due, `"overdue":true,"escalated":true`, `is for Beacon Recovery, and is late`)
	sees("referrer", fmt.Sprintf(`{ referral(id: %q, as: PRACTITIONER) { standing { escalation { reason } } story(afterVersion: 2) { events { inWords task } } } }`, id),
		`"escalation":{"reason":"NO_ANSWER_IN_TIME"}`, `Lifeline told the ADP that the step of saying that they have the referral is late.`, `"task":"ANSWER"`)
	const late = `{ lateSteps { referral version task sinceTime madeBy { name } with { name } passedOnFrom } }`
	of := func(hour int, from string) string {
		return `{"referral":"` + id + `","version":[12]\d{9},"task":"ANSWER","sinceTime":"` + atHour(hour) +
			`","madeBy":{"name":"haven"},"with":{"name":"beacon"},"passedOnFrom":` + from + `}`
	}
	if got := o.reads("commissioner", late); !regexp.MustCompile(`^{"lateSteps":\[` + of(7, "null") + `,` + of(3, `"harbour"`) + `\]}$`).MatchString(got) {
		t.Errorf("commissioner: %s, where the version is a number that does not count changes", got)
	}
	for _, who := range []string{"", "referrer", "competitor", "auditor"} {
		if got := o.ask(who, late); !strings.Contains(got, `"FORBIDDEN"`) || strings.Contains(got, id) {
			t.Errorf("%s: %s", who, got)
		}
	}
	sees("elsewhere", late, `{"lateSteps":[]}`)
	sees("competitor", `{ worklist(first: 5, as: PRACTITIONER) { edges { waitsForYou node { id due { task overdue } } } } }`,
		`{"waitsForYou":true,"node":{"id":"`+id+`","due":{"task":"ANSWER","overdue":true}}}`)
	const steps = `{ referral(id: %q, purpose: REFERRAL_COORDINATION, as: PRACTITIONER) { standing { steps { task outcome dueTime responders } } } }`
	sees("competitor", fmt.Sprintf(steps, id), `"steps":[{"task":"ANSWER","outcome":null,"dueTime":"`+atHour(7)+`","responders":["harbour","beacon"]},`+
		`{"task":"NALOXONE","outcome":null,"dueTime":null,"responders":[]},{"task":"AFTERCARE","outcome":null,"dueTime":null,"responders":[]}]`)
	about := func(version int) string { return fmt.Sprintf(`referral: %q, version: %d`, id, version) }
	for i, step := range []struct{ who, mutation, input string }{
		{"competitor", "referralAcknowledge", ""},
		{"referrer", "referralStepSettle", ", task: CONTACT, outcome: DONE"},
		{"competitor", "referralAccept", ""},
		{"competitor", "referralStartSupport", ""},
		{"competitor", "referralStepSettle", ", task: NALOXONE, outcome: DECLINED"},
		{"competitor", "referralComplete", ", outcome: AS_PLANNED"},
	} {
		if done := o.does(step.who, step.mutation, about(3+i)+step.input); len(done.Problems) > 0 {
			t.Fatalf("%s: %+v", step.mutation, done.Problems)
		}
	}
	sees("competitor", due, `"due":null,"missing":["AFTERCARE"]`)
	story := fmt.Sprintf(`{ referral(id: %q, as: PRACTITIONER) { story(first: 2, afterVersion: 4) { events { kind task stepOutcome } } } }`, id)
	sees("referrer", story, `{"kind":"SETTLE_STEP","task":"CONTACT","stepOutcome":"DONE"}`)
	sees("competitor", story, `{"kind":"SETTLE_STEP","task":null,"stepOutcome":null}`)
	if done := o.does("referrer", "referralStepSettle", about(9)+`, task: AFTERCARE, outcome: NOT_NEEDED`); done.code() != "INVALID" {
		t.Errorf("not needed without a reason: %+v", done)
	}
	if done := o.does("referrer", "referralStepSettle", about(9)+`, task: AFTERCARE, outcome: NOT_NEEDED, words: "She moved to family abroad."`); len(done.Problems) > 0 {
		t.Fatalf("%+v", done.Problems)
	}
	sees("referrer", due, `"missing":[]`)
}

// What is wrong with a pathway is a problem with the way to it, and an answer to a step is not settled by hand.
func TestProblemsWithPathways(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(alongOverdose())
	for name, tc := range map[string]struct{ mutation, input, code, path string }{
		"no such pathway": {"referralSubmit", `pathway: {name: "nowhere"}, told: {referralReason: "r"}`, "INVALID", "input pathway name"},
		"no incident":     {"referralSubmit", `pathway: {name: "overdose"}, told: {referralReason: "r"}`, "INVALID", "input pathway incidentTime"},
		"nobody at all":   {"referralSubmit", `told: {referralReason: "r"}`, "INVALID", "input target"},
		"no day":          {"referralSubmit", `pathway: {name: "prison"}, told: {referralReason: "r"}`, "INVALID", "input pathway deadlineTime"},
		"an answer":       {"referralStepSettle", fmt.Sprintf(`referral: %q, version: 1, task: ANSWER, outcome: DONE`, id), "INVALID", ""},
		"no such step":    {"referralStepSettle", fmt.Sprintf(`referral: %q, version: 1, task: PEER_SUPPORT, outcome: DONE`, id), "WRONG_STATUS", ""},
	} {
		t.Run(name, func(t *testing.T) {
			done := o.does("referrer", tc.mutation, tc.input)
			if done.code() != tc.code || strings.Join(done.Problems[0].Path, " ") != tc.path {
				t.Errorf("%+v", done)
			}
		})
	}
}

func TestThePathwaysOfAnADPAreForThoseWhoSignIn(t *testing.T) {
	o := newOffice(t)
	const query = `{ pathways { name displayName journey trigger routeBy ready readyInWords steps { task title hours workingDays countedFrom responders } } }`
	got := o.reads("referrer", query)
	for _, part := range []string{
		`{"name":"overdose","displayName":"Moray, after a near-fatal overdose","journey":"NEAR_FATAL_OVERDOSE","trigger":"INCIDENT",` +
			`"routeBy":"PLACE_OF_INCIDENT","ready":true`,
		`{"task":"ANSWER","title":"Say that you have it","hours":4,"workingDays":null,"countedFrom":"NOTICE","responders":["harbour","beacon"]}`,
		`{"task":"NALOXONE","title":null,"hours":null,"workingDays":null,"countedFrom":"REFERRAL","responders":[]}`, `"name":"prison"`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in %s", part, got)
		}
	}
	if got := o.reads("provider", `{ pathways(partnership: "fife") { name } }`); got != `{"pathways":[]}` {
		t.Errorf("of another ADP: %s", got)
	}
	for who, query := range map[string]string{"": `{ pathways(partnership: "moray") { name } }`, "referrer": `{ pathways(partnership: "nowhere") { name } }`} {
		if got := o.ask(who, query); !strings.Contains(got, `"errors"`) || strings.Contains(got, "overdose") {
			t.Errorf("%q: %s", who, got)
		}
	}
}
