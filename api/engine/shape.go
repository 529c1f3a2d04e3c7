package engine

import (
	"fmt"

	"github.com/graphql-go/graphql/language/ast"
)

// document is a parsed document that has passed [shape].
type document struct {
	ast        *ast.Document
	operations []*ast.OperationDefinition
	fragments  map[string]*ast.FragmentDefinition
	// required are the variables that are declared non-null with a default, and were made nullable: see [relax].
	required map[*ast.VariableDefinition]bool
	// needed are the variables, by operation, that stand where null cannot. Validation finds them.
	needed map[*ast.OperationDefinition]map[string]bool
}

// shape refuses, before validation, documents that would make validation run for ever or overflow the stack: fragments
// in a circle, fragments that multiply, the same key asked for again and again, introspection in circles, too many values.
func shape(parsed *ast.Document, limits Limits) (*document, *Error) {
	doc := &document{
		ast: parsed, fragments: map[string]*ast.FragmentDefinition{}, required: map[*ast.VariableDefinition]bool{},
		needed: map[*ast.OperationDefinition]map[string]bool{},
	}
	if len(parsed.Definitions) > limits.Definitions {
		count := len(parsed.Definitions)
		return nil, exceeded("definitions", limits.Definitions, count, "Send fewer operations and fragments.")
	}
	for _, definition := range parsed.Definitions {
		if err := doc.add(definition); err != nil {
			return nil, err
		}
	}
	if err := checkValues(parsed, limits); err != nil {
		return nil, err
	}
	if name := doc.circle(); name != nil {
		return nil, invalid(name, fmt.Sprintf("The fragment %q includes itself.", name.Name.Value))
	}
	return doc, doc.measure(limits)
}

// add takes a definition in. No two may share a name: whatever looks at fragments by name, here or in graphql-go, would
// see only one of them, and a circle through the other would go unnoticed.
func (d *document) add(definition ast.Node) *Error {
	switch definition := definition.(type) {
	case *ast.OperationDefinition:
		if definition.Name != nil {
			if _, err := d.operation(definition.Name.Value); err == nil {
				return invalid(definition.Name, fmt.Sprintf("Two operations are called %q.", definition.Name.Value))
			}
		}
		d.operations = append(d.operations, definition)
		d.relax(definition)
	case *ast.FragmentDefinition:
		if _, twice := d.fragments[definition.Name.Value]; twice {
			return invalid(definition.Name, fmt.Sprintf("Two fragments are called %q.", definition.Name.Value))
		}
		d.fragments[definition.Name.Value] = definition
	default:
		return invalid(definition, "The document defines a type. Only operations and fragments can be sent.")
	}
	return nil
}

// relax makes variables that are non-null and have a default nullable. They have been valid since 2018, but graphql-go
// refuses them; and it takes a nullable variable with a default wherever it takes a non-null one. That null is not
// given for them is checked with the variables.
func (d *document) relax(operation *ast.OperationDefinition) {
	for _, variable := range operation.VariableDefinitions {
		if required, ok := variable.Type.(*ast.NonNull); ok && !isNil(variable.DefaultValue) {
			variable.Type = required.Type
			d.required[variable] = true
		}
	}
}

// invalid is a document that does not fit the schema or the rules of the language.
func invalid(at ast.Node, message string) *Error {
	extensions := map[string]any{}
	if loc := at.GetLoc(); loc != nil {
		extensions["position"] = loc.Start
	}
	return &Error{Code: CodeValidationFailed, Message: message, Extensions: extensions}
}

// circle finds a fragment that includes itself; nil if there is none.
func (d *document) circle() *ast.FragmentDefinition {
	const entered, left = 1, 2
	state := map[string]int{}
	var visit func(*ast.FragmentDefinition) *ast.FragmentDefinition
	visit = func(fragment *ast.FragmentDefinition) *ast.FragmentDefinition {
		switch state[fragment.Name.Value] {
		case entered:
			return fragment
		case left:
			return nil
		}
		state[fragment.Name.Value] = entered
		for _, spread := range spreads(fragment.SelectionSet) {
			if next, ok := d.fragments[spread]; ok {
				if found := visit(next); found != nil {
					return found
				}
			}
		}
		state[fragment.Name.Value] = left
		return nil
	}
	for _, definition := range d.ast.Definitions {
		if fragment, ok := definition.(*ast.FragmentDefinition); ok {
			if found := visit(fragment); found != nil {
				return found
			}
		}
	}
	return nil
}

// spreads are the names of fragments included anywhere under a selection set.
func spreads(set *ast.SelectionSet) []string {
	if set == nil {
		return nil
	}
	var names []string
	for _, selection := range set.Selections {
		if spread, ok := selection.(*ast.FragmentSpread); ok {
			names = append(names, spread.Name.Value)
			continue
		}
		names = append(names, spreads(selection.GetSelectionSet())...)
	}
	return names
}

