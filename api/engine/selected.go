package engine

import (
	"context"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"
)

// Ahead returns the field as one whose accessor may ask [Selected] what is selected below it, so that it reads no more than
// that.
func (f Field) Ahead() Field {
	f.ahead = true
	return f
}

// selectionKey is under which the selection of the field that is being read is in its context.
type selectionKey struct{}

// selection is what is selected below a field.
type selection struct {
	fields    []*ast.Field
	fragments map[string]ast.Definition
	variables map[string]any
}

// looking returns a context in which [Selected] knows what is selected below a field.
func looking(ctx context.Context, info graphql.ResolveInfo) context.Context {
	return context.WithValue(ctx, selectionKey{}, &selection{info.FieldASTs, info.Fragments, info.VariableValues})
}

// Selected returns the names of the fields that are selected at a path of names below the field that is being read, each once,
// in the order of the query: those of every type that fragments are for, without those that @skip and @include leave out. None
// if the field is not [Field.Ahead].
func Selected(ctx context.Context, path ...string) []string {
	s, ok := ctx.Value(selectionKey{}).(*selection)
	if !ok {
		return nil
	}
	at := s.fields
	for _, name := range path {
		var below []*ast.Field
		for _, field := range s.below(at) {
			if field.Name.Value == name {
				below = append(below, field)
			}
		}
		at = below
	}
	var names []string
	seen := map[string]bool{}
	for _, field := range s.below(at) {
		if name := field.Name.Value; !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// below are the fields right below some.
func (s *selection) below(fields []*ast.Field) []*ast.Field {
	var found []*ast.Field
	spread := map[string]bool{}
	var add func(*ast.SelectionSet)
	add = func(set *ast.SelectionSet) {
		if set == nil {
			return
		}
		for _, part := range set.Selections {
			switch part := part.(type) {
			case *ast.Field:
				if s.included(part.Directives) && responseKey(part) != typeKey {
					found = append(found, part)
				}
			case *ast.InlineFragment:
				if s.included(part.Directives) {
					add(part.SelectionSet)
				}
			case *ast.FragmentSpread:
				fragment, ok := s.fragments[part.Name.Value].(*ast.FragmentDefinition)
				if ok && !spread[part.Name.Value] && s.included(part.Directives) {
					spread[part.Name.Value] = true
					add(fragment.SelectionSet)
				}
			}
		}
	}
	for _, field := range fields {
		add(field.SelectionSet)
	}
	return found
}

func (s *selection) included(directives []*ast.Directive) bool {
	for _, directive := range directives {
		wanted := directive.Name.Value == "include"
		if !wanted && directive.Name.Value != "skip" {
			continue
		}
		for _, argument := range directive.Arguments {
			if argument.Name.Value == "if" && s.truth(argument.Value) != wanted {
				return false
			}
		}
	}
	return true
}

func (s *selection) truth(value ast.Value) bool {
	switch value := value.(type) {
	case *ast.BooleanValue:
		return value.Value
	case *ast.Variable:
		is, _ := s.variables[value.Name.Value].(bool)
		return is
	}
	return false
}
