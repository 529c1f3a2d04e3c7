package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lifeline.scot/api/engine"
)

// The toy schema has one of everything: it is what the tests of this package ask.

type colour string

type ship struct {
	ID       string
	Name     string
	Colour   colour
	Crew     []sailor
	Captain  *sailor
	Length   *int32
	Launched time.Time
}

type sailor struct {
	ID   string
	Name string
	Aged int64
}

type harbour struct {
	ships []*ship
	// asked counts the accessors called, for tests of what is never executed.
	asked *atomic.Int64
	// filtered is the filter's minLength as it last was.
	filtered *atomic.Value
	logbook  *logbook
	// levels opens what the subscription to levels follows.
	levels func(context.Context) (engine.Source[level], error)
}

func newHarbour() *harbour {
	length := int32(42)
	return &harbour{asked: new(atomic.Int64), filtered: new(atomic.Value), logbook: new(logbook), ships: []*ship{
		{
			ID: "s1", Name: "Reaper", Colour: "Red", Length: &length, Launched: time.Date(1903, 2, 1, 12, 0, 0, 0, time.UTC),
			Crew: []sailor{{ID: "p1", Name: "Ailsa", Aged: 40}, {ID: "p2", Name: "Iain", Aged: 1 << 40}},
		},
		{ID: "s2", Name: "Swan <&>", Colour: "", Captain: &sailor{ID: "p3", Name: "Mòrag", Aged: 51}},
	}}
}

type toy struct {
	node                *engine.Interface
	ship, sailor, query *engine.Object
	level               *engine.Object
	colour              *engine.Enum
	dateTime            *engine.Scalar
	filter              *engine.Input
}

func toySchema() engine.Schema {
	t := &toy{}
	t.leaves()
	t.node = &engine.Interface{
		Name: "Node", Description: "Anything with an id.",
		Fields: func() []engine.Field {
			return []engine.Field{engine.Declare("id", "Its id.", engine.NonNull(engine.ID))}
		},
		TypeOf: func(value any) *engine.Object {
			switch value.(type) {
			case *ship:
				return t.ship
			case *sailor:
				return t.sailor
			}
			return nil
		},
	}
	t.ship = &engine.Object{
		Name: "Ship", Description: "A ship.\n\nIt floats.", Interfaces: []*engine.Interface{t.node}, Fields: t.shipFields,
	}
	t.sailor = &engine.Object{
		Name: "Sailor", Description: `A person who "sails"`, Interfaces: []*engine.Interface{t.node}, Fields: t.sailorFields,
	}
	t.query = &engine.Object{Name: "Query", Description: "What can be asked.", Fields: t.queryFields}
	return engine.Schema{
		Description: "A harbour.", Query: t.query, Mutation: t.mutation(), Subscription: t.subscription(),
		Types: []engine.Type{t.sailor},
	}
}

func (t *toy) leaves() {
	t.colour = &engine.Enum{Name: "Colour", Description: "A colour.", Values: []engine.EnumValue{
		{Name: "RED", Description: "Like a letter box.", Value: colour("Red")},
		{Name: "BLUE", Description: "Like the sea.", Value: colour("Blue")},
		{Name: "PUCE", Description: "Like a flea.", Value: colour("Puce"), Deprecated: "Nobody knows it."},
	}}
	t.dateTime = engine.NewScalar("DateTime", "An instant.", "https://scalars.graphql.org/andimarek/date-time.html",
		func(text string) (any, error) {
			if text == "panic" {
				panic(errNotAnError)
			}
			instant, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return nil, errors.New("is not an instant such as 2026-01-31T12:00:00Z")
			}
			return instant, nil
		})
	t.filter = &engine.Input{Name: "ShipFilter", Description: "Which ships.", Fields: []engine.Argument{
		{Name: "colours", Description: "Of one of these colours.", Type: engine.List(engine.NonNull(t.colour))},
		{Name: "minLength", Description: "At least so long.", Type: engine.Int, Default: 0},
		{Name: "name", Description: "Part of its name.", Type: engine.String},
	}}
}

// errNotAnError is what a careless function panics with.
const errNotAnError = "not an error"

func (t *toy) shipFields() []engine.Field {
	return []engine.Field{
		engine.Get("id", "Its id.", engine.NonNull(engine.ID), func(s *ship) string { return s.ID }),
		engine.Get("name", "Its name.", engine.NonNull(engine.String), func(s *ship) string { return s.Name }),
		engine.Get("colour", "Its colour.", t.colour, func(s *ship) colour { return s.Colour }),
		engine.Get("length", "In metres.", engine.Int, func(s *ship) *int32 { return s.Length }),
		engine.Get("launched", "When.", t.dateTime, func(s *ship) time.Time { return s.Launched }),
		engine.Get("crew", "Who sails it.", engine.NonNull(engine.List(engine.NonNull(t.sailor))),
			func(s *ship) []sailor { return s.Crew }).Sized(2),
		engine.Get("captain", "Who commands it.", t.sailor, func(s *ship) *sailor { return s.Captain }),
		engine.Get("oldName", "Its name before.", engine.String, func(*ship) *string { return nil }).
			Deprecate("Use name."),
		engine.Get("fleet", "All of them.", engine.NonNull(engine.List(engine.NonNull(t.ship))),
			func(s *ship) []*ship { return []*ship{s} }),
	}
}