// measure walks each definition with its fragments spread out and equal keys merged, as validation will.
func (d *document) measure(limits Limits) *Error {
	for _, definition := range d.ast.Definitions {
		walk := &walker{document: d, limits: limits}
		if err := walk.definition(definition); err != nil {
			return err
		}
	}
	return nil
}

// walker counts within one definition.
type walker struct {
	*document
	limits     Limits
	selections int
}

// place is where in the tree of selections a walker is.
type place struct {
	depth int
	// introspecting is set below __schema and __type; lists counts the lists of types or fields passed since.
	introspecting bool
	lists         int
}

func (w *walker) definition(definition ast.Node) *Error {
	switch definition := definition.(type) {
	case *ast.OperationDefinition:
		if err := w.directives(definition.Directives); err != nil {
			return err
		}
		return w.level([]*ast.SelectionSet{definition.SelectionSet}, place{depth: 1})
	case *ast.FragmentDefinition:
		if err := w.directives(definition.Directives); err != nil {
			return err
		}
		return w.level([]*ast.SelectionSet{definition.SelectionSet}, place{depth: 1})
	}
	return nil
}

// introspectionDepth is how much deeper than other queries introspection may go: types wrap types.
const introspectionDepth = 10

// level walks the selection sets that will be merged at one place.
func (w *walker) level(sets []*ast.SelectionSet, at place) *Error {
	most := w.limits.Depth
	if at.introspecting {
		most += introspectionDepth
	}
	if at.depth > most {
		return exceeded("depth", most, at.depth, "Nest fewer selections.")
	}
	merged := merger{walker: w, byKey: map[string][]*ast.Field{}, spread: map[string]bool{}}
	for _, set := range sets {
		if err := merged.add(set); err != nil {
			return err
		}
	}
	for _, key := range merged.keys {
		if err := w.below(merged.byKey[key], at); err != nil {
			return err
		}
	}
	return nil
}

// below goes into the sub-selections of fields that share a key.
func (w *walker) below(fields []*ast.Field, at place) *Error {
	next, err := at.into(fields[0])
	if err != nil {
		return err
	}
	var sets []*ast.SelectionSet
	for _, field := range fields {
		if field.SelectionSet != nil {
			sets = append(sets, field.SelectionSet)
		}
	}
	if len(sets) == 0 {
		return nil
	}
	return w.level(sets, next)
}

// nestedLists is how many lists of introspection may be nested, as in graphql-js's MaxIntrospectionDepthRule.
const nestedLists = 2

func (p place) into(field *ast.Field) (place, *Error) {
	p.depth++
	switch field.Name.Value {
	case "__schema", "__type":
		p.introspecting = true
	case "fields", "interfaces", "possibleTypes", "inputFields":
		if !p.introspecting {
			break
		}
		if p.lists++; p.lists > nestedLists {
			return p, exceeded("introspectionDepth", nestedLists, p.lists, "Nest fewer lists in introspection.")
		}
	}
	return p, nil
}

// merger gathers the fields of one level by response key, in order.
type merger struct {
	*walker
	keys   []string
	byKey  map[string][]*ast.Field
	spread map[string]bool
}

func (m *merger) add(set *ast.SelectionSet) *Error {
	for _, selection := range set.Selections {
		if m.selections++; m.selections > m.limits.Selections {
			return exceeded("selections", m.limits.Selections, m.selections, "Ask for less, or use fewer fragments.")
		}
		if err := m.selection(selection); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) selection(selection ast.Selection) *Error {
	switch selection := selection.(type) {
	case *ast.Field:
		return m.field(selection)
	case *ast.InlineFragment:
		if err := m.directives(selection.Directives); err != nil {
			return err
		}
		return m.add(selection.SelectionSet)
	case *ast.FragmentSpread:
		if err := m.directives(selection.Directives); err != nil {
			return err
		}
		fragment, ok := m.fragments[selection.Name.Value]
		if !ok || m.spread[selection.Name.Value] {
			return nil
		}
		m.spread[selection.Name.Value] = true
		return m.add(fragment.SelectionSet)
	}
	return nil
}

func (m *merger) field(field *ast.Field) *Error {
	if err := m.directives(field.Directives); err != nil {
		return err
	}
	key := responseKey(field)
	if m.byKey[key] == nil {
		m.keys = append(m.keys, key)
	}
	m.byKey[key] = append(m.byKey[key], field)
	if count := len(m.byKey[key]); count > m.limits.RepeatedKey {
		return exceeded("repeatedKey", m.limits.RepeatedKey, count, "Ask for each field once.")
	}
	return nil
}

func responseKey(field *ast.Field) string {
	if field.Alias != nil {
		return field.Alias.Value
	}
	return field.Name.Value
}

// directives refuses one that stands twice at one place; graphql-go v0.8.1 has no rule for it.
func (w *walker) directives(directives []*ast.Directive) *Error {
	seen := map[string]bool{}
	for _, directive := range directives {
		if seen[directive.Name.Value] {
			return invalid(directive, fmt.Sprintf("The directive @%s stands twice at one place.", directive.Name.Value))
		}
		seen[directive.Name.Value] = true
	}
	return nil
}
