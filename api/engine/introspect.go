package engine

import (
	"context"
	"sort"
	"sync"

	"github.com/graphql-go/graphql"
)

// engineKey is under which the engine of a request is in its context, for introspection.
type engineKey struct{}

func (e *Engine) in(ctx context.Context, root any) context.Context {
	return context.WithValue(context.WithValue(ctx, engineKey{}, e), rootKey{}, root)
}

func engineOf(p graphql.ResolveParams) *Engine {
	e, _ := p.Context.Value(engineKey{}).(*Engine)
	return e
}

// modernise brings graphql-go's introspection, which is of 2018, to what graphql-js 16 asks for. The types are the
// library's own, shared by every schema in the process, so it happens once and what differs between schemas is looked
// up through the request's context.
var modernise = sync.OnceFunc(func() {
	texts := []*graphql.Object{
		graphql.TypeType, graphql.FieldType, graphql.InputValueType, graphql.EnumValueType, graphql.DirectiveType,
	}
	for _, t := range texts {
		t.AddFieldConfig("description", &graphql.Field{Type: graphql.String, Resolve: introspected(description)})
	}
	moderniseSchema()
	moderniseTypes()
	moderniseInputs()
	for _, t := range append(texts, graphql.SchemaType) {
		t.Fields()
	}
})

// introspected is a resolver over the source and the engine.
func introspected(read func(e *Engine, source any, args Args) any) graphql.FieldResolveFn {
	return func(p graphql.ResolveParams) (any, error) { return read(engineOf(p), p.Source, Args{p.Args}), nil }
}

func moderniseSchema() {
	many := func(of graphql.Type) graphql.Type {
		return graphql.NewNonNull(graphql.NewList(graphql.NewNonNull(of)))
	}
	graphql.SchemaType.AddFieldConfig("description", &graphql.Field{
		Type:    graphql.String,
		Resolve: introspected(func(e *Engine, _ any, _ Args) any { return textOrNull(e.description) }),
	})
	graphql.SchemaType.AddFieldConfig("types", &graphql.Field{
		Type: many(graphql.TypeType), Description: "A list of all types supported by this server.",
		Resolve: introspected(func(e *Engine, _ any, _ Args) any { return e.builtTypes() }),
	})
	graphql.DirectiveType.AddFieldConfig("isRepeatable", &graphql.Field{
		Type: graphql.NewNonNull(graphql.Boolean), Resolve: introspected(never),
	})
	graphql.DirectiveType.AddFieldConfig("args", &graphql.Field{
		Type: many(graphql.InputValueType), Args: withDeprecated(), Resolve: introspected(arguments),
	})
	graphql.FieldType.AddFieldConfig("args", &graphql.Field{
		Type: many(graphql.InputValueType), Args: withDeprecated(), Resolve: introspected(arguments),
	})
}

func moderniseTypes() {
	some := func(of graphql.Type) graphql.Type { return graphql.NewList(graphql.NewNonNull(of)) }
	for name, field := range map[string]*graphql.Field{
		"specifiedByURL": {Type: graphql.String, Resolve: introspected(specifiedBy)},
		"isOneOf":        {Type: graphql.Boolean, Resolve: introspected(isOneOf)},
		"fields": {
			Type: some(graphql.FieldType), Args: withDeprecated(), Resolve: introspected((*Engine).builtFields),
		},
		"possibleTypes": {Type: some(graphql.TypeType), Resolve: introspected((*Engine).possibleTypes)},
		"interfaces":    {Type: some(graphql.TypeType), Resolve: introspected(interfaces)},
		"inputFields": {
			Type: some(graphql.InputValueType), Args: withDeprecated(), Resolve: introspected((*Engine).inputFields),
		},
	} {
		graphql.TypeType.AddFieldConfig(name, field)
	}
}

func moderniseInputs() {
	for name, field := range map[string]*graphql.Field{
		"isDeprecated":      {Type: graphql.NewNonNull(graphql.Boolean), Resolve: introspected(never)},
		"deprecationReason": {Type: graphql.String, Resolve: introspected(null)},
		"defaultValue":      {Type: graphql.String, Resolve: introspected((*Engine).defaultValue)},
	} {
		graphql.InputValueType.AddFieldConfig(name, field)
	}
}

func withDeprecated() graphql.FieldConfigArgument {
	return graphql.FieldConfigArgument{"includeDeprecated": {Type: graphql.Boolean, DefaultValue: false}}
}

func never(*Engine, any, Args) any { return false }
func null(*Engine, any, Args) any  { return nil }

func textOrNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func description(_ *Engine, source any, _ Args) any {
	switch source := source.(type) {
	case interface{ Description() string }:
		return textOrNull(source.Description())
	case *graphql.FieldDefinition:
		return textOrNull(source.Description)
	case *graphql.EnumValueDefinition:
		return textOrNull(source.Description)
	case *graphql.Directive:
		return textOrNull(source.Description)
	}
	return nil
}

