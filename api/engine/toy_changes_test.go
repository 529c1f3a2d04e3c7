package engine_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"lifeline.scot/api/engine"
)

// logbook is what the toy's mutations write to.
type logbook struct {
	mutex sync.Mutex
	notes []string
}

func (l *logbook) add(note string) int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.notes = append(l.notes, note)
	return len(l.notes)
}

func (l *logbook) read() []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return slices.Clone(l.notes)
}

// entry is what a note led to.
type entry struct {
	text  string
	count int
}

func (t *toy) mutation() *engine.Object {
	written := &engine.Object{Name: "Entry", Description: "An entry of the logbook.", Fields: func() []engine.Field {
		return []engine.Field{
			engine.Get("text", "What was noted.", engine.NonNull(engine.String), func(e entry) string { return e.text }),
			engine.Get("count", "How many entries there were then.", engine.NonNull(engine.Int), func(e entry) int { return e.count }),
			engine.Get("ships", "Ships.", engine.NonNull(engine.List(engine.NonNull(t.ship))), func(entry) []*ship { return nil }).Sized(1000),
			engine.Resolve("before", "What the root had as this began.", engine.NonNull(engine.List(engine.NonNull(engine.String))), nil,
				func(ctx context.Context, _ entry, _ engine.Args) ([]string, error) {
					h, _ := engine.Root[*harbour](ctx)
					return h.logbook.read(), nil
				}),
		}
	}}
	note := func(name string, of engine.Type, then func(context.Context) error) engine.Field {
		return engine.Resolve(name, "Makes an entry.", of, []engine.Argument{
			{Name: "text", Description: "What to note.", Type: engine.String},
		}, func(ctx context.Context, h *harbour, a engine.Args) (*entry, error) {
			text, _ := a.String("text")
			made := &entry{text, h.logbook.add(name + " " + text)}
			return made, then(ctx)
		})
	}
	return &engine.Object{Name: "Mutation", Description: "What can be changed.", Fields: func() []engine.Field {
		return []engine.Field{
			note("note", engine.NonNull(written), func(context.Context) error { return nil }),
			note("smudge", written, func(context.Context) error { return &engine.Error{Code: "SMUDGED", Message: "Write again."} }),
			note("tear", engine.NonNull(written), func(context.Context) error { return errors.New("the secret is 1234") }),
			note("spill", written, func(context.Context) error { panic("the secret is 1234") }),
			note("linger", written, func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}),
		}
	}}
}

// level is how high the water is.
type level struct{ metres int }

func (t *toy) subscription() *engine.Object {
	t.level = &engine.Object{Name: "Level", Description: "How high the water is.", Fields: func() []engine.Field {
		return []engine.Field{
			engine.Get("metres", "In metres.", engine.Int, func(l level) int { return l.metres }),
			engine.Get("panics", "Panics.", engine.Int, func(level) int { panic("the secret is 1234") }),
			engine.Resolve("notes", "How many entries the logbook has now.", engine.Int, nil,
				func(ctx context.Context, _ level, _ engine.Args) (int, error) {
					h, _ := engine.Root[*harbour](ctx)
					return len(h.logbook.read()), nil
				}),
			engine.Get("ships", "Ships.", engine.NonNull(engine.List(engine.NonNull(t.ship))),
				func(l level) []*ship { return slices.Repeat([]*ship{{ID: "s"}}, l.metres) }).Sized(1000),
		}
	}}
	return &engine.Object{Name: "Subscription", Description: "What can be followed.", Fields: func() []engine.Field {
		return []engine.Field{
			engine.Subscribe("levels", "How high the water is.", engine.NonNull(t.level), nil,
				func(ctx context.Context, h *harbour, _ engine.Args) (engine.Source[level], error) {
					return h.levels(ctx)
				}),
			engine.Subscribe("count", "Counts from 1.", engine.NonNull(engine.Int), []engine.Argument{
				{Name: "to", Description: "The last number; 0 for waiting for ever after the first.", Type: engine.Int, Default: 3},
			}, func(_ context.Context, _ *harbour, a engine.Args) (engine.Source[int], error) {
				switch to, _ := a.Int("to"); to {
				case -1:
					return nil, &engine.Error{Code: "NO_NUMBERS", Message: "There are none."}
				case -2:
					return nil, errors.New("the secret is 1234")
				case -3:
					panic("the secret is 1234")
				case -4:
					return nil, nil
				default:
					return &counter{to: to}, nil
				}
			}),
		}
	}}
}

// counter is a source of numbers: up to 0 it waits for ever after the first, up to -5 and -6 it fails then.
type counter struct{ at, to int }

func (c *counter) Next(ctx context.Context) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	c.at++
	switch {
	case c.at == 1, c.at <= c.to:
		return c.at, nil
	case c.to == 0:
		<-ctx.Done()
		return 0, ctx.Err()
	case c.to == -5:
		return 0, &engine.Error{Code: "LOST_COUNT", Message: "Begin again."}
	case c.to == -6:
		return 0, errors.New("the secret is 1234")
	case c.to == -7:
		panic("the secret is 1234")
	}
	return 0, io.EOF
}

func (c *counter) Close() {}

// gauge is a source of levels that a test fills by hand; closing it ends it. It counts how often it was closed.
type gauge struct {
	levels chan level
	closed chan struct{}
}

func newGauge() *gauge { return &gauge{levels: make(chan level), closed: make(chan struct{})} }

func (g *gauge) Next(ctx context.Context) (level, error) {
	select {
	case l, ok := <-g.levels:
		if !ok {
			return level{}, io.EOF
		}
		return l, nil
	case <-ctx.Done():
		return level{}, ctx.Err()
	}
}

// Close panics if it is called twice.
func (g *gauge) Close() { close(g.closed) }

// measured lets the toy follow gauges that a test holds.
func (h *harbour) measured(g *gauge) *harbour {
	h.levels = func(context.Context) (engine.Source[level], error) { return g, nil }
	return h
}
