package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// event is a line of `go test -json`; see `go doc test2json`.
type event struct {
	Action, Package, Test, Output string
	// Elapsed is how long a test or a package took, in seconds.
	Elapsed float64
}

// tally counts tests and keeps what they print until it is known whether they fail. Subtests count with their parents.
type tally struct {
	packages, passed int
	failed           []string
	skipped          []skip
	printed          map[string][]string // by package and test
	took             []took
}

// took is how long the tests of a package took, in seconds.
type took struct {
	Package string
	seconds float64
}

type skip struct {
	Package, Test, reason string
}

// take handles a line of output. Lines that are not JSON come from go itself, and are shown.
func (t *tally) take(out io.Writer, line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil {
		fmt.Fprintln(out, string(line))
		return
	}
	switch {
	case e.Action == "output" || e.Action == "build-output":
		t.print(out, e)
	case e.Test != "":
		t.end(out, e)
	case e.Action == "pass":
		t.ended(e)
	case e.Action == "fail":
		t.ended(e)
		t.flush(out, e.Package)
		t.blame(e.Package)
	}
}

// blame names a package that failed though none of its tests did: it does not compile, did not start, or took too long.
func (t *tally) blame(pkg string) {
	if !slices.ContainsFunc(t.failed, func(name string) bool { return strings.HasPrefix(name, pkg+" ") }) {
		t.failed = append(t.failed, pkg)
	}
}

func (t *tally) ended(e event) {
	t.packages++
	t.took = append(t.took, took{e.Package, e.Elapsed})
}

// slowest shows which packages took longest; those that took no second are left out.
func (t *tally) slowest(out io.Writer) {
	slices.SortStableFunc(t.took, func(a, b took) int { return cmp.Compare(b.seconds, a.seconds) })
	for i, p := range t.took[:min(len(t.took), 10)] {
		if p.seconds < 1 {
			return
		}
		if i == 0 {
			fmt.Fprintf(out, "\nwhat took longest, in seconds:\n")
		}
		fmt.Fprintf(out, "%7.1f  %s\n", p.seconds, p.Package)
	}
}

func (t *tally) print(out io.Writer, e event) {
	switch {
	case e.Test == "" && (strings.HasPrefix(e.Output, "ok ") || strings.HasPrefix(e.Output, "FAIL")):
		fmt.Fprint(out, e.Output)
	case e.Action == "build-output":
		fmt.Fprint(out, e.Output)
	default:
		if t.printed == nil {
			t.printed = map[string][]string{}
		}
		key := e.Package + " " + e.Test
		t.printed[key] = append(t.printed[key], e.Output)
	}
}

func (t *tally) end(out io.Writer, e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "pass":
		if !strings.Contains(e.Test, "/") {
			t.passed++
		}
	case "fail":
		t.failed = append(t.failed, key)
		fmt.Fprint(out, strings.Join(t.printed[key], ""))
	case "skip":
		t.skipped = append(t.skipped, skip{e.Package, e.Test, reason(t.printed[key])})
	default:
		return
	}
	delete(t.printed, key)
}

// flush shows what is left of a package that failed: what its tests printed that never ended, such as a panic.
func (t *tally) flush(out io.Writer, pkg string) {
	for key, lines := range t.printed {
		if strings.HasPrefix(key, pkg+" ") {
			fmt.Fprint(out, strings.Join(lines, ""))
			delete(t.printed, key)
		}
	}
}

// reason is what a test said when it skipped itself, without the place in the code.
func reason(printed []string) string {
	for _, line := range printed {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "===") || strings.HasPrefix(line, "---") {
			continue
		}
		if _, said, found := strings.Cut(line, ".go:"); found {
			_, said, _ = strings.Cut(said, ": ")
			return said
		}
	}
	return "it does not say"
}
