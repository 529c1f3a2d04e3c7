package policies

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// embedded are the rules, what they are set to, and what their input and data have to look like.
//
//go:embed sharing/*.rego sharing/*.json schemas/*.json
//go:embed party/*.rego party/*.json action/*.rego action/*.json directory/*.rego directory/*.json
var embedded embed.FS

// workedDecisions are decisions that were worked out by hand; stricter rules are tried on them before they are in force.
//
//go:embed testdata/scenarios.json
var workedDecisions []byte

// ruleset is the rules, read and compiled.
type ruleset struct {
	compiler *ast.Compiler
	data     map[string]any
	measures *measures
	writer   *writer
	reach    reach
	settings *Settings
	revision string
}

// loadRules reads and compiles the rules and data in folder sharing, without their tests.
func loadRules(files fs.FS) (*ruleset, error) {
	sources, err := readAll(files, "sharing")
	if err != nil {
		return nil, err
	}
	rules := &ruleset{revision: revisionOf(sources)}
	if rules.compiler, rules.data, err = compile(files, sources); err != nil {
		return nil, err
	}
	if rules.measures, err = measuresOf(rules.data); err != nil {
		return nil, err
	}
	rules.writer = newWriter(rules.measures)
	if err := checkGrounds(rules.data, heldRules(rules.compiler)); err != nil {
		return nil, err
	}
	if rules.reach, err = reachOf(rules.data); err != nil {
		return nil, err
	}
	if rules.settings, err = settingsOf(rules.data); err != nil {
		return nil, err
	}
	return rules, nil
}

// compile compiles the Rego among sources, without its tests and against the schemas, and reads the JSON.
func compile(files fs.FS, sources map[string][]byte) (*ast.Compiler, map[string]any, error) {
	modules, data := map[string]*ast.Module{}, map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		switch text := sources[name]; {
		case strings.HasSuffix(name, "_test.rego"):
		case strings.HasSuffix(name, ".rego"):
			module, err := ast.ParseModuleWithOpts(name, string(text), ast.ParserOptions{ProcessAnnotation: true})
			if err != nil {
				return nil, nil, fmt.Errorf("read the rules: %w", err)
			}
			modules[name] = module
		default:
			if err := json.Unmarshal(text, &data); err != nil {
				return nil, nil, fmt.Errorf("read %s: %w", name, err)
			}
		}
	}
	schemas, err := schemaSet(files)
	if err != nil {
		return nil, nil, err
	}
	compiler := newCompiler(capabilities(ruleBuiltins)).WithSchemas(schemas).WithUseTypeCheckAnnotations(true)
	if compiler.Compile(modules); compiler.Failed() {
		return nil, nil, fmt.Errorf("compile the rules: %w", compiler.Errors)
	}
	return compiler, data, nil
}

func newCompiler(may *ast.Capabilities) *ast.Compiler {
	return ast.NewCompiler().WithCapabilities(may).WithStrict(true)
}

// schemaSet reads what input and data have to look like, for the type checker: a rule that misspells a fact does not compile.
func schemaSet(files fs.FS) (*ast.SchemaSet, error) {
	sources, err := readAll(files, "schemas")
	if err != nil {
		return nil, err
	}
	set := ast.NewSchemaSet()
	for name, text := range sources {
		var schema any
		if err := json.Unmarshal(text, &schema); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		set.Put(ast.SchemaRootRef.Append(ast.StringTerm(strings.TrimSuffix(path.Base(name), ".json"))), schema)
	}
	return set, nil
}

func readAll(files fs.FS, folder string) (map[string][]byte, error) {
	sources := map[string][]byte{}
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil, fmt.Errorf("find the rules: %w", err)
	}
	for _, entry := range entries {
		name := path.Join(folder, entry.Name())
		if sources[name], err = fs.ReadFile(files, name); err != nil {
			return nil, fmt.Errorf("read the rules: %w", err)
		}
	}
	return sources, nil
}

// revisionOf names sources by what is in them.
func revisionOf(sources map[string][]byte) string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		fmt.Fprintf(sum, "%d %s %d\n%s", len(name), name, len(sources[name]), sources[name])
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}