// builtTypes are this schema's types in order, then those of introspection by name.
func (e *Engine) builtTypes() []graphql.Type {
	var types []graphql.Type
	for _, t := range e.schema.TypeMap() {
		types = append(types, t)
	}
	rank := func(t graphql.Type) (int, string) {
		if i, ok := e.index[t.Name()]; ok {
			return i, ""
		}
		return len(e.types), t.Name()
	}
	sort.Slice(types, func(i, j int) bool {
		left, leftName := rank(types[i])
		right, rightName := rank(types[j])
		return left < right || left == right && leftName < rightName
	})
	return types
}

func (e *Engine) builtFields(source any, args Args) any {
	var fields graphql.FieldDefinitionMap
	var owner string
	switch t := source.(type) {
	case *graphql.Object:
		fields, owner = t.Fields(), t.Name()
	case *graphql.Interface:
		fields, owner = t.Fields(), t.Name()
	default:
		return nil
	}
	deprecated, _ := args.Boolean("includeDeprecated")
	shown := []*graphql.FieldDefinition{}
	for _, field := range fields {
		if deprecated || field.DeprecationReason == "" {
			shown = append(shown, field)
		}
	}
	order := e.at[owner]
	sort.Slice(shown, func(i, j int) bool {
		left, right := order[shown[i].Name], order[shown[j].Name]
		return left < right || left == right && shown[i].Name < shown[j].Name
	})
	return shown
}

func (e *Engine) possibleTypes(source any, _ Args) any {
	of, ok := source.(*graphql.Interface)
	if !ok {
		return nil
	}
	declared, ok := e.byName[of.Name()].(*Interface)
	if !ok {
		return nil
	}
	objects := []graphql.Type{}
	for _, object := range e.implementations(declared) {
		objects = append(objects, e.schema.Type(object.Name))
	}
	return objects
}

func interfaces(_ *Engine, source any, _ Args) any {
	switch t := source.(type) {
	case *graphql.Object:
		return t.Interfaces()
	case *graphql.Interface:
		return []graphql.Type{} // no interface has another one yet
	}
	return nil
}

func (e *Engine) inputFields(source any, _ Args) any {
	t, ok := source.(*graphql.InputObject)
	if !ok {
		return nil
	}
	declared, ok := e.byName[t.Name()].(*Input)
	if !ok {
		return nil
	}
	fields := []*graphql.InputObjectField{}
	for _, field := range declared.Fields {
		fields = append(fields, t.Fields()[field.Name])
	}
	return fields
}

func arguments(_ *Engine, source any, _ Args) any {
	switch source := source.(type) {
	case *graphql.FieldDefinition:
		return source.Args
	case *graphql.Directive:
		return source.Args
	}
	return []*graphql.Argument{}
}

func isOneOf(_ *Engine, source any, _ Args) any {
	if _, ok := source.(*graphql.InputObject); ok {
		return false
	}
	return nil
}

func specifiedBy(e *Engine, source any, _ Args) any {
	if t, ok := source.(*graphql.Scalar); ok {
		if declared, ok := e.byName[t.Name()].(*Scalar); ok {
			return textOrNull(declared.specifiedBy)
		}
	}
	return nil
}

func (e *Engine) defaultValue(source any, _ Args) any {
	var value any
	var of graphql.Type
	switch input := source.(type) {
	case *graphql.Argument:
		value, of = input.DefaultValue, input.Type
	case *graphql.InputObjectField:
		value, of = input.DefaultValue, input.Type
	}
	if value == nil {
		return nil
	}
	if text, err := literal(e.declared(of), value); err == nil {
		return text
	}
	return nil // cannot be: Compile has checked every default
}

// declared is the type that a type of graphql-go was built from.
func (e *Engine) declared(t graphql.Type) Type {
	switch t := t.(type) {
	case *graphql.NonNull:
		return nonNull{e.declared(t.OfType)}
	case *graphql.List:
		return list{e.declared(t.OfType)}
	}
	switch t.Name() {
	case "String":
		return String
	case "Boolean":
		return Boolean
	}
	return e.byName[t.Name()]
}

// directives are those that graphql-js has too, so that its tools see what they expect.
func directives() []*graphql.Directive {
	return []*graphql.Directive{
		graphql.IncludeDirective, graphql.SkipDirective, graphql.DeprecatedDirective,
		graphql.NewDirective(graphql.DirectiveConfig{
			Name:        "specifiedBy",
			Description: "Exposes a URL that specifies the behavior of this scalar.",
			Locations:   []string{graphql.DirectiveLocationScalar},
			Args: graphql.FieldConfigArgument{"url": {
				Type:        graphql.NewNonNull(graphql.String),
				Description: "The URL that specifies the behavior of this scalar.",
			}},
		}),
	}
}
