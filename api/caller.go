package main

import (
	"context"
	"errors"
	"net/http"

	"lifeline.scot/api/directory"
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
	if caller.Role == identity.Provider {
		if err := takesPart(s.directory.View().Partner(caller.Partner)); err != nil {
			return nil, err
		}
	}
	return identity.With(r.Context(), caller), nil
}

// takesPart refuses those who work for an organisation that takes no part, or that is not, or not yet, in the directory.
func takesPart(partner *directory.Partner, known bool) error {
	switch {
	case !known:
		return &engine.Error{Code: "UNKNOWN_PARTNER", Message: "Your organisation is not in the directory. Ask the platform " +
			"administrators to add it as a Partner."}
	case partner.Spec.Participation == v1alpha1.ParticipationSuspended:
		return &engine.Error{Code: "SUSPENDED", Message: "Your organisation is suspended, so it can read and send nothing now. Ask " +
			"the platform administrators."}
	default:
		return nil
	}
}

func unauthenticated(message string) *engine.Error {
	return &engine.Error{Code: engine.CodeUnauthenticated, Message: message}
}
