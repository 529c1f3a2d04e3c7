package oidc

import (
	"fmt"
	"time"
)

// Reason says why a token does not count. It says nothing of what is in the token.
type Reason string

// The reasons. Those from ReasonAudience on are told to holders of tokens that the issuer did sign.
const (
	// ReasonMalformed is what is no signed token in the compact form, or is too long.
	ReasonMalformed Reason = "MALFORMED"
	// ReasonAlgorithm is a token that is signed in a way that is not accepted from its issuer, or not at all.
	ReasonAlgorithm Reason = "ALGORITHM"
	// ReasonIssuer is a token of an issuer that is not configured.
	ReasonIssuer Reason = "ISSUER"
	// ReasonSignature is a token that none of the keys which its issuer publishes now has signed.
	ReasonSignature Reason = "SIGNATURE"
	// ReasonAudience is a token for somebody else.
	ReasonAudience Reason = "AUDIENCE"
	// ReasonExpired is a token whose time is over.
	ReasonExpired Reason = "EXPIRED"
	// ReasonNotYet is a token that was issued in the future, or counts from then on.
	ReasonNotYet Reason = "NOT_YET"
	// ReasonLifetime is a token that counts for longer than is accepted from its issuer.
	ReasonLifetime Reason = "LIFETIME"
	// ReasonClaims is a token that does not say when it was issued and expires, which token, person or client it is, or says it in
	// a way that cannot be read.
	ReasonClaims Reason = "CLAIMS"
	// ReasonKind is a token that is for something else than to be sent as a bearer token.
	ReasonKind Reason = "KIND"
)

// Reasons are all there are.
func Reasons() []Reason {
	return []Reason{
		ReasonMalformed, ReasonAlgorithm, ReasonIssuer, ReasonSignature, ReasonAudience, ReasonExpired, ReasonNotYet, ReasonLifetime,
		ReasonClaims, ReasonKind,
	}
}

// RefusedError is a token that does not count, and will not if it is sent again; ReasonNotYet apart.
type RefusedError struct{ Reason Reason }

// Error implements error.
func (e *RefusedError) Error() string { return "the bearer token does not count: " + string(e.Reason) }

func refuse(reason Reason) error { return &RefusedError{reason} }

// UnavailableError is a token that cannot be checked now, because its issuer does not say which keys it has. Another time it
// may count.
type UnavailableError struct {
	// Issuer is which.
	Issuer string
	// RetryAfter is how long to wait before it is asked again, more than 0.
	RetryAfter time.Duration
	cause      error
}

// Error implements error. It is for logs: what the issuer answered is no business of clients.
func (e *UnavailableError) Error() string {
	return fmt.Sprintf("the keys of %s cannot be read: %v", e.Issuer, e.cause)
}

// Unwrap gives the cause.
func (e *UnavailableError) Unwrap() error { return e.cause }
