package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

// rulesWith are the rules of this program with some files put in, or put in their place.
func rulesWith(t *testing.T, changed map[string]string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for _, folder := range []string{"sharing", "schemas"} {
		sources, err := readAll(embedded, folder)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range sources {
			files[name] = &fstest.MapFile{Data: text}
		}
	}
	for name, text := range changed {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func worked(t testing.TB) (*World, []Request) {
	t.Helper()
	scenarios, err := ReadScenarios(bytes.NewReader(workedDecisions))
	if err != nil {
		t.Fatal(err)
	}
	requests := make([]Request, len(scenarios.All))
	for i, s := range scenarios.All {
		requests[i] = s.Request
	}
	return scenarios.World, requests
}

func TestRulesThatReachOutDoNotCompile(t *testing.T) {
	for _, call := range []string{
		`http.send({"method": "get", "url": "http://127.0.0.1"})`, `time.now_ns()`, `opa.runtime()`, `net.lookup_ip_addr("localhost")`,
		`net.cidr_contains("10.0.0.0/8", "10.0.0.1")`, `rand.intn("x", 2)`, `uuid.rfc4122("x")`, `io.jwt.decode("x")`,
		`trace("x")`, `rego.parse_module("x", "y")`, `walk(input)`, `numbers.range(1, 9)`, `regex.match("x", "y")`,
		`crypto.sha256("x")`, `json.unmarshal("1")`, `glob.match("*", [], "x")`,
	} {
		name, _, _ := strings.Cut(call, "(")
		t.Run(name, func(t *testing.T) {
			changed := map[string]string{"sharing/extra.rego": "package sharing\n\nextra if " + call + "\n"}
			_, err := loadRules(rulesWith(t, changed))
			if err == nil || !strings.Contains(err.Error(), "undefined function "+name) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRulesAndDataThatAreBrokenAreNoEngine(t *testing.T) {
	for name, tc := range map[string]struct{ file, text, want string }{
		"a misspelt fact":       {"sharing/extra.rego", "package sharing\n\nextra if input.is.assinged\n", "undefined ref: input.is.assinged"},
		"a fact nobody states":  {"sharing/grounds.json", rowWith(`"needs": {}`, `"needs": {"namd": true}`), "no fact \"namd\""},
		"a fact that is not so": {"sharing/grounds.json", rowWith(`"needs": {}`, `"needs": {"named": false}`), "no fact \"named\""},
		"a row without needs":   {"sharing/grounds.json", rowWith(`"needs": {}`, `"needs": null`), "write {} for nothing"},
		"another release":       {"sharing/grounds.json", rowWith(`"all"`, `"everything"`), "no release \"everything\""},
		"another category":      {"sharing/grounds.json", rowWith(`"withholds": []`, `"withholds": ["secrets"]`), "no category \"secrets\""},
		"a rule nobody wrote":   {"sharing/grounds.json", rowWith(`"rules": []`, `"rules": ["consnt"]`), "no rule \"consnt\""},
		"a row on no article":   {"sharing/grounds.json", rowWith(`"article9": "b", `, ``), "what it rests on"},
		"a row without audit":   {"sharing/grounds.json", rowWith(`["audit"]`, `[]`), "lack audit"},
		"a row in no order":     {"sharing/grounds.json", `{"order": {}, "grounds": {"x": ` + row + `}}`, "\"x\" is in no order"},
		"an order of no row":    {"sharing/grounds.json", `{"order": {"read": {"care": ["y"]}}, "grounds": {}}`, "no ground \"y\""},
		"a gate of no fact":     {"sharing/settings.json", `{"settings": {"gates": {"read": {"time_givn": true}}}}`, "no fact \"time_givn\""},
		"a field of nothing":    {"sharing/reference.json", `{"reference": {"field_category": {"chi": "secret"}}}`, "no category \"secret\""},
		"a role of nothing":     {"sharing/reference.json", `{"reference": {"role_categories": {"clerk": ["secret"]}}}`, "no category \"secret\""},
		"beside nothing":        {"sharing/beside.json", besideWith(`"words"`, `"wrods"`), "no \"wrods\" beside fields"},
		"beside for no role":    {"sharing/beside.json", besideWith(`["clerk"]`, `["clrek"]`), "no role \"clrek\""},
		"beside for no purpose": {"sharing/beside.json", besideWith(`["care"]`, `["car"]`), "no purpose \"car\""},
		"beside no category":    {"sharing/beside.json", besideWith(`["need"]`, `["secret"]`), "no category \"secret\""},
		"beside by no fact":     {"sharing/beside.json", besideWith(`{}`, `{"kept": true}`), "no fact \"kept\""},
		"beside by itself":      {"sharing/beside.json", besideWith(`["need"]`, `[]`), "nothing opens a referral by itself"},
		"beside in no way":      {"sharing/beside.json", besideWith(`[{"with": ["need"], "needs": {}}]`, `null`), "write [] for none"},
		"a misspelt setting":    {"sharing/extra.rego", "package sharing\n\nextra if data.settings.actoins\n", "undefined ref: data.settings.actoins"},
		"a number as a text":    {"sharing/extra.rego", "package sharing\n\nextra if input.break_glass.justification_length == \"20\"\n", "match error"},
		"an unused variable":    {"sharing/extra.rego", "package sharing\n\nextra if {\n\tx := 1\n}\n", "assigned var x unused"},
		"not Rego":              {"sharing/extra.rego", "package sharing\n\nextra if\n", "rego_parse_error"},
		"not JSON":              {"sharing/settings.json", "{", "settings.json"},
		"a window after naught": {"sharing/settings.json", `{"settings": {"windows": {"x": {"after": "lunch", "seconds": 1}}}}`, "window x"},
		"a window of no length": {"sharing/settings.json", `{"settings": {"windows": {"x": {"after": "overdose", "seconds": 0}}}}`, "window x"},
		"a window as a text":    {"sharing/settings.json", `{"settings": {"windows": "none"}}`, "settings"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadRules(rulesWith(t, map[string]string{tc.file: tc.text}))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// besideWith is what is beside fields with one row, of which something is otherwise.
func besideWith(old, change string) string {
	row := `{"beside": {"words": {"roles": ["clerk"], "purposes": ["care"], "ways": [{"with": ["need"], "needs": {}}]}},
		"reference": {"role_categories": {"clerk": []}, "purpose_categories": {"care": []}}}`
	return strings.Replace(row, old, change, 1)
}

// row is a whole row of the grounds.
const row = `{"ground": "x", "article6": "a", "article9": "b", "confidentiality": "c", "when": {}, "needs": {}, "rules": [], "releases": "all", "withholds": [], "obligations": ["audit"]}`

// rowWith is the grounds with one row, of which something is otherwise.
func rowWith(old, change string) string {
	return `{"order": {"read": {"care": ["x"]}}, "grounds": {"x": ` + strings.Replace(row, old, change, 1) + `}}`
}

// Whatever the rules answer that is not a whole decision, the answer is a denial.
func TestWhateverGoesWrongIsADenial(t *testing.T) {
	decisions := func(body string) string { return "package sharing\n\n" + body + "\n" }
	const basis = `{"article6": "a", "article9": "b", "confidentiality": "c", "when": {}, "needs": {"named": true}, "rules": []}`
	each := func(d string) string { return decisions("decisions := [" + d + " | some r in input.requests]") }
	permit := func(start string) string { return each(`{` + start + `, "obligations": [], "basis": ` + basis + `}`) }
	denial := func(start string) string { return each(`{` + start + `, "obligations": [], "reasons": []}`) }
	for name, rules := range map[string]string{
		"no answer":                     decisions(`decisions := [d | some d in input.requests; d.action == "none"]`),
		"an undefined answer":           decisions(`decisions := [] if input.requests == []`),
		"another type":                  decisions(`decisions := "allow"`),
		"an entry of another type":      each(`"allow"`),
		"a permit without a ground":     permit(`"effect": "allow", "ground": "", "categories": {"identity": true}`),
		"a permit of nothing":           permit(`"effect": "allow", "ground": "consent", "categories": {}`),
		"a permit of no known category": permit(`"effect": "allow", "ground": "consent", "categories": {"x": true}`),
		"a permit of one too many":      permit(`"effect": "allow", "ground": "consent", "categories": {"identity": true, "x": true}`),
		"categories as a list":          permit(`"effect": "allow", "ground": "consent", "categories": ["identity"]`),
		"a permit without obligations":  each(`{"effect": "allow", "ground": "consent", "categories": {"identity": true}, "basis": ` + basis + `}`),
		"an obligation that is no text": each(`{"effect": "allow", "ground": "consent", "categories": {"identity": true}, "obligations": [1], "basis": ` + basis + `}`),
		"a denial of something":         denial(`"effect": "deny", "ground": "", "categories": {"identity": true}`),
		"a denial with a ground":        denial(`"effect": "deny", "ground": "consent", "categories": {}`),
		"a permit without a basis":      each(`{"effect": "allow", "ground": "consent", "categories": {"identity": true}, "obligations": []}`),
		"a permit on half a basis":      each(`{"effect": "allow", "ground": "consent", "categories": {"identity": true}, "obligations": [], "basis": {"article6": "a", "article9": "b", "confidentiality": "c"}}`),
		"a denial without reasons":      each(`{"effect": "deny", "ground": "", "categories": {}, "obligations": []}`),
		"a reason that is no text":      each(`{"effect": "deny", "ground": "", "categories": {}, "obligations": [], "reasons": [1]}`),
		"neither permit nor denial":     denial(`"effect": "maybe", "ground": "", "categories": {}`),
		"nothing":                       each(`null`),
		"two answers that contradict":   decisions("decisions := [1] if input.requests\n\ndecisions := [2] if input.requests"),
		"a decision for nobody as well": decisions(`decisions := array.concat([1], input.requests)`),
	} {
		t.Run(name, func(t *testing.T) {
			mustDenyAll(t.Context(), t, engineOfRules(t, rules), errors.New("any"))
		})
	}
	t.Run("what nobody asked for", func(t *testing.T) {
		w, requests := worked(t)
		requests[0].Fields = []string{"shoe_size"}
		made, err := engineOfRules(t, each(`{"effect": "allow", "ground": "consent", "categories": {"identity": true}, "obligations": [], "basis": `+basis+`}`)).
			Decide(t.Context(), w, requests[:2])
		if !errors.Is(err, errBeyondReach) || made[0].Effect != Deny {
			t.Errorf("got %+v, error %v", made, err)
		}
	})
	t.Run("but for a whole permit", func(t *testing.T) {
		w, requests := worked(t)
		whole := permit(`"effect": "allow", "ground": "consent", "categories": {"identity": true}`)
		made, err := engineOfRules(t, whole).Decide(t.Context(), w, requests[:2])
		if err != nil || made[0].Effect != Allow || !slices.Equal(made[0].Fields, []string{"chi"}) {
			t.Errorf("got %+v, error %v", made, err)
		}
	})
}

// engineOfRules decides by these rules, where there is one field, chi, which is of identity.
func engineOfRules(t *testing.T, rules string) *Engine {
	t.Helper()
	loaded, err := loadRules(fstest.MapFS{
		"sharing/decision.rego": {Data: []byte(rules)},
		"sharing/reference.json": {Data: []byte(`{"reference": {
			"field_category": {"chi": "identity"}, "role_categories": {"practitioner": ["identity"]}, "purpose_categories": {"direct_care": ["identity"]}
		}}`)},
		"schemas/none.json": {Data: []byte("{}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := newEngine(t.Context(), loaded, Limit(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func TestRulesThatTakeTooLongAreADenial(t *testing.T) {
	files := fstest.MapFS{"sharing/decision.rego": {Data: []byte(`package sharing

many := object.keys(input.requests[0])

decisions := [1 | some a in many; some b in many; some c in many; some d in many; some e in many; some f in many; some g in many]
`)}, "schemas/none.json": {Data: []byte("{}")}}
	loaded, err := loadRules(files)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := newEngine(t.Context(), loaded, Limit(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	mustDenyAll(t.Context(), t, engine, context.DeadlineExceeded)
}

func TestACallerWhoGoesAwayIsDenied(t *testing.T) {
	engine, err := New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	mustDenyAll(ctx, t, engine, context.Canceled)
}

func mustDenyAll(ctx context.Context, t *testing.T, e *Engine, want error) {
	t.Helper()
	w, requests := worked(t)
	decisions, err := e.Decide(ctx, w, requests[:3])
	if err == nil || errors.Is(want, context.DeadlineExceeded) != errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want %v", err, want)
	}
	if len(decisions) != 3 {
		t.Fatalf("got %d decisions", len(decisions))
	}
	for _, d := range decisions {
		if d.Effect != Deny || len(d.Fields) > 0 || d.Ground != "" || !slices.Equal(d.Reasons, []string{ReasonUndecided}) {
			t.Errorf("got %+v", d)
		}
	}
}

func TestMoreThanAListHoldsIsADenial(t *testing.T) {
	engine, err := New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w, _ := worked(t)
	decisions, err := engine.Decide(t.Context(), w, make([]Request, MaxRequests+1))
	if !errors.Is(err, errBounds) || len(decisions) != MaxRequests+1 || decisions[MaxRequests].Effect != Deny {
		t.Errorf("got %d decisions, error %v", len(decisions), err)
	}
	if decisions, err = engine.Decide(t.Context(), nil, make([]Request, 1)); err == nil || decisions[0].Effect != Deny {
		t.Errorf("without a world: got %v, error %v", decisions, err)
	}
}

func TestARequestThatHoldsTooMuchIsDeniedAlone(t *testing.T) {
	engine, err := New(t.Context(), Limit(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	w, requests := worked(t)
	long := strings.Repeat("x", MaxName+1)
	for name, change := range map[string]func(*Request){
		"a long purpose":          func(r *Request) { r.Purpose = long },
		"a long reason":           func(r *Request) { r.BreakGlass = &BreakGlass{Reason: long} },
		"a long justification":    func(r *Request) { r.BreakGlass = &BreakGlass{Justification: strings.Repeat("ä", MaxJustification+1)} },
		"a long reference":        func(r *Request) { r.StatutoryRequest = &StatutoryRequest{Reference: long} },
		"many fields":             func(r *Request) { r.Fields = make([]string, MaxNames+1) },
		"a long field":            func(r *Request) { r.Fields = []string{long} },
		"many consents":           func(r *Request) { r.Consents = make([]Consent, MaxConsents+1) },
		"many categories":         func(r *Request) { r.Consents = []Consent{{Decision: "grant", Categories: make([]string, MaxNames+1)}} },
		"a long decision":         func(r *Request) { r.Consents = []Consent{{Decision: long}} },
		"an age below zero":       func(r *Request) { r.Referral.Subject.Age = new(-1) },
		"an age of nobody":        func(r *Request) { r.Referral.Subject.Age = new(MaxAge + 1) },
		"a withdrawal at no time": func(r *Request) { r.Consents = []Consent{{Decision: "withdraw", By: "self"}} },
	} {
		t.Run(name, func(t *testing.T) {
			broken := requests[0]
			change(&broken)
			decisions, err := engine.Decide(t.Context(), w, []Request{broken, requests[0]})
			if err != nil {
				t.Fatal(err)
			}
			if decisions[0].Effect != Deny || decisions[0].Reasons[0] != ReasonUnreadable || decisions[1].Effect != Allow {
				t.Errorf("got %v", decisions)
			}
		})
	}
}

func TestAWorldOutOfBoundsIsRefused(t *testing.T) {
	long := strings.Repeat("x", MaxName+1)
	for name, tc := range map[string]struct {
		partners   map[string]Partner
		agreements map[string]Agreement
	}{
		"a long name":     {map[string]Partner{long: {}}, nil},
		"a long kind":     {map[string]Partner{"a": {Kind: long}}, nil},
		"many areas":      {map[string]Partner{"a": {ADPs: make([]string, MaxNames+1)}}, nil},
		"many partners":   {manyPartners(), nil},
		"many parties":    {nil, map[string]Agreement{"a": {Parties: make([]string, MaxParties+1)}}},
		"many purposes":   {nil, map[string]Agreement{"a": {Purposes: make([]string, MaxNames+1)}}},
		"a long status":   {nil, map[string]Agreement{"a": {Status: long}}},
		"a long category": {nil, map[string]Agreement{"a": {Categories: []string{long}}}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewWorld(tc.partners, tc.agreements); !errors.Is(err, errBounds) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func manyPartners() map[string]Partner {
	partners := map[string]Partner{}
	for i := range MaxPartners + 1 {
		partners[fmt.Sprint(i)] = Partner{}
	}
	return partners
}

// Facts, settings, reference and grounds are as their schemas say.
func TestFactsAndDataMatchTheirSchemas(t *testing.T) {
	rules, err := loadRules(embedded)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"beside", "grounds", "order", "reference", "settings"} {
		mustMatch(t, name, name, rules.data[name])
	}
	w, requests := worked(t)
	for i := range requests {
		facts, _ := rules.measures.factsOf(w, &requests[i])
		value, err := ast.JSON(rules.writer.facts(&facts).Value)
		if err != nil {
			t.Fatal(err)
		}
		mustMatch(t, fmt.Sprintf("facts of worked decision %d", i), "facts", value)
	}
}

func mustMatch(t *testing.T, what, schema string, document any) {
	t.Helper()
	text, err := embedded.ReadFile("schemas/" + schema + ".json")
	if err != nil {
		t.Fatal(err)
	}
	results, err := rego.New(
		rego.Query(`json.match_schema(input.document, input.schema)`),
		rego.Input(map[string]any{"document": document, "schema": string(text)}),
	).Eval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	outcome, _ := results[0].Expressions[0].Value.([]any)
	if len(outcome) != 2 || outcome[0] != true {
		t.Errorf("%s: %v", what, outcome)
	}
}

// Settings are what the worked decisions were worked out from.
func TestSettingsAreThoseOfTheWorkedDecisions(t *testing.T) {
	rules, err := loadRules(embedded)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Reference map[string]any }
	if err := json.Unmarshal(workedDecisions, &file); err != nil {
		t.Fatal(err)
	}
	ours, _ := rules.data["reference"].(map[string]any)
	theirs := file.Reference
	nfo, _ := theirs["nfo"].(map[string]any)
	emergency, _ := theirs["break_glass"].(map[string]any)
	for window, want := range map[string]any{
		"overdose_vital": nfo["vital_window_seconds"], "overdose_outreach": nfo["outreach_window_seconds"],
		"break_glass": emergency["ttl_seconds"],
	} {
		settings, _ := rules.data["settings"].(map[string]any)
		windows, _ := settings["windows"].(map[string]any)
		if got, _ := windows[window].(map[string]any); got["seconds"] != want {
			t.Errorf("window %s is %v seconds, was %v", window, got["seconds"], want)
		}
	}
	delete(theirs, "nfo")
	delete(emergency, "ttl_seconds")
	if !slices.Equal(slices.Sorted(maps.Keys(ours)), slices.Sorted(maps.Keys(theirs))) || ast.MustInterfaceToValue(ours).Compare(ast.MustInterfaceToValue(theirs)) != 0 {
		t.Errorf("reference.json is not the reference of the worked decisions")
	}
}

// Each condition that a ground names is one that can be met, and each window and age that a rule names is set.
func TestGroundsNameConditionsThatThereAre(t *testing.T) {
	rules, err := loadRules(embedded)
	if err != nil {
		t.Fatal(err)
	}
	var holds []string
	for _, rule := range rules.compiler.GetRules(ast.MustParseRef("data.sharing.holds")) {
		name, _ := rule.Head.Reference[len(rule.Head.Reference)-1].Value.(ast.String)
		holds = append(holds, string(name))
	}
	grounds, _ := rules.data["grounds"].(map[string]any)
	if len(grounds) == 0 || len(holds) == 0 {
		t.Fatalf("%d grounds, %d rules", len(grounds), len(holds))
	}
	for id, each := range grounds {
		ground, _ := each.(map[string]any)
		named, _ := ground["rules"].([]any)
		for _, rule := range named {
			if name, _ := rule.(string); !slices.Contains(holds, name) {
				t.Errorf("%s: no rule says when %q holds", id, name)
			}
		}
	}
}

func TestTheMemoForgetsWhatIsNotAskedFor(t *testing.T) {
	m := newMemo[string, verdict](DefaultMemory)
	kept := &verdict{}
	m.keep("kept", kept)
	for i := range 5 * DefaultMemory {
		m.keep(fmt.Sprint(i), &verdict{})
		if i%(DefaultMemory/2) == 0 && m.find("kept") != kept {
			t.Fatal("what is asked for again and again was forgotten")
		}
	}
	if len(m.young)+len(m.old) > 2*DefaultMemory {
		t.Errorf("it holds %d", len(m.young)+len(m.old))
	}
	if m.find("0") != nil {
		t.Error("what nobody asked for is still there")
	}
}
