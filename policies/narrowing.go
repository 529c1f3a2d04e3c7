package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/types"
)

// Bounds of rules from outside.
const (
	MaxNarrowingFiles = 64
	MaxNarrowingBytes = 256 << 10 // of all files together
	// NarrowingLimit is how long rules from outside may think about one list, and about each of their tests, unless
	// LimitNarrowing says otherwise.
	NarrowingLimit = time.Second
)

// LimitNarrowing sets for how long rules from outside may think; NarrowingLimit unless set.
func LimitNarrowing(limit time.Duration) Option { return func(e *Engine) { e.narrowingLimit = limit } }

// Why rules from outside are refused.
const (
	// NarrowingMalformed: not Rego, too much of it, in another package, or without a set "deny" of texts.
	NarrowingMalformed = "Malformed"
	// NarrowingNotCompiled: it calls what it may not, or misspells what it reads.
	NarrowingNotCompiled = "NotCompiled"
	// NarrowingTestsFailed: one of its own tests fails.
	NarrowingTestsFailed = "TestsFailed"
	// NarrowingTooSlow: it does not come to an end in time.
	NarrowingTooSlow = "TooSlow"
	// NarrowingTooLarge: it takes more memory than it may.
	NarrowingTooLarge = "TooLarge"
	// NarrowingFailed: it fails on a worked decision, or gives a reason that is not a code.
	NarrowingFailed = "Failed"
	// NarrowingNotStarted: the process they are to run in could not be started, which says nothing about them.
	NarrowingNotStarted = "NotStarted"
	// NarrowingKilled: that process was ended from outside before it had looked at them, which says nothing about them.
	NarrowingKilled = "Killed"
)

// ReasonNarrowingFailed: the rules from outside could not be asked, so that what they were to deny is not known.
const ReasonNarrowingFailed = "narrowing_failed"

// NarrowingError says why rules from outside are refused.
type NarrowingError struct {
	// Reason is one of the constants that begin with Narrowing.
	Reason string
	Err    error
}

func (e *NarrowingError) Error() string {
	return fmt.Sprintf("stricter rules refused, %s: %v", e.Reason, e.Err)
}

func (e *NarrowingError) Unwrap() error { return e.Err }

// Bundle is rules from outside: Rego by file name. They are in package lifeline.narrowing, where
//
//	deny contains "a_code" if …
//
// takes back a permit to disclose, for that reason, and in package lifeline.narrowing_actions, where the same takes back that
// somebody may do something; in one of them or in both. Tests are rules test_… in package lifeline.narrowing_test. What they
// may read is in schemas/narrowing.json and schemas/standing.json.
type Bundle map[string][]byte

// narrowing is rules from outside, ready to be asked. What there are no rules about is nil.
type narrowing struct {
	permits, actions *stricter
	// ruled are the rulings on actions that are remembered.
	ruled    *memo[Question, Ruling]
	revision string
}

// stricter is a set deny, ready to be asked about a list.
type stricter struct {
	query rego.PreparedEvalQuery
	// elsewhere asks rules that do not run here; nil for those that do.
	elsewhere func(context.Context, []*ast.Term, time.Duration) ([][]string, error)
}

// narrowingBuiltins are the built-in functions that rules from outside may call: those of the rules, less those that can make
// much out of little.
var narrowingBuiltins = slices.DeleteFunc(slices.Clone(ruleBuiltins), func(name string) bool {
	return name == "sprintf" || name == "array.concat" || name == "object.union_n"
})

var (
	narrowingPackage     = ast.MustParseRef("data.lifeline.narrowing")
	narrowingActions     = ast.MustParseRef("data.lifeline.narrowing_actions")
	narrowingTestPackage = ast.MustParseRef("data.lifeline.narrowing_test")
	narrowingPackages    = []ast.Ref{narrowingPackage, narrowingActions, narrowingTestPackage}
	reasonCode           = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
)

