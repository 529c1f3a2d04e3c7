package policies_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeline.scot/policies"
)

// slow is long for any rule, and short for one that never comes to an end.
const slow = 4 * time.Second

func bundle(rules string) policies.Bundle {
	return policies.Bundle{"rules.rego": []byte("package lifeline.narrowing\n\n" + rules)}
}

// noEmergencies denies every emergency, and comes with a test.
func noEmergencies() policies.Bundle {
	b := bundle(`deny contains "no_emergencies" if input.decision.ground == "break_glass"`)
	b["rules_test.rego"] = []byte(`package lifeline.narrowing_test

import data.lifeline.narrowing

test_an_emergency_is_denied if {
	narrowing.deny == {"no_emergencies"} with input as {"decision": {"ground": "break_glass"}}
}

test_consent_is_not if {
	narrowing.deny == set() with input as {"decision": {"ground": "consent"}}
}
`)
	return b
}

func TestStricterRulesTakeBackPermits(t *testing.T) {
	scenarios, _ := workedScenarios(t)
	engine := newEngine(t)
	before, err := engine.Replay(t.Context(), scenarios)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		rules  policies.Bundle
		denies func(policies.Request, policies.Answer) bool
		reason string
	}{
		"by ground": {
			noEmergencies(),
			func(_ policies.Request, a policies.Answer) bool { return a.Ground == "break_glass" },
			"no_emergencies",
		},
		"by field": {
			bundle(`deny contains "no_bbv_status" if "bbv_status" in input.decision.fields`),
			func(_ policies.Request, a policies.Answer) bool { return slices.Contains(a.Fields, "bbv_status") },
			"no_bbv_status",
		},
		"by a fact": {
			bundle(`deny contains "clinicians_only" if input.facts.role != "clinician"`),
			func(r policies.Request, _ policies.Answer) bool { return r.Actor.Role != "clinician" },
			"clinicians_only",
		},
		"by partner": {
			bundle(`deny contains "not_to_council_a" if input.recipient == "council-a"`),
			func(r policies.Request, _ policies.Answer) bool { return r.Actor.Partner == "council-a" },
			"not_to_council_a",
		},
		"by data of the rules": {
			bundle(`deny contains "role_of_an_emergency" if input.facts.role in data.reference.break_glass.roles`),
			func(r policies.Request, _ policies.Answer) bool {
				return slices.Contains([]string{"practitioner", "clinician", "nfo_responder"}, r.Actor.Role)
			},
			"role_of_an_emergency",
		},
		"everything": {
			bundle(`deny contains "closed"`),
			func(policies.Request, policies.Answer) bool { return true },
			"closed",
		},
		"nothing": {
			bundle(`deny contains "never" if false`),
			func(policies.Request, policies.Answer) bool { return false },
			"never",
		},
	} {
		t.Run(name, func(t *testing.T) {
			narrowed, err := engine.WithNarrowing(t.Context(), tc.rules)
			if err != nil {
				t.Fatal(err)
			}
			after, err := narrowed.Replay(t.Context(), scenarios)
			if err != nil {
				t.Fatal(err)
			}
			for i, was := range before {
				if was.Effect == policies.Allow && tc.denies(scenarios.All[i].Request, was) {
					was = policies.Answer{
						ID: was.ID, Effect: policies.Deny, Fields: []string{}, Obligations: []string{"audit"}, Reasons: []string{tc.reason},
					}
				}
				if diff := cmp.Diff(was, after[i]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", was.ID, diff)
				}
			}
		})
	}
}

