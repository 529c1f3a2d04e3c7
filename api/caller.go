package main

import (
	"context"
	"errors"
	"net/http"

	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
)

// identify finds out who is asking, from the Authorization header or, over a websocket, which browsers cannot give one, from
// the parameter "authorization" of connection_init.
func (s *site) identify(r *http.Request, parameters map[string]any) (context.Context, error) {
	header := r.Header.Get("Authorization")
	if given, there := parameters["authorization"]; there && header == "" {
		text, ok := given.(string)
		if !ok || text == "" {
			text = "none" // whoever says something that does not count is not taken for the public
		}
		header = text
	}
	caller, err := s.tokens.FromAuthorization(header)
	switch {
	case errors.Is(err, identity.ErrUnknownToken):
		return nil, &engine.Error{Code: engine.CodeUnauthenticated, Message: "This bearer token is not known. Get a new one, or leave " +
			"the Authorization header out to ask as the public."}
	case err != nil:
		return nil, &engine.Error{Code: engine.CodeUnauthenticated, Message: "Send Authorization: Bearer and a token, or leave it out to " +
			"ask as the public."}
	}
	return identity.With(r.Context(), caller), nil
}
