package engine

import (
	"encoding"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"
)

var validName = regexp.MustCompile(`^[_a-zA-Z][_a-zA-Z0-9]*$`)

// checker gathers what is wrong with a schema.
type checker struct {
	catalogue
	// reads is the Go type that an object's fields read from: the one that is no interface, if there is one.
	reads map[string]reflect.Type
	found []error
}

func (c catalogue) problems(s Schema) []error {
	check := &checker{catalogue: c, reads: map[string]reflect.Type{}}
	check.describe("the schema", s.Description)
	for _, name := range c.twice {
		check.failf("%s: two types have this name", name)
	}
	for _, t := range c.types {
		check.readers(t)
	}
	for _, t := range c.types {
		check.namedType(t)
	}
	check.roots(s)
	return check.found
}

func (c *checker) failf(format string, args ...any) {
	c.found = append(c.found, fmt.Errorf(format, args...))
}

func (c *checker) describe(what, description string) {
	if strings.TrimSpace(description) == "" {
		c.failf("%s has no description", what)
	}
}

func (c *checker) name(what, name string) {
	if !validName.MatchString(name) || strings.HasPrefix(name, "__") {
		c.failf("%s: %q is not a name: letters, digits and underscores, not a digit or two underscores first", what, name)
	}
}

func (c *checker) namedType(t Type) {
	c.name("type", t.TypeName())
	switch t := t.(type) {
	case *Scalar:
		c.scalar(t)
	case *Enum:
		c.describe(t.Name, t.Description)
		c.enum(t)
	case *Input:
		c.describe(t.Name, t.Description)
		c.arguments(t.Name, t.Fields)
	case *Interface:
		c.describe(t.Name, t.Description)
		if t.TypeOf == nil {
			c.failf("%s has no TypeOf", t.Name)
		}
		c.fieldsOf(t.Name)
	case *Object:
		c.describe(t.Name, t.Description)
		c.fieldsOf(t.Name)
	}
}

func (c *checker) scalar(s *Scalar) {
	if s.builtin {
		return
	}
	c.describe(s.name, s.description)
	switch s.name {
	case "String", "Int", "Float", "Boolean", "ID":
		c.failf("%s is built in: use engine.%s", s.name, s.name)
	}
}

func (c *checker) enum(e *Enum) {
	if len(e.Values) == 0 {
		c.failf("%s has no values", e.Name)
	}
	names, values := map[string]bool{}, map[any]bool{}
	for _, value := range e.Values {
		what := e.Name + "." + value.Name
		c.name(what, value.Name)
		c.describe(what, value.Description)
		key := enumKey(value.value())
		if names[value.Name] || values[key] {
			c.failf("%s: two values have this name or value", what)
		}
		names[value.Name], values[key] = true, true
		switch value.Name {
		case "true", "false", "null":
			c.failf("%s: GraphQL keeps this word for itself", what)
		}
	}
}

func (c *checker) fieldsOf(owner string) {
	fields := c.fields[owner]
	if len(fields) == 0 {
		c.failf("%s has no fields", owner)
	}
	seen := map[string]bool{}
	_, isObject := c.byName[owner].(*Object)
	for _, field := range fields {
		what := owner + "." + field.Name
		if seen[field.Name] {
			c.failf("%s is declared twice", what)
		}
		seen[field.Name] = true
		c.name(what, field.Name)
		c.describe(what, field.Description)
		c.arguments(what, field.Args)
		c.output(what, field, isObject)
	}
}

func (c *checker) arguments(owner string, args []Argument) {
	seen := map[string]bool{}
	for _, arg := range args {
		what := owner + "(" + arg.Name + ")"
		if seen[arg.Name] {
			c.failf("%s is declared twice", what)
		}
		seen[arg.Name] = true
		c.name(what, arg.Name)
		c.describe(what, arg.Description)
		if !wellFormed(arg.Type) || !isInput(arg.Type) {
			c.failf("%s is of a type that clients cannot send", what)
			continue
		}
		if arg.Default != nil {
			if isNonNull(arg.Type) {
				c.failf("%s has a default, so its type must be nullable: null means the default", what)
			}
			if _, err := literal(arg.Type, arg.Default); err != nil {
				c.failf("%s: its default does not fit its type: %w", what, err)
			}
		}
	}
}

func (c *checker) output(what string, field Field, isObject bool) {
	if !wellFormed(field.Type) {
		c.failf("%s has no type, or a type that is non-null twice", what)
		return
	}
	if _, ok := namedType(field.Type).(*Input); ok {
		c.failf("%s is of an input type, which cannot be read", what)
		return
	}
	if !isObject {
		return
	}
	if field.read == nil {
		c.failf("%s says not how it is read: use Get or Resolve", what)
		return
	}
	if problem := c.mismatch(field.Type, field.value); problem != "" {
		c.failf("%s: %s", what, problem)
	}
}

