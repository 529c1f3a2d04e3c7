package engine_test

import (
	"context"
	"strings"
	"testing"

	"lifeline.scot/api/engine"
)

func TestRootTypesAreChecked(t *testing.T) {
	t.Parallel()
	object := func(name string, field engine.Field) *engine.Object {
		return &engine.Object{Name: name, Description: "Fields.", Fields: func() []engine.Field { return []engine.Field{field} }}
	}
	get := engine.Get("f", "F.", engine.String, func(*thing) string { return "" })
	other := engine.Get("f", "F.", engine.String, func(*ship) string { return "" })
	follow := func(t engine.Type) engine.Field {
		return engine.Subscribe("f", "F.", t, nil,
			func(context.Context, *thing, engine.Args) (engine.Source[string], error) { return nil, nil })
	}
	query := object("Query", get)
	for _, test := range []struct {
		name    string
		schema  engine.Schema
		problem string
	}{
		{"all good", engine.Schema{Mutation: object("Mutation", get), Subscription: object("Subscription", follow(engine.String))}, ""},
		{"one type for two", engine.Schema{Mutation: query}, "Query is the type of query and of mutation"},
		{"another root", engine.Schema{Mutation: object("Mutation", other)}, "Mutation reads from *engine_test.ship, Query from *engine_test.thing"},
		{"a query that follows", engine.Schema{Query: object("Query", follow(engine.String))}, "Query.f: fields of the subscription type"},
		{"a subscription that gets", engine.Schema{Subscription: object("Subscription", get)}, "Subscription.f: fields of the subscription type"},
		{"events of another type", engine.Schema{Subscription: object("Subscription", follow(engine.Int))}, "string cannot be written as Int"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := test.schema
			s.Description = "A schema."
			if s.Query == nil {
				s.Query = query
			}
			_, err := engine.Compile(s)
			if test.problem == "" && err != nil || test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)) {
				t.Errorf("got %v, want %s", err, test.problem)
			}
		})
	}
}
