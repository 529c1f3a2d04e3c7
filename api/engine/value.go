package engine

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"time"
)

// written turns what an accessor read into what the executor understands: nil for null, []any for a list, a JSON value
// for a leaf, and for an object the value itself.
func (r resolving) written(t Type, v reflect.Value) (any, error) {
	required := isNonNull(t)
	v, null := reached(v, required)
	if null {
		return nil, nil
	}
	switch inner := nullable(t).(type) {
	case list:
		return r.writtenList(inner, v)
	case *Enum:
		return r.writtenLeaf(inner, v, required)
	case *Scalar:
		return r.writtenLeaf(inner, v, required)
	}
	if err := r.objects(1); err != nil {
		return nil, err
	}
	return addressable(v), nil
}

func (r resolving) writtenLeaf(
	t interface {
		written(v reflect.Value, required bool) (any, error)
	}, v reflect.Value, required bool,
) (any, error) {
	leaf, err := t.written(v, required)
	if err != nil {
		return nil, err
	}
	if err := r.leaf(leaf); err != nil {
		return nil, err
	}
	return leaf, nil
}

// reached follows interfaces, and pointers to them; null tells that there is nothing at their end.
func reached(v reflect.Value, required bool) (_ reflect.Value, null bool) {
	for v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		return v, true
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Func, reflect.Chan:
		return v, v.IsNil()
	case reflect.Slice:
		return v, v.IsNil() && !required
	default:
		return v, false
	}
}

// addressable keeps an object addressable, so that a list of structs is not copied to read from pointers to them.
func addressable(v reflect.Value) any {
	if v.Kind() == reflect.Struct && v.CanAddr() {
		return v.Addr().Interface()
	}
	return v.Interface()
}

func (r resolving) writtenList(t list, v reflect.Value) (any, error) {
	v = reflect.Indirect(v)
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return nil, fmt.Errorf("%s is not a list", v.Type())
	}
	if err := r.room(t.of, v.Len()); err != nil {
		return nil, err
	}
	elements := make([]any, v.Len())
	for i := range elements {
		element, err := r.written(t.of, v.Index(i))
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
		elements[i] = element
	}
	return elements, nil
}

// converted gives a source as the type that an accessor reads: T for *T, or *T for T.
func converted(given any, wanted reflect.Type) (any, bool) {
	v := reflect.ValueOf(given)
	switch {
	case !v.IsValid():
		return nil, false
	case v.Kind() == reflect.Pointer && !v.IsNil() && v.Type().Elem() == wanted:
		return v.Elem().Interface(), true
	case wanted.Kind() == reflect.Pointer && wanted.Elem() == v.Type():
		copied := reflect.New(v.Type())
		copied.Elem().Set(v)
		return copied.Interface(), true
	}
	return nil, false
}

// value is what the program calls an enum value.
func (v EnumValue) value() any {
	if v.Value == nil {
		return v.Name
	}
	return v.Value
}

// enumKey lets string kinds of different names be the same value.
func enumKey(value any) any {
	if v := reflect.ValueOf(value); v.Kind() == reflect.String {
		return v.String()
	}
	return value
}

// find looks a value up by what the program calls it.
func (e *Enum) find(value any) (EnumValue, bool) {
	key := enumKey(value)
	for _, candidate := range e.Values {
		if enumKey(candidate.value()) == key {
			return candidate, true
		}
	}
	return EnumValue{}, false
}

func (e *Enum) written(v reflect.Value, required bool) (any, error) {
	v = reflect.Indirect(v)
	if !v.Comparable() {
		return nil, fmt.Errorf("%s cannot be a value of %s", v.Type(), e.Name)
	}
	found, ok := e.find(v.Interface())
	switch {
	case ok:
		return found.value(), nil
	case v.Kind() == reflect.String && v.Len() == 0 && !required:
		return nil, nil
	}
	return nil, fmt.Errorf("%s has no value for what was read", e.Name)
}

func (s *Scalar) written(v reflect.Value, required bool) (any, error) {
	v = pointed(v, s.builtin)
	switch {
	case s == Int:
		return writtenInt(v)
	case s == Float:
		return writtenFloat(v)
	case s == Boolean && v.Kind() == reflect.Bool:
		return v.Bool(), nil
	case (s == String || s == ID) && v.Kind() == reflect.String:
		return v.String(), nil
	case s.builtin:
		return nil, fmt.Errorf("%s cannot be written as %s", v.Type(), s.name)
	}
	return s.writtenText(v, required)
}

// pointed follows a pointer where the value behind it is what matters: a method may be the pointer's own.
func pointed(v reflect.Value, builtin bool) reflect.Value {
	if builtin || v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.String {
		return reflect.Indirect(v)
	}
	return v
}

func writtenInt(v reflect.Value) (any, error) {
	switch {
	case v.CanInt() && v.Int() >= math.MinInt32 && v.Int() <= math.MaxInt32:
		return int(v.Int()), nil
	case v.CanUint() && v.Uint() <= math.MaxInt32:
		return int(v.Uint()), nil
	}
	return nil, fmt.Errorf("%s does not fit in Int", v.Type())
}

func writtenFloat(v reflect.Value) (any, error) {
	switch {
	case v.CanInt():
		return float64(v.Int()), nil
	case v.CanUint():
		return float64(v.Uint()), nil
	case v.CanFloat() && !math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0):
		return v.Float(), nil
	}
	return nil, fmt.Errorf("%s does not fit in Float", v.Type())
}

func (s *Scalar) writtenText(v reflect.Value, required bool) (any, error) {
	value := withMethods(v)
	if !required {
		if zero, ok := value.(interface{ IsZero() bool }); ok && zero.IsZero() || v.Kind() == reflect.String && v.Len() == 0 {
			return nil, nil
		}
	}
	if s.format != nil {
		text, err := s.format(v.Interface())
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", s.name, err)
		}
		return text, nil
	}
	return s.standardText(v, value)
}

// withMethods gives a struct by pointer, so that methods of either kind are seen: metav1.Time has its IsZero on *Time.
func withMethods(v reflect.Value) any {
	if v.Kind() != reflect.Struct {
		return v.Interface()
	}
	pointer := reflect.New(v.Type())
	pointer.Elem().Set(v)
	return pointer.Interface()
}

func (s *Scalar) standardText(v reflect.Value, value any) (any, error) {
	if v.Kind() == reflect.String {
		return v.String(), nil
	}
	switch value := value.(type) {
	case interface{ UTC() time.Time }:
		return value.UTC().Format(time.RFC3339), nil
	case encoding.TextMarshaler:
		text, err := value.MarshalText()
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", s.name, err)
		}
		return string(text), nil
	case fmt.Stringer:
		return value.String(), nil
	}
	if v.Kind() == reflect.Pointer {
		return s.standardText(v.Elem(), v.Elem().Interface())
	}
	return nil, fmt.Errorf("%s cannot be written as %s", v.Type(), s.name)
}
