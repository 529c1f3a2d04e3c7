package engine

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"
)

// builder makes graphql-go's types of those declared.
type builder struct {
	engine *Engine
	types  map[string]graphql.Type
}

func newBuilder(known catalogue) *builder {
	return &builder{engine: &Engine{catalogue: known}, types: map[string]graphql.Type{
		// Introspection has these two already, and a schema may have one type of a name only.
		"String":  graphql.String,
		"Boolean": graphql.Boolean,
	}}
}

func (b *builder) schema(s Schema) (graphql.Schema, error) {
	var types []graphql.Type
	for _, t := range b.engine.types {
		types = append(types, b.named(t))
	}
	config := graphql.SchemaConfig{Types: types, Directives: directives()}
	config.Query, _ = b.named(s.Query).(*graphql.Object)
	if s.Mutation != nil {
		config.Mutation, _ = b.named(s.Mutation).(*graphql.Object)
	}
	if s.Subscription != nil {
		config.Subscription, _ = b.named(s.Subscription).(*graphql.Object)
	}
	schema, err := graphql.NewSchema(config)
	if err != nil {
		return schema, err
	}
	b.warm(&schema)
	return schema, nil
}

// warm makes graphql-go fill the tables that it would otherwise fill while requests run side by side, and puts what it
// keeps in maps into the order of declaration.
func (b *builder) warm(schema *graphql.Schema) {
	for _, t := range schema.TypeMap() {
		switch t := t.(type) {
		case *graphql.Enum:
			t.Serialize("")
			t.ParseValue("")
			sort.SliceStable(t.Values(), b.valueOrder(t))
		case *graphql.Interface:
			schema.IsPossibleType(t, schema.QueryType())
			b.sortArguments(t.Name(), t.Fields())
		case *graphql.Object:
			b.sortArguments(t.Name(), t.Fields())
		case *graphql.InputObject:
			t.Fields()
		}
	}
}

func (b *builder) valueOrder(built *graphql.Enum) func(i, j int) bool {
	values := built.Values()
	declared, ok := b.engine.byName[built.Name()].(*Enum)
	if !ok {
		return func(i, j int) bool { return values[i].Name < values[j].Name }
	}
	order := map[string]int{}
	for i, value := range declared.Values {
		order[value.Name] = i
	}
	return func(i, j int) bool { return order[values[i].Name] < order[values[j].Name] }
}

func (b *builder) sortArguments(owner string, fields graphql.FieldDefinitionMap) {
	for name, built := range fields {
		declared := b.engine.field(owner, name)
		if declared == nil {
			continue
		}
		order := map[string]int{}
		for i, arg := range declared.Args {
			order[arg.Name] = i
		}
		sort.Slice(built.Args, func(i, j int) bool {
			return order[built.Args[i].Name()] < order[built.Args[j].Name()]
		})
	}
}

func (b *builder) wrapped(t Type) graphql.Type {
	switch t := t.(type) {
	case nonNull:
		return graphql.NewNonNull(b.wrapped(t.of))
	case list:
		return graphql.NewList(b.wrapped(t.of))
	}
	return b.named(t)
}

func (b *builder) named(t Type) graphql.Type {
	if built, ok := b.types[t.TypeName()]; ok {
		return built
	}
	built := b.make(t)
	b.types[t.TypeName()] = built
	return built
}

func (b *builder) make(t Type) graphql.Type {
	switch t := t.(type) {
	case *Scalar:
		return t.build()
	case *Enum:
		return t.build()
	case *Input:
		return b.input(t)
	case *Interface:
		return b.interfaceType(t)
	case *Object:
		return b.object(t)
	}
	panic(fmt.Sprintf("a type of kind %T", t)) // Type cannot be implemented outside this package in a useful way
}

func (s *Scalar) build() graphql.Type {
	return graphql.NewScalar(graphql.ScalarConfig{
		Name: s.name, Description: s.describe(),
		// What is read was written by Engine.written, and variables were coerced before execution.
		Serialize:  func(value any) any { return value },
		ParseValue: s.parseValue,
		ParseLiteral: func(value ast.Value) any {
			parsed, err := s.parseLiteral(value)
			if err != nil {
				return nil
			}
			return parsed
		},
	})
}

