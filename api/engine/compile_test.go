package engine_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/api/engine"
)

func TestSDL(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/toy.graphql")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), compiled(t).SDL()); diff != "" {
		t.Error(diff)
	}
}

type thing struct{ Name string }

// oneField is a schema with one field beside a good one.
func oneField(field engine.Field) engine.Schema {
	return engine.Schema{Description: "A schema.", Query: &engine.Object{
		Name: "Query", Description: "A query.", Fields: func() []engine.Field {
			good := engine.Get("good", "Good.", engine.String, func(*thing) string { return "" })
			return []engine.Field{good, field}
		},
	}}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	text := func(*thing) string { return "" }
	enum := &engine.Enum{Name: "E", Description: "An enum.", Values: []engine.EnumValue{{Name: "A", Description: "A."}}}
	input := &engine.Input{Name: "I", Description: "An input.", Fields: []engine.Argument{{Name: "a", Description: "A.", Type: engine.Int}}}
	object := func(fields ...engine.Field) *engine.Object {
		return &engine.Object{Name: "O", Description: "An object.", Fields: func() []engine.Field { return fields }}
	}
	get := func(t engine.Type) engine.Field { return engine.Get("f", "F.", t, text) }
	resolve := func(arg engine.Argument) engine.Field {
		return engine.Resolve("f", "F.", engine.String, []engine.Argument{arg},
			func(context.Context, *thing, engine.Args) (string, error) { return "", nil })
	}
	for _, test := range []struct {
		name    string
		field   engine.Field
		problem string
	}{
		{"no description", engine.Get("f", " ", engine.String, text), "Query.f has no description"},
		{"a bad name", engine.Get("f-g", "F.", engine.String, text), `"f-g" is not a name`},
		{"a name of introspection", engine.Get("__f", "F.", engine.String, text), `"__f" is not a name`},
		{"twice", engine.Get("good", "F.", engine.String, text), "Query.good is declared twice"},
		{"no type", get(nil), "Query.f has no type"},
		{"non-null twice", get(engine.NonNull(engine.NonNull(engine.String))), "non-null twice"},
		{"no reader", engine.Declare("f", "F.", engine.String), "says not how it is read"},
		{"an input type", get(input), "input type"},
		{"an object as argument", resolve(engine.Argument{Name: "a", Description: "A.", Type: object(get(engine.String))}), "cannot send"},
		{"an argument without description", resolve(engine.Argument{Name: "a", Type: engine.Int}), "Query.f(a) has no description"},
		{"a default of another type", resolve(engine.Argument{Name: "a", Description: "A.", Type: engine.Int, Default: "x"}), "default does not fit"},
		{"a default that null could not mean", resolve(engine.Argument{Name: "a", Description: "A.", Type: engine.NonNull(engine.Int), Default: 1}), "must be nullable"},
		{"a default that is no enum value", resolve(engine.Argument{Name: "a", Description: "A.", Type: enum, Default: "B"}), "no value of E"},
		{"a string as Int", get(engine.Int), "string cannot be written as Int"},
		{"a string as Float", get(engine.Float), "string cannot be written as Float"},
		{"a string as Boolean", get(engine.Boolean), "string cannot be written as Boolean"},
		{"a string as list", get(engine.List(engine.String)), "a list is read from string"},
		{"an int as String", engine.Get("f", "F.", engine.String, func(*thing) int { return 0 }), "int cannot be written as String"},
		{"a channel as scalar", engine.Get("f", "F.", engine.NewScalar("S", "S.", "", nil), func(*thing) chan int { return nil }), "chan int cannot"},
		{"a pointer that is never null", engine.Get("f", "F.", engine.NonNull(engine.Int), func(*thing) *int { return nil }), "can be nil"},
		{"another parent", engine.Get("f", "F.", engine.String, func(*sailor) string { return "" }), "reads from *engine_test.sailor"},
		{"an object read from something else", get(object(engine.Get("n", "N.", engine.String, func(*sailor) string { return "" }))), "gives string"},
		{"an object without fields", get(object()), "O has no fields"},
		{"two types of a name", engine.Get("f", "F.", &engine.Object{Name: "Query", Description: "D.", Fields: nil}, text), "two types have this name"},
		{"a built-in scalar again", engine.Get("f", "F.", engine.NewScalar("Int", "D.", "", nil), text), "built in"},
		{"an enum without values", get(&engine.Enum{Name: "X", Description: "X."}), "X has no values"},
		{"an enum value named true", get(&engine.Enum{Name: "X", Description: "X.", Values: []engine.EnumValue{{Name: "true", Description: "T."}}}), "keeps this word"},
		{"an enum value twice", get(&engine.Enum{Name: "X", Description: "X.", Values: []engine.EnumValue{
			{Name: "A", Description: "T.", Value: "a"}, {Name: "B", Description: "T.", Value: colour("a")},
		}}), "two values"},
		{"an interface that is not kept", get(&engine.Object{
			Name: "O", Description: "O.", Fields: func() []engine.Field {
				return []engine.Field{engine.Get("n", "N.", engine.String, func(any) string { return "" })}
			},
			Interfaces: []*engine.Interface{{
				Name: "Has", Description: "H.", TypeOf: func(any) *engine.Object { return nil },
				Fields: func() []engine.Field { return []engine.Field{engine.Declare("id", "I.", engine.ID)} },
			}},
		}), `expects field "id"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := engine.Compile(oneField(test.field))
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("want %q: %v", test.problem, err)
			}
		})
	}
}

func TestCompileNeedsAQuery(t *testing.T) {
	t.Parallel()
	if _, err := engine.Compile(engine.Schema{Description: "A schema."}); err == nil {
		t.Error("a schema without a query was taken")
	}
}

// Values reach an object whose fields read T as well as *T.
func TestObjectsByValueAndByPointer(t *testing.T) {
	t.Parallel()
	byValue := &engine.Object{Name: "ByValue", Description: "D.", Fields: func() []engine.Field {
		return []engine.Field{engine.Get("name", "N.", engine.String, func(t thing) string { return t.Name })}
	}}
	byPointer := &engine.Object{Name: "ByPointer", Description: "D.", Fields: func() []engine.Field {
		return []engine.Field{engine.Get("name", "N.", engine.String, func(t *thing) string { return t.Name })}
	}}
	query := &engine.Object{Name: "Query", Description: "D.", Fields: func() []engine.Field {
		return []engine.Field{
			engine.Get("a", "A.", byValue, func(any) thing { return thing{"a"} }),
			engine.Get("b", "B.", byValue, func(any) *thing { return &thing{"b"} }),
			engine.Get("c", "C.", byPointer, func(any) thing { return thing{"c"} }),
			engine.Get("d", "D.", engine.List(byPointer), func(any) []thing { return []thing{{"d"}} }),
			engine.Get("e", "E.", engine.List(byValue), func(any) []*thing { return []*thing{{"e"}, nil} }),
		}
	}}
	e, err := engine.Compile(engine.Schema{Description: "D.", Query: query})
	if err != nil {
		t.Fatal(err)
	}
	got := ask(t, engine.NewHandler(e, engine.Options{}), `{a{name}b{name}c{name}d{name}e{name}}`, "")
	want := `{"data":{"a":{"name":"a"},"b":{"name":"b"},"c":{"name":"c"},"d":[{"name":"d"}],"e":[{"name":"e"},null]}}` + "\n"
	if got != want {
		t.Errorf("got %s", got)
	}
}

// Requests run side by side, also those that are first to touch a part of graphql-go. The race detector watches.
func TestConcurrentRequests(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour(), quiet)
	h2 := toyHandler(t, newHarbour(), quiet)
	queries := []string{
		`{node(id:"s1"){...on Ship{colour} ...on Node{id}}}`, `{__schema{types{name fields{name args{defaultValue}} possibleTypes{name}}}}`,
		`query($c:Colour){echo(colour:$c)}`, `{ships{nam}}`, `{panics}`,
	}
	var wait sync.WaitGroup
	for _, query := range append(queries, queries...) {
		wait.Go(func() { ask(t, h, query, `{"c":"RED"}`) })
		wait.Go(func() { ask(t, h2, query, `{"c":"RED"}`) })
	}
	wait.Wait()
}

func TestArgs(t *testing.T) {
	t.Parallel()
	args := engine.NewArgs(map[string]any{
		"int": 1, "input": map[string]any{"inner": "x"}, "inputs": []any{map[string]any{"a": 1}, nil},
		"strings": []any{"a", nil, "b"}, "typed": []string{"c"}, "colours": []any{colour("Red")}, "none": nil,
	})
	inner, ok := args.Input("input")
	text, _ := inner.String("inner")
	if !ok || text != "x" {
		t.Errorf("Input: %v", inner)
	}
	if got := args.Inputs("inputs"); len(got) != 1 || !got[0].Has("a") {
		t.Errorf("Inputs: %v", got)
	}
	if diff := cmp.Diff([]string{"a", "b"}, args.Strings("strings")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"c"}, args.Strings("typed")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]colour{"Red"}, engine.ListOf[colour](args, "colours")); diff != "" {
		t.Error(diff)
	}
	if args.Has("none") || args.Has("absent") {
		t.Error("null counts as given")
	}
	if _, ok := args.String("int"); ok {
		t.Error("an Int is not a String")
	}
}
