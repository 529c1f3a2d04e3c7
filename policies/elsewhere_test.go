package policies_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"lifeline.scot/policies"
)

// evens takes back what is at an even place of the list it is asked about.
type evens struct{ lists []int }

func (e *evens) Reasons(_ context.Context, _ policies.Narrows, list []json.RawMessage) ([][]string, error) {
	e.lists = append(e.lists, len(list))
	reasons := make([][]string, len(list))
	for i := range reasons {
		if i%2 == 0 {
			reasons[i] = []string{"even"}
		}
	}
	return reasons, nil
}

// Rules elsewhere are asked about no more at a time than when they were tried, so that the limit is for as much.
func TestALongListIsAskedAboutInParts(t *testing.T) {
	plain := newEngine(t)
	rules := &evens{}
	engine := plain.NarrowedElsewhere(policies.Bundle{"a.rego": nil}, policies.Narrows{Permits: true}, rules)
	scenarios, _ := workedScenarios(t)
	permitted := scenarios.All[slices.IndexFunc(scenarios.All, func(s policies.Scenario) bool { return s.ID == "S061" })].Request
	decisions, err := engine.Decide(t.Context(), scenarios.World, slices.Repeat([]policies.Request{permitted}, 250))
	if err != nil {
		t.Fatal(err)
	}
	for i := range decisions {
		if denied := slices.Equal(decisions[i].Reasons, []string{"even"}); denied != (i%2 == 0) {
			t.Fatalf("number %d: %+v", i, decisions[i])
		}
	}
	if want := []int{100, 100, 50}; !slices.Equal(rules.lists, want) {
		t.Errorf("asked about %d at a time, want %d", rules.lists, want)
	}
}
