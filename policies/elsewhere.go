package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Narrows says what rules from outside are about.
type Narrows struct {
	// Permits: they take back permits to disclose. Actions: they take back that somebody may do something.
	Permits, Actions bool
}

// Elsewhere asks rules from outside that run somewhere else, such as in a process of their own: see package apart.
type Elsewhere interface {
	// Reasons are those for which each of a list is taken back, in its order; none for what stands. The list is of permits or of
	// actions, as about says, as the rules see them.
	Reasons(ctx context.Context, about Narrows, list []json.RawMessage) ([][]string, error)
}

// NarrowedElsewhere is an engine that decides and rules as this one does, and then denies what rules from outside deny that
// are asked elsewhere. Nothing of them runs here.
func (e *Engine) NarrowedElsewhere(files Bundle, about Narrows, rules Elsewhere) *Engine {
	n := &narrowing{ruled: newMemo[Question, Ruling](DefaultMemory), revision: revisionOf(files)}
	if about.Permits {
		n.permits = &stricter{elsewhere: askedElsewhere{rules, Narrows{Permits: true}}.ask}
	}
	if about.Actions {
		n.actions = &stricter{elsewhere: askedElsewhere{rules, Narrows{Actions: true}}.ask}
	}
	narrowed := *e
	narrowed.narrowing, narrowed.revision = n, e.rules.revision+"+"+n.revision
	return &narrowed
}

// Narrows says what the rules from outside are about.
func (e *Engine) Narrows() Narrows {
	if e.narrowing == nil {
		return Narrows{}
	}
	return Narrows{Permits: e.narrowing.permits != nil, Actions: e.narrowing.actions != nil}
}

// Reasons implements Elsewhere for the process that the rules from outside run in.
func (e *Engine) Reasons(ctx context.Context, about Narrows, list []json.RawMessage) ([][]string, error) {
	if e.narrowing == nil {
		return nil, errors.New("there are no stricter rules to ask")
	}
	rules := e.narrowing.permits
	if about.Actions {
		rules = e.narrowing.actions
	}
	terms := make([]*ast.Term, len(list))
	for i, text := range list {
		value, err := ast.ValueFromReader(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("read what stricter rules are asked about: %w", err)
		}
		terms[i] = ast.NewTerm(value)
	}
	return rules.ask(ctx, terms, e.narrowingLimit)
}

// askedElsewhere is one kind of rules that are asked elsewhere.
type askedElsewhere struct {
	rules Elsewhere
	about Narrows
}

func (a askedElsewhere) ask(ctx context.Context, list []*ast.Term, _ time.Duration) ([][]string, error) {
	texts := make([]json.RawMessage, len(list))
	for i, term := range list {
		value, err := ast.JSON(term.Value)
		if err != nil {
			return nil, fmt.Errorf("write what stricter rules are asked about: %w", err)
		}
		if texts[i], err = json.Marshal(value); err != nil {
			return nil, fmt.Errorf("write what stricter rules are asked about: %w", err)
		}
	}
	reasons, err := a.rules.Reasons(ctx, a.about, texts)
	if err != nil {
		return nil, err
	}
	if len(reasons) != len(list) {
		return nil, fmt.Errorf("stricter rules gave no answer to each of %d", len(list))
	}
	for _, each := range reasons {
		if err := checkCodes(each); err != nil {
			return nil, err
		}
	}
	return reasons, nil
}
