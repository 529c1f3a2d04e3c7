package policies

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/unmet"
	"lifeline.scot/crds/v1alpha1"
)

func tablesWith(t testing.TB, file, text string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for _, folder := range []string{"party", "action", "directory", "schemas"} {
		sources, err := readAll(embedded, folder)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range sources {
			files[name] = &fstest.MapFile{Data: text}
		}
	}
	if file != "" {
		files[file] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

// A name that is misspelt, or a list that is left out, would bar or permit somebody else than was meant.
func TestTablesThatAreBrokenAreNoEngine(t *testing.T) {
	row := func(fields string) string { return `{"actions": {"x": {"says": "", ` + fields + `}}}` }
	for name, tc := range map[string]struct{ file, text, want string }{
		"a party that there is not":         {"action/actions.json", row(`"parties": ["orign"], "needs": [], "never": []`), "no party"},
		"a bar to nobody that there is":     {"action/actions.json", row(`"parties": [], "needs": [], "never": ["declarr"]`), "no party"},
		"a need that there is not":          {"action/actions.json", row(`"parties": [], "needs": ["luck"], "never": []`), "no need"},
		"no bars":                           {"action/actions.json", row(`"parties": [], "needs": []`), "missing"},
		"no needs":                          {"action/actions.json", row(`"parties": [], "never": []`), "missing"},
		"a field that there is not":         {"action/actions.json", row(`"parties": [], "needs": [], "never": [], "nver": []`), "nver"},
		"not JSON":                          {"directory/visible.json", `{`, "visible.json"},
		"a role that there is not":          {"party/parties.json", `{"parties": {"x": {"stands": "adp", "roles": ["Admin"]}}}`, "no role"},
		"a place that there is not":         {"party/parties.json", `{"parties": {"x": {"stands": "here", "roles": []}}}`, "no place"},
		"a side that there is not":          {"party/parties.json", `{"parties": {"x": {"stands": "adp", "roles": [], "side": "Dark"}}}`, "no side"},
		"a fact that is misspelt":           {"action/extra.rego", "package action\n\nextra if input.rolls\n", "undefined ref: input.rolls"},
		"a function that could reach out":   {"party/extra.rego", "package party\n\nextra if time.now_ns() > 1\n", "undefined function"},
		"a variable that is used by nobody": {"party/extra.rego", "package party\n\nextra if {\n\tx := 1\n}\n", "unused"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := loadTables(tablesWith(t, tc.file, tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func engineOf(t testing.TB, files fstest.MapFS, limit time.Duration) *Engine {
	t.Helper()
	e := &Engine{limit: limit}
	loaded, err := loadTables(files)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.tabulate(t.Context(), loaded); err != nil {
		t.Fatal(err)
	}
	return e
}

var accepts = Question{What: "referral.Accept", Roles: RoleSetOf("Provider"), Stands: AtTarget, SignedIn: true}

// Whatever the rules answer that is not a whole ruling, the answer is a denial, and is not remembered.
func TestWhateverGoesWrongIsNoPermit(t *testing.T) {
	for name, rule := range map[string]string{
		"no answer":                 `ruling := {} if input.what == "none"`,
		"another type":              `ruling := true`,
		"allowed as a text":         `ruling := {"allowed": "true", "reasons": [], "sides": []}`,
		"a permit with reasons":     `ruling := {"allowed": true, "reasons": ["but"], "sides": []}`,
		"a denial without reasons":  `ruling := {"allowed": false, "reasons": [], "sides": []}`,
		"a denial with sides":       `ruling := {"allowed": false, "reasons": ["x"], "sides": ["Origin"]}`,
		"no reasons":                `ruling := {"allowed": true, "sides": []}`,
		"reasons of another type":   `ruling := {"allowed": true, "reasons": [], "sides": [1]}`,
		"answers that contradict":   "ruling := 1 if input.what\n\nruling := 2 if input.what",
		"no end in reasonable time": "ruling := [1 | some a in m; some b in m; some c in m; some d in m; some e in m; some f in m; some g in m; some h in m]\n\nm := {x | some x, _ in data.actions}",
	} {
		t.Run(name, func(t *testing.T) {
			files := tablesWith(t, "action/action.rego", "package action\n\n"+rule+"\n")
			delete(files, "action/action_test.rego")
			e := engineOf(t, files, 50*time.Millisecond)
			for range 2 {
				ruling, err := e.MayAct(t.Context(), accepts)
				if err == nil || ruling.Allowed || !slices.Equal(ruling.Reasons, []string{ReasonUndecided}) || ruling.Sides != nil {
					t.Errorf("%+v, %v", ruling, err)
				}
			}
		})
	}
	if ruling, err := (&Engine{}).MaySee(t.Context(), accepts); err == nil || ruling.Allowed {
		t.Errorf("without tables: %+v, %v", ruling, err)
	}
}

// Somebody who went away makes no difference to what the next one is told.
func TestWhoWentAwayIsAnsweredAsWell(t *testing.T) {
	e := engineOf(t, tablesWith(t, "", ""), time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ruling, err := e.MayAct(ctx, accepts); err != nil || !ruling.Allowed || !slices.Equal(ruling.Sides, []string{"Target"}) {
		t.Errorf("%+v, %v", ruling, err)
	}
}

// What was asked before is answered without the rules, and however much is asked, not all of it is kept.
func TestWhatWasAskedBeforeIsRemembered(t *testing.T) {
	e := engineOf(t, tablesWith(t, "", ""), time.Minute)
	first, err := e.MayAct(t.Context(), accepts)
	if err != nil {
		t.Fatal(err)
	}
	e.actions.query = rego.PreparedEvalQuery{}
	again, err := e.MayAct(t.Context(), accepts)
	if err != nil || again.Allowed != first.Allowed || !slices.Equal(again.Sides, first.Sides) {
		t.Errorf("%+v, then %+v, %v", first, again, err)
	}
	if allocated := testing.AllocsPerRun(100, func() { _, _ = e.MayAct(context.Background(), accepts) }); allocated != 0 {
		t.Errorf("it takes %v allocations", allocated)
	}
}

func TestFactsAreNamedInTheWordsOfTheRules(t *testing.T) {
	if got := RoleSetOf(roleNames...).Names(); !slices.Equal(got, roleNames) {
		t.Errorf("%v", got)
	}
	if got := RoleSetOf("Admin", "").Names(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	for i, name := range standNames {
		if got := Stands(1 << i).Names(); !slices.Equal(got, []string{name}) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if MayClaimPool != 1<<(len(standNames)-1) || HoldsPlace.Names()[0] != "holds_place" || AtAsked.Names()[0] != "asked" {
		t.Error("places and their names are out of step")
	}
}

// Figures are cut by package capacity and ledgers by package unmet; the rule says the same of every count.
func TestTheRuleOfSmallNumbersIsWhatFiguresAreCutBy(t *testing.T) {
	loaded, err := loadTables(embedded)
	if err != nil {
		t.Fatal(err)
	}
	query, err := prepare(t.Context(), loaded.compiler, loaded.data, "data.directory.withheld")
	if err != nil {
		t.Fatal(err)
	}
	withheld := func(input string) []string {
		answer, err := evaluate(t.Context(), query, ast.MustParseTerm(input).Value, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		names, _ := textsOf(answer)
		return names
	}
	for occupied := range int32(12) {
		for held := range int32(12) {
			figures := capacity.Figures{Open: true, Count: &capacity.Count{Staffed: 30, Occupied: occupied, Held: held}}
			public := figures.Public()
			var want []string
			for name, cell := range map[string]capacity.Cell{"occupied": public.Occupied, "held": public.Held, "staffed": public.Staffed} {
				if cell.State() == capacity.Withheld {
					want = append(want, name)
				}
			}
			slices.Sort(want)
			if got := withheld(fmt.Sprintf(`{"occupied": %d, "held": %d}`, occupied, held)); !slices.Equal(got, want) {
				t.Errorf("%d and %d: the rule withholds %v, the figures %v", occupied, held, got, want)
			}
		}
	}
	for n := range int32(12) {
		shown := unmet.Publish(nil, map[unmet.Row]int32{{}: n})
		want := shown[0].State == v1alpha1.UnmetWithheld
		if got := len(withheld(fmt.Sprintf(`{"unmet": %d}`, n))) > 0; got != want {
			t.Errorf("%d in a ledger: the rule withholds it: %v, the ledger: %v", n, got, want)
		}
	}
}

func BenchmarkARepeatedQuestion(b *testing.B) {
	e := engineOf(b, tablesWith(b, "", ""), TimeLimit)
	b.ReportAllocs()
	for b.Loop() {
		if ruling, err := e.MayAct(b.Context(), accepts); err != nil || !ruling.Allowed {
			b.Fatal(err)
		}
	}
}

func BenchmarkANewQuestion(b *testing.B) {
	e := engineOf(b, tablesWith(b, "", ""), TimeLimit)
	b.ReportAllocs()
	for b.Loop() {
		e.actions.memo = newMemo[Question, Ruling](DefaultMemory)
		if ruling, err := e.MayAct(b.Context(), accepts); err != nil || !ruling.Allowed {
			b.Fatal(err)
		}
	}
}
