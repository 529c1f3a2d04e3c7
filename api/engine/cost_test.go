package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"lifeline.scot/api/engine"
)

// library has a field that costs more than it answers, and lists without pages that lead to each other.
func library() *engine.Engine {
	type shelf struct{}
	var item *engine.Interface
	var book *engine.Object
	item = &engine.Interface{
		Name: "Item", Description: "A thing.", TypeOf: func(any) *engine.Object { return book },
		Fields: func() []engine.Field { return []engine.Field{engine.Declare("rank", "A rank.", engine.Int)} },
	}
	book = &engine.Object{
		Name: "Book", Description: "A book.", Interfaces: []*engine.Interface{item},
		Fields: func() []engine.Field {
			return []engine.Field{
				engine.Get("rank", "A rank.", engine.Int, func(shelf) int { return 1 }).Costing(30),
				engine.Get("title", "A title.", engine.String, func(shelf) string { return strings.Repeat("a", 100) }),
				engine.Get("beside", "Books beside it.", engine.List(engine.NonNull(book)),
					func(shelf) []shelf { return make([]shelf, 40) }).Sized(1),
			}
		},
	}
	query := &engine.Object{Name: "Query", Description: "What can be asked.", Fields: func() []engine.Field {
		return []engine.Field{
			engine.Get("books", "Books.", engine.List(book), func(any) []shelf { return make([]shelf, 10) }).Sized(10),
			engine.Get("items", "Items.", engine.List(item), func(any) []shelf { return make([]shelf, 10) }).Sized(10),
			engine.Get("search", "The first book.", book, func(any) shelf { return shelf{} }).Costing(400),
		}
	}}
	e, err := engine.Compile(engine.Schema{Description: "A library.", Query: query})
	if err != nil {
		panic(err)
	}
	return e
}

func TestFieldsCostWhatTheySay(t *testing.T) {
	t.Parallel()
	for query, cost := range map[string]int{
		"{search{title}}":                 401,
		"{search{title rank}}":            431,
		"{a:search{title} search{title}}": 802,
		"{books{title}}":                  10,
		"{books{rank}}":                   310,
		"{items{rank}}":                   310,
		"{books{beside{rank}}}":           10 * (1 + 31),
	} {
		for _, limit := range []int{cost, cost - 1} {
			h := engine.NewHandler(library(), engine.Options{Limits: engine.Limits{Nodes: limit}})
			a := decoded(t, ask(t, h, query, ""))
			refused := len(a.Errors) == 1 && a.Errors[0].Extensions["code"] == "MAX_COST_EXCEEDED"
			if refused != (limit < cost) {
				t.Errorf("%s with a limit of %d: %+v", query, limit, a.Errors)
			}
			if refused && fmt.Sprint(a.Errors[0].Extensions["cost"]) != fmt.Sprint(cost) {
				t.Errorf("%s costs %v, want %d", query, a.Errors[0].Extensions["cost"], cost)
			}
		}
	}
}

// Lists without pages may be longer than they say: what is made counts too.
func TestObjectsAreCountedAsTheyAreMade(t *testing.T) {
	t.Parallel()
	for query, limit := range map[string]string{
		"{books{beside{title}}}":                 "",
		"{books{beside{beside{title}}}}":         "nodes",
		"{books{beside{beside{beside{title}}}}}": "nodes",
	} {
		h := engine.NewHandler(library(), engine.Options{Limits: engine.Limits{Nodes: 500}})
		a := decoded(t, ask(t, h, query, ""))
		switch {
		case limit == "" && len(a.Errors) > 0:
			t.Errorf("%s: %+v", query, a.Errors)
		case limit == "":
		case len(a.Errors) != 1 || a.Data != nil || a.Errors[0].Extensions["code"] != "LIMIT_EXCEEDED" ||
			a.Errors[0].Extensions["limit"] != limit:
			t.Errorf("%s: %+v", query, a.Errors)
		}
	}
}

// What is made after a limit was met costs next to nothing, whether it is of objects or of bytes.
func TestExecutionEndsAtItsLimits(t *testing.T) {
	for limit, limits := range map[string]engine.Limits{"nodes": {Nodes: 50}, "resultBytes": {ResultBytes: 5000}} {
		h := engine.NewHandler(library(), engine.Options{Limits: limits})
		query := "{books{beside{beside{beside{title}}}}}"
		a := decoded(t, ask(t, h, query, ""))
		if len(a.Errors) != 1 || a.Errors[0].Extensions["limit"] != limit {
			t.Fatalf("%+v", a)
		}
		if took := testing.AllocsPerRun(1, func() { ask(t, h, query, "") }); took > 60_000 {
			t.Errorf("%s: %.0f allocations", limit, took)
		}
	}
}
