package policies_test

import (
	"testing"

	"lifeline.scot/policies"
)

// requests are those of the worked decisions.
func workedRequests(b testing.TB) (*policies.World, []policies.Request) {
	b.Helper()
	scenarios, _ := workedScenarios(b)
	var requests []policies.Request
	for _, s := range scenarios.All {
		requests = append(requests, s.Request)
	}
	return scenarios.World, requests
}

// One request whose facts were decided about before.
func BenchmarkARepeatedDecision(b *testing.B) {
	world, requests := workedRequests(b)
	engine := newEngine(b)
	one := requests[:1]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := engine.Decide(b.Context(), world, one); err != nil {
			b.Fatal(err)
		}
	}
}

// A request of a kind that was never decided about: each revision begins by forgetting all.
func BenchmarkANewKind(b *testing.B) {
	world, requests := workedRequests(b)
	engine := newEngine(b)
	one := requests[:1]
	b.ReportAllocs()
	for b.Loop() {
		engine.Forget()
		if _, err := engine.Decide(b.Context(), world, one); err != nil {
			b.Fatal(err)
		}
	}
}

// A list of a hundred requests, all of different kinds.
func BenchmarkAListOfAHundredNewKinds(b *testing.B) {
	world, requests := workedRequests(b)
	engine := newEngine(b)
	b.ReportAllocs()
	for b.Loop() {
		engine.Forget()
		if _, err := engine.Decide(b.Context(), world, requests[:100]); err != nil {
			b.Fatal(err)
		}
	}
}

// The same list again, as a page that is shown once more.
func BenchmarkAListOfAHundredAgain(b *testing.B) {
	world, requests := workedRequests(b)
	engine := newEngine(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := engine.Decide(b.Context(), world, requests[:100]); err != nil {
			b.Fatal(err)
		}
	}
}
