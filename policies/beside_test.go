package policies_test

import (
	"slices"
	"strings"
	"testing"

	"lifeline.scot/policies"
)

// What is beside fields is in the answers about those files alone that know it as fields.
func TestWhatIsBesideFieldsIsInTheAnswersOfFilesThatAskForIt(t *testing.T) {
	const world = `"world": {"partners": {"haven": {"kind": "third_sector", "status": "active", "adps": ["adp-a"]}}}`
	const scenario = `{"id": "x", "request": {"now": "2026-11-02T10:00:00Z", "action": "read", "purpose": "direct_care", %FIELDS%
		"actor": {"partner": "haven", "role": "practitioner", "active": true, "assigned": true, "keeps_record": true},
		"referral": {"adp": "adp-a", "origin_partner": "haven"}}}`
	engine := newEngine(t)
	for name, tc := range map[string]struct {
		reference, fields string
		want, wantNot     []string
	}{
		"a file that does not":           {"", "", []string{"goals"}, []string{"words", "circumstances", "consents"}},
		"one that does":                  {`"reference": {"field_category": {"words": "words"}},`, "", []string{"goals", "words"}, []string{"circumstances"}},
		"one that asks for it alone":     {`"reference": {"field_category": {"words": "words"}},`, `"fields": ["words"],`, []string{"words"}, []string{"goals"}},
		"one that asks and knows it not": {"", `"fields": ["words"],`, nil, []string{"words", "goals"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := "{" + tc.reference + world + `, "scenarios": [` + strings.Replace(scenario, "%FIELDS%", tc.fields, 1) + "]}"
			scenarios, err := policies.ReadScenarios(strings.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			answers, err := engine.Replay(t.Context(), scenarios)
			if err != nil {
				t.Fatal(err)
			}
			got := answers[0].Fields
			if len(tc.want) == 0 && answers[0].Effect != policies.Deny {
				t.Errorf("got %+v", answers[0])
			}
			for _, field := range tc.want {
				if !slices.Contains(got, field) {
					t.Errorf("%v lack %s", got, field)
				}
			}
			for _, field := range tc.wantNot {
				if slices.Contains(got, field) {
					t.Errorf("%v have %s", got, field)
				}
			}
			if !slices.IsSorted(got) {
				t.Errorf("%v are not sorted", got)
			}
		})
	}
}
