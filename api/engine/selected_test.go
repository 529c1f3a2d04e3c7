package engine_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"lifeline.scot/api/engine"
)

// looker remembers what was selected below the fields that ask.
type looker struct{ below, deeper string }

func lookingHandler(t *testing.T, l *looker) http.Handler {
	t.Helper()
	var part *engine.Object
	part = &engine.Object{Name: "Part", Description: "A part.", Fields: func() []engine.Field {
		return []engine.Field{
			engine.Get("name", "Its name.", engine.String, func(int) string { return "part" }),
			engine.Get("size", "Its size.", engine.Int, func(n int) int { return n }),
			engine.Get("parts", "Its parts.", engine.NonNull(engine.List(engine.NonNull(part))), func(int) []int { return nil }),
		}
	}}
	read := func(ctx context.Context, _ struct{}, _ engine.Args) (int, error) {
		l.below, l.deeper = strings.Join(engine.Selected(ctx), " "), strings.Join(engine.Selected(ctx, "parts"), " ")
		return 1, nil
	}
	compiled, err := engine.Compile(engine.Schema{Description: "Looks ahead.", Query: &engine.Object{Name: "Query", Description: "All.", Fields: func() []engine.Field {
		return []engine.Field{
			engine.Resolve("ahead", "Looks ahead.", part, nil, read).Ahead(),
			engine.Resolve("blind", "Does not.", part, nil, read),
		}
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return engine.NewHandler(compiled, engine.Options{})
}

func TestAFieldCanKnowWhatIsSelectedBelowIt(t *testing.T) {
	for name, tc := range map[string]struct{ query, variables, below, deeper string }{
		"fields and aliases": {query: `{ ahead { n: name m: name size } }`, below: "name size"},
		"a path":             {query: `{ ahead { parts { size } p: parts { name } } }`, below: "parts", deeper: "size name"},
		"fragments": {
			query: `{ ahead { ...f ... on Part { size } } } fragment f on Part { name parts { ...g } } fragment g on Part { size }`,
			below: "name parts size", deeper: "size",
		},
		"the same field twice": {query: `{ ahead { name } ahead { size } }`, below: "name size"},
		"left out": {
			query:     `query($no: Boolean!, $yes: Boolean!) { ahead { name @skip(if: $yes) size @include(if: $yes) parts @include(if: $no) { size } } }`,
			variables: `{"no":false,"yes":true}`, below: "size",
		},
		"one that does not ask": {query: `{ blind { name } }`},
	} {
		l := &looker{}
		address := "/graphql?query=" + url.QueryEscape(tc.query)
		if tc.variables != "" {
			address += "&variables=" + url.QueryEscape(tc.variables)
		}
		w := httptest.NewRecorder()
		lookingHandler(t, l).ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		var answer struct{ Errors []any }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || len(answer.Errors) > 0 {
			t.Fatalf("%s: %s", name, w.Body)
		}
		if l.below != tc.below || l.deeper != tc.deeper {
			t.Errorf("%s: %q and %q, want %q and %q", name, l.below, l.deeper, tc.below, tc.deeper)
		}
	}
}
