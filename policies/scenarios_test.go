package policies_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/policies"
)

// worked is a decision that was worked out by hand.
type worked struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Tags     []string `json:"tags"`
	Expected struct {
		Effect      string   `json:"effect"`
		Ground      string   `json:"ground"`
		Fields      []string `json:"fields"`
		Obligations []string `json:"obligations"`
		Reason      string   `json:"reason"`
	} `json:"expected"`
}

func workedFile(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/scenarios.json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func workedScenarios(t testing.TB) (*policies.Scenarios, []worked) {
	t.Helper()
	text := workedFile(t)
	scenarios, err := policies.ReadScenarios(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Scenarios []worked `json:"scenarios"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Scenarios) != len(scenarios.All) || len(scenarios.All) < 115 {
		t.Fatalf("read %d of %d worked decisions", len(scenarios.All), len(file.Scenarios))
	}
	return scenarios, file.Scenarios
}

func newEngine(t testing.TB, options ...policies.Option) *policies.Engine {
	t.Helper()
	engine, err := policies.New(t.Context(), append([]policies.Option{policies.Limit(time.Minute), policies.LimitNarrowing(time.Minute)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func TestEveryWorkedDecision(t *testing.T) {
	scenarios, all := workedScenarios(t)
	answers, err := newEngine(t).Replay(t.Context(), scenarios)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range all {
		t.Run(want.ID+" "+want.Title, func(t *testing.T) {
			got := answers[i]
			if got.ID != want.ID {
				t.Fatalf("got the decision of %s", got.ID)
			}
			if got.Effect != want.Expected.Effect || got.Ground != want.Expected.Ground {
				t.Errorf("got %s %s %v, want %s %s", got.Effect, got.Ground, got.Reasons, want.Expected.Effect, want.Expected.Ground)
			}
			if diff := cmp.Diff(want.Expected.Fields, got.Fields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.Expected.Obligations, got.Obligations); diff != "" {
				t.Errorf("obligations (-want +got):\n%s", diff)
			}
			if want.Expected.Reason != "" && !slices.Contains(got.Reasons, want.Expected.Reason) {
				t.Errorf("reasons %v do not hold %s", got.Reasons, want.Expected.Reason)
			}
		})
	}
}
