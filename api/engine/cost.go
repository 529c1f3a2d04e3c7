package engine

import (
	"strconv"

	"github.com/graphql-go/graphql/language/ast"
)

// cost works out, before execution, how many objects an answer could have at most: an object counts 1, a list as often
// as it has items, a scalar nothing. A field with a first or last argument, or the lists right below it (edges, nodes),
// has as many items as that says; another list as many as [Field.Sized] says. What [Field.Costing] says comes on top.
type cost struct {
	*Engine
	*document
	variables map[string]any
	// defaults are the literals that stand for variables not given.
	defaults map[string]ast.Value
	// spread holds what fragments cost: without it, fragments in fragments would be worked out again and again.
	spread map[spreadAt]int
}

// spreadAt is a fragment where lists have page items.
type spreadAt struct {
	name string
	page int
}

const (
	// listSize is what a list counts for that says nothing about its size.
	listSize = 5
	// pageSize is what a connection counts for that was given neither first nor last.
	pageSize = 100
	// endless is a cost at which it no longer matters how much more it is.
	endless = 1 << 40
)

func (e *Engine) checkCost(
	doc *document, operation *ast.OperationDefinition, variables map[string]any, limits Limits,
) *Error {
	c := cost{Engine: e, document: doc, variables: variables, defaults: map[string]ast.Value{}, spread: map[spreadAt]int{}}
	for _, definition := range operation.VariableDefinitions {
		if !isNil(definition.DefaultValue) {
			c.defaults[definition.Variable.Name.Value] = definition.DefaultValue
		}
	}
	nodes := c.set(e.roots[operation.Operation], operation.SelectionSet, 0)
	if nodes <= limits.Nodes {
		return nil
	}
	failure := exceeded("nodes", limits.Nodes, nodes, "Ask for smaller pages, or nest fewer lists.")
	failure.Code = CodeMaxCostExceeded
	failure.Extensions = map[string]any{"cost": nodes, "limit": limits.Nodes}
	return failure
}

// set is the cost of a selection on a type; page is how many items the lists right in it have, 0 if nothing says so.
func (c cost) set(owner string, set *ast.SelectionSet, page int) int {
	total := 0
	if set == nil {
		return 0
	}
	for _, selection := range set.Selections {
		switch selection := selection.(type) {
		case *ast.Field:
			total += c.field(owner, selection, page)
		case *ast.InlineFragment:
			total += c.set(condition(owner, selection.TypeCondition), selection.SelectionSet, page)
		case *ast.FragmentSpread:
			total += c.fragment(spreadAt{selection.Name.Value, page})
		}
	}
	return min(total, endless)
}

func (c cost) fragment(at spreadAt) int {
	known, ok := c.spread[at]
	if fragment := c.fragments[at.name]; !ok && fragment != nil {
		known = c.set(fragment.TypeCondition.Name.Value, fragment.SelectionSet, at.page)
		c.spread[at] = known
	}
	return known
}

func condition(owner string, condition *ast.Named) string {
	if condition == nil {
		return owner
	}
	return condition.Name.Value
}

func (c cost) field(owner string, selection *ast.Field, page int) int {
	declared := c.Engine.field(owner, selection.Name.Value)
	if declared == nil {
		return 0
	}
	return min(c.extra(owner, declared)+c.objects(declared, selection, page), endless)
}

// extra is what reading a field costs by itself.
func (c cost) extra(owner string, declared *Field) int {
	most := max(declared.extra, 0)
	if of, ok := c.byName[owner].(*Interface); ok {
		for _, object := range c.implementations(of) {
			if field := c.Engine.field(object.Name, declared.Name); field != nil {
				most = max(most, field.extra)
			}
		}
	}
	return most
}

// objects is how many objects a field could lead to.
func (c cost) objects(declared *Field, selection *ast.Field, page int) int {
	if !isComposite(declared.Type) {
		return 0
	}
	target := namedType(declared.Type).TypeName()
	asked, paged := c.page(declared, selection)
	if !isList(declared.Type) {
		return 1 + c.set(target, selection.SelectionSet, asked)
	}
	items := listSize
	switch {
	case paged:
		items = asked
	case declared.size > 0:
		items = declared.size
	case page > 0:
		items = page
	}
	return min(items*(1+c.set(target, selection.SelectionSet, 0)), endless)
}

func isList(t Type) bool {
	_, ok := nullable(t).(list)
	return ok
}

// page is the size of page that a field was asked for; paged tells whether it takes one at all.
func (c cost) page(declared *Field, selection *ast.Field) (size int, paged bool) {
	for _, arg := range declared.Args {
		if arg.Name != "first" && arg.Name != "last" {
			continue
		}
		paged = true
		if value, ok := arg.Default.(int); ok {
			size = max(size, value)
		}
		for _, given := range selection.Arguments {
			if given.Name.Value == arg.Name {
				size = max(size, c.integer(given.Value))
			}
		}
	}
	if paged && size == 0 {
		size = pageSize
	}
	return min(size, 1<<20), paged
}

// integer is a literal or a variable; 0 if it is neither an integer nor given.
func (c cost) integer(value ast.Value) int {
	switch value := value.(type) {
	case *ast.IntValue:
		number, err := strconv.Atoi(value.Value)
		if err == nil {
			return number
		}
	case *ast.Variable:
		if number, ok := c.variables[value.Name.Value].(int); ok {
			return number
		}
		if standard, ok := c.defaults[value.Name.Value]; ok {
			return c.integer(standard)
		}
	}
	return 0
}
