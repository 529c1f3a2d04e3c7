package main

import (
	"context"
	"errors"
	"net/http"

	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/crds/v1alpha1"
)

// identify finds out who is asking, from the Authorization header or, over a websocket, which browsers cannot give one, from
// the parameter "authorization" of connection_init. A provider that is suspended is let in no more from its next request on.
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
		return nil, unauthenticated("This bearer token is not known. Get a new one, or leave the Authorization header out to ask as " +
			"the public.")
	case err != nil:
		return nil, unauthenticated("Send Authorization: Bearer and a token, or leave it out to ask as the public.")
	}
	if partner, known := s.directory.View().Partner(caller.Partner); known &&
		partner.Spec.Participation == v1alpha1.ParticipationSuspended {
		return nil, &engine.Error{Code: "SUSPENDED", Message: "Your organisation is suspended, so it can read and send nothing " +
			"now. Ask the platform administrators."}
	}
	return identity.With(r.Context(), caller), nil
}

func unauthenticated(message string) *engine.Error {
	return &engine.Error{Code: engine.CodeUnauthenticated, Message: message}
}