func (t *toy) sailorFields() []engine.Field {
	return []engine.Field{
		engine.Get("id", "An id.", engine.NonNull(engine.ID), func(s *sailor) string { return s.ID }),
		engine.Get("name", "A name.", engine.NonNull(engine.String), func(s *sailor) string { return s.Name }),
		engine.Get("aged", "In years; far too many for an Int for some.", engine.Int, func(s *sailor) int64 { return s.Aged }),
	}
}

func (t *toy) queryFields() []engine.Field {
	return append(t.shipQueries(),
		engine.Resolve("echo", "What was understood.", engine.String, []engine.Argument{
			{Name: "int", Description: "A whole number.", Type: engine.Int},
			{Name: "float", Description: "A number.", Type: engine.Float},
			{Name: "id", Description: "An id.", Type: engine.ID},
			{Name: "flag", Description: "Yes or no.", Type: engine.Boolean},
			{Name: "text", Description: "Text.", Type: engine.String, Default: `a "b"`},
			{Name: "colour", Description: "A colour.", Type: t.colour, Default: colour("Blue")},
			{Name: "when", Description: "An instant.", Type: t.dateTime},
			{Name: "list", Description: "Numbers.", Type: engine.List(engine.List(engine.Int))},
			{Name: "texts", Description: "Texts.", Type: engine.List(engine.NonNull(engine.String)), Default: []string{"a", "b"}},
		}, func(_ context.Context, h *harbour, a engine.Args) (string, error) {
			h.asked.Add(1)
			return echo(a), nil
		}),
		engine.Resolve("expected", "Fails as expected.", engine.Int, nil, func(context.Context, *harbour, engine.Args) (int, error) {
			return 0, fmt.Errorf("wrapped: %w", &engine.Error{Code: "OUT_OF_STOCK", Message: "None left.", Extensions: map[string]any{"left": 0}})
		}),
		engine.Resolve("unexpected", "Fails.", engine.Int, nil, func(context.Context, *harbour, engine.Args) (int, error) {
			return 0, errors.New("the secret is 1234")
		}),
		engine.Get("panics", "Panics.", engine.Int, func(*harbour) int { panic("the secret is 1234") }),
		engine.Get("required", "Is null though it must not be.", engine.NonNull(t.sailor), func(*harbour) *sailor { return nil }),
		engine.Resolve("slow", "Waits.", engine.Int, nil, func(ctx context.Context, _ *harbour, _ engine.Args) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		}),
		engine.Get("texts", "Texts.", engine.List(engine.String), func(*harbour) []*string { return []*string{nil, new(string)} }),
	)
}

func (t *toy) shipQueries() []engine.Field {
	return []engine.Field{
		engine.Resolve("ships", "All ships.", engine.NonNull(engine.List(engine.NonNull(t.ship))), []engine.Argument{
			{Name: "first", Description: "How many.", Type: engine.Int, Default: 20},
			{Name: "filter", Description: "Which.", Type: t.filter},
		}, func(_ context.Context, h *harbour, a engine.Args) ([]*ship, error) {
			h.asked.Add(1)
			if filter, ok := a.Input("filter"); ok {
				h.filtered.Store(fmt.Sprint(filter.Int("minLength")))
			}
			first, _ := a.Int("first")
			return h.ships[:min(first, len(h.ships))], nil
		}),
		engine.Resolve("node", "By id.", t.node, []engine.Argument{
			{Name: "id", Description: "Its id.", Type: engine.NonNull(engine.ID)},
		}, func(_ context.Context, h *harbour, a engine.Args) (any, error) {
			h.asked.Add(1)
			id, _ := a.String("id")
			return h.find(id), nil
		}),
	}
}

func (h *harbour) find(id string) any {
	for _, s := range h.ships {
		if s.ID == id {
			return s
		}
		for i := range s.Crew {
			if s.Crew[i].ID == id {
				return &s.Crew[i]
			}
		}
	}
	return nil
}

func echo(a engine.Args) string {
	var parts []string
	add := func(name string, value any) { parts = append(parts, fmt.Sprintf("%s=%v", name, value)) }
	if v, ok := a.Int("int"); ok {
		add("int", v)
	}
	if v, ok := a.Float("float"); ok {
		add("float", strconv.FormatFloat(v, 'g', -1, 64))
	}
	for _, name := range []string{"id", "text"} {
		if v, ok := a.String(name); ok {
			add(name, v)
		}
	}
	if v, ok := a.Boolean("flag"); ok {
		add("flag", v)
	}
	add("colour", a.Enum("colour"))
	if v, ok := engine.ArgOf[time.Time](a, "when"); ok {
		add("when", v.Unix())
	}
	if a.Has("list") {
		add("list", a.Value("list"))
	}
	return strings.Join(append(parts, "texts="+strings.Join(a.Strings("texts"), "+")), " ")
}

// compiled is the toy schema's engine.
func compiled(t testing.TB) *engine.Engine {
	t.Helper()
	e, err := engine.Compile(toySchema())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// toyHandler serves the toy schema; change adjusts its options.
func toyHandler(t testing.TB, h *harbour, change ...func(*engine.Options)) http.Handler {
	t.Helper()
	o := engine.Options{Root: func(*http.Request) any { return h }}
	for _, c := range change {
		c(&o)
	}
	return engine.NewHandler(compiled(t), o)
}

func toyServer(t testing.TB) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/graphql", toyHandler(t, newHarbour()))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}
