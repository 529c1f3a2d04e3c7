package engine

import (
	"errors"
	"fmt"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"
)

// Engine is a compiled [Schema]. It is safe for use by many goroutines at once.
type Engine struct {
	catalogue
	description string
	// roots are the names of the types that operations select on, by kind of operation.
	roots  map[string]string
	schema graphql.Schema
}

// Compile checks a schema and makes an engine of it. The error joins everything that was found wrong: names that are
// not valid or not unique, missing descriptions, Go types that cannot be what the schema says.
func Compile(s Schema) (*Engine, error) {
	if s.Query == nil {
		return nil, errors.New("the schema has no query type")
	}
	known := newCatalogue(s)
	if err := errors.Join(known.problems(s)...); err != nil {
		return nil, fmt.Errorf("checking the schema: %w", err)
	}
	modernise()
	built := newBuilder(known)
	schema, err := built.schema(s)
	if err != nil {
		return nil, fmt.Errorf("building the schema: %w", err)
	}
	e := built.engine
	e.description, e.roots, e.schema = s.Description, map[string]string{}, schema
	for _, root := range s.roots() {
		e.roots[root.operation] = root.Name
	}
	return e, nil
}

// rootType is a type that operations of one kind select on.
type rootType struct {
	operation string
	*Object
}

// roots are the root types that a schema has: the query type first.
func (s Schema) roots() []rootType {
	var present []rootType
	for _, root := range []rootType{
		{ast.OperationTypeQuery, s.Query},
		{ast.OperationTypeMutation, s.Mutation},
		{ast.OperationTypeSubscription, s.Subscription},
	} {
		if root.Object != nil {
			present = append(present, root)
		}
	}
	return present
}

// catalogue is every named type of a schema, in the order in which one meets them from the root types on.
type catalogue struct {
	types  []Type
	byName map[string]Type
	index  map[string]int
	// fields holds what each object and interface declared, in order; at tells where in that slice a name is.
	fields map[string][]Field
	at     map[string]map[string]int
	// twice are types that share a name with another one.
	twice []string
}

func newCatalogue(s Schema) catalogue {
	c := catalogue{
		byName: map[string]Type{}, index: map[string]int{},
		fields: map[string][]Field{}, at: map[string]map[string]int{},
	}
	for _, root := range s.roots() {
		c.add(root.Object)
	}
	for _, t := range s.Types {
		c.add(t)
	}
	return c
}

// add enters a type and everything that its fields lead to.
func (c *catalogue) add(t Type) {
	named := namedType(t)
	if isNil(named) {
		return
	}
	if known, ok := c.byName[named.TypeName()]; ok {
		if known != named {
			c.twice = append(c.twice, named.TypeName())
		}
		return
	}
	c.byName[named.TypeName()] = named
	c.index[named.TypeName()] = len(c.types)
	c.types = append(c.types, named)
	c.addParts(named)
}

func (c *catalogue) addParts(named Type) {
	switch t := named.(type) {
	case *Object:
		for _, i := range t.Interfaces {
			c.add(i)
		}
		c.addFields(t.Name, t.Fields)
	case *Interface:
		c.addFields(t.Name, t.Fields)
	case *Input:
		for _, field := range t.Fields {
			c.add(field.Type)
		}
	}
}

func (c *catalogue) addFields(owner string, declared func() []Field) {
	if declared == nil {
		return
	}
	fields := declared()
	c.fields[owner] = fields
	c.at[owner] = map[string]int{}
	for i, field := range fields {
		c.at[owner][field.Name] = i
		for _, arg := range field.Args {
			c.add(arg.Type)
		}
		c.add(field.Type)
	}
}

// field is a declared field; nil for one that is not, such as __typename.
func (c *catalogue) field(owner, name string) *Field {
	i, ok := c.at[owner][name]
	if !ok {
		return nil
	}
	return &c.fields[owner][i]
}

// implementations are the objects that have an interface, in order.
func (c *catalogue) implementations(of *Interface) []*Object {
	var objects []*Object
	for _, t := range c.types {
		if object, ok := t.(*Object); ok && object.implements(of) {
			objects = append(objects, object)
		}
	}
	return objects
}

func (o *Object) implements(wanted *Interface) bool {
	for _, i := range o.Interfaces {
		if i == wanted {
			return true
		}
	}
	return false
}

// namedType unwraps lists and non-nulls; nil if there is nothing inside.
func namedType(t Type) Type {
	for {
		switch wrapped := t.(type) {
		case nonNull:
			t = wrapped.of
		case list:
			t = wrapped.of
		default:
			return t
		}
	}
}

// nullable is t without its outermost non-null.
func nullable(t Type) Type {
	if wrapped, ok := t.(nonNull); ok {
		return wrapped.of
	}
	return t
}

func isNonNull(t Type) bool {
	_, ok := t.(nonNull)
	return ok
}

func isInput(t Type) bool {
	switch namedType(t).(type) {
	case *Scalar, *Enum, *Input:
		return true
	}
	return false
}

func isComposite(t Type) bool {
	switch namedType(t).(type) {
	case *Object, *Interface:
		return true
	}
	return false
}
