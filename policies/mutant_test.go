package policies_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeline.scot/policies"
	"lifeline.scot/policies/plain"
)

// The folders whose rules are mutated, each with those it is tested with.
var mutated = map[string][]string{
	"sharing": {"sharing"},
	"party":   {"party", "action", "directory"}, "action": {"party", "action"}, "directory": {"party", "directory"},
}

// survivorsFile lists the lines that can be deleted without a test that fails, and why that is as it should be: the name of the file,
// the line, and after # the reason. A line that occurs more than once in a file is all of them.
const survivorsFile = "testdata/survivors.txt"

// mutantsTime is how long mutants are tried in one run of all tests, in an order that is another one each time. With LIFELINE_MUTANTS=all
// (make mutants) all of them are, and a survivor that is listed and does not survive is an error as well.
const mutantsTime = 25 * time.Second

// A line of the rules is there because something would go wrong without it: delete it, and a worked decision, plain Go or a test in Rego
// says so. What cannot be compiled any more does not count.
func TestNoLineOfTheRulesCanBeDeletedUnseen(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a while")
	}
	all := os.Getenv("LIFELINE_MUTANTS") == "all"
	mutants := everyMutant(t)
	rand.Shuffle(len(mutants), func(i, j int) { mutants[i], mutants[j] = mutants[j], mutants[i] })
	jury := newJury(t)
	ctx, until := t.Context(), time.Now().Add(mutantsTime)
	verdicts := make([]mutantVerdict, len(mutants))
	var next sync.Mutex
	tried := 0
	take := func() int {
		next.Lock()
		defer next.Unlock()
		if tried == len(mutants) || !all && time.Now().After(until) {
			return -1
		}
		tried++
		return tried - 1
	}
	var judges sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		judges.Go(func() {
			for i := take(); i >= 0; i = take() {
				verdicts[i] = jury.judge(ctx, mutants[i])
			}
		})
	}
	judges.Wait()
	tell(t, mutants[:tried], verdicts[:tried], all)
	t.Logf("%d of %d mutants tried", tried, len(mutants))
}

func tell(t *testing.T, mutants []mutant, verdicts []mutantVerdict, all bool) {
	t.Helper()
	listed, survived, counts := survivors(t), map[string]bool{}, map[mutantVerdict]int{}
	for i, m := range mutants {
		counts[verdicts[i]]++
		if verdicts[i] != mutantSurvived {
			continue
		}
		survived[m.name()] = true
		if listed[m.name()] == "" {
			t.Errorf("%s:%d can be deleted and nothing fails: %s", m.file, m.line, strings.TrimSpace(m.text))
		}
	}
	for name := range listed {
		if all && !survived[name] {
			t.Errorf("%s does not survive (any more): take it out of %s", name, survivorsFile)
		}
	}
	t.Logf("killed %d, survived %d, not compiled %d", counts[mutantKilled], counts[mutantSurvived], counts[mutantStillborn])
}

// mutant is the rules without one line.
type mutant struct {
	file string
	line int // from 1
	text string
	// rules is the text of the file without the line.
	rules []byte
}

func (m mutant) name() string { return m.file + ": " + strings.TrimSpace(m.text) }

func everyMutant(t *testing.T) (mutants []mutant) {
	t.Helper()
	for folder := range mutated {
		files, err := fs.Glob(policies.Embedded(), folder+"/*.rego")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.rego") {
				mutants = append(mutants, mutantsOf(t, file)...)
			}
		}
	}
	slices.SortFunc(mutants, func(a, b mutant) int { return strings.Compare(a.name(), b.name()) })
	return mutants
}

func mutantsOf(t *testing.T, file string) (mutants []mutant) {
	t.Helper()
	text, err := fs.ReadFile(policies.Embedded(), file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		code := strings.TrimSpace(line)
		if code == "" || strings.HasPrefix(code, "#") || strings.HasPrefix(code, "package ") || strings.HasPrefix(code, "import ") {
			continue
		}
		without := slices.Delete(slices.Clone(lines), i, i+1)
		mutants = append(mutants, mutant{file, i + 1, line, []byte(strings.Join(without, "\n"))})
	}
	return mutants
}

func survivors(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(survivorsFile)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, reason, found := strings.Cut(strings.TrimSpace(line), " # ")
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		if !found || reason == "" {
			t.Fatalf("%s: say why after # for %q", survivorsFile, line)
		}
		listed[strings.TrimSpace(name)] = reason
	}
	return listed
}

type mutantVerdict string

const (
	mutantKilled    mutantVerdict = "killed"
	mutantSurvived  mutantVerdict = "survived"
	mutantStillborn mutantVerdict = "not compiled"
)

// jury knows what the rules have to say.
type jury struct {
	files     fs.FS
	scenarios *policies.Scenarios
	worked    []worked
	requests  []policies.Request
	decided   []plain.Decision
}

func newJury(t *testing.T) *jury {
	t.Helper()
	j := &jury{files: policies.Embedded()}
	j.scenarios, j.worked = workedScenarios(t)
	_, requests := workedRequests(t)
	oracle := newPlain(t)
	some := rapid.Custom(func(t *rapid.T) policies.Request { return anyRequest(t, requests) })
	for i := range 200 {
		r := some.Example(i)
		j.requests, j.decided = append(j.requests, r), append(j.decided, oracle.Decide(&r))
	}
	return j
}

func (j *jury) judge(ctx context.Context, m mutant) mutantVerdict {
	files := overlay{j.files, fstest.MapFS{m.file: {Data: m.rules}}}
	folder := path.Dir(m.file)
	if folder != "sharing" {
		if policies.CompileTables(files) != nil {
			return mutantStillborn
		}
	} else {
		engine, err := policies.EngineOf(ctx, files)
		if err != nil {
			return mutantStillborn
		}
		if j.complains(ctx, engine) != nil {
			return mutantKilled
		}
	}
	if policies.RunRegoTests(ctx, files, mutated[folder]...) != nil {
		return mutantKilled
	}
	return mutantSurvived
}

var errWrong = errors.New("another decision")

// complains is an error if the engine decides otherwise than the worked decisions, or than plain Go.
func (j *jury) complains(ctx context.Context, engine *policies.Engine) error {
	answers, err := engine.Replay(ctx, j.scenarios)
	if err != nil {
		return err
	}
	for i, want := range j.worked {
		got := answers[i]
		if got.Effect != want.Expected.Effect || got.Ground != want.Expected.Ground || !slices.Equal(got.Fields, want.Expected.Fields) ||
			!slices.Equal(got.Obligations, want.Expected.Obligations) ||
			want.Expected.Reason != "" && !slices.Contains(got.Reasons, want.Expected.Reason) {
			return fmt.Errorf("%w: %s", errWrong, want.ID)
		}
	}
	decisions, err := engine.Decide(ctx, j.scenarios.World, j.requests)
	if err != nil {
		return err
	}
	for i, d := range decisions {
		if !cmp.Equal(j.decided[i], answered(d), equateEmpty) {
			return errWrong
		}
	}
	return nil
}

// overlay is files, some of them replaced.
type overlay struct {
	fs.FS

	replaced fstest.MapFS
}

func (o overlay) Open(name string) (fs.File, error) {
	if _, found := o.replaced[name]; found {
		return o.replaced.Open(name)
	}
	return o.FS.Open(name)
}

func (o overlay) ReadFile(name string) ([]byte, error) {
	if file, found := o.replaced[name]; found {
		return file.Data, nil
	}
	return fs.ReadFile(o.FS, name)
}

func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(o.FS, name) }
