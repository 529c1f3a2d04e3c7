package engine

import (
	"fmt"
	"strings"

	"github.com/graphql-go/graphql/language/ast"
)

// checkOperations checks what differs between kinds of operations: that the schema has the kind at all, how many fields
// a mutation runs, and that a subscription follows one thing only. It needs a document that has passed [shape].
func (e *Engine) checkOperations(doc *document, limits Limits) *Error {
	for _, operation := range doc.operations {
		if _, ok := e.roots[operation.Operation]; !ok {
			return invalid(operation, "The schema has no "+operation.Operation+"s.")
		}
		fields := &rootFields{document: doc}
		fields.add(operation.SelectionSet)
		var failure *Error
		switch operation.Operation {
		case ast.OperationTypeMutation:
			failure = fields.few(limits)
		case ast.OperationTypeSubscription:
			failure = fields.single(operation)
		}
		if failure != nil {
			return failure
		}
	}
	return nil
}

// rootFields are the fields that an operation has at its top, by response key, in the order of the document: a fragment
// counts where it is spread.
type rootFields struct {
	*document
	// included tells whether a selection with these directives is to be taken; nil takes all.
	included func([]*ast.Directive) bool
	groups   []rootField
	at       map[string]int
	spread   map[string]bool
	// conditional is a selection with a directive; nil if there is none.
	conditional ast.Node
}

// rootField are the selections of one response key.
type rootField struct {
	key    string
	fields []*ast.Field
}

func (r *rootFields) add(set *ast.SelectionSet) {
	if r.at == nil {
		r.at, r.spread = map[string]int{}, map[string]bool{}
	}
	for _, selection := range set.Selections {
		switch selection := selection.(type) {
		case *ast.Field:
			if r.takes(selection, selection.Directives) {
				r.field(selection)
			}
		case *ast.InlineFragment:
			if r.takes(selection, selection.Directives) {
				r.add(selection.SelectionSet)
			}
		case *ast.FragmentSpread:
			if r.takes(selection, selection.Directives) {
				r.fragment(selection.Name.Value)
			}
		}
	}
}

func (r *rootFields) takes(selection ast.Node, directives []*ast.Directive) bool {
	if len(directives) > 0 && r.conditional == nil {
		r.conditional = selection
	}
	return r.included == nil || r.included(directives)
}

func (r *rootFields) field(field *ast.Field) {
	key := responseKey(field)
	at, ok := r.at[key]
	if !ok {
		at = len(r.groups)
		r.at[key] = at
		r.groups = append(r.groups, rootField{key: key})
	}
	r.groups[at].fields = append(r.groups[at].fields, field)
}

// fragment adds what a fragment has: its condition can only be the root type, or an interface of it.
func (r *rootFields) fragment(name string) {
	fragment, ok := r.fragments[name]
	if !ok || r.spread[name] {
		return // validation tells of one that is not there
	}
	r.spread[name] = true
	r.add(fragment.SelectionSet)
}

// few bounds how many fields a mutation has.
func (r *rootFields) few(limits Limits) *Error {
	if count := len(r.groups); count > limits.Mutations {
		return exceeded("mutations", limits.Mutations, count, "Send fewer mutations in one operation.")
	}
	return nil
}

// single is the rule "Single Root Field" of the specification.
func (r *rootFields) single(operation *ast.OperationDefinition) *Error {
	switch {
	case r.conditional != nil:
		return invalid(r.conditional, "The field of a subscription cannot have directives.")
	case len(r.groups) > 1:
		return invalid(r.groups[1].fields[0], "A subscription has one field only. Send a subscription for each.")
	case len(r.groups) == 0:
		return nil // a fragment that is not there, of which validation tells
	}
	if field := r.groups[0].fields[0]; strings.HasPrefix(field.Name.Value, "__") {
		return invalid(field, fmt.Sprintf("A %s cannot follow %s.", operation.Operation, field.Name.Value))
	}
	return nil
}
