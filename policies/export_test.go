package policies

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

// Forget makes the engine remember nothing, so that the next decision is made anew.
func (e *Engine) Forget() { e.memo = newMemo[string, verdict](e.remember) }

// Embedded are the rules, their data, schemas and tests.
func Embedded() fs.FS { return embedded }

// EngineOf decides about disclosure by rules in these files.
func EngineOf(ctx context.Context, files fs.FS) (*Engine, error) {
	rules, err := loadRules(files)
	if err != nil {
		return nil, err
	}
	return newEngine(ctx, rules, Limit(time.Minute))
}

// CompileTables is an error if the rules of who may do and see what do not compile.
func CompileTables(files fs.FS) error {
	_, err := loadTables(files)
	return err
}

// ErrRegoTest is a test in Rego that does not pass.
var ErrRegoTest = errors.New("a test in Rego does not pass")

// RunRegoTests runs the tests in Rego that are in folders of these files, until one does not pass.
func RunRegoTests(ctx context.Context, files fs.FS, folders ...string) error {
	modules, data := map[string]*ast.Module{}, map[string]any{}
	for _, folder := range folders {
		sources, err := readAll(files, folder)
		if err != nil {
			return err
		}
		for name, text := range sources {
			if path.Ext(name) != ".rego" {
				continue
			}
			if modules[name], err = ast.ParseModule(name, string(text)); err != nil {
				return err
			}
		}
		_, found, err := compile(files, onlyData(sources))
		if err != nil {
			return err
		}
		for key, value := range found {
			data[key] = value
		}
	}
	store := inmem.NewFromObject(data)
	return storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		runner := tester.NewRunner().SetStore(store).SetModules(modules).SetTimeout(time.Minute).RaiseBuiltinErrors(true).SetParallel(1)
		results, err := runner.RunTests(ctx, txn)
		if err != nil {
			return err
		}
		var failed error
		for result := range results {
			if failed == nil && (result.Error != nil || !result.Pass()) {
				failed = fmt.Errorf("%w: %s", ErrRegoTest, result.Name)
				cancel()
			}
		}
		return failed
	})
}

func onlyData(sources map[string][]byte) map[string][]byte {
	data := map[string][]byte{}
	for name, text := range sources {
		if path.Ext(name) == ".json" {
			data[name] = text
		}
	}
	return data
}

// Actions are the names of all actions.
func (e *Engine) Actions() []string { return e.actions.rows }
