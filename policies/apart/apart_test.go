package apart_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lifeline.scot/policies"
	"lifeline.scot/policies/apart"
)

func TestMain(m *testing.M) {
	if apart.Asked(os.Args) {
		os.Exit(apart.Run(context.Background(), os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// busy is long for anything that comes to an end, also on a busy machine.
const busy = 20 * time.Second

func newEngine(t *testing.T) *policies.Engine {
	t.Helper()
	engine, err := policies.New(t.Context(), policies.Limit(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func narrow(t *testing.T, p apart.Program, plain *policies.Engine, files policies.Bundle) (*policies.Engine, error) {
	t.Helper()
	engine, rules, err := p.Narrow(t.Context(), plain, files, slog.New(slog.DiscardHandler))
	t.Cleanup(rules.End)
	return engine, err
}

func ofPermits(rules string) policies.Bundle {
	return policies.Bundle{"rules.rego": []byte("package lifeline.narrowing\n\n" + rules)}
}

func ofActions(rules string) policies.Bundle {
	return policies.Bundle{"rules.rego": []byte("package lifeline.narrowing_actions\n\n" + rules)}
}

// nested is a value that is nested 30 times by a few letters: 2^30 pieces to whoever looks at each.
func nested(name, of string) string {
	var rules strings.Builder
	fmt.Fprintf(&rules, "%s0 := [%s, %s]\n", name, of, of)
	for i := range 30 {
		fmt.Fprintf(&rules, "%s%d := [%s%d, %s%d]\n", name, i+1, name, i, name, i)
	}
	return rules.String()
}

// They answer in their own process as they do in this one.
func TestRulesDenyAsTheyDoHere(t *testing.T) {
	plain := newEngine(t)
	scenarios := worked(t)
	for name, files := range map[string]policies.Bundle{
		"of permits": ofPermits(`deny contains "no_emergencies" if input.decision.ground == "break_glass"
deny contains "clinicians_only" if input.facts.role != "clinician"
deny contains "not_to_council_a" if input.recipient == "council-a"`),
		"of actions": ofActions(`deny contains "closed" if { input.what == "referral.Redirect"; "target" in input.stands }`),
		"none":       {},
	} {
		t.Run(name, func(t *testing.T) {
			here, err := plain.WithNarrowing(t.Context(), files)
			if err != nil {
				t.Fatal(err)
			}
			there, err := narrow(t, apart.Program{Limit: busy}, plain, files)
			if err != nil {
				t.Fatal(err)
			}
			if here.Revision() != there.Revision() {
				t.Errorf("revision %s, here %s", there.Revision(), here.Revision())
			}
			want, err := here.Replay(t.Context(), scenarios)
			got, failed := there.Replay(t.Context(), scenarios)
			if err != nil || failed != nil {
				t.Fatal(err, failed)
			}
			for i := range want {
				if fmt.Sprintf("%+v", want[i]) != fmt.Sprintf("%+v", got[i]) {
					t.Errorf("%+v, here %+v", got[i], want[i])
				}
			}
			for _, q := range questions() {
				want, err := here.MayAct(t.Context(), q)
				got, failed := there.MayAct(t.Context(), q)
				if err != nil || failed != nil || fmt.Sprintf("%+v", want) != fmt.Sprintf("%+v", got) {
					t.Errorf("%s: %+v %v, here %+v %v", q.What, got, failed, want, err)
				}
			}
		})
	}
}

func worked(t *testing.T) *policies.Scenarios {
	t.Helper()
	file, err := os.Open("../testdata/scenarios.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	scenarios, err := policies.ReadScenarios(file)
	if err != nil {
		t.Fatal(err)
	}
	return scenarios
}

// questions are about what a provider does at the partner that is asked.
func questions() (all []policies.Question) {
	for _, action := range []string{"api.use", "referral.Accept", "referral.Redirect", "sharing.Grant", "sharing.Refuse", "claim.Make"} {
		all = append(all, policies.Question{
			What: action, Roles: policies.RoleSetOf("Provider"), Stands: policies.AtTarget | policies.AtAsked, SignedIn: true,
		})
	}
	return all
}

// Each of these once hung or ended the program that looked at it.
func TestRulesThatNobodyCanStopAreStopped(t *testing.T) {
	all := "all := object.keys(data.reference.field_category)\n"
	// Each meets one limit, and stays far from the other.
	short := apart.Program{Limit: time.Second, Start: 4 * time.Second, Memory: 1 << 30}
	small := apart.Program{Limit: busy, Start: 2 * busy, Memory: 96 << 20}
	for name, tc := range map[string]struct {
		files  policies.Bundle
		reason string
		within apart.Program
	}{
		"to be typed for ever": {
			ofPermits(nested("a", "1") + nested("b", "1") + `deny contains "x" if a30 = b30`), policies.NarrowingTooSlow, short,
		},
		"a type too long to print": {
			ofPermits(nested("a", "1") + `deny contains "x" if a30 = "x"`), policies.NarrowingTooSlow, short,
		},
		"to be compared for ever": {
			ofPermits(nested("a", "input.area") + nested("b", "input.area") + `deny contains "x" if a30 in [b30]`), policies.NarrowingTooSlow, short,
		},
		"more than there is memory": {
			ofPermits(all + `deny contains "x" if count([[a, b, c, d, e] | some a in all; some b in all; some c in all; some d in all; some e in all]) < 0`),
			policies.NarrowingTooLarge, small,
		},
		"of actions, to be compared for ever": {
			ofActions(nested("a", "input.what") + nested("b", "input.what") + `deny contains "x" if a30 in [b30]`), policies.NarrowingTooSlow, short,
		},
		"not Rego": {ofPermits(`deny contains`), policies.NarrowingMalformed, apart.Program{}},
		"misspelt": {ofPermits(`deny contains "x" if input.recipiend == "a"`), policies.NarrowingNotCompiled, apart.Program{}},
		"its test fails": {policies.Bundle{
			"a.rego": []byte("package lifeline.narrowing\ndeny contains \"x\""), "b.rego": []byte("package lifeline.narrowing_test\ntest_it if false"),
		}, policies.NarrowingTestsFailed, apart.Program{}},
	} {
		t.Run(name, func(t *testing.T) {
			engine, err := narrow(t, tc.within, newEngine(t), tc.files)
			var refused *policies.NarrowingError
			if !errors.As(err, &refused) || refused.Reason != tc.reason || engine != nil {
				t.Fatalf("got %v, want %s", err, tc.reason)
			}
			if len(err.Error()) > 4<<10 {
				t.Errorf("it is told in %d bytes", len(err.Error()))
			}
		})
	}
}

// What is let in because nothing in the trial shows it takes its own process with it, and nothing else: what it was asked about
// is denied, and soon it answers other questions again.
func TestRulesThatFailLaterDenyAndAreStartedAgain(t *testing.T) {
	plain := newEngine(t)
	for name, body := range map[string]string{
		"compared for ever": `twice(x) := [x, x]
deny contains "x" if {
	input.area == "adp-slow"
	` + strings.Repeat("twice(", 30) + `input.area` + strings.Repeat(")", 30) + ` in [` + strings.Repeat("twice(", 30) + `input.area` + strings.Repeat(")", 30) + `]
}`,
		"more than there is memory": `all := object.keys(data.reference.field_category)
deny contains "x" if {
	input.area == "adp-slow"
	count([[a, b, c, d, e] | some a in all; some b in all; some c in all; some d in all; some e in all]) < 0
}`,
	} {
		t.Run(name, func(t *testing.T) {
			engine, err := narrow(t, apart.Program{Limit: 4 * time.Second, Memory: 96 << 20}, plain, ofPermits(body))
			if err != nil {
				t.Fatal(err)
			}
			scenarios := worked(t)
			own := scenarios.All[slices.IndexFunc(scenarios.All, func(s policies.Scenario) bool { return s.ID == "S061" })].Request
			slow := own
			slow.Referral.ADP = "adp-slow"
			decisions, err := engine.Decide(t.Context(), scenarios.World, []policies.Request{slow})
			if err == nil || decisions[0].Effect != policies.Deny || !slices.Contains(decisions[0].Reasons, policies.ReasonNarrowingFailed) {
				t.Fatalf("decided %+v, %v", decisions[0], err)
			}
			eventually(t, func() error {
				decisions, err := engine.Decide(t.Context(), scenarios.World, []policies.Request{own})
				if err == nil && decisions[0].Effect != policies.Allow {
					err = fmt.Errorf("decided %+v", decisions[0])
				}
				return err
			})
		})
	}
}

// Once other rules are in force, these deny.
func TestRulesThatHaveEndedDeny(t *testing.T) {
	engine, rules, err := apart.Program{}.Narrow(
		t.Context(), newEngine(t), ofPermits(`deny contains "never" if input.area == "nowhere"`), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	rules.End()
	scenarios := worked(t)
	decisions, err := engine.Decide(t.Context(), scenarios.World, []policies.Request{scenarios.All[0].Request})
	if err == nil || decisions[0].Effect != policies.Deny {
		t.Errorf("decided %+v, %v", decisions[0], err)
	}
}

func TestAProgramThatCannotBeStartedRefuses(t *testing.T) {
	for name, path := range map[string]string{"none": "/nowhere/api", "another": "/bin/true"} {
		_, err := narrow(t, apart.Program{Path: path}, newEngine(t), ofPermits(`deny contains "x"`))
		if err == nil {
			t.Errorf("%s: it is taken for one that runs rules", name)
		}
	}
}

// noted is this program, which notes the number of each of its processes in a file.
func noted(t *testing.T) (p apart.Program, number func() int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path, note := filepath.Join(dir, "api"), filepath.Join(dir, "number")
	script := fmt.Sprintf("#!/bin/sh\necho $$ >'%s'\nexec '%s' \"$@\"\n", note, self)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return apart.Program{Path: path, Limit: busy, Start: busy}, func() int {
		text, err := os.ReadFile(note)
		if err != nil {
			t.Fatal(err)
		}
		number, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		return number
	}
}

// request is what is permitted without stricter rules, in an area.
func request(t *testing.T, area string) (*policies.World, policies.Request) {
	t.Helper()
	scenarios := worked(t)
	own := scenarios.All[slices.IndexFunc(scenarios.All, func(s policies.Scenario) bool { return s.ID == "S061" })].Request
	if area != "" {
		own.Referral.ADP = area
	}
	return scenarios.World, own
}

// A process that somebody kills is missed before anybody asks it, and no question is blamed for it.
func TestAProcessThatIsKilledIsStartedAgain(t *testing.T) {
	program, number := noted(t)
	ends := make(chan int, 10)
	program.Ended = func(times int) { ends <- times }
	engine, rules, err := program.Narrow(
		t.Context(), newEngine(t), ofPermits(`deny contains "never" if input.area == "nowhere"`), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rules.End)
	world, own := request(t, "")
	for times := 1; times <= 3; times++ {
		killed := number()
		if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if got := <-ends; got != times {
			t.Errorf("it has ended %d times, not %d", got, times)
		}
		eventually(t, func() error {
			decisions, err := engine.Decide(t.Context(), world, []policies.Request{own})
			if err == nil && (decisions[0].Effect != policies.Allow || !rules.Running() || number() == killed) {
				err = fmt.Errorf("decided %+v, running %t", decisions[0], rules.Running())
			}
			return err
		})
	}
	rules.End()
	rules.End()
	if rules.Running() {
		t.Error("they run when they have ended")
	}
}

// endlessIn is a rule that no process survives that is asked about an area.
func endlessIn(area string) string {
	twice := strings.Repeat("twice(", 30) + `input.area` + strings.Repeat(")", 30)
	return "twice(x) := [x, x]\ndeny contains \"x\" if {\n\tinput.area == \"" + area + "\"\n\t" + twice + " in [" + twice + "]\n}"
}

// A question that ends the process takes those it is asked with along for a while. Then it is known, and denied without asking.
func TestWhatEndsTheProcessIsFoundOut(t *testing.T) {
	for name, area := range map[string][]string{"alone": {"adp-slow"}, "among others": {"", "adp-slow", "", ""}} {
		t.Run(name, func(t *testing.T) {
			var ends atomic.Int64
			program := apart.Program{
				Limit: busy, Start: 2 * busy, Memory: 96 << 20, Ended: func(times int) { ends.Store(int64(times)) },
			}
			engine, err := narrow(t, program, newEngine(t), ofPermits(endlessIn("adp-slow")))
			if err != nil {
				t.Fatal(err)
			}
			var requests []policies.Request
			var want []string
			var world *policies.World
			for _, in := range area {
				w, r := request(t, in)
				world, requests = w, append(requests, r)
				effect := policies.Allow
				if in != "" {
					effect = policies.Deny
				}
				want = append(want, effect)
			}
			decide := func() error {
				decisions, err := engine.Decide(t.Context(), world, requests)
				for i := range decisions {
					slow := decisions[i].Effect == policies.Deny && slices.Equal(decisions[i].Reasons, []string{policies.ReasonNarrowingFailed})
					if err == nil && (decisions[i].Effect != want[i] || want[i] == policies.Deny && !slow) {
						err = fmt.Errorf("decided %+v", decisions[i])
					}
				}
				return err
			}
			eventually(t, decide)
			known := ends.Load()
			for range 5 {
				if err := decide(); err != nil {
					t.Error(err)
				}
			}
			if known < 2 || ends.Load() != known {
				t.Errorf("the process ended %d times, and %d times once that was known", known, ends.Load()-known)
			}
		})
	}
}

// Whoever asks at the same time as others gets the answer to what they asked, and waits while others have theirs thought about.
func TestManyAskAtOnce(t *testing.T) {
	all := "all := object.keys(data.reference.field_category)\n"
	engine, err := narrow(t, apart.Program{Limit: 3 * time.Second}, newEngine(t), ofPermits(all+`deny contains "x" if {
	input.area == "adp-slow"
	some a in all; some b in all; some c in all; some d in all; some e in all
	count([a, b, c, d, e]) == 0
}
deny contains code if {
	some code in ["area_0", "area_1", "area_2", "area_3"]
	input.area == code
}`))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(area string) (policies.Decision, error) {
		world, own := request(t, area)
		decisions, err := engine.Decide(t.Context(), world, []policies.Request{own})
		return decisions[0], err
	}
	var asking sync.WaitGroup
	for range 2 {
		asking.Go(func() {
			if got, err := ask("adp-slow"); err == nil || got.Effect != policies.Deny {
				t.Errorf("what is thought about for too long: %+v, %v", got, err)
			}
		})
	}
	for i := range 4 {
		asking.Go(func() {
			for range 10 {
				area := fmt.Sprintf("area_%d", i)
				if got, err := ask(area); err != nil || !slices.Equal(got.Reasons, []string{area}) {
					t.Errorf("%s: %+v, %v", area, got, err)
				}
			}
		})
	}
	asking.Wait()
}

// eventually polls until try finds nothing wrong.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("in vain: ", err)
		}
		<-tick.C
	}
}
