package outbound

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/api/referral"
)

// The headers of the handshake.
const (
	headerRequestOrigin = "Webhook-Request-Origin"
	headerAllowedOrigin = "Webhook-Allowed-Origin"
)

// anyOrigin is an endpoint that wants events from anybody.
const anyOrigin = "*"

// Reason is why an endpoint that was reached has not agreed.
type Reason string

// The reasons.
const (
	// ReasonNoOrigin means that the answer has no WebHook-Allowed-Origin, or more than one.
	ReasonNoOrigin Reason = "NoAllowedOrigin"
	// ReasonOtherOrigin means that it names another origin than this API.
	ReasonOtherOrigin Reason = "OtherOriginAllowed"
	// ReasonNotSigned means that the answer is not signed by the secret of the endpoint.
	ReasonNotSigned Reason = "AnswerNotSigned"
	// ReasonNotAsked means that it answered OPTIONS with an error: most likely nobody has written yet what answers it.
	ReasonNotAsked Reason = "HandshakeNotAnswered"
)

// HandshakeError is why an endpoint has not agreed to be sent events.
type HandshakeError struct {
	// Outcome of the question.
	Outcome Outcome
	// Reason says how an endpoint did not agree that was reached; "" for one that was not, that asks for time or wants no more.
	Reason Reason
}

// Error implements error, in codes alone.
func (e *HandshakeError) Error() string {
	if e.Reason != "" {
		return "the endpoint does not agree to be sent events: " + string(e.Reason)
	}
	return "the endpoint was not asked whether it wants events: " + string(e.Outcome.Code)
}

// Handshake asks an endpoint whether it wants events from origin, the host name of this API; nil: it does. Nothing is to be sent
// to an endpoint before it has agreed. It fails with a [*HandshakeError].
//
// It is the validation of CloudEvents' HTTP 1.1 Web Hooks
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md): OPTIONS with WebHook-Request-Origin, answered
// 2xx with WebHook-Allowed-Origin, which is that origin or *. A rate is not asked for: an endpoint says 429 and Retry-After when
// it is busy. The question is signed as an event is, and has no body. The answer is signed by the same secret: webhook-id as it
// was asked, webhook-timestamp, and webhook-signature with what it allows in place of a body, which nobody can make of what was
// asked. So an address that was mistyped gets nothing, whatever it agrees to. [Agree] is the receiver's side.
func (s *Sender) Handshake(ctx context.Context, to Endpoint, origin string) error {
	id := "handshake_" + strings.TrimPrefix(referral.NewID(), "r-")
	outcome, answer := s.ask(ctx, to, question{
		method: http.MethodOptions, id: id, header: http.Header{headerRequestOrigin: {origin}},
	})
	switch {
	case outcome.Code == CodeClientError, outcome.Code == CodeServerError, outcome.Code == CodeUnexpectedStatus:
		return &HandshakeError{Outcome: outcome, Reason: ReasonNotAsked}
	case outcome.Kind != Delivered:
		return &HandshakeError{Outcome: outcome}
	}
	if reason := s.agreed(to, answer, id, origin); reason != "" {
		return &HandshakeError{Outcome: outcome, Reason: reason}
	}
	return nil
}

// agreed says why an answer is no agreement; "" if it is.
func (s *Sender) agreed(to Endpoint, answer http.Header, id, origin string) Reason {
	allowed := answer.Values(headerAllowedOrigin)
	switch {
	case len(allowed) != 1, allowed[0] == "":
		return ReasonNoOrigin
	case allowed[0] != anyOrigin && !strings.EqualFold(allowed[0], origin):
		return ReasonOtherOrigin
	case answer.Get(signature.HeaderID) != id,
		signature.Verify(to.Secrets, answer, []byte(allowed[0]), s.options.Clock()) != nil:
		return ReasonNotSigned
	default:
		return ""
	}
}

// Agree is what a receiver answers to a handshake that comes from the one it shares secrets with: the headers to send back with
// 200. It is here for receivers in Go and for tests, and to show what there is to do:
//
//  1. check the signature of the request as that of an event; its body is empty;
//  2. answer with the value of WebHook-Request-Origin as WebHook-Allowed-Origin, with the same webhook-id, a webhook-timestamp of
//     now, and a webhook-signature that has that value in place of a body.
func Agree(secrets []signature.Secret, question http.Header, now time.Time) (http.Header, error) {
	origin := question.Get(headerRequestOrigin)
	if err := signature.Verify(secrets, question, nil, now); err != nil {
		return nil, err
	}
	if origin == "" {
		return nil, errors.New("the request does not say who asks: it has no WebHook-Request-Origin")
	}
	answer := signature.Sign(secrets, question.Get(signature.HeaderID), now, []byte(origin))
	answer.Set(headerAllowedOrigin, origin)
	return answer, nil
}
