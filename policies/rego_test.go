package policies

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

// regoFiles are the Rego files of folders, parsed.
func regoFiles(t *testing.T, folders ...string) map[string]*ast.Module {
	t.Helper()
	modules := map[string]*ast.Module{}
	for _, folder := range folders {
		sources, err := readAll(os.DirFS("."), folder)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range sources {
			if path.Ext(name) != ".rego" {
				continue
			}
			if modules[name], err = ast.ParseModuleWithOpts(name, string(text), ast.ParserOptions{ProcessAnnotation: true}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return modules
}

func TestTheRulesPassTheirTestsWhichReachEveryLine(t *testing.T) {
	rules, err := loadRules(embedded)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := loadTables(embedded)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("sharing", func(t *testing.T) { runRegoTests(t, regoFiles(t, "sharing"), rules.data) })
	t.Run("action and directory", func(t *testing.T) { runRegoTests(t, regoFiles(t, "party", "action", "directory"), tables.data) })
}

func runRegoTests(t *testing.T, modules map[string]*ast.Module, data map[string]any) {
	t.Helper()
	coverage := cover.New()
	store := inmem.NewFromObject(data)
	err := storage.Txn(t.Context(), store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		runner := tester.NewRunner().SetStore(store).SetModules(modules).SetTimeout(time.Minute).
			RaiseBuiltinErrors(true).SetCoverageQueryTracer(coverage)
		results, err := runner.RunTests(t.Context(), txn)
		if err != nil {
			return err
		}
		for result := range results {
			reportRegoTest(t, result)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	files := coverage.Report(modules).Files
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(name, "_test.rego") {
			continue
		}
		for _, lines := range files[name].NotCovered {
			t.Errorf("%s: no test reaches lines %d to %d", name, lines.Start.Row, lines.End.Row)
		}
	}
}

func reportRegoTest(t *testing.T, result *tester.Result) {
	t.Helper()
	t.Run(strings.TrimPrefix(result.Name, "test_"), func(t *testing.T) {
		switch {
		case result.Error != nil:
			t.Error(result.Error)
		case len(result.SubResults) == 0 && !result.Pass():
			t.Errorf("%s fails", result.Location)
		}
		for path, sub := range result.SubResults.Iter {
			if sub.Fail {
				t.Errorf("%s: %s fails", result.Location, strings.Join(path, ", "))
			}
		}
	})
}

func TestRegoIsFormatted(t *testing.T) {
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".rego" {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		formatted, err := format.SourceWithOpts(name, text, format.Opts{RegoVersion: ast.RegoV1})
		if err != nil {
			return err
		}
		if !bytes.Equal(text, formatted) {
			t.Errorf("%s is not as `opa fmt` would write it", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
