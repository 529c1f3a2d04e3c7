package engine

import (
	"maps"
	"slices"
)

// Args are the arguments of a field, or the fields of an input object, after coercion: every value has the type that
// the schema says. The zero value has none.
type Args struct{ values map[string]any }

// NewArgs makes Args from values as the schema would have coerced them, for tests and for callers inside the process.
func NewArgs(values map[string]any) Args { return Args{values} }

// Has tells whether the argument was given, and not as null, or has a default.
func (a Args) Has(name string) bool { return a.values[name] != nil }

// Value is the argument as coerced: what a custom [Scalar]'s parse function made of it, for instance. Nil if absent.
func (a Args) Value(name string) any { return a.values[name] }

// Int is an argument of type Int; false if absent.
func (a Args) Int(name string) (int, bool) { return ArgOf[int](a, name) }

// String is an argument of type String or ID; false if absent.
func (a Args) String(name string) (string, bool) { return ArgOf[string](a, name) }

// Boolean is an argument of type Boolean; false, false if absent.
func (a Args) Boolean(name string) (value, given bool) { return ArgOf[bool](a, name) }

// Float is an argument of type Float; false if absent.
func (a Args) Float(name string) (float64, bool) { return ArgOf[float64](a, name) }

// Strings is an argument that is a list of String or ID; nil if absent. Null elements are left out.
func (a Args) Strings(name string) []string { return ListOf[string](a, name) }

// Ints is an argument that is a list of Int; nil if absent. Null elements are left out.
func (a Args) Ints(name string) []int { return ListOf[int](a, name) }

// Enum is the Value of the enum value given; nil if absent. [ArgOf] gives it with its type.
func (a Args) Enum(name string) any { return a.values[name] }

// Enums are the Values of a list of enum values; nil if absent. [ListOf] gives them with their type.
func (a Args) Enums(name string) []any { return ListOf[any](a, name) }

// Input is an argument of an input type; false if absent.
func (a Args) Input(name string) (Args, bool) {
	values, ok := ArgOf[map[string]any](a, name)
	return Args{values}, ok
}

// Inputs is an argument that is a list of an input type; nil if absent.
func (a Args) Inputs(name string) []Args {
	var inputs []Args
	for _, values := range ListOf[map[string]any](a, name) {
		inputs = append(inputs, Args{values})
	}
	return inputs
}

// ArgOf is an argument whose coerced value is a T, such as an enum's typed constant; false if absent.
func ArgOf[T any](a Args, name string) (T, bool) {
	value, ok := a.values[name].(T)
	return value, ok
}

// ListOf is an argument that is a list of T; nil if absent. Null elements are left out.
func ListOf[T any](a Args, name string) []T {
	switch given := a.values[name].(type) {
	case []T:
		return given
	case []any:
		values := make([]T, 0, len(given))
		for _, element := range given {
			if value, ok := element.(T); ok {
				values = append(values, value)
			}
		}
		return values
	}
	return nil
}

// completed fills in the defaults of input fields that were left out, or were null. graphql-go does so only where it
// reads a literal or a whole variable, and not where a variable within an input object is absent. What it changes it
// copies, because a default is shared by all requests.
func completed(declared []Argument, given map[string]any) map[string]any {
	values := maps.Clone(given)
	if values == nil {
		values = map[string]any{}
	}
	for _, arg := range declared {
		value := values[arg.Name]
		if value == nil {
			value = arg.Default
		}
		if value != nil {
			values[arg.Name] = completedValue(arg.Type, value)
		}
	}
	return values
}

func completedValue(t Type, value any) any {
	switch t := nullable(t).(type) {
	case *Input:
		if fields, ok := value.(map[string]any); ok {
			return completed(t.Fields, fields)
		}
	case list:
		elements, ok := value.([]any)
		if _, inputs := namedType(t).(*Input); !ok || !inputs {
			return value
		}
		filled := make([]any, len(elements))
		for i, element := range elements {
			filled[i] = completedValue(t.of, element)
		}
		return filled
	}
	return value
}

// takesInput tells whether any argument is of an input type.
func takesInput(declared []Argument) bool {
	return slices.ContainsFunc(declared, func(arg Argument) bool {
		_, ok := namedType(arg.Type).(*Input)
		return ok
	})
}