// roots checks that the root types differ, that they read from one root, and that what is subscribed to is a field of
// the subscription type.
func (c *checker) roots(s Schema) {
	reads := c.reads[s.Query.Name]
	for i, root := range s.roots() {
		for _, other := range s.roots()[:i] {
			if root.Object == other.Object {
				c.failf("%s is the type of %s and of %s: each needs one of its own", root.Name, other.operation, root.operation)
			}
		}
		if problem := mismatchedSource(reads, c.reads[root.Name]); reads != nil && c.reads[root.Name] != nil && problem != "" {
			c.failf("%s reads from %s, %s from %s: there is one root", root.Name, c.reads[root.Name], s.Query.Name, reads)
		}
	}
	for _, t := range c.types {
		subscription := s.Subscription != nil && t == Type(s.Subscription)
		for _, field := range c.fields[t.TypeName()] {
			if field.subscribes != subscription {
				c.failf("%s.%s: fields of the subscription type are made with Subscribe, and no others", t.TypeName(), field.Name)
			}
		}
	}
}

// wellFormed refuses types with nothing inside and non-null of non-null.
func wellFormed(t Type) bool {
	switch wrapped := t.(type) {
	case nonNull:
		_, twice := wrapped.of.(nonNull)
		return !twice && wellFormed(wrapped.of)
	case list:
		return wellFormed(wrapped.of)
	}
	return !isNil(t)
}

// readers works out what Go type an object's fields read from, and refuses two that differ.
func (c *checker) readers(t Type) {
	object, ok := t.(*Object)
	if !ok {
		return
	}
	for _, field := range c.fields[object.Name] {
		if field.parent == nil || field.parent.Kind() == reflect.Interface {
			continue
		}
		known, ok := c.reads[object.Name]
		if ok && known != field.parent {
			c.failf("%s.%s reads from %s, fields before it from %s", object.Name, field.Name, field.parent, known)
			continue
		}
		c.reads[object.Name] = field.parent
	}
}

// mismatch says why a Go type cannot be answered as t; empty if it can, or if that is only known when it is read.
func (c *checker) mismatch(t Type, goType reflect.Type) string {
	if goType.Kind() == reflect.Interface {
		return ""
	}
	required := isNonNull(t)
	switch inner := nullable(t).(type) {
	case list:
		goType = dereferenced(goType)
		if goType.Kind() != reflect.Slice && goType.Kind() != reflect.Array {
			return fmt.Sprintf("a list is read from %s", goType)
		}
		return c.mismatch(inner.of, goType.Elem())
	case *Object:
		return mismatchedSource(c.reads[inner.Name], goType)
	case *Interface:
		return ""
	default:
		if required && goType.Kind() == reflect.Pointer {
			return fmt.Sprintf("%s is never null, but %s can be nil", t.TypeName(), goType)
		}
		return mismatchedLeaf(inner, goType)
	}
}

func mismatchedSource(wanted, given reflect.Type) string {
	if wanted == nil || dereferenced(wanted) == dereferenced(given) {
		return ""
	}
	return fmt.Sprintf("gives %s, but the fields of its type read from %s", given, wanted)
}

func mismatchedLeaf(t Type, goType reflect.Type) string {
	kind := dereferenced(goType).Kind()
	fits := true
	switch t {
	case String, ID:
		fits = kind == reflect.String
	case Int:
		fits = kind >= reflect.Int && kind <= reflect.Uint64
	case Float:
		fits = kind >= reflect.Int && kind <= reflect.Float64 && kind != reflect.Uintptr
	case Boolean:
		fits = kind == reflect.Bool
	default:
		if scalar, ok := t.(*Scalar); ok && scalar.format == nil {
			fits = kind == reflect.String || writesItself(goType)
		}
	}
	if fits {
		return ""
	}
	return fmt.Sprintf("%s cannot be written as %s", goType, t.TypeName())
}

// writesItself tells whether a value has one of the methods that [Scalar] accepts.
func writesItself(t reflect.Type) bool {
	for _, method := range []reflect.Type{
		reflect.TypeFor[interface{ UTC() time.Time }](),
		reflect.TypeFor[encoding.TextMarshaler](),
		reflect.TypeFor[fmt.Stringer](),
	} {
		if t.Implements(method) || reflect.PointerTo(dereferenced(t)).Implements(method) {
			return true
		}
	}
	return false
}

func dereferenced(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// isNil sees through a typed nil.
func isNil(value any) bool {
	if value == nil {
		return true
	}
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return v.IsNil()
	default:
		return false
	}
}
