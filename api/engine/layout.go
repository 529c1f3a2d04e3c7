package engine

import "github.com/graphql-go/graphql/language/ast"

// layout is the order of keys at one place of an answer. It is worked out once for each object type met there.
type layout struct {
	sets   []*ast.SelectionSet
	byType map[string][]*layoutKey
}

type layoutKey struct {
	name  string
	below *layout
}

// keys are the response keys of an object in the order of the query.
func (w *writer) keys(at *layout, typeName string) []*layoutKey {
	if keys, ok := at.byType[typeName]; ok {
		return keys
	}
	c := collector{writer: w, typeName: typeName, byName: map[string]*layoutKey{}, spread: map[string]bool{}}
	for _, set := range at.sets {
		c.add(set)
	}
	if at.byType == nil {
		at.byType = map[string][]*layoutKey{}
	}
	at.byType[typeName] = c.keys
	return c.keys
}

type collector struct {
	*writer
	typeName string
	keys     []*layoutKey
	byName   map[string]*layoutKey
	spread   map[string]bool
}

func (c *collector) add(set *ast.SelectionSet) {
	for _, selection := range set.Selections {
		switch selection := selection.(type) {
		case *ast.Field:
			if c.included(selection.Directives) {
				c.field(selection)
			}
		case *ast.InlineFragment:
			if c.included(selection.Directives) && c.applies(selection.TypeCondition) {
				c.add(selection.SelectionSet)
			}
		case *ast.FragmentSpread:
			c.include(selection)
		}
	}
}

func (c *collector) include(spread *ast.FragmentSpread) {
	name := spread.Name.Value
	fragment, ok := c.prepared.document.fragments[name]
	if !ok || c.spread[name] || !c.included(spread.Directives) {
		return
	}
	c.spread[name] = true
	if c.applies(fragment.TypeCondition) {
		c.add(fragment.SelectionSet)
	}
}

func (c *collector) field(field *ast.Field) {
	name := responseKey(field)
	if name == typeKey {
		return
	}
	key, ok := c.byName[name]
	if !ok {
		key = &layoutKey{name: name, below: &layout{}}
		c.byName[name] = key
		c.keys = append(c.keys, key)
	}
	if field.SelectionSet != nil {
		key.below.sets = append(key.below.sets, field.SelectionSet)
	}
}

// applies tells whether a fragment is for this object. Without a type name there are no fragments at this place.
func (c *collector) applies(condition *ast.Named) bool {
	if condition == nil || condition.Name.Value == c.typeName {
		return true
	}
	wanted, ok := c.engine.byName[condition.Name.Value].(*Interface)
	if !ok {
		return false
	}
	object, ok := c.engine.byName[c.typeName].(*Object)
	return ok && object.implements(wanted)
}

func (c *collector) included(directives []*ast.Directive) bool {
	return c.prepared.included(directives)
}

// included evaluates @skip and @include.
func (p *prepared) included(directives []*ast.Directive) bool {
	for _, directive := range directives {
		for _, argument := range directive.Arguments {
			switch condition := p.condition(argument.Value); {
			case directive.Name.Value == "skip" && condition, directive.Name.Value == "include" && !condition:
				return false
			}
		}
	}
	return true
}

func (p *prepared) condition(value ast.Value) bool {
	switch value := value.(type) {
	case *ast.BooleanValue:
		return value.Value
	case *ast.Variable:
		if given, ok := p.variables[value.Name.Value].(bool); ok {
			return given
		}
		for _, definition := range p.operation.VariableDefinitions {
			if definition.Variable.Name.Value == value.Name.Value && !isNil(definition.DefaultValue) {
				return p.condition(definition.DefaultValue)
			}
		}
	}
	return false
}
