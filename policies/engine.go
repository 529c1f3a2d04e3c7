package policies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Bounds of one call of Decide.
const (
	// MaxRequests is how many requests one call takes.
	MaxRequests = 1000
	// TimeLimit is how long the rules may think about one call unless Limit says otherwise.
	TimeLimit = 5 * time.Second
)

// Engine decides by one revision of the rules. It never changes, and many may use it at once.
type Engine struct {
	rules *ruleset
	// revision names them, and the narrowing.
	revision string
	// decision is the query that decides about one set of facts, decisions the one that decides about a list of them.
	decision, decisions rego.PreparedEvalQuery
	scratch             *sync.Pool // of *scratch
	memo                *memo[string, verdict]
	// actions and visible rule who may do and see what.
	actions, visible *table
	limit            time.Duration
	remember         int
	// narrowing is the stricter rules from outside, or nil.
	narrowing      *narrowing
	narrowingLimit time.Duration
}

// Option changes how an engine works.
type Option func(*Engine)

// Limit sets for how long the rules may think about one call of Decide; TimeLimit unless set.
func Limit(limit time.Duration) Option { return func(e *Engine) { e.limit = limit } }

// Remember sets how many decisions are remembered at least, by their facts; DefaultMemory unless set, none if it is zero.
func Remember(decisions int) Option { return func(e *Engine) { e.remember = decisions } }

// New makes an engine of the rules that are part of this program.
func New(ctx context.Context, options ...Option) (*Engine, error) {
	rules, err := loadRules(embedded)
	if err != nil {
		return nil, err
	}
	e, err := newEngine(ctx, rules, options...)
	if err != nil {
		return nil, err
	}
	tables, err := loadTables(embedded)
	if err != nil {
		return nil, err
	}
	if err := e.tabulate(ctx, tables); err != nil {
		return nil, err
	}
	return e, nil
}

// tabulate takes up the rules of who may do and see what.
func (e *Engine) tabulate(ctx context.Context, rules *tables) error {
	for _, t := range []struct {
		query, rows string
		into        **table
	}{{"data.action.ruling", "actions", &e.actions}, {"data.directory.ruling", "visible", &e.visible}} {
		prepared, err := prepare(ctx, rules.compiler, rules.data, t.query)
		if err != nil {
			return fmt.Errorf("prepare the rules: %w", err)
		}
		rows, _ := rules.data[t.rows].(map[string]any)
		*t.into = &table{
			query: prepared, rows: slices.Sorted(maps.Keys(rows)), memo: newMemo[Question, Ruling](DefaultMemory),
		}
	}
	return nil
}

// newEngine makes an engine that decides about disclosure, and rules on nothing.
func newEngine(ctx context.Context, rules *ruleset, options ...Option) (*Engine, error) {
	e := &Engine{rules: rules, revision: rules.revision, limit: TimeLimit, remember: DefaultMemory, narrowingLimit: NarrowingLimit}
	for _, option := range options {
		option(e)
	}
	e.memo = newMemo[string, verdict](e.remember)
	e.scratch = &sync.Pool{New: func() any { return &scratch{} }}
	var err error
	for query, into := range map[string]*rego.PreparedEvalQuery{
		"data.sharing.decision": &e.decision, "data.sharing.decisions": &e.decisions,
	} {
		if *into, err = prepare(ctx, rules.compiler, rules.data, query); err != nil {
			return nil, fmt.Errorf("prepare the rules: %w", err)
		}
	}
	return e, nil
}

// prepare makes a query ready that answers about nothing but its input and the data given here.
func prepare(ctx context.Context, c *ast.Compiler, data map[string]any, query string) (rego.PreparedEvalQuery, error) {
	return rego.New(
		rego.Compiler(c),
		rego.Store(inmem.NewFromObjectWithOpts(data, inmem.OptReturnASTValuesOnRead(true))),
		rego.Query(query),
		rego.StrictBuiltinErrors(true),
		rego.GenerateJSON(asItIs),
	).PrepareForEval(ctx)
}

// Decide decides each of requests, in their order, in at most one evaluation of the rules. There is always a decision for each:
// on an error, those that it leaves open are denials.
func (e *Engine) Decide(ctx context.Context, w *World, requests []Request) ([]Decision, error) {
	decisions := make([]Decision, len(requests))
	cases, err := e.verdicts(ctx, w, requests)
	if err != nil {
		for i := range decisions {
			decisions[i] = e.denial(ReasonUndecided)
		}
		return decisions, fmt.Errorf("decide %d requests: %w", len(requests), err)
	}
	for i := range cases {
		if c := &cases[i]; c.verdict == nil {
			decisions[i] = e.denial(ReasonUnreadable)
		} else {
			decisions[i] = c.verdict.decision(e.rules.measures, requests[i].Fields, c.until, e.revision)
		}
	}
	if err := e.narrow(ctx, w, requests, decisions); err != nil {
		return decisions, fmt.Errorf("decide %d requests by stricter rules: %w", len(requests), err)
	}
	return decisions, nil
}

// HoldsUntil is when time alone may change what is decided about a request; zero: never. Nothing is decided for it.
func (e *Engine) HoldsUntil(w *World, r Request) time.Time {
	if w == nil || r.check() != nil {
		return time.Time{}
	}
	_, until := e.rules.measures.factsOf(w, &r)
	return until
}