func TestStricterRulesThatAreBadAreRefused(t *testing.T) {
	tested := func(rules, test string) policies.Bundle {
		b := bundle(rules)
		b["rules_test.rego"] = []byte("package lifeline.narrowing_test\n\nimport data.lifeline.narrowing\n\n" + test)
		return b
	}
	named := func(name, text string) policies.Bundle { return policies.Bundle{name: []byte(text)} }
	endless := `deny contains "never_said" if {
	xs := [x | some x in input.facts.reached]
	ys := [[a, b, c, d, e, f, g, h] | some a in all; some b in all; some c in all; some d in all; some e in all; some f in all; some g in all; some h in all]
	count(ys) < count(xs)
}

all := object.keys(data.reference.field_category)
`
	ofActions := func(rules string) policies.Bundle {
		return policies.Bundle{"rules.rego": []byte("package lifeline.narrowing_actions\n\n" + rules)}
	}
	for name, tc := range map[string]struct {
		rules policies.Bundle
		want  string
		says  string
	}{
		"of actions, no rule deny":          {ofActions(`denied contains "x"`), policies.NarrowingMalformed, "deny contains"},
		"of actions, misspells an input":    {ofActions(`deny contains "x" if input.wat == "referral.Accept"`), policies.NarrowingNotCompiled, "wat"},
		"of actions, reads a permit":        {ofActions(`deny contains "x" if input.decision.ground == "consent"`), policies.NarrowingNotCompiled, "decision"},
		"of actions, reads the clock":       {ofActions(`deny contains "x" if time.now_ns() > 0`), policies.NarrowingNotCompiled, "time.now_ns"},
		"of actions, a reason in prose":     {ofActions(`deny contains "Not today!" if input.what == "referral.Accept"`), policies.NarrowingFailed, "code"},
		"of actions, never comes to an end": {ofActions(strings.ReplaceAll(endless, "input.facts.reached", "input.roles")), policies.NarrowingTooSlow, ""},
		"not Rego":                          {bundle(`deny contains`), policies.NarrowingMalformed, "rego_parse_error"},
		"an empty file":                     {named("rules.rego", ""), policies.NarrowingMalformed, "empty"},
		"not a Rego file":                   {named("rules.yaml", "deny: all"), policies.NarrowingMalformed, ".rego"},
		"another package":                   {named("rules.rego", "package sharing\n\nx := 1"), policies.NarrowingMalformed, "lifeline.narrowing"},
		"no rule deny":                      {bundle(`denied contains "x"`), policies.NarrowingMalformed, "deny contains"},
		"deny is no set":                    {bundle(`deny := true`), policies.NarrowingMalformed, "deny contains"},
		"deny holds numbers":                {bundle(`deny contains 1`), policies.NarrowingMalformed, "texts"},
		"too much":                          {bundle("# " + strings.Repeat("x", policies.MaxNarrowingBytes)), policies.NarrowingMalformed, "bytes"},
		"misspells an input":                {bundle(`deny contains "x" if input.facts.roll == "clerk"`), policies.NarrowingNotCompiled, "roll"},
		"an unsafe variable":                {bundle(`deny contains x if y == 1`), policies.NarrowingNotCompiled, "unsafe"},
		"calls the network":                 {bundle(`deny contains "x" if http.send({"method": "get", "url": "http://localhost"})`), policies.NarrowingNotCompiled, "http.send"},
		"reads the clock":                   {bundle(`deny contains "x" if time.now_ns() > 0`), policies.NarrowingNotCompiled, "time.now_ns"},
		"reads the surrounds":               {bundle(`deny contains "x" if opa.runtime().env.HOME`), policies.NarrowingNotCompiled, "opa.runtime"},
		"blows up texts":                    {bundle(`deny contains sprintf("%0999999999d", [1])`), policies.NarrowingNotCompiled, "sprintf"},
		"a test fails":                      {tested(`deny contains "x"`, `test_it if narrowing.deny == set()`), policies.NarrowingTestsFailed, "test_it"},
		"a test reaches out":                {tested(`deny contains "x"`, `test_it if time.now_ns() > 0`), policies.NarrowingNotCompiled, "time.now_ns"},
		"never comes to an end":             {bundle(endless), policies.NarrowingTooSlow, ""},
		"a test never does":                 {tested(endless, `test_it if count(narrowing.deny) == 0 with input as {"facts": {"reached": []}}`), policies.NarrowingTooSlow, "test_it"},
		"a reason in prose":                 {bundle(`deny contains "Not today!"`), policies.NarrowingFailed, "code"},
		"a person as a reason":              {bundle(`deny contains input.facts.actor.id`), policies.NarrowingNotCompiled, "id"},
	} {
		t.Run(name, func(t *testing.T) {
			engine := newEngine(t, policies.LimitNarrowing(slow))
			good, err := engine.WithNarrowing(t.Context(), bundle(`deny contains "closed"`))
			if err != nil {
				t.Fatal(err)
			}
			next, err := good.WithNarrowing(t.Context(), tc.rules)
			var refused *policies.NarrowingError
			if !errors.As(err, &refused) || refused.Reason != tc.want || next != nil {
				t.Fatalf("got %v, want %s", err, tc.want)
			}
			if !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v does not say %q", err, tc.says)
			}
			if d := decideOne(t, good); d.Effect != policies.Deny || !slices.Equal(d.Reasons, []string{"closed"}) {
				t.Errorf("the last good rules are no longer in force: %+v", d)
			}
		})
	}
}

// decideOne decides the first of the worked decisions, which is a permit.
func decideOne(t *testing.T, engine *policies.Engine) policies.Decision {
	t.Helper()
	world, requests := workedRequests(t)
	decisions, err := engine.Decide(t.Context(), world, requests[:1])
	if err != nil {
		t.Fatal(err)
	}
	return decisions[0]
}

