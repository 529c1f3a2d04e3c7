package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"
)

// merging checks that fields which share a response key can be one: the rule "Field Selection Merging" of the
// specification. graphql-go compares every pair, and prints the arguments of both each time, which takes seconds for a
// few kilobytes. Here each field is compared with the first one of its group, by a text made once for its arguments.
//
// As in the algorithm that Simon Adameit gave for Sangria there are two walks: fields of one key must have the same
// shape wherever they apply, and the same name and arguments where they can apply to the same object.
type merging struct {
	engine   *Engine
	document *document
	// most is how many selections may be visited, visited how many were.
	most, visited int
	// arguments holds what was made of the arguments of each field so far.
	arguments map[*ast.Field]string
}

// mergeVisits is how many times over the selections of a document may be visited to see whether they can be merged.
const mergeVisits = 10

// checkMerges needs a document that is valid in every other way.
func (e *Engine) checkMerges(doc *document, limits Limits) *Error {
	m := merging{engine: e, document: doc, most: mergeVisits * limits.Selections, arguments: map[*ast.Field]string{}}
	for _, operation := range doc.operations {
		top := []selectionsOn{{e.schema.Type(e.roots[operation.Operation]), operation.SelectionSet}}
		if err := m.sameFields(top); err != nil {
			return err
		}
		if err := m.sameShapes(top); err != nil {
			return err
		}
	}
	return nil
}

// selectionsOn are selections and the type that they are made on.
type selectionsOn struct {
	parent graphql.Type
	set    *ast.SelectionSet
}

// fieldOn is a field, the type that it is selected on, and its own.
type fieldOn struct {
	*ast.Field
	parent, result graphql.Type
}

// sameShapes requires that what is answered under one key looks alike whichever type it is on.
func (m *merging) sameShapes(sets []selectionsOn) *Error {
	groups, err := m.grouped(sets)
	if err != nil {
		return err
	}
	for _, group := range groups {
		for _, other := range group[1:] {
			if !sameShape(group[0].result, other.result) {
				return conflict(other, fmt.Sprintf("they return conflicting types %v and %v", group[0].result, other.result))
			}
		}
		if err := m.sameShapes(below(group)); err != nil {
			return err
		}
	}
	return nil
}

