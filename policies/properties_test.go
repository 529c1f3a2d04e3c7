package policies_test

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeline.scot/policies"
)

// Grounds that turn on neither consent nor agreement and come after those that do. A narrow consent under a narrow agreement can
// give way to one of them, which then releases more: the copy of whoever holds the record already (S055), and the two emergencies.
// Each has bounds of its own, and restricted fields stay shut in all three.
var (
	widerWithoutAgreement = []string{"holder_copy", "nfo_vital_interest", "break_glass"}
	// A withdrawal by somebody capable also binds where their life is at risk.
	widerAfterWithdrawal = []string{"holder_copy", "break_glass"}
)

// rapidWorld is what properties are tried on.
type rapidWorld struct {
	engine     *policies.Engine
	world      *policies.World
	partners   map[string]policies.Partner
	agreements map[string]policies.Agreement
	requests   []policies.Request
}

func newRapidWorld(t testing.TB) *rapidWorld {
	t.Helper()
	world, requests := workedRequests(t)
	w := &rapidWorld{engine: newEngine(t), world: world, requests: requests}
	w.partners, w.agreements = workedWorld(t)
	return w
}

// workedWorld reads the partners and agreements of the worked decisions, apart from the reader under test.
func workedWorld(t testing.TB) (map[string]policies.Partner, map[string]policies.Agreement) {
	t.Helper()
	var file struct {
		World struct {
			Partners map[string]struct {
				Kind      string
				Statutory bool
				Status    string
				ADPs      []string
			}
			Agreements map[string]struct {
				Parties, Purposes, Categories, ADPs []string
				Status                              string
				From                                time.Time `json:"valid_from"`
				To                                  time.Time `json:"valid_to"`
				CrossADP                            bool      `json:"cross_adp"`
				Onward                              bool
			}
		}
	}
	mustRead(t, workedFile(t), &file)
	partners, agreements := map[string]policies.Partner{}, map[string]policies.Agreement{}
	for name, p := range file.World.Partners {
		partners[name] = policies.Partner{Kind: p.Kind, Statutory: p.Statutory, Status: p.Status, ADPs: p.ADPs}
	}
	for name, a := range file.World.Agreements {
		agreements[name] = policies.Agreement{
			Parties: a.Parties, Purposes: a.Purposes, Categories: a.Categories, ADPs: a.ADPs, Status: a.Status,
			FromTime: a.From, ToTime: a.To, CrossADP: a.CrossADP, Onward: a.Onward,
		}
	}
	return partners, agreements
}

func mustRead(t testing.TB, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func (w *rapidWorld) decide(t *rapid.T, world *policies.World, requests ...policies.Request) []policies.Decision {
	decisions, err := w.engine.Decide(t.Context(), world, requests)
	if err != nil {
		t.Fatal(err)
	}
	return decisions
}

func (w *rapidWorld) worldOf(t *rapid.T, partners map[string]policies.Partner, agreements map[string]policies.Agreement) *policies.World {
	world, err := policies.NewWorld(partners, agreements)
	if err != nil {
		t.Fatal(err)
	}
	return world
}

// mustNotWiden fails if a decision releases what another does not.
func mustNotWiden(t *rapid.T, before, after policies.Decision) {
	for _, field := range after.Fields {
		if !slices.Contains(before.Fields, field) {
			t.Fatalf("%s is released by %s, and was not by %q", field, after.Ground, before.Ground)
		}
	}
	for _, name := range after.Beside {
		if !slices.Contains(before.Beside, name) {
			t.Fatalf("%s is released beside fields by %s, and was not by %q", name, after.Ground, before.Ground)
		}
	}
}

func TestTakingAnAgreementAwayNeverWidens(t *testing.T) {
	w := newRapidWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		r := anyRequest(t, w.requests)
		fewer := maps.Clone(w.agreements)
		delete(fewer, one(t, slices.Sorted(maps.Keys(w.agreements))))
		before, after := w.decide(t, w.world, r)[0], w.decide(t, w.worldOf(t, w.partners, fewer), r)[0]
		if slices.Contains(widerWithoutAgreement, after.Ground) {
			restrictedStayShut(t, after)
			return
		}
		mustNotWiden(t, before, after)
	})
}

func TestAWithdrawalNeverWidens(t *testing.T) {
	w := newRapidWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		r := anyRequest(t, w.requests)
		withdrawn := r
		withdrawn.Consents = append(slices.Clone(r.Consents), policies.Consent{
			Decision: "withdraw", By: "self", Time: r.Now, Purposes: []string{"*"}, Recipients: []string{"*"},
		})
		before, after := w.decide(t, w.world, r)[0], w.decide(t, w.world, withdrawn)[0]
		if slices.Contains(widerAfterWithdrawal, after.Ground) {
			restrictedStayShut(t, after)
			return
		}
		mustNotWiden(t, before, after)
	})
}

func restrictedStayShut(t *rapid.T, d policies.Decision) {
	for _, field := range []string{"bbv_status", "justice"} {
		if slices.Contains(d.Fields, field) {
			t.Fatalf("%s releases %s", d.Ground, field)
		}
	}
}

