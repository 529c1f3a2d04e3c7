package engine

import (
	"context"
	"reflect"
)

// Type is anything a field or an argument can have as its type: a [*Scalar], [*Enum], [*Object], [*Interface] or
// [*Input], or one of these wrapped by [NonNull] or [List].
type Type interface {
	// TypeName is the type as it is written in SDL, for example "[Service!]!".
	TypeName() string
}

type (
	nonNull struct{ of Type }
	list    struct{ of Type }
)

// NonNull says that a value of type t is never null.
func NonNull(t Type) Type { return nonNull{t} }

// List is a list of values of type t; wrap t in [NonNull] if no element is ever null.
func List(t Type) Type { return list{t} }

func (n nonNull) TypeName() string { return n.of.TypeName() + "!" }
func (l list) TypeName() string    { return "[" + l.of.TypeName() + "]" }

// EnumValue is one value of an [Enum].
type EnumValue struct {
	// Name is how clients write it: upper case, for example OPIOID_SUBSTITUTION.
	Name, Description string
	// Value is what the program calls it. A value of any string kind matches another string kind with the same
	// text, so a field may read a v1alpha1 constant or a plain string. Default: Name.
	Value any
	// Deprecated is the reason why clients should stop using it; empty if they need not.
	Deprecated string
}

// Enum is a closed set of names.
//
// A field that reads "" (an optional field nobody filled in) from a string kind answers null, unless "" is a value.
type Enum struct {
	Name, Description string
	Values            []EnumValue
}

// TypeName implements [Type].
func (e *Enum) TypeName() string { return e.Name }

// Argument is one argument of a field, or one field of an [Input].
type Argument struct {
	Name, Description string
	Type              Type
	// Default is used when the argument is absent, or null: the engine does not tell the two apart, and the type of an
	// argument that has a default is nullable therefore; resolvers always see a value. It is the value
	// as a resolver would see it (int, string, an EnumValue.Value, a slice, map[string]any for an input); nil is none.
	Default any
}

// Input is an object that clients send.
type Input struct {
	Name, Description string
	Fields            []Argument
}

// TypeName implements [Type].
func (i *Input) TypeName() string { return i.Name }

// Interface is a set of fields that several objects have. Its Fields need no reader: use [Declare].
type Interface struct {
	Name, Description string
	// Fields is a function so that types may refer to each other in circles. It is called once.
	Fields func() []Field
	// TypeOf tells which object a Go value is; nil for one that is none of them, which is an internal error.
	TypeOf func(value any) *Object
}

// TypeName implements [Type].
func (i *Interface) TypeName() string { return i.Name }

// Object is a type with fields.
type Object struct {
	Name, Description string
	Interfaces        []*Interface
	// Fields is a function so that types may refer to each other in circles. It is called once.
	Fields func() []Field
}

// TypeName implements [Type].
func (o *Object) TypeName() string { return o.Name }

// Field is one field of an [Object] or [Interface]: what clients see of it, and how to read it. Make one with [Get],
// [Resolve], [Subscribe] or [Declare].
//
// How Go values become answers: a nil pointer, interface, map or slice is null where the type is nullable; a nil slice
// is an empty list where it is not. Pointers are followed. T is accepted where the object's fields read *T, and the
// other way round. Int takes any integer kind that fits in 32 bits, Float any number, String and ID any string kind,
// an [Enum] the Value of one of its values, another [Scalar] what [Scalar] says.
type Field struct {
	Name, Description string
	Type              Type
	Args              []Argument
	// Deprecated is the reason why clients should stop using it; empty if they need not.
	Deprecated string

	size int
	// extra is what each reading of the field costs besides the objects that it leads to.
	extra int
	read  readFunc
	// ahead is set for a field that asks what is selected below it.
	ahead bool
	// subscribes is set for a field of the subscription type: reading it from an opening opens its source.
	subscribes bool
	// typed is the accessor as declared: func(P) V, or func(context.Context, P, Args) (V, error).
	typed         any
	parent, value reflect.Type
}

// readFunc is the accessor without its types. ok is false if source is not what the accessor reads.
type readFunc func(ctx context.Context, source any, args Args) (value any, ok bool, err error)

// Get declares a field that is read from its parent value and cannot fail.
func Get[P, V any](name, description string, t Type, read func(P) V) Field {
	return Field{
		Name: name, Description: description, Type: t,
		typed: read, parent: reflect.TypeFor[P](), value: reflect.TypeFor[V](),
		read: func(_ context.Context, source any, _ Args) (any, bool, error) {
			parent, ok := source.(P)
			if !ok {
				return nil, false, nil
			}
			return read(parent), true, nil
		},
	}
}

// Resolve declares a field that takes arguments, needs the request's context or can fail. Return an [*Error] for a
// failure that the client should know about; any other error is logged and masked.
func Resolve[P, V any](
	name, description string, t Type, args []Argument, read func(context.Context, P, Args) (V, error),
) Field {
	return Field{
		Name: name, Description: description, Type: t, Args: args,
		typed: read, parent: reflect.TypeFor[P](), value: reflect.TypeFor[V](),
		read: func(ctx context.Context, source any, args Args) (any, bool, error) {
			parent, ok := source.(P)
			if !ok {
				return nil, false, nil
			}
			value, err := read(ctx, parent, args)
			return value, true, err
		},
	}
}

// Declare describes a field of an [Interface]: the objects that implement it say how to read it.
func Declare(name, description string, t Type, args ...Argument) Field {
	return Field{Name: name, Description: description, Type: t, Args: args}
}

// Deprecate returns the field marked as deprecated for the given reason.
func (f Field) Deprecate(reason string) Field {
	f.Deprecated = reason
	return f
}

// Sized returns the field with the number of items its list usually has, which is what it counts for in the cost of a
// query. Default 5. A field with a first or last argument is sized by that argument instead.
func (f Field) Sized(items int) Field {
	f.size = items
	return f
}

// Costing returns the field with what it costs each time it is read, besides the objects that it leads to: for a search,
// say, that looks at many more things than it finds. It counts like that many objects, and as often as the objects that
// the field is read from. A field of an [Interface] costs as much as the dearest of those that implement it. Default 0.
func (f Field) Costing(objects int) Field {
	f.extra = objects
	return f
}

// Accessor is the function given to [Get], [Resolve] or [Subscribe], with its types: func(P) V, or
// func(context.Context, P, Args) (V, error). It is nil for a field made by [Declare].
func (f Field) Accessor() any { return f.typed }

// Schema is everything that clients can ask for.
type Schema struct {
	Description string
	Query       *Object
	// Mutation is what clients can change; nil if nothing. Its fields read from the same root as those of Query. They
	// run one after another, in the order of the document, and each is given the root as of when its turn comes.
	Mutation *Object
	// Subscription is what clients can follow; nil if nothing. Its fields are made with [Subscribe].
	Subscription *Object
	// Types are those that no field leads to, such as objects met only through an interface.
	Types []Type
}