// WithNarrowing is an engine that decides and rules as this one does, and then denies what the rules of files deny; they can
// permit nothing. An empty bundle gives an engine without any. Rules that do not compile, call what they may not, fail their own
// tests or take too long are refused with a NarrowingError, and this engine goes on as it was.
//
// There are rules that no limit of time or memory given here stops: whatever is nested and shared is compared and typed piece by
// piece. Rules of somebody else are therefore for a process of their own: see package apart.
func (e *Engine) WithNarrowing(ctx context.Context, files Bundle) (*Engine, error) {
	return e.withNarrowing(ctx, files, false)
}

// WithTriedNarrowing is WithNarrowing for rules that it has let in before: their tests are not run again, and they are not asked
// about the worked decisions.
func (e *Engine) WithTriedNarrowing(ctx context.Context, files Bundle) (*Engine, error) {
	return e.withNarrowing(ctx, files, true)
}

func (e *Engine) withNarrowing(ctx context.Context, files Bundle, tried bool) (*Engine, error) {
	narrowed := *e
	narrowed.narrowing, narrowed.revision = nil, e.rules.revision
	if len(files) == 0 {
		return &narrowed, nil
	}
	modules, err := parseNarrowing(files)
	if err != nil {
		return nil, &NarrowingError{NarrowingMalformed, err}
	}
	n, err := e.loadNarrowing(ctx, files, modules)
	if err != nil {
		return nil, err
	}
	if !tried {
		if err := e.testNarrowing(ctx, modules); err != nil {
			return nil, err
		}
		if err := narrowed.tryNarrowing(ctx, n); err != nil {
			return nil, err
		}
	}
	narrowed.narrowing, narrowed.revision = n, e.rules.revision+"+"+n.revision
	return &narrowed, nil
}

func (e *Engine) loadNarrowing(ctx context.Context, files Bundle, modules map[string]*ast.Module) (*narrowing, error) {
	n := &narrowing{ruled: newMemo[Question, Ruling](DefaultMemory), revision: revisionOf(files)}
	about := map[string]**stricter{}
	if ofActions := rulesIn(modules, narrowingActions); len(ofActions) > 0 {
		about[narrowingActions.String()] = &n.actions
	}
	if ofPermits := rulesIn(modules, narrowingPackage); len(ofPermits) > 0 || len(about) == 0 {
		about[narrowingPackage.String()] = &n.permits
	}
	for in := range about {
		if err := checkNarrowing(modules, ast.MustParseRef(in)); err != nil {
			return nil, err
		}
	}
	for in, into := range about {
		var err error
		if *into, err = e.stricterIn(ctx, modules, ast.MustParseRef(in)); err != nil {
			return nil, &NarrowingError{NarrowingNotCompiled, err}
		}
	}
	return n, nil
}

// stricterIn makes the set deny of a package ready.
func (e *Engine) stricterIn(ctx context.Context, modules map[string]*ast.Module, in ast.Ref) (*stricter, error) {
	compiler := newCompiler(capabilities(narrowingBuiltins))
	if compiler.Compile(rulesIn(modules, in)); compiler.Failed() {
		return nil, compiler.Errors
	}
	query := fmt.Sprintf("[reasons | some each in input.each; reasons := %s.deny with input as each]", in)
	prepared, err := prepare(ctx, compiler, e.rules.data, query)
	return &stricter{query: prepared}, err
}

func parseNarrowing(files Bundle) (map[string]*ast.Module, error) {
	size := 0
	for _, text := range files {
		size += len(text)
	}
	if len(files) > MaxNarrowingFiles || size > MaxNarrowingBytes {
		return nil, fmt.Errorf("%w: at most %d files and %d bytes", errBounds, MaxNarrowingFiles, MaxNarrowingBytes)
	}
	modules := map[string]*ast.Module{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Ext(name) != ".rego" {
			return nil, fmt.Errorf("%w: %.40q: a file has to end in .rego", errShape, name)
		}
		module, err := ast.ParseModuleWithOpts(name, string(files[name]), ast.ParserOptions{RegoVersion: ast.RegoV1})
		if err != nil {
			return nil, err
		}
		if module == nil {
			return nil, fmt.Errorf("%w: %.40q is empty", errShape, name)
		}
		if !slices.ContainsFunc(narrowingPackages, func(in ast.Ref) bool { return module.Package.Path.Equal(in) }) {
			return nil, fmt.Errorf("%w: %.40q: the package has to be lifeline.narrowing, lifeline.narrowing_actions or "+
				"lifeline.narrowing_test", errShape, name)
		}
		modules[name] = module
	}
	return modules, nil
}

