package engine_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"lifeline.scot/api/engine"
)

// gate is a pace whose moments come when a test says so.
type gate struct {
	mu            sync.Mutex
	begun, waited int
	waiting       chan struct{}
	open          chan struct{}
}

func newGate() *gate { return &gate{waiting: make(chan struct{}, 10), open: make(chan struct{})} }

func (g *gate) Begin() func(context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.begun++
	return func(ctx context.Context) {
		g.mu.Lock()
		g.waited++
		g.mu.Unlock()
		g.waiting <- struct{}{}
		select {
		case <-g.open:
		case <-ctx.Done():
		}
	}
}

func (g *gate) counts() (begun, waited int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.begun, g.waited
}

// twice is a source of two events.
type twice struct{ given int }

func (s *twice) Next(context.Context) (int, error) {
	if s.given++; s.given > 2 {
		return 0, io.EOF
	}
	return s.given, nil
}

func (*twice) Close() {}

type root struct{}

func options(g *gate) engine.Options {
	return engine.Options{Pace: g.Begin, Root: func(*http.Request) any { return root{} }}
}

// secrets is an API of which some fields are answered evenly, whatever comes of them. One place to work in.
func secrets(t *testing.T) *engine.Engine {
	t.Helper()
	field := func(name string, do func(context.Context) (int, error)) engine.Field {
		return engine.Resolve(name, "A number.", engine.Int, nil, func(ctx context.Context, _ root, _ engine.Args) (int, error) {
			return do(ctx)
		})
	}
	hidden := func(ctx context.Context) (int, error) { engine.Evenly(ctx); return 1, nil }
	failing := func(ctx context.Context) (int, error) { engine.Evenly(ctx); return 0, errors.New("away") }
	follow := func(name string, open func(context.Context) (engine.Source[int], error)) engine.Field {
		return engine.Subscribe(name, "Numbers.", engine.Int, nil,
			func(ctx context.Context, _ root, _ engine.Args) (engine.Source[int], error) { return open(ctx) })
	}
	e, err := engine.Compile(engine.Schema{
		Description: "Secrets.",
		Query: &engine.Object{Name: "Query", Description: "What can be asked.", Fields: func() []engine.Field {
			return []engine.Field{
				field("open", func(context.Context) (int, error) { return 1, nil }), field("hidden", hidden), field("failing", failing),
			}
		}},
		Mutation: &engine.Object{Name: "Mutation", Description: "What can be changed.", Fields: func() []engine.Field {
			return []engine.Field{field("change", hidden)}
		}},
		Subscription: &engine.Object{Name: "Subscription", Description: "What can be followed.", Fields: func() []engine.Field {
			return []engine.Field{
				follow("numbers", func(ctx context.Context) (engine.Source[int], error) { engine.Evenly(ctx); return &twice{}, nil }),
				follow("refused", func(ctx context.Context) (engine.Source[int], error) {
					engine.Evenly(ctx)
					return nil, &engine.Error{Code: "NONE", Message: "There is none."}
				}),
				follow("public", func(context.Context) (engine.Source[int], error) { return &twice{}, nil }),
			}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestOnlyWhatAsksForItIsAnsweredEvenly(t *testing.T) {
	t.Parallel()
	for query, waits := range map[string]int{
		`{open}`: 0, `{__typename}`: 0, `{none}`: 0, `{hidden}`: 1, `{open hidden}`: 1, `{a:hidden b:hidden}`: 1, `{failing}`: 1,
		`mutation{change}`: 1, `query($no:Boolean!){hidden @include(if:$no)}`: 0,
	} {
		for _, accept := range []string{"application/json", "text/event-stream"} {
			g := newGate()
			close(g.open)
			quietly := options(g)
			quiet(&quietly)
			h := engine.NewHandler(secrets(t), quietly)
			body := `{"query":"` + query + `","variables":{"no":false}}`
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/graphql", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Accept", accept)
			h.ServeHTTP(httptest.NewRecorder(), r)
			if _, got := g.counts(); got != waits {
				t.Errorf("%s as %s waits %d times, want %d", query, accept, got, waits)
			}
		}
	}
	for query, waits := range map[string]int{`subscription{numbers}`: 3, `subscription{refused}`: 1, `subscription{public}`: 0} {
		g := newGate()
		close(g.open)
		follow(t, engine.NewHandler(secrets(t), options(g)), query)
		if _, got := g.counts(); got != waits {
			t.Errorf("%s waits %d times, want %d", query, got, waits)
		}
	}
}

// While an answer waits, others are worked on in its place.
func TestWhatWaitsHoldsNoPlace(t *testing.T) {
	t.Parallel()
	g := newGate()
	crowded := options(g)
	crowded.Limits.Concurrent = 1
	h := engine.NewHandler(secrets(t), crowded)
	held := make(chan string, 1)
	go func() { held <- post(h, `{"query":"{hidden}"}`).Body.String() }()
	<-g.waiting
	if got, want := ask(t, h, "{open}", ""), `{"data":{"open":1}}`+"\n"; got != want {
		t.Errorf("meanwhile: %s", got)
	}
	select {
	case got := <-held:
		t.Errorf("sent before its moment: %s", got)
	default:
	}
	close(g.open)
	if got, want := <-held, `{"data":{"hidden":1}}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNobodyWaitsForAClientThatIsGone(t *testing.T) {
	t.Parallel()
	g := newGate()
	h := engine.NewHandler(secrets(t), options(g))
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	r := httptest.NewRequestWithContext(ctx, "POST", "/graphql", strings.NewReader(`{"query":"mutation{change}"}`))
	r.Header.Set("Content-Type", "application/json")
	served := make(chan struct{})
	go func() {
		defer close(served)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}()
	<-g.waiting
	hangUp()
	<-served
}