// sameFields requires that fields of one key that can meet on one object are the same field.
func (m *merging) sameFields(sets []selectionsOn) *Error {
	groups, err := m.grouped(sets)
	if err != nil {
		return err
	}
	for _, group := range groups {
		for _, meeting := range byObject(group) {
			if err := m.sameField(meeting); err != nil {
				return err
			}
			if err := m.sameFields(below(meeting)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *merging) sameField(group []fieldOn) *Error {
	for _, other := range group[1:] {
		if one, two := group[0].Name.Value, other.Name.Value; one != two {
			return conflict(other, one+" and "+two+" are different fields")
		}
		if m.argumentsOf(group[0].Field) != m.argumentsOf(other.Field) {
			return conflict(other, "they have differing arguments")
		}
	}
	return nil
}

func conflict(at fieldOn, reason string) *Error {
	return invalid(at.Field, fmt.Sprintf(`Fields "%s" conflict because %s. `+
		`Use different aliases on the fields to fetch both if this was intentional.`, responseKey(at.Field), reason))
}

// below are the selections on what the fields of a group lead to.
func below(group []fieldOn) []selectionsOn {
	var sets []selectionsOn
	for _, field := range group {
		if field.SelectionSet != nil {
			sets = append(sets, selectionsOn{graphql.GetNamed(field.result).(graphql.Type), field.SelectionSet})
		}
	}
	return sets
}

// byObject splits fields by the object that they are selected on. Those on an interface can meet any of them.
func byObject(group []fieldOn) [][]fieldOn {
	var objects []graphql.Type
	for _, field := range group {
		if _, ok := field.parent.(*graphql.Object); ok && !slices.Contains(objects, field.parent) {
			objects = append(objects, field.parent)
		}
	}
	if len(objects) < 2 {
		return [][]fieldOn{group}
	}
	split := make([][]fieldOn, len(objects))
	for i, object := range objects {
		for _, field := range group {
			if _, concrete := field.parent.(*graphql.Object); !concrete || field.parent == object {
				split[i] = append(split[i], field)
			}
		}
	}
	return split
}

// sameShape tells whether lists, non-nulls and leaves are at the same places. What is in objects is compared on its own.
func sameShape(a, b graphql.Type) bool {
	switch a := a.(type) {
	case *graphql.NonNull:
		b, ok := b.(*graphql.NonNull)
		return ok && sameShape(a.OfType, b.OfType)
	case *graphql.List:
		b, ok := b.(*graphql.List)
		return ok && sameShape(a.OfType, b.OfType)
	}
	switch b.(type) {
	case *graphql.NonNull, *graphql.List:
		return false
	}
	return a == b || graphql.IsCompositeType(a) && graphql.IsCompositeType(b)
}

// grouped gathers fields by response key, in order, with fragments spread out.
func (m *merging) grouped(sets []selectionsOn) ([][]fieldOn, *Error) {
	g := grouping{merging: m, at: map[string]int{}, spread: map[string]bool{}}
	for _, set := range sets {
		if err := g.add(set); err != nil {
			return nil, err
		}
	}
	return g.groups, nil
}

type grouping struct {
	*merging
	groups [][]fieldOn
	// at is where in groups a response key is.
	at     map[string]int
	spread map[string]bool
}

func (g *grouping) add(on selectionsOn) *Error {
	for _, selection := range on.set.Selections {
		if g.visited++; g.visited > g.most {
			return exceeded("selections", g.most/mergeVisits, g.visited/mergeVisits, "Ask for less, or use fewer fragments.")
		}
		if err := g.selection(on.parent, selection); err != nil {
			return err
		}
	}
	return nil
}

func (g *grouping) selection(parent graphql.Type, selection ast.Selection) *Error {
	switch selection := selection.(type) {
	case *ast.Field:
		key := responseKey(selection)
		at, ok := g.at[key]
		if !ok {
			at = len(g.groups)
			g.at[key] = at
			g.groups = append(g.groups, nil)
		}
		g.groups[at] = append(g.groups[at], fieldOn{selection, parent, fieldType(parent, selection.Name.Value)})
	case *ast.InlineFragment:
		return g.add(selectionsOn{g.narrowed(parent, selection.TypeCondition), selection.SelectionSet})
	case *ast.FragmentSpread:
		name := selection.Name.Value
		fragment, ok := g.document.fragments[name]
		if !ok || g.spread[name] {
			return nil
		}
		g.spread[name] = true
		return g.add(selectionsOn{g.narrowed(parent, fragment.TypeCondition), fragment.SelectionSet})
	}
	return nil
}

// narrowed is the type that a fragment's selections are on.
func (g *grouping) narrowed(parent graphql.Type, condition *ast.Named) graphql.Type {
	if condition == nil {
		return parent
	}
	return g.engine.schema.Type(condition.Name.Value)
}

// fieldType is the type of a field, which validation has found to exist.
func fieldType(parent graphql.Type, name string) graphql.Type {
	switch name {
	case "__typename":
		return graphql.TypeNameMetaFieldDef.Type
	case "__schema":
		return graphql.SchemaMetaFieldDef.Type
	case "__type":
		return graphql.TypeMetaFieldDef.Type
	}
	switch parent := parent.(type) {
	case *graphql.Object:
		return parent.Fields()[name].Type
	case *graphql.Interface:
		return parent.Fields()[name].Type
	}
	return nil
}

// argumentsOf is a text that is the same for the same arguments, whatever their order.
func (m *merging) argumentsOf(field *ast.Field) string {
	text, known := m.arguments[field]
	if !known {
		parts := make([]string, len(field.Arguments))
		for i, argument := range field.Arguments {
			parts[i] = argument.Name.Value + ":" + canonical(argument.Value)
		}
		slices.Sort(parts)
		text = strings.Join(parts, ",")
		m.arguments[field] = text
	}
	return text
}

// canonical writes a value so that equal ones have equal texts.
func canonical(value ast.Value) string {
	switch value := value.(type) {
	case *ast.Variable:
		return "$" + value.Name.Value
	case *ast.StringValue:
		return strconv.Quote(value.Value)
	case *ast.ListValue:
		parts := make([]string, len(value.Values))
		for i, element := range value.Values {
			parts[i] = canonical(element)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case *ast.ObjectValue:
		parts := make([]string, len(value.Fields))
		for i, field := range value.Fields {
			parts[i] = field.Name.Value + ":" + canonical(field.Value)
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ",") + "}"
	}
	return fmt.Sprint(value.GetValue())
}