// rulesIn copies the modules of a package: compiling changes them.
func rulesIn(modules map[string]*ast.Module, in ast.Ref) map[string]*ast.Module {
	rules := map[string]*ast.Module{}
	for name, module := range modules {
		if module.Package.Path.Equal(in) {
			rules[name] = module.Copy()
		}
	}
	return rules
}

func copies(modules map[string]*ast.Module) map[string]*ast.Module {
	copied := map[string]*ast.Module{}
	for name, module := range modules {
		copied[name] = module.Copy()
	}
	return copied
}

// checkNarrowing has the compiler look at the rules of a package against the schema of what they read.
func checkNarrowing(modules map[string]*ast.Module, in ast.Ref) error {
	schema, err := narrowingSchema(in)
	if err != nil {
		return &NarrowingError{NarrowingNotCompiled, err}
	}
	set := ast.NewSchemaSet()
	set.Put(ast.SchemaRootRef, schema)
	compiler := newCompiler(capabilities(narrowingBuiltins)).WithSchemas(set)
	if compiler.Compile(rulesIn(modules, in)); compiler.Failed() {
		return &NarrowingError{NarrowingNotCompiled, compiler.Errors}
	}
	deny, isSet := compiler.TypeEnv.GetByRef(in.Append(ast.StringTerm("deny"))).(*types.Set)
	if !isSet || types.Compare(deny.Of(), types.S) != 0 {
		err := fmt.Errorf("%w: there has to be a rule `deny contains \"a_code\" if …`, and all of deny are texts", errShape)
		return &NarrowingError{NarrowingMalformed, err}
	}
	return nil
}

// narrowingSchema is what rules from outside see: questions, as the tables of who may do what see them, or permits, with the
// facts as the rules of sharing see them.
func narrowingSchema(in ast.Ref) (any, error) {
	if in.Equal(narrowingActions) {
		return readSchema("standing")
	}
	schema, err := readSchema("narrowing")
	if err != nil {
		return nil, err
	}
	properties, isObject := schema["properties"].(map[string]any)
	if !isObject {
		return nil, fmt.Errorf("%w: schemas/narrowing.json has no properties", errShape)
	}
	properties["facts"], err = readSchema("facts")
	return schema, err
}

func readSchema(of string) (schema map[string]any, err error) {
	name := "schemas/" + of + ".json"
	text, err := embedded.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", name, err)
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return schema, nil
}

// testNarrowing runs the tests that came with the rules.
func (e *Engine) testNarrowing(ctx context.Context, modules map[string]*ast.Module) error {
	may := capabilities(append([]string{"internal.test_case"}, narrowingBuiltins...))
	store := inmem.NewFromObject(e.rules.data)
	var failed error
	err := storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		runner := tester.NewRunner().SetStore(store).SetModules(copies(modules)).RaiseBuiltinErrors(true).SetParallel(1).
			SetTimeout(e.narrowingLimit).SetCompiler(ast.NewCompiler().WithCapabilities(may))
		results, err := runner.RunTests(ctx, txn)
		if err != nil {
			return &NarrowingError{NarrowingNotCompiled, err}
		}
		for result := range results {
			if failed == nil {
				failed = judge(result, e.narrowingLimit)
			}
		}
		return failed
	})
	if err == nil || errors.As(err, new(*NarrowingError)) {
		return err
	}
	return &NarrowingError{NarrowingTestsFailed, err}
}

func judge(result *tester.Result, limit time.Duration) error {
	switch {
	case result.Error != nil && (result.Duration >= limit || errors.Is(result.Error, &topdown.Error{Code: topdown.CancelErr})):
		return &NarrowingError{NarrowingTooSlow, fmt.Errorf("test %s: %w", result.Name, result.Error)}
	case result.Error != nil:
		return &NarrowingError{NarrowingTestsFailed, fmt.Errorf("test %s: %w", result.Name, result.Error)}
	case !result.Pass():
		return &NarrowingError{NarrowingTestsFailed, fmt.Errorf("test %s fails", result.Name)}
	default:
		return nil
	}
}

