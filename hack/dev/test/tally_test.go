package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module is a Go module with one test file.
func module(t *testing.T, body string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":     "module example.test\n\ngo 1.26\n",
		"it_test.go": "package it\n\nimport \"testing\"\n\n" + body,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	passes = "func TestBed(t *testing.T) { t.Run(\"free\", func(t *testing.T) { t.Log(\"quiet\") }) }\n"
	fails  = "func TestHeld(t *testing.T) { t.Error(\"held twice\") }\n"
	skips  = "func TestPage(t *testing.T) { t.Skip(\"no chromium: install it\") }\n"
	ends   = "func TestMain(m *testing.M) { m.Run(); println(\"no cluster\"); panic(\"no cluster\") }\n"
	panics = "func TestLost(t *testing.T) { panic(\"lost\") }\n"
)

func TestRunSumsUp(t *testing.T) {
	for name, c := range map[string]struct {
		body       string
		continuous bool
		fails      string
		shows      []string
		hides      string
	}{
		"all pass": {
			body: passes, shows: []string{"PASS\nok  \tlifeline.scot\t", "1 tests passed, 0 failed, 0 skipped, in 1 packages"}, hides: "quiet",
		},
		"one fails": {
			body: passes + fails, fails: "1 tests passed, 1 failed, 0 skipped", shows: []string{"held twice", "--- FAIL: example.test TestHeld"},
		},
		"one panics":           {body: panics, fails: "0 tests passed, 1 failed", shows: []string{"panic: lost"}},
		"one is skipped":       {body: passes + skips, shows: []string{"example.test TestPage: no chromium: install it", "1 skipped"}},
		"one is skipped in CI": {body: passes + skips, continuous: true, fails: "nothing may be skipped here"},
		"one does not compile": {
			body: "func TestBad(t *testing.T) { bad() }\n", fails: "0 tests passed, 1 failed", shows: []string{"undefined: bad", "--- FAIL: example.test\n"},
		},
		"none of them fails, but all": {
			body: passes + ends, fails: "1 tests passed, 1 failed", shows: []string{"no cluster", "--- FAIL: example.test\n"},
		},
		"nothing is tested there": {body: "func helper(t *testing.T) {}\n", fails: "no test ran"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			tests := &tests{out: &out, continuous: c.continuous, packages: []string{"./..."}}
			err := tests.run(t.Context(), []string{module(t, c.body)})
			if (err == nil) != (c.fails == "") || (err != nil && !strings.Contains(err.Error(), c.fails)) {
				t.Errorf("got %v, want %q; output:\n%s", err, c.fails, out.String())
			}
			for _, words := range c.shows {
				if !strings.Contains(out.String(), words) {
					t.Errorf("does not show %q:\n%s", words, out.String())
				}
			}
			if c.hides != "" && strings.Contains(out.String(), c.hides) {
				t.Errorf("shows %q:\n%s", c.hides, out.String())
			}
		})
	}
}

// A package that is not there any more would be left where it stands in the order.
func TestWhatTakesLongestIsThere(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	tests := &tests{packages: []string{everything}}
	if got := tests.inOrder(root); len(got) != len(longest)+1 || got[len(longest)] != everything {
		t.Errorf("of %v there are only %v", longest, got)
	}
	if got := tests.inOrder(t.TempDir()); len(got) != 1 {
		t.Errorf("in a module with none of them: %v", got)
	}
}

func TestTheSlowestAreShown(t *testing.T) {
	var all tally
	for i, seconds := range []float64{3, 0.5, 20, 1, 2, 4, 5, 6, 7, 8, 9, 10} {
		all.ended(event{Package: "example.test/" + string(rune('a'+i)), Elapsed: seconds})
	}
	var out strings.Builder
	all.slowest(&out)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 11 || strings.TrimSpace(lines[1]) != "20.0  example.test/c" || strings.TrimSpace(lines[10]) != "2.0  example.test/e" {
		t.Errorf("it shows\n%s", &out)
	}
}
