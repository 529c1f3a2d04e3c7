package scotland_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"lifeline.scot/hack/scotland"
)

// unkind are words that are never ours: they make a person a problem, or blame.
var unkind = regexp.MustCompile(`(?i)\b(addicts?|ex-addicts?|alcoholics?|junkies?|abus\w*|misus\w*|drug users?|clean|dirty|` +
	`suffer(s|ing)? from|victims? of|non-compliant|not engag\w+|fail(ed|s|ure)?|dropped out|refus\w+|in denial|` +
	`unmotivated|drug-seeking|manipulative|bed blockers?|frequent flyers?|reject\w*|relaps\w*|square one|substance abuse)\b`)

func checkWords(t *testing.T, where string, text []byte) {
	t.Helper()
	for _, found := range unkind.FindAll(text, -1) {
		t.Errorf("%s says %q", where, found)
	}
}

func TestNoTextStigmatises(t *testing.T) {
	written, err := filepath.Glob("data/*")
	if err != nil || len(written) == 0 {
		t.Fatalf("no files in data/: %v", err)
	}
	for _, file := range written {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checkWords(t, file, text)
	}
	shown := func(object any) {
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		checkWords(t, "an object", text)
	}
	for _, object := range objects(t) {
		shown(object)
	}
	g := generate(t, scotland.Size{Partnerships: 10, Services: 2000, Pools: 400, Seed: 3})
	for object := range g.Objects() {
		shown(object)
	}
	for report := range g.Reports(time.Now()) {
		shown(report)
	}
}

func TestTheWordCheckFindsWhatItLooksFor(t *testing.T) {
	for _, text := range []string{"an addict", "drug misuse", "a clean test", "Rejected referral", "she dropped out"} {
		if !unkind.MatchString(text) {
			t.Errorf("%q is not found", text)
		}
	}
}
