package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDecisionsAreReplayedFromAFile(t *testing.T) {
	var out, complaints bytes.Buffer
	code := policyCommand(t.Context(), []string{"decide", "--scenarios", "../policies/testdata/scenarios.json"}, &out, &complaints)
	if code != exitDecided || complaints.Len() > 0 {
		t.Fatalf("exit %d: %s", code, complaints.String())
	}
	var answers []map[string]any
	if err := json.Unmarshal(out.Bytes(), &answers); err != nil {
		t.Fatal(err)
	}
	if len(answers) < 115 || answers[0]["id"] != "S001" || answers[0]["effect"] != "allow" || answers[0]["ground"] != "consent" {
		t.Errorf("got %d answers, the first %v", len(answers), answers[0])
	}
	for _, key := range []string{"id", "effect", "ground", "fields", "obligations", "reasons"} {
		if _, there := answers[0][key]; !there {
			t.Errorf("an answer has no %s", key)
		}
	}
}

func TestARequestThatCannotBeReadIsDeniedAndTheOthersDecided(t *testing.T) {
	file := written(t, `{"world": {}, "scenarios": [
		{"id": "broken", "request": {"now": "yesterday"}},
		7,
		{"id": "whole", "request": {"action": "read"}}]}`)
	var out, complaints bytes.Buffer
	if code := policyCommand(t.Context(), []string{"decide", "--scenarios", file}, &out, &complaints); code != exitDecided {
		t.Fatalf("exit %d: %s", code, complaints.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("got %q", lines)
	}
	for i, want := range []string{`"id":"broken"`, `"id":""`, `"id":"whole"`} {
		unreadable := strings.Contains(lines[i], `"reasons":["request_unreadable"]`)
		if !strings.Contains(lines[i], want) || !strings.Contains(lines[i], `"effect":"deny"`) || unreadable != (i < 2) {
			t.Errorf("got %s", lines[i])
		}
	}
	if said := complaints.String(); !strings.Contains(said, "request.now") || strings.Contains(said, "yesterday") {
		t.Errorf("complaints are to name the place and repeat nothing: %s", said)
	}
}

func TestWhatCannotBeReplayedIsSaid(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"nothing to do":    {nil, "say what to do"},
		"something else":   {[]string{"explain"}, "say what to do"},
		"no file":          {[]string{"decide"}, "--scenarios"},
		"a file too many":  {[]string{"decide", "--scenarios", "a", "b"}, "--scenarios"},
		"a file not there": {[]string{"decide", "--scenarios", filepath.Join(t.TempDir(), "none.json")}, "no such file"},
		"a torn file":      {[]string{"decide", "--scenarios", written(t, `{"scenarios": [`)}, "not JSON"},
		"another file":     {[]string{"decide", "--scenarios", written(t, `{"places": 3}`)}, `no "scenarios"`},
		"a broken world": {
			[]string{"decide", "--scenarios", written(t, `{"world": {"partners": {"a": {"adps": "all"}}}, "scenarios": []}`)},
			"adps has to be a list",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out, complaints bytes.Buffer
			if code := policyCommand(t.Context(), tc.args, &out, &complaints); code != exitUndecided {
				t.Errorf("exit %d", code)
			}
			if out.Len() > 0 || !strings.Contains(complaints.String(), tc.want) {
				t.Errorf("got %q, complaints %q", out.String(), complaints.String())
			}
		})
	}
}

func written(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "scenarios.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
