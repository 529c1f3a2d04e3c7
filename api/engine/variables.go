package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/graphql-go/graphql/language/ast"
)

// coerceVariables checks the variables that an operation declares, as strictly as the specification says, and gives
// them in the form that graphql-go reads again. Variables that the operation does not declare are left out. A null is
// left out too, and the variable's own default with it: the argument or input field then has its default, or is null.
func (e *Engine) coerceVariables(
	doc *document, operation *ast.OperationDefinition, given map[string]any, limits Limits,
) (map[string]any, *Error) {
	coerced := map[string]any{}
	for _, definition := range operation.VariableDefinitions {
		name := definition.Variable.Name.Value
		declared := e.typeOf(definition.Type)
		if declared == nil {
			return nil, badVariable(name, "is of a type that the schema does not have")
		}
		if doc.required[definition] {
			declared = nonNull{declared}
		}
		value, present := given[name]
		if value == nil {
			if problem := absent(definition, declared, present, doc.needed[operation][name]); problem != "" {
				return nil, badVariable(name, problem)
			}
			continue
		}
		checked, err := coercion{name: name, limits: limits}.coerce(declared, value)
		if err != nil {
			return nil, err
		}
		coerced[name] = checked
	}
	return coerced, nil
}

// absent says what is wrong with a variable not given, or given as null (present). In the latter case the definition
// loses its default: the document belongs to this request.
func absent(definition *ast.VariableDefinition, declared Type, present, needed bool) string {
	standard := !isNil(definition.DefaultValue)
	switch {
	case isNonNull(declared) && (present || !standard):
		return fmt.Sprintf("of type %q is required, but was not given or is null", declared.TypeName())
	case present && needed:
		return "is null, but stands where a value is needed"
	case present && standard:
		definition.DefaultValue = nil
	}
	return ""
}

// typeOf is the declared type that a document names; nil if there is none.
func (e *Engine) typeOf(t ast.Type) Type {
	switch t := t.(type) {
	case *ast.NonNull:
		if inner := e.typeOf(t.Type); inner != nil {
			return nonNull{inner}
		}
	case *ast.List:
		if inner := e.typeOf(t.Type); inner != nil {
			return list{inner}
		}
	case *ast.Named:
		return e.namedInput(t.Name.Value)
	}
	return nil
}

func (e *Engine) namedInput(name string) Type {
	switch name {
	case "String": // introspection has these two even if the schema does not use them
		return String
	case "Boolean":
		return Boolean
	}
	if t, ok := e.byName[name]; ok && isInput(t) {
		return t
	}
	return nil
}

func badVariable(path, problem string) *Error {
	return &Error{
		Code:       CodeBadVariables,
		Message:    fmt.Sprintf("The variable $%s %s.", path, problem),
		Extensions: map[string]any{"variable": path},
	}
}

// coercion is the check of one variable; name grows to a path within it.
type coercion struct {
	name   string
	limits Limits
}

func (c coercion) bad(problem string) *Error { return badVariable(c.name, problem) }

func (c coercion) in(part string) coercion {
	c.name += part
	return c
}

func (c coercion) coerce(t Type, value any) (any, *Error) {
	if value == nil {
		if isNonNull(t) {
			return nil, c.bad(fmt.Sprintf("is null, but its type is %q", t.TypeName()))
		}
		return nil, nil
	}
	switch inner := nullable(t).(type) {
	case list:
		return c.list(inner, value)
	case *Input:
		return c.input(inner, value)
	case *Enum:
		return c.enum(inner, value)
	case *Scalar:
		return c.scalar(inner, value)
	}
	return nil, c.bad("is of a type that cannot be sent")
}

func (c coercion) scalar(t *Scalar, value any) (any, *Error) {
	parsed, err := t.coerce(value)
	if err != nil {
		return nil, c.bad(fmt.Sprintf("%s (expected type %q)", err, t.name))
	}
	if !t.builtin {
		return value, nil // graphql-go parses the text again
	}
	return parsed, nil
}

func (c coercion) enum(t *Enum, value any) (any, *Error) {
	name, ok := value.(string)
	if ok {
		for _, candidate := range t.Values {
			if candidate.Name == name {
				return name, nil
			}
		}
	}
	return nil, c.bad(fmt.Sprintf("is not a value of %q", t.Name))
}

func (c coercion) list(t list, value any) (any, *Error) {
	values, ok := value.([]any)
	if !ok {
		values = []any{value} // one value stands for a list of one
	}
	if len(values) > c.limits.Items {
		return nil, exceeded("items", c.limits.Items, len(values), "Send fewer at once.")
	}
	coerced := make([]any, len(values))
	for i, element := range values {
		at := c
		if ok {
			at = c.in(fmt.Sprintf("[%d]", i))
		}
		checked, err := at.coerce(t.of, element)
		if err != nil {
			return nil, err
		}
		coerced[i] = checked
	}
	return coerced, nil
}

func (c coercion) input(t *Input, value any) (any, *Error) {
	values, ok := value.(map[string]any)
	if !ok {
		return nil, c.bad(fmt.Sprintf("is not an object (expected type %q)", t.Name))
	}
	coerced := map[string]any{}
	known := map[string]bool{}
	for _, field := range t.Fields {
		known[field.Name] = true
		given, present := values[field.Name]
		if given == nil && !present && field.Default != nil {
			continue
		}
		checked, err := c.in("."+field.Name).coerce(field.Type, given)
		if err != nil {
			return nil, err
		}
		if checked != nil {
			coerced[field.Name] = checked
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !known[name] {
			return nil, c.bad(fmt.Sprintf("has a field that %q does not have: %q", t.Name, name))
		}
	}
	return coerced, nil
}
