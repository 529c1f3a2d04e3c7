package engine

import (
	"context"
	"maps"

	"github.com/graphql-go/graphql/language/ast"
)

// changes tells whether an operation is a mutation.
func (p *prepared) changes() bool { return p.operation.Operation == ast.OperationTypeMutation }

// lasting is the context that a mutation runs with: it ends when the request's time is over, but not because the client
// has gone. A client that hangs up after the first of three fields would otherwise leave the second one half done.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	kept := context.WithoutCancel(ctx)
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(kept)
	}
	return context.WithDeadline(kept, deadline)
}

// mutate runs the fields of a mutation one after another, in the order in which the document has them, each with a root
// of its own, so that it reads what those before it have changed. (graphql-go orders them by where they stand in the
// text, which is another order if there are fragments.) Fields share what the request may make.
//
// What has happened cannot be taken back. Once the time is over, fields that are left do not begin and are told as
// timed out, but what those before them answer is still read and sent. A null that reaches the top ends the mutation, as the
// specification says. It returns the last root too.
func (e *Engine) mutate(ctx context.Context, p *prepared, root func() any, limits Limits) (execution, any) {
	fields := &rootFields{document: p.document, included: p.included}
	fields.add(p.operation.SelectionSet)
	done := execution{data: map[string]any{}}
	last := root()
	spending := &ration{limits: limits, patient: true}
	for i, field := range fields.groups {
		if i > 0 {
			last = root()
		}
		spending.begun = false
		step := e.run(ctx, p.only(field), last, last, spending)
		done.errors = append(done.errors, step.errors...)
		done.spent = step.spent
		if step.data == nil || step.spent != nil {
			done.data = nil
			break
		}
		maps.Copy(done.data, step.data)
	}
	return done, last
}

// only is the operation with nothing but one of its fields.
func (p *prepared) only(field rootField) *prepared {
	selections := make([]ast.Selection, len(field.fields))
	for i, selection := range field.fields {
		selections[i] = selection
	}
	operation := *p.operation
	operation.SelectionSet = ast.NewSelectionSet(&ast.SelectionSet{Selections: selections, Loc: p.operation.SelectionSet.Loc})
	definitions := []ast.Node{&operation}
	for _, definition := range p.document.ast.Definitions {
		if fragment, ok := definition.(*ast.FragmentDefinition); ok {
			definitions = append(definitions, fragment)
		}
	}
	return &prepared{
		document:  &document{ast: ast.NewDocument(&ast.Document{Definitions: definitions}), fragments: p.document.fragments},
		operation: &operation, variables: p.variables,
	}
}