// tryNarrowing asks rules from outside about every worked decision, and about every action, so that those that never come to an
// end, or fail, are noticed before they are in force.
func (e *Engine) tryNarrowing(ctx context.Context, n *narrowing) error {
	scenarios, err := ReadScenarios(bytes.NewReader(workedDecisions))
	if err != nil {
		return fmt.Errorf("try stricter rules: %w", err)
	}
	for some := range slices.Chunk(scenarios.All, batch) {
		permits, err := e.permitsOf(ctx, scenarios.World, some)
		if err != nil {
			return fmt.Errorf("try stricter rules: %w", err)
		}
		if err := n.permits.try(ctx, permits, e.narrowingLimit); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(e.someQuestions(), batch) {
		if err := n.actions.try(ctx, some, e.narrowingLimit); err != nil {
			return err
		}
	}
	return nil
}

// try asks about a list, and says why the rules are refused if they cannot answer.
func (s *stricter) try(ctx context.Context, list []*ast.Term, limit time.Duration) error {
	_, err := s.ask(ctx, list, limit)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return &NarrowingError{NarrowingTooSlow, err}
	default:
		return &NarrowingError{NarrowingFailed, err}
	}
}

// someQuestions are two about each action: of somebody of whom all is true, and of somebody of whom nothing is.
func (e *Engine) someQuestions() []*ast.Term {
	if e.actions == nil {
		return nil
	}
	var all []*ast.Term
	for _, action := range e.actions.rows {
		everything := Question{
			What: action, Roles: RoleSetOf(roleNames...), Stands: 1<<len(standNames) - 1,
			SignedIn: true, Suspended: true, SecondFactor: true, InCareRole: true,
		}
		all = append(all, ast.NewTerm(Question{What: action}.value()), ast.NewTerm(everything.value()))
	}
	return all
}

// permitsOf are the permits among the decisions about some scenarios.
func (e *Engine) permitsOf(ctx context.Context, w *World, some []Scenario) ([]*ast.Term, error) {
	requests := make([]Request, len(some))
	for i := range some {
		requests[i] = some[i].Request
	}
	decisions, err := e.Decide(ctx, w, requests)
	if err != nil {
		return nil, err
	}
	var permits []*ast.Term
	for i := range decisions {
		if decisions[i].Effect == Allow {
			permits = append(permits, e.permit(w, &requests[i], &decisions[i]))
		}
	}
	return permits, nil
}

// permit is what rules from outside see of one: the facts, the names of partners and area, and what was decided. No person's
// identifier, and no time: what time changes is in the facts.
func (e *Engine) permit(w *World, r *Request, d *Decision) *ast.Term {
	facts, _ := e.rules.measures.factsOf(w, r)
	discloser, recipient := r.parties()
	return members(
		member{keyDiscloser, text(discloser)},
		member{keyRecipient, text(recipient)},
		member{keyArea, text(r.Referral.area())},
		member{keyFacts, e.rules.writer.facts(&facts)},
		member{keyDecision, members(
			member{keyGround, text(d.Ground)},
			member{keyFields, texts(d.Fields)},
			member{keyBeside, texts(d.Beside)},
			member{keyObligations, texts(d.Obligations)},
		)},
	)
}

// The keys of what rules from outside see.
var (
	keyArea   = ast.StringTerm("area")
	keyFacts  = ast.StringTerm("facts")
	keyFields = ast.StringTerm("fields")
	keyEach   = ast.StringTerm("each")
)

// ask gives the reasons for which each of a list is taken back, sorted; none if it stands, as all does where there are no rules.
// They are asked about no more at a time than when they were tried, and have the limit for each time.
func (s *stricter) ask(ctx context.Context, list []*ast.Term, limit time.Duration) ([][]string, error) {
	if s == nil {
		return make([][]string, len(list)), nil
	}
	reasons := make([][]string, 0, len(list))
	for some := range slices.Chunk(list, batch) {
		ask := s.elsewhere
		if ask == nil {
			ask = s.here
		}
		answer, err := ask(ctx, some, limit)
		if err != nil {
			return nil, err
		}
		reasons = append(reasons, answer...)
	}
	return reasons, nil
}