func (e *Enum) build() graphql.Type {
	values := graphql.EnumValueConfigMap{}
	for _, value := range e.Values {
		values[value.Name] = &graphql.EnumValueConfig{
			Value: value.value(), Description: value.Description, DeprecationReason: value.Deprecated,
		}
	}
	return graphql.NewEnum(graphql.EnumConfig{Name: e.Name, Description: e.Description, Values: values})
}

func (b *builder) input(t *Input) graphql.Type {
	thunk := func() graphql.InputObjectConfigFieldMap {
		fields := graphql.InputObjectConfigFieldMap{}
		for _, field := range t.Fields {
			fields[field.Name] = &graphql.InputObjectFieldConfig{
				Type: b.wrapped(field.Type), Description: field.Description, DefaultValue: field.Default,
			}
		}
		return fields
	}
	return graphql.NewInputObject(graphql.InputObjectConfig{
		Name: t.Name, Description: t.Description, Fields: graphql.InputObjectConfigFieldMapThunk(thunk),
	})
}

func (b *builder) interfaceType(t *Interface) graphql.Type {
	return graphql.NewInterface(graphql.InterfaceConfig{
		Name: t.Name, Description: t.Description,
		Fields: graphql.FieldsThunk(func() graphql.Fields { return b.fields(t.Name) }),
		ResolveType: func(p graphql.ResolveTypeParams) *graphql.Object {
			object := t.typeOf(p.Value)
			if object == nil {
				panic(fault{fmt.Errorf("%s: %T is none of its objects", t.Name, p.Value)})
			}
			built, _ := b.types[object.Name].(*graphql.Object)
			return built
		},
	})
}

// typeOf passes a panic on as an error, which graphql-go turns into one of the field.
func (i *Interface) typeOf(value any) *Object {
	defer func() {
		if recovered := recover(); recovered != nil {
			panic(panicked(i.Name, recovered))
		}
	}()
	return i.TypeOf(value)
}

func (b *builder) object(t *Object) graphql.Type {
	return graphql.NewObject(graphql.ObjectConfig{
		Name: t.Name, Description: t.Description,
		Interfaces: graphql.InterfacesThunk(func() []*graphql.Interface {
			var interfaces []*graphql.Interface
			for _, i := range t.Interfaces {
				built, _ := b.named(i).(*graphql.Interface)
				interfaces = append(interfaces, built)
			}
			return interfaces
		}),
		Fields: graphql.FieldsThunk(func() graphql.Fields { return b.fields(t.Name) }),
	})
}

func (b *builder) fields(owner string) graphql.Fields {
	fields := graphql.Fields{}
	declared := b.engine.fields[owner]
	for i := range declared {
		field := &declared[i]
		args := graphql.FieldConfigArgument{}
		for _, arg := range field.Args {
			args[arg.Name] = &graphql.ArgumentConfig{
				Type: b.wrapped(arg.Type), Description: arg.Description, DefaultValue: arg.Default,
			}
		}
		fields[field.Name] = &graphql.Field{
			Type: b.wrapped(field.Type), Description: field.Description, DeprecationReason: field.Deprecated,
			Args: args, Resolve: resolver(owner, field),
		}
	}
	return fields
}

// resolver lets graphql-go read a field.
func resolver(owner string, field *Field) graphql.FieldResolveFn {
	coordinate := owner + "." + field.Name
	if field.read == nil {
		return nil
	}
	complete := takesInput(field.Args)
	return func(p graphql.ResolveParams) (result any, err error) {
		defer func() {
			if recovered := recover(); recovered != nil {
				result, err = nil, panicked(coordinate, recovered)
			}
			if err != nil {
				err = located(coordinate, err)
			}
		}()
		run, ok := p.Context.(running)
		if !ok {
			return nil, errors.New("is read outside of a request")
		}
		if complete {
			p.Args = completed(field.Args, p.Args)
		}
		r, ctx := resolving{run.ration}, run.Context
		if field.ahead {
			ctx = looking(ctx, p.Info)
		}
		return r.field(ctx, field, responseKey(p.Info.FieldASTs[0]), p.Source, Args{p.Args})
	}
}

func (f *Field) readFrom(ctx context.Context, given any, args Args) (any, error) {
	value, ok, err := f.read(ctx, given, args)
	if ok {
		return value, err
	}
	if other, can := converted(given, f.parent); can {
		if value, ok, err = f.read(ctx, other, args); ok {
			return value, err
		}
	}
	return nil, fmt.Errorf("reads from %s, but was given %T", f.parent, given)
}
