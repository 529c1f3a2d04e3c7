package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/graphql-go/graphql/language/ast"
)

// parseValue takes what a variable was coerced to; graphql-go asks for it again.
func (s *Scalar) parseValue(value any) any {
	parsed, err := s.coerce(value)
	if err != nil {
		return nil
	}
	return parsed
}

// coerce checks a JSON value as strictly as the specification says: nothing is turned into something else, but an
// integer may be a Float or an ID. Numbers are json.Number, int or float64.
func (s *Scalar) coerce(value any) (any, error) {
	switch s {
	case Int:
		return coerceInt(value)
	case Float:
		return coerceFloat(value)
	case Boolean:
		if flag, ok := value.(bool); ok {
			return flag, nil
		}
		return nil, errors.New("is not true or false")
	case ID:
		if number, err := coerceInt64(value); err == nil {
			return strconv.FormatInt(number, 10), nil
		}
	}
	text, ok := value.(string)
	if !ok {
		return nil, errors.New("is not a string")
	}
	return s.parseText(text)
}

// parseText never panics, whatever the scalar's own function does.
func (s *Scalar) parseText(text string) (parsed any, err error) {
	if s.parse == nil {
		return text, nil
	}
	defer func() {
		if recover() != nil {
			parsed, err = nil, fmt.Errorf("is not a %s", s.name)
		}
	}()
	parsed, err = s.parse(text)
	if err == nil && isNil(parsed) {
		return nil, fmt.Errorf("is not a %s", s.name)
	}
	return parsed, err
}

func coerceInt(value any) (any, error) {
	number, err := coerceInt64(value)
	if err != nil {
		return nil, err
	}
	if number < math.MinInt32 || number > math.MaxInt32 {
		return nil, errors.New("does not fit in 32 bits")
	}
	return int(number), nil
}

func coerceInt64(value any) (int64, error) {
	notInteger := errors.New("is not an integer")
	switch value := value.(type) {
	case int:
		return int64(value), nil
	case float64:
		if value == math.Trunc(value) && math.Abs(value) < 1<<53 {
			return int64(value), nil
		}
	case json.Number:
		if number, err := value.Int64(); err == nil {
			return number, nil
		}
		if number, err := value.Float64(); err == nil {
			return coerceInt64(number) // 1e3 and 2.0 are integers too
		}
	}
	return 0, notInteger
}

func coerceFloat(value any) (any, error) {
	switch value := value.(type) {
	case int:
		return float64(value), nil
	case float64:
		return value, nil
	case json.Number:
		if number, err := value.Float64(); err == nil && !math.IsInf(number, 0) {
			return number, nil
		}
	}
	return nil, errors.New("is not a number")
}

// parseLiteral coerces a value written in the document.
func (s *Scalar) parseLiteral(value ast.Value) (any, error) {
	switch value := value.(type) {
	case *ast.IntValue:
		if s == Int || s == Float || s == ID {
			return s.coerce(json.Number(value.Value))
		}
	case *ast.FloatValue:
		if s == Float {
			return s.coerce(json.Number(value.Value))
		}
	case *ast.StringValue:
		if s != Int && s != Float && s != Boolean {
			return s.coerce(value.Value)
		}
	case *ast.BooleanValue:
		if s == Boolean {
			return value.Value, nil
		}
	}
	return nil, fmt.Errorf("is not a %s", s.name)
}

// describe gives the built-in scalars the descriptions that clients know.
func (s *Scalar) describe() string {
	switch s {
	case Int:
		return "A whole number between -2,147,483,648 and 2,147,483,647."
	case Float:
		return "A number with a fraction, in double precision."
	case ID:
		return "A unique identifier. It is opaque: compare it, keep it, send it back, but do not take it apart."
	case String:
		return "Text in UTF-8."
	case Boolean:
		return "true or false."
	}
	return s.description
}
