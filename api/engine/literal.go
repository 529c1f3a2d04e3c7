package engine

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// literal writes a default value as GraphQL, for SDL and introspection.
func literal(t Type, value any) (string, error) {
	if isNil(value) {
		return "null", nil
	}
	v := reflect.ValueOf(value)
	switch inner := nullable(t).(type) {
	case list:
		return listLiteral(inner, v)
	case *Input:
		return inputLiteral(inner, value)
	case *Enum:
		canonical, ok := inner.find(value)
		if !ok {
			return "", fmt.Errorf("%v is no value of %s", value, inner.Name)
		}
		return canonical.Name, nil
	case *Scalar:
		return inner.literal(v)
	}
	return "", fmt.Errorf("a %T cannot have a default", t)
}

func listLiteral(t list, v reflect.Value) (string, error) {
	if v.Kind() != reflect.Slice {
		return "", fmt.Errorf("%s is not a list", v.Type())
	}
	elements := make([]string, v.Len())
	for i := range elements {
		element, err := literal(t.of, v.Index(i).Interface())
		if err != nil {
			return "", err
		}
		elements[i] = element
	}
	return "[" + strings.Join(elements, ", ") + "]", nil
}

func inputLiteral(t *Input, value any) (string, error) {
	values, ok := value.(map[string]any)
	if !ok {
		return "", fmt.Errorf("%T is not a map[string]any", value)
	}
	var fields []string
	for _, field := range t.Fields {
		given, ok := values[field.Name]
		if !ok {
			continue
		}
		text, err := literal(field.Type, given)
		if err != nil {
			return "", err
		}
		fields = append(fields, field.Name+": "+text)
	}
	return "{" + strings.Join(fields, ", ") + "}", nil
}

func (s *Scalar) literal(v reflect.Value) (string, error) {
	switch {
	case s == Int && v.CanInt() && v.Int() >= math.MinInt32 && v.Int() <= math.MaxInt32:
		return strconv.FormatInt(v.Int(), 10), nil
	case s == Float && v.CanInt():
		return strconv.FormatInt(v.Int(), 10), nil
	case s == Float && v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), nil
	case s == Boolean && v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case (s == String || s == ID || !s.builtin) && v.Kind() == reflect.String:
		return quoted(v.String()), nil
	}
	return "", fmt.Errorf("%s is not a %s", v.Type(), s.name)
}

// quoted writes a GraphQL string, whose escapes are those of JSON.
func quoted(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil { // a string always encodes
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}
