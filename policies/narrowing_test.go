package policies_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	for name, tc := range map[string]struct {
		rules policies.Bundle
		want  string
		says  string
	}{
		"not Rego":              {bundle(`deny contains`), policies.NarrowingMalformed, "rego_parse_error"},
		"an empty file":         {named("rules.rego", ""), policies.NarrowingMalformed, "empty"},
		"not a Rego file":       {named("rules.yaml", "deny: all"), policies.NarrowingMalformed, ".rego"},
		"another package":       {named("rules.rego", "package sharing\n\nx := 1"), policies.NarrowingMalformed, "lifeline.narrowing"},
		"no rule deny":          {bundle(`denied contains "x"`), policies.NarrowingMalformed, "deny contains"},
		"deny is no set":        {bundle(`deny := true`), policies.NarrowingMalformed, "deny contains"},
		"deny holds numbers":    {bundle(`deny contains 1`), policies.NarrowingMalformed, "texts"},
		"too much":              {bundle("# " + strings.Repeat("x", policies.MaxNarrowingBytes)), policies.NarrowingMalformed, "bytes"},
		"misspells an input":    {bundle(`deny contains "x" if input.facts.roll == "clerk"`), policies.NarrowingNotCompiled, "roll"},
		"an unsafe variable":    {bundle(`deny contains x if y == 1`), policies.NarrowingNotCompiled, "unsafe"},
		"calls the network":     {bundle(`deny contains "x" if http.send({"method": "get", "url": "http://localhost"})`), policies.NarrowingNotCompiled, "http.send"},
		"reads the clock":       {bundle(`deny contains "x" if time.now_ns() > 0`), policies.NarrowingNotCompiled, "time.now_ns"},
		"reads the surrounds":   {bundle(`deny contains "x" if opa.runtime().env.HOME`), policies.NarrowingNotCompiled, "opa.runtime"},
		"blows up texts":        {bundle(`deny contains sprintf("%0999999999d", [1])`), policies.NarrowingNotCompiled, "sprintf"},
		"a test fails":          {tested(`deny contains "x"`, `test_it if narrowing.deny == set()`), policies.NarrowingTestsFailed, "test_it"},
		"a test reaches out":    {tested(`deny contains "x"`, `test_it if time.now_ns() > 0`), policies.NarrowingNotCompiled, "time.now_ns"},
		"never comes to an end": {bundle(endless), policies.NarrowingTooSlow, ""},
		"a test never does":     {tested(endless, `test_it if count(narrowing.deny) == 0 with input as {"facts": {"reached": []}}`), policies.NarrowingTooSlow, "test_it"},
		"a reason in prose":     {bundle(`deny contains "Not today!"`), policies.NarrowingFailed, "code"},
		"a person as a reason":  {bundle(`deny contains input.facts.actor.id`), policies.NarrowingNotCompiled, "id"},
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