// FactsOf is what the rules see of a request, as JSON: with [Engine.Revision] all that it takes to decide again what was decided.
// A request that cannot be read has none.
func (e *Engine) FactsOf(w *World, r *Request) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("state the facts: %w", err)
	}
	facts, _ := e.rules.measures.factsOf(w, r)
	value, err := ast.JSON(e.rules.writer.facts(&facts).Value)
	if err != nil {
		return nil, fmt.Errorf("state the facts: %w", err)
	}
	return json.Marshal(value)
}

func (e *Engine) denial(reasons ...string) Decision {
	d := denied(reasons...)
	d.Revision = e.revision
	return d
}

// judged is the verdict on one request, and until when its facts stay as they are; no verdict if it cannot be read.
type judged struct {
	until   time.Time
	verdict *verdict
}

// question is facts that are asked about, and the requests that wait for the verdict.
type question struct {
	kind   string
	reach  Categories
	beside marks
	facts  *ast.Term
	cases  []*judged
}

// verdicts asks the rules about all requests whose facts are not remembered, in one evaluation.
func (e *Engine) verdicts(ctx context.Context, w *World, requests []Request) ([]judged, error) {
	if len(requests) > MaxRequests {
		return nil, fmt.Errorf("%w: at most %d at a time", errBounds, MaxRequests)
	}
	if w == nil {
		return nil, errors.New("no partners and agreements are given")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cases := make([]judged, len(requests))
	s, _ := e.scratch.Get().(*scratch)
	defer e.scratch.Put(s)
	var asked map[string]*question
	for i := range requests {
		if requests[i].check() != nil {
			continue
		}
		c := &cases[i]
		c.until = s.state(e.rules.measures, w, &requests[i])
		s.kind = s.Facts.kind(s.kind[:0])
		if c.verdict = findWritten(e.memo, s.kind); c.verdict != nil {
			continue
		}
		if asked == nil {
			asked = map[string]*question{}
		}
		q := asked[string(s.kind)]
		if q == nil {
			q = &question{kind: string(s.kind), reach: s.Reach, beside: s.Beside, facts: e.rules.writer.facts(&s.Facts)}
			asked[q.kind] = q
		}
		q.cases = append(q.cases, c)
	}
	return cases, e.ask(ctx, asked)
}

// scratch is memory for facts, used again and again.
type scratch struct {
	stater

	kind []byte
}

var keyRequests = ast.StringTerm("requests")

// ask has the rules decide about all these facts in one evaluation, and remembers what they said.
func (e *Engine) ask(ctx context.Context, asked map[string]*question) error {
	if len(asked) == 0 {
		return nil
	}
	questions := slices.Collect(maps.Values(asked))
	verdicts, err := e.answers(ctx, questions)
	if err != nil {
		return err
	}
	for i, q := range questions {
		if verdicts[i].categories&^q.reach != 0 || verdicts[i].beside&^q.beside != 0 {
			return errBeyondReach
		}
		for _, c := range q.cases {
			c.verdict = verdicts[i]
		}
		e.memo.keep(q.kind, verdicts[i])
	}
	return nil
}

// errBeyondReach is a permit that no facts can lead to, as long as the rules hold to what is within reach.
var errBeyondReach = errors.New("the rules released what role and purpose do not reach to, or nobody asked for")

// answers are the verdicts on questions, from one evaluation.
func (e *Engine) answers(ctx context.Context, questions []*question) ([]*verdict, error) {
	if len(questions) == 1 {
		answer, err := evaluate(ctx, e.decision, questions[0].facts.Value, e.limit)
		if err != nil {
			return nil, err
		}
		v, err := e.rules.verdictOf(answer)
		return []*verdict{v}, err
	}
	facts := make([]*ast.Term, len(questions))
	for i, q := range questions {
		facts[i] = q.facts
	}
	input := ast.NewObject(member{keyRequests, ast.ArrayTerm(facts...)})
	answer, err := evaluate(ctx, e.decisions, input, e.limit)
	if err != nil {
		return nil, err
	}
	return e.rules.verdictsOf(answer, len(questions))
}

// evaluate answers a prepared query about an input within the limit.
func evaluate(ctx context.Context, query rego.PreparedEvalQuery, input ast.Value, limit time.Duration) (ast.Value, error) {
	ctx, end := context.WithTimeout(ctx, limit)
	defer end()
	cancel := topdown.NewCancel()
	defer context.AfterFunc(ctx, cancel.Cancel)()
	results, err := query.Eval(ctx, rego.EvalParsedInput(input), rego.EvalExternalCancel(cancel))
	if err != nil {
		if cause := ctx.Err(); cause != nil {
			err = fmt.Errorf("%w (%w)", cause, err)
		}
		return nil, fmt.Errorf("evaluate the rules: %w", err)
	}
	if len(results) != 1 || len(results[0].Expressions) != 1 {
		return nil, errors.New("the rules gave no answer")
	}
	value, isValue := results[0].Expressions[0].Value.(ast.Value)
	if !isValue {
		return nil, errors.New("the rules gave no answer")
	}
	return value, nil
}

// asItIs leaves an answer as the evaluator has it, so that it need not be written as JSON to be read.
func asItIs(answer *ast.Term, _ *rego.EvalContext) (any, error) { return answer.Value, nil }
