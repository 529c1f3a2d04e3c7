package engine_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"lifeline.scot/api/engine"
	"lifeline.scot/api/engine/conformance"
)

func TestAuditsOfGraphQLOverHTTP(t *testing.T) {
	t.Parallel()
	conformance.Audit(t, toyServer(t).URL+"/graphql")
}

func TestGraphQLJSReadsTheSchema(t *testing.T) {
	t.Parallel()
	conformance.CheckSchema(t, toyServer(t).URL+"/graphql", compiled(t).SDL())
}

func TestReferenceClientsOfStreams(t *testing.T) {
	t.Parallel()
	serve := func(streamTime time.Duration) string {
		server := httptest.NewServer(toyHandler(t, newHarbour(), quiet, func(o *engine.Options) {
			o.Identify = withToken
			o.Limits.StreamTime, o.Limits.Heartbeat = streamTime, 20*time.Millisecond
		}))
		t.Cleanup(server.Close)
		return server.URL + "/graphql"
	}
	data := func(name string, value any) any { return map[string]any{name: value} }
	code := func(code string) any { return []string{code} }
	conformance.Streams(t, serve(time.Minute), conformance.Operations{
		Token: token, Cutting: serve(300 * time.Millisecond),
		Plain: []conformance.Operation{
			{Query: `subscription{count}`, Results: []any{data("count", 1), data("count", 2), data("count", 3)}},
			{Query: `subscription{count(to:0)}`, Results: []any{data("count", 1)}, Most: 1},
			{Query: `subscription{count(to:1000000)}`, Results: []any{data("count", 1), data("count", 2)}, Most: 2},
			{Query: `subscription{count(to:-1)}`, Results: []any{code("NO_NUMBERS")}},
			{Query: `subscription{count(to:-3)}`, Results: []any{code("INTERNAL")}},
			{Query: `subscription{count(to:-5)}`, Results: []any{data("count", 1), code("LOST_COUNT")}},
			{Query: `{texts}`, Results: []any{data("texts", []any{nil, ""})}},
			{Query: `mutation{note{text}}`, Results: []any{data("note", data("text", ""))}},
			{Query: `{wreck}`, Results: []any{code("VALIDATION_FAILED")}},
			{Query: `{`, Results: []any{code("PARSE_FAILED")}},
		},
		Endless: conformance.Operation{Query: `subscription{count(to:0)}`, Results: []any{data("count", 1)}},
	})
}

// token is what withToken lets in.
const token = "the token"

type whoKey struct{}

// withToken takes the token from the header of a request, or from the parameters of a websocket.
func withToken(r *http.Request, parameters map[string]any) (context.Context, error) {
	given := r.Header.Get("Authorization")
	if parameters != nil {
		given, _ = parameters["authorization"].(string)
	}
	switch given {
	case "Bearer " + token:
		return context.WithValue(r.Context(), whoKey{}, "a friend"), nil
	case "":
		return nil, &engine.Error{Code: engine.CodeUnauthenticated, Message: "Say who you are."}
	case "Bearer outsider":
		return nil, &engine.Error{Code: "FORBIDDEN", Message: "This is not for you."}
	case "Bearer away":
		return nil, &engine.Error{Code: engine.CodeUnavailable, Message: "Ask again."}
	case "Bearer slow":
		<-r.Context().Done()
		return nil, r.Context().Err()
	case "Bearer panic":
		panic("the secret is 1234")
	}
	return nil, &engine.Error{Code: engine.CodeUnauthenticated, Message: "This is not the token."}
}
