package disclosure

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
)

// Whatever the rules can answer with is said in words.
func TestEveryCodeOfTheRulesHasWords(t *testing.T) {
	var file struct {
		Grounds map[string]struct {
			Ground             string
			When, Needs        map[string]bool
			Rules, Obligations []string
		}
	}
	text, err := os.ReadFile("../../policies/sharing/grounds.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Grounds) < 15 {
		t.Fatalf("%d grounds", len(file.Grounds))
	}
	has := func(words map[string]string, codes ...string) {
		for _, code := range codes {
			if words[code] == "" {
				t.Errorf("%q has no words", code)
			}
		}
	}
	for _, g := range file.Grounds {
		has(groundWords, g.Ground)
		has(obligationWords, g.Obligations...)
		has(reasonWords, slices.Concat(slices.Collect(maps.Keys(g.When)), slices.Collect(maps.Keys(g.Needs)), g.Rules)...)
	}
	for _, state := range []string{"none", "granted", "expired", "refused", "withdrawn"} {
		has(reasonWords, "consent_"+state)
	}
	for file, shape := range map[string]string{
		"gates": `(?:shut contains|:=) "([a-z_]+)"`, "agreement": `no_agreement contains "([a-z_]+)"`, "reasons": `[{ ]"([a-z_0-9]+)"[,}]`,
	} {
		text, err := os.ReadFile("../../policies/sharing/" + file + ".rego")
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(shape).FindAllStringSubmatch(string(text), -1)
		if len(found) == 0 {
			t.Errorf("no reasons in %s", file)
		}
		for _, match := range found {
			has(reasonWords, match[1])
		}
	}
	for _, f := range record.Fields() {
		has(fieldWords, string(f))
	}
	for _, p := range Purposes() {
		has(purposeWords, string(p))
	}
	for _, kind := range referral.Kinds() {
		has(changeWords, string(kind))
	}
}
