package policies_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeline.scot/policies"
	"lifeline.scot/policies/plain"
)

func newPlain(t testing.TB) *plain.Rules {
	t.Helper()
	rules, err := plain.Read(workedFile(t))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// sameDecisions is the property that the rules decide as plain Go does, on requests that nobody thought of.
func sameDecisions(w *rapidWorld, p *plain.Rules, requests int) func(*rapid.T) {
	return func(t *rapid.T) {
		var list []policies.Request
		for range requests {
			list = append(list, anyRequest(t, w.requests))
		}
		for i, d := range w.decide(t, w.world, list...) {
			if diff := cmp.Diff(p.Decide(&list[i]), answered(d), equateEmpty); diff != "" {
				t.Fatalf("the rules say %q %v (-plain +rules):\n%s", d.Ground, d.Reasons, diff)
			}
		}
	}
}

func TestPlainGoDecidesTheSame(t *testing.T) {
	rapid.Check(t, sameDecisions(newRapidWorld(t), newPlain(t), 10))
}

// The same, guided by what code a request reaches; make fuzz goes on with it. testdata/fuzz keeps requests that reached something new.
func FuzzPlainGoDecidesTheSame(f *testing.F) {
	for seed := range uint64(16) { // what is too short to make a request of is passed over
		chance, bytes := rand.New(rand.NewPCG(seed, 0)), make([]byte, 2048)
		for i := range bytes {
			bytes[i] = byte(chance.Uint32())
		}
		f.Add(bytes)
	}
	w := newRapidWorld(f)
	w.engine = newEngine(f, policies.Remember(0)) // so that the same bytes reach the same code each time
	f.Fuzz(rapid.MakeFuzz(sameDecisions(w, newPlain(f), 1)))
}

// answered is what plain Go says of a decision, too.
func answered(d policies.Decision) plain.Decision {
	return plain.Decision{Ground: d.Ground, Fields: d.Fields, Beside: d.Beside, Obligations: d.Obligations}
}

var equateEmpty = cmp.FilterValues(func(a, b []string) bool { return len(a)+len(b) == 0 }, cmp.Ignore())

func TestPlainGoAgreesWithTheWorkedDecisions(t *testing.T) {
	p := newPlain(t)
	scenarios, all := workedScenarios(t)
	for i, want := range all {
		expected := plain.Decision{
			Ground: want.Expected.Ground, Fields: want.Expected.Fields, Obligations: want.Expected.Obligations,
		}
		got := p.Decide(&scenarios.All[i].Request)
		got.Beside = nil // the worked decisions know fields alone
		if diff := cmp.Diff(expected, got, equateEmpty); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.ID, diff)
		}
	}
}

// A decision whose kind was seen before, in plain Go.
func BenchmarkPlainGo(b *testing.B) {
	p := newPlain(b)
	_, requests := workedRequests(b)
	b.ReportAllocs()
	for b.Loop() {
		p.Decide(&requests[0])
	}
}

// The list of a hundred in plain Go.
func BenchmarkPlainGoAListOfAHundred(b *testing.B) {
	p := newPlain(b)
	_, requests := workedRequests(b)
	b.ReportAllocs()
	for b.Loop() {
		for i := range requests[:100] {
			p.Decide(&requests[i])
		}
	}
}