func TestAGateThatIsShutBeatsEveryPermit(t *testing.T) {
	w := newRapidWorld(t)
	shut := map[string]func(*policies.Request){
		"actor not active":   func(r *policies.Request) { r.Actor.Active = false },
		"partner suspended":  func(r *policies.Request) { r.Actor.Partner = "lapsed" },
		"partner not known":  func(r *policies.Request) { r.Actor.Partner = "nobody" },
		"purpose prohibited": func(r *policies.Request) { r.Purpose = "immigration" },
		"purpose unknown":    func(r *policies.Request) { r.Purpose = "*" },
		"role unknown":       func(r *policies.Request) { r.Actor.Role = "" },
		"no time":            func(r *policies.Request) { r.Now = time.Time{} },
		"action unknown":     func(r *policies.Request) { r.Action = "" },
		"not readable":       func(r *policies.Request) { r.Referral.Unreadable = true },
		"nothing asked for":  func(r *policies.Request) { r.Fields = []string{} },
		"unreadable":         func(r *policies.Request) { r.Referral.Subject.Age = new(-1) },
	}
	rapid.Check(t, func(t *rapid.T) {
		r := anyRequest(t, w.requests)
		shut[one(t, slices.Sorted(maps.Keys(shut)))](&r)
		d := w.decide(t, w.world, r)[0]
		if d.Effect != policies.Deny || len(d.Fields)+len(d.Beside) > 0 || d.Ground != "" || len(d.Reasons) == 0 {
			t.Fatalf("got %+v", d)
		}
	})
}

func TestAStricterRuleNeverWidens(t *testing.T) {
	w := newRapidWorld(t)
	var narrowed []*policies.Engine
	for _, rules := range []policies.Bundle{
		noEmergencies(),
		bundle(`deny contains "not_here" if input.area == "adp-a"`),
		bundle(`deny contains "nothing_on_risk" if "risk_level" in input.decision.fields`),
	} {
		engine, err := w.engine.WithNarrowing(t.Context(), rules)
		if err != nil {
			t.Fatal(err)
		}
		narrowed = append(narrowed, engine)
	}
	rapid.Check(t, func(t *rapid.T) {
		r := []policies.Request{anyRequest(t, w.requests)}
		before := w.decide(t, w.world, r...)[0]
		after, err := rapid.SampledFrom(narrowed).Draw(t, "rules").Decide(t.Context(), w.world, r)
		if err != nil {
			t.Fatal(err)
		}
		mustNotWiden(t, before, after[0])
		if after[0].Effect == policies.Allow && !cmp.Equal(before.Fields, after[0].Fields) {
			t.Fatalf("a permit that stands has changed: %v", after[0])
		}
	})
}

// A decision is about what is recorded, not about the order in which it is found, nor about what was decided with or before it.
func TestTheSameRecordsGiveTheSameDecision(t *testing.T) {
	w := newRapidWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		var list []policies.Request
		for range rapid.IntRange(1, 5).Draw(t, "requests") {
			list = append(list, anyRequest(t, w.requests))
		}
		w.engine.Forget()
		together := w.decide(t, w.world, list...)
		for i, r := range list {
			r.Consents = rapid.Permutation(r.Consents).Draw(t, "consents")
			if rapid.Bool().Draw(t, "forget") {
				w.engine.Forget()
			}
			if diff := cmp.Diff(together[i], w.decide(t, w.world, r)[0]); diff != "" {
				t.Fatalf("request %d alone (-in the list +alone):\n%s", i, diff)
			}
		}
	})
}

func TestADecisionHoldsUntilItSays(t *testing.T) {
	w := newRapidWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		r := anyRequest(t, w.requests)
		now := w.decide(t, w.world, r)[0]
		until := now.HoldsUntil
		if until.IsZero() {
			until = noon.AddDate(100, 0, 0)
		}
		if !until.After(r.Now) {
			t.Fatalf("holds until %s, which is not after now", until)
		}
		r.Now = until.Add(-time.Second)
		if diff := cmp.Diff(now, w.decide(t, w.world, r)[0]); diff != "" {
			t.Fatalf("a second before %s it is another (-now +then):\n%s", until, diff)
		}
	})
}

// What somebody may change of a decision is their copy.
func TestADecisionCanBeChangedWithoutHarm(t *testing.T) {
	engine := newEngine(t)
	first := decideOne(t, engine)
	first.Fields[0], first.Obligations[0], first.Reasons[0] = "bbv_status", "none", "none"
	if second := decideOne(t, engine); second.Fields[0] == "bbv_status" || second.Obligations[0] == "none" {
		t.Errorf("got %+v", second)
	}
}

func TestManyDecideAtOnce(t *testing.T) {
	world, requests := workedRequests(t)
	engine := newEngine(t)
	want, err := engine.Decide(t.Context(), world, requests)
	if err != nil {
		t.Fatal(err)
	}
	engine.Forget()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			got, err := engine.Decide(t.Context(), world, requests)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("error %v, decisions (-want +got):\n%s", err, diff)
			}
		})
	}
	all.Wait()
}