func TestStricterRulesHaveARevisionAndCanBeTakenAway(t *testing.T) {
	engine := newEngine(t)
	narrowed, err := engine.WithNarrowing(t.Context(), noEmergencies())
	if err != nil {
		t.Fatal(err)
	}
	again, err := engine.WithNarrowing(t.Context(), noEmergencies())
	if err != nil {
		t.Fatal(err)
	}
	without, err := narrowed.WithNarrowing(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if narrowed.Revision() == engine.Revision() || again.Revision() != narrowed.Revision() || without.Revision() != engine.Revision() {
		t.Errorf("revisions: %s, narrowed %s, again %s, without %s",
			engine.Revision(), narrowed.Revision(), again.Revision(), without.Revision())
	}
	if got := decideOne(t, narrowed).Revision; got != narrowed.Revision() {
		t.Errorf("a decision says revision %s", got)
	}
}

// Slow only for what no worked decision holds, so that it is let in: then it denies.
func TestStricterRulesThatFailLaterDeny(t *testing.T) {
	engine := newEngine(t, policies.LimitNarrowing(slow))
	narrowed, err := engine.WithNarrowing(t.Context(), bundle(`deny contains "never_said" if {
	input.area == "adp-slow"
	all := object.keys(data.reference.field_category)
	ys := [1 | some a in all; some b in all; some c in all; some d in all; some e in all; some f in all; some g in all]
	count(ys) < 0
}`))
	if err != nil {
		t.Fatal(err)
	}
	scenarios, _ := workedScenarios(t)
	world := scenarios.World
	own := scenarios.All[slices.IndexFunc(scenarios.All, func(s policies.Scenario) bool { return s.ID == "S061" })].Request
	own.Referral.ADP = "adp-slow"
	decisions, err := narrowed.Decide(t.Context(), world, []policies.Request{own, {}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v", err)
	}
	if d := decisions[0]; d.Effect != policies.Deny || len(d.Fields) > 0 || d.Reasons[0] != policies.ReasonNarrowingFailed {
		t.Errorf("got %+v", d)
	}
}

// refusing takes back that a referral is redirected by the partner that is asked.
func refusing() policies.Bundle {
	return policies.Bundle{
		"actions.rego": []byte(`package lifeline.narrowing_actions

deny contains "no_redirects_by_target" if {
	input.what == "referral.Redirect"
	"target" in input.stands
}
`),
		"actions_test.rego": []byte(`package lifeline.narrowing_test

import data.lifeline.narrowing_actions

test_it_is_denied if {
	narrowing_actions.deny == {"no_redirects_by_target"} with input as {"what": "referral.Redirect", "stands": ["target"]}
}
`),
	}
}

// Stricter rules reach what people do, too. They deny, and permit nothing.
func TestStricterRulesTakeBackActions(t *testing.T) {
	engine := newEngine(t)
	narrowed, err := engine.WithNarrowing(t.Context(), refusing())
	if err != nil {
		t.Fatal(err)
	}
	provider, redirect := policies.RoleSetOf("Provider"), "referral.Redirect"
	denied := policies.Ruling{Reasons: []string{"no_redirects_by_target"}, Narrowed: true}
	for name, tc := range map[string]struct {
		q    policies.Question
		want *policies.Ruling // nil: as without the stricter rules
	}{
		"what they deny":                {policies.Question{What: redirect, Roles: provider, Stands: policies.AtTarget, SignedIn: true}, &denied},
		"of another party":              {policies.Question{What: redirect, Roles: provider, Stands: policies.AtOrigin, SignedIn: true}, nil},
		"another action":                {policies.Question{What: "referral.Accept", Roles: provider, Stands: policies.AtTarget, SignedIn: true}, nil},
		"what the tables do not permit": {policies.Question{What: redirect, Stands: policies.AtTarget, SignedIn: true}, nil},
		"what there is not":             {policies.Question{What: "referral.Teleport", Roles: provider, Stands: policies.AtTarget, SignedIn: true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			was, err := engine.MayAct(t.Context(), tc.q)
			if err != nil {
				t.Fatal(err)
			}
			want := was
			if tc.want != nil {
				if want = *tc.want; !was.Allowed {
					t.Fatal("it was denied before")
				}
			}
			for range 2 { // the second time it is remembered
				got, err := narrowed.MayAct(t.Context(), tc.q)
				if diff := cmp.Diff(want, got); err != nil || diff != "" {
					t.Errorf("%v (-want +got):\n%s", err, diff)
				}
			}
			sees, err := narrowed.MaySee(t.Context(), tc.q)
			before, failed := engine.MaySee(t.Context(), tc.q)
			if diff := cmp.Diff(before, sees); err != nil || failed != nil || diff != "" {
				t.Errorf("what is seen has changed: %v %v %s", err, failed, diff)
			}
		})
	}
	if d := decideOne(t, narrowed); d.Effect != policies.Allow {
		t.Errorf("rules about actions deny a disclosure: %+v", d)
	}
	if back, err := narrowed.WithNarrowing(t.Context(), nil); err != nil || !mayRedirect(t, back) || mayRedirect(t, narrowed) {
		t.Errorf("taken away, they still deny: %v", err)
	}
	if _, err := narrowed.WithNarrowing(t.Context(), bundle(`deny if true`)); err == nil || mayRedirect(t, narrowed) {
		t.Error("the last good rules are no longer in force")
	}
}

func mayRedirect(t *testing.T, engine *policies.Engine) bool {
	t.Helper()
	ruling, err := engine.MayAct(t.Context(), policies.Question{
		What: "referral.Redirect", Roles: policies.RoleSetOf("Provider"), Stands: policies.AtTarget, SignedIn: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return ruling.Allowed
}

// Whatever they say, nobody may do what they could not do without them.
func TestStricterRulesOfActionsNeverWiden(t *testing.T) {
	engine := newEngine(t)
	narrowed, err := engine.WithNarrowing(t.Context(), refusing())
	if err != nil {
		t.Fatal(err)
	}
	actions := engine.Actions()
	rapid.Check(t, func(t *rapid.T) {
		q := policies.Question{
			What: rapid.SampledFrom(actions).Draw(t, "what"), Roles: policies.RoleSet(rapid.IntRange(0, 63).Draw(t, "roles")),
			Stands: policies.Stands(rapid.IntRange(0, 1<<11-1).Draw(t, "stands")), SignedIn: rapid.Bool().Draw(t, "signedIn"),
			Suspended: rapid.Bool().Draw(t, "suspended"), SecondFactor: rapid.Bool().Draw(t, "secondFactor"),
			InCareRole: rapid.Bool().Draw(t, "inCareRole"),
		}
		before, err := engine.MayAct(t.Context(), q)
		after, failed := narrowed.MayAct(t.Context(), q)
		if err != nil || failed != nil || after.Allowed && !before.Allowed || after.Allowed && !cmp.Equal(before, after) {
			t.Fatalf("%+v: %+v %v, before %+v %v", q, after, failed, before, err)
		}
	})
}

// A person can always take back what they agreed to, and nobody locks out those who would have to mend the rules.
func TestStricterRulesDoNotReachRefusalsAndSignIn(t *testing.T) {
	engine, err := newEngine(t).WithNarrowing(t.Context(), policies.Bundle{
		"rules.rego": []byte("package lifeline.narrowing_actions\n\ndeny contains \"nothing\"\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for action, allowed := range map[string]bool{
		"api.use": true, "sharing.Refuse": true, "referral.SendAgain": true, "sharing.Grant": false, "referral.Accept": false,
	} {
		ruling, err := engine.MayAct(t.Context(), policies.Question{
			What: action, Roles: policies.RoleSetOf("Provider"), Stands: policies.AtTarget | policies.AtAccepted | policies.AtAsked, SignedIn: true,
		})
		if err != nil || ruling.Allowed != allowed {
			t.Errorf("%s: %+v %v", action, ruling, err)
		}
	}
}

// Slow only for what nobody is asked about before they are in force: then what they were asked about is denied.
func TestStricterRulesOfActionsThatFailLaterDeny(t *testing.T) {
	engine := newEngine(t, policies.LimitNarrowing(slow))
	narrowed, err := engine.WithNarrowing(t.Context(), policies.Bundle{"rules.rego": []byte(`package lifeline.narrowing_actions

deny contains "never_said" if {
	input.stands == ["target"]
	all := object.keys(data.reference.field_category)
	ys := [1 | some a in all; some b in all; some c in all; some d in all; some e in all; some f in all; some g in all]
	count(ys) < 0
}`)})
	if err != nil {
		t.Fatal(err)
	}
	ruling, err := narrowed.MayAct(t.Context(), policies.Question{
		What: "referral.Redirect", Roles: policies.RoleSetOf("Provider"), Stands: policies.AtTarget, SignedIn: true,
	})
	if !errors.Is(err, context.DeadlineExceeded) || ruling.Allowed || !ruling.Is(policies.ReasonNarrowingFailed) {
		t.Errorf("%+v %v", ruling, err)
	}
}
