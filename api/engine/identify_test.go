package engine_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/coder/websocket"

	"lifeline.scot/api/engine"
)

// who is asked by a token, over HTTP.
func askedBy(ctx context.Context, h http.Handler, accept, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(`{"query":"{who}"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", accept)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// guarded answers who asks, as a resolver and the root find it.
func guarded(t testing.TB) http.Handler {
	t.Helper()
	who := func(ctx context.Context) string { name, _ := ctx.Value(whoKey{}).(string); return name }
	e, err := engine.Compile(engine.Schema{Description: "A gate.", Query: &engine.Object{
		Name: "Query", Description: "What can be asked.", Fields: func() []engine.Field {
			return []engine.Field{engine.Resolve("who", "Who asks.", engine.String, nil,
				func(ctx context.Context, root string, _ engine.Args) (string, error) {
					return root + " " + who(ctx), nil
				})}
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	o := engine.Options{Identify: withToken, Root: func(r *http.Request) any { return who(r.Context()) }}
	quiet(&o)
	return engine.NewHandler(e, o)
}

func TestWhoAsksOverHTTP(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, token string
		status      int
		body        string
	}{
		{"a friend", token, 200, `{"data":{"who":"a friend a friend"}}`},
		{"nobody", "", 401, `"code":"UNAUTHENTICATED"`},
		{"a stranger", "strange", 401, `"code":"UNAUTHENTICATED"`},
		{"an outsider", "outsider", 403, `"code":"FORBIDDEN"`},
		{"a fault", "panic", 500, `"code":"INTERNAL"`},
		{"somebody who cannot be asked about now", "away", 503, `"code":"UNAVAILABLE"`},
		{"too slow", "slow", 503, `"code":"TIMEOUT"`},
	} {
		for _, accept := range []string{"application/json", "application/graphql-response+json", "text/event-stream"} {
			t.Run(test.name+" as "+accept, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := askedBy(t.Context(), guarded(t), accept, test.token)
					if w.Code != test.status || !strings.Contains(w.Body.String(), test.body) || strings.Contains(w.Body.String(), "1234") {
						t.Errorf("%d %s", w.Code, w.Body)
					}
					challenge := ""
					if test.status == 401 {
						challenge = map[bool]string{true: "Bearer", false: `Bearer error="invalid_token"`}[test.token == ""]
					}
					if w.Header().Get("WWW-Authenticate") != challenge || (w.Header().Get("Retry-After") != "") != (test.token == "away") {
						t.Errorf("%v, want the challenge %q", w.Header(), challenge)
					}
				})
			})
		}
	}
}

func TestWhoAsksOverWebsockets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, parameters string
		code             int
		reason           string
	}{
		{"nobody", ``, 4403, "Forbidden: Say who you are."},
		{"null", `,"payload":null`, 4403, "Forbidden: Say who you are."},
		{"a stranger", `,"payload":{"authorization":"Bearer strange"}`, 4403, "Forbidden: This is not the token."},
		{"an outsider", `,"payload":{"authorization":"Bearer outsider"}`, 4403, "Forbidden: This is not for you."},
		{"a fault", `,"payload":{"authorization":"Bearer panic"}`, 4500, "Internal server error"},
		{"somebody who cannot be asked about now", `,"payload":{"authorization":"Bearer away"}`, 1013, "Try again"},
		{"too slow", `,"payload":{"authorization":"Bearer slow"}`, 1013, "Try again"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := socketOf(t, piped(t, guarded(t)), `{"type":"connection_init"`+test.parameters+`}`)
				c.expectClose(websocket.StatusCode(test.code), test.reason)
			})
		})
	}
	t.Run("a friend", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := socketOf(t, piped(t, guarded(t)), `{"type":"connection_init","payload":{"authorization":"Bearer `+token+`"}}`, subscribing("a", "{who}"))
			c.expect(ackMessage, `{"type":"next","id":"a","payload":{"data":{"who":"a friend a friend"}}}`)
		})
	})
}
