package engine

import (
	"fmt"

	"github.com/graphql-go/graphql/language/ast"
)

// bounds counts the values that a document has in arguments and defaults. graphql-go compares and prints them in ways
// that take much longer than they are long, above all if they are wrong.
type bounds struct {
	limits Limits
	// here is how many values the present argument or default has, all how many the document has so far.
	here, all int
}

// checkValues refuses too many values, and names given twice in one argument list or input object.
func checkValues(parsed *ast.Document, limits Limits) *Error {
	b := &bounds{limits: limits}
	for _, definition := range parsed.Definitions {
		if err := b.definition(definition); err != nil {
			return err
		}
	}
	return nil
}

func (b *bounds) definition(definition ast.Node) *Error {
	switch definition := definition.(type) {
	case *ast.OperationDefinition:
		for _, variable := range definition.VariableDefinitions {
			if err := b.whole(variable.DefaultValue); err != nil {
				return err
			}
		}
		return b.part(definition.Directives, definition.SelectionSet)
	case *ast.FragmentDefinition:
		return b.part(definition.Directives, definition.SelectionSet)
	}
	return nil
}

// part is anything with directives and perhaps selections.
func (b *bounds) part(directives []*ast.Directive, set *ast.SelectionSet) *Error {
	for _, directive := range directives {
		if err := b.arguments(directive.Arguments); err != nil {
			return err
		}
	}
	if set == nil {
		return nil
	}
	for _, selection := range set.Selections {
		if err := b.selection(selection); err != nil {
			return err
		}
	}
	return nil
}

func (b *bounds) selection(selection ast.Selection) *Error {
	switch selection := selection.(type) {
	case *ast.Field:
		if err := b.arguments(selection.Arguments); err != nil {
			return err
		}
		return b.part(selection.Directives, selection.SelectionSet)
	case *ast.InlineFragment:
		return b.part(selection.Directives, selection.SelectionSet)
	case *ast.FragmentSpread:
		return b.part(selection.Directives, nil)
	}
	return nil
}

func (b *bounds) arguments(arguments []*ast.Argument) *Error {
	seen := make(map[string]bool, len(arguments))
	for _, argument := range arguments {
		if seen[argument.Name.Value] {
			return invalid(argument, fmt.Sprintf("There can be only one argument named %q.", argument.Name.Value))
		}
		seen[argument.Name.Value] = true
		if err := b.whole(argument.Value); err != nil {
			return err
		}
	}
	return nil
}

// whole is a value that is not within another one.
func (b *bounds) whole(value ast.Value) *Error {
	b.here = 0
	return b.value(value)
}

func (b *bounds) value(value ast.Value) *Error {
	if isNil(value) {
		return nil
	}
	if b.here++; b.here > b.limits.ArgumentValues {
		return exceeded("argumentValues", b.limits.ArgumentValues, b.here, "Send fewer values in one argument.")
	}
	if b.all++; b.all > b.limits.Values {
		return exceeded("values", b.limits.Values, b.all, "Send fewer values, or send them as variables.")
	}
	switch value := value.(type) {
	case *ast.ListValue:
		return b.list(value)
	case *ast.ObjectValue:
		return b.object(value)
	}
	return nil
}

func (b *bounds) list(list *ast.ListValue) *Error {
	if len(list.Values) > b.limits.Items {
		return exceeded("items", b.limits.Items, len(list.Values), "Send fewer at once.")
	}
	for _, element := range list.Values {
		if err := b.value(element); err != nil {
			return err
		}
	}
	return nil
}

func (b *bounds) object(object *ast.ObjectValue) *Error {
	seen := make(map[string]bool, len(object.Fields))
	for _, field := range object.Fields {
		if seen[field.Name.Value] {
			return invalid(field, fmt.Sprintf("There can be only one input field named %q.", field.Name.Value))
		}
		seen[field.Name.Value] = true
		if err := b.value(field.Value); err != nil {
			return err
		}
	}
	return nil
}