// here asks rules that run in this process.
func (s *stricter) here(ctx context.Context, list []*ast.Term, limit time.Duration) ([][]string, error) {
	answer, err := evaluate(ctx, s.query, ast.NewObject(member{keyEach, ast.ArrayTerm(list...)}), limit)
	if err != nil {
		return nil, err
	}
	lists, isList := answer.(*ast.Array)
	if !isList || lists.Len() != len(list) {
		return nil, fmt.Errorf("stricter rules gave no answer to each of %d", len(list))
	}
	reasons := make([][]string, len(list))
	for i := range reasons {
		if reasons[i], err = codes(lists.Elem(i).Value); err != nil {
			return nil, err
		}
	}
	return reasons, nil
}

// neverNarrowed are the actions that rules from outside do not reach: that somebody is let in at all, who may have to mend them;
// that what a person refuses or takes back is written down; and that a request which was carried out is answered again.
var neverNarrowed = []string{"api.use", "sharing.Refuse", "referral.SendAgain"}

// Narrowable reports whether rules from outside can deny an action.
func Narrowable(action string) bool { return !slices.Contains(neverNarrowed, action) }

// narrowRuling takes back a ruling that somebody may do something, if the rules from outside deny it or cannot be asked. What
// they were asked before is remembered.
func (e *Engine) narrowRuling(ctx context.Context, q Question, ruling Ruling) (Ruling, error) {
	n := e.narrowing
	if n == nil || n.actions == nil || !ruling.Allowed || !Narrowable(q.What) {
		return ruling, nil
	}
	if known := n.ruled.find(q); known != nil {
		return *known, nil
	}
	return n.rule(ctx, q, ruling, e.narrowingLimit)
}

// rule asks the rules from outside about an action that is permitted, and remembers what they say.
func (n *narrowing) rule(ctx context.Context, q Question, permit Ruling, limit time.Duration) (Ruling, error) {
	ruling := permit
	reasons, err := n.actions.ask(context.WithoutCancel(ctx), []*ast.Term{ast.NewTerm(q.value())}, limit)
	if err != nil {
		return Ruling{Reasons: []string{ReasonNarrowingFailed}, Narrowed: true},
			fmt.Errorf("rule on %.40q by stricter rules: %w", q.What, err)
	}
	if len(reasons[0]) > 0 {
		ruling = Ruling{Reasons: reasons[0], Narrowed: true}
	}
	n.ruled.keep(q, &ruling)
	return ruling, nil
}

// codes are the reasons in an answer.
func codes(answer ast.Value) ([]string, error) {
	reasons, areTexts := textsOf(answer)
	if !areTexts {
		return nil, errNoCode
	}
	return reasons, checkCodes(reasons)
}

var errNoCode = errors.New("a reason has to be a code: small letters, digits and _, at most 64 of them")

func checkCodes(reasons []string) error {
	if slices.ContainsFunc(reasons, func(code string) bool { return !reasonCode.MatchString(code) }) {
		return errNoCode
	}
	return nil
}

// narrow takes back the permits that the rules from outside deny; all of them if they cannot be asked.
func (e *Engine) narrow(ctx context.Context, w *World, requests []Request, decisions []Decision) error {
	if e.narrowing == nil || e.narrowing.permits == nil {
		return nil
	}
	var permits []*ast.Term
	var of []int
	for i := range decisions {
		if decisions[i].Effect == Allow {
			permits = append(permits, e.permit(w, &requests[i], &decisions[i]))
			of = append(of, i)
		}
	}
	reasons, err := e.narrowing.permits.ask(ctx, permits, e.narrowingLimit)
	for n, i := range of {
		switch {
		case err != nil:
			decisions[i] = e.denial(ReasonNarrowingFailed)
		case len(reasons[n]) > 0:
			until := decisions[i].HoldsUntil
			decisions[i] = e.denial(reasons[n]...)
			decisions[i].HoldsUntil = until
		}
	}
	return err
}

// Revision names the rules and settings that this engine decides by, and the stricter rules if there are any.
func (e *Engine) Revision() string { return e.revision }
