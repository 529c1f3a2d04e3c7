package outbound

import "time"

// Outcome is what came of sending a message. It holds nothing that an endpoint wrote but the number of its status.
type Outcome struct {
	Kind Kind
	// Code says more closely why.
	Code Code
	// Status is the HTTP status that was answered; 0 when none was.
	Status int
	// RetryAfter is how long the endpoint asks to be left alone, from 0 (it said nothing that counts) to [LongestRetryAfter]. Only
	// when it is Busy.
	RetryAfter time.Duration
	// Took is how long it took, with what was tried again.
	Took time.Duration
}

// Kind is what follows from an outcome.
type Kind string

// The kinds of outcome.
const (
	// Delivered means that the endpoint answered 2xx: it has the event.
	Delivered Kind = "Delivered"
	// Gone means that it answered 410: it wants no events any more.
	Gone Kind = "Gone"
	// Busy means that it asks for time: 429, 502, 503, 504.
	Busy Kind = "Busy"
	// Failed means that it could not be reached, gave no answer in time, or answered anything else. It may have the event.
	Failed Kind = "Failed"
	// Prohibited means that nothing may be sent there, so nothing was: it is no address, or one that is not public.
	Prohibited Kind = "Prohibited"
)

// Code is why, out of a closed set: fit for metrics, logs and records.
type Code string

// The codes.
const (
	// CodeOK goes with Delivered.
	CodeOK Code = "OK"
	// CodeGone goes with Gone.
	CodeGone Code = "Gone"
	// CodeTooManyRequests is status 429, CodeUnavailable 502, 503 and 504; both go with Busy.
	CodeTooManyRequests Code = "TooManyRequests"
	CodeUnavailable     Code = "Unavailable"

	// These go with Failed. CodeRedirected is a status of 3xx: the Partner has to give the new address. CodeClientError and
	// CodeServerError are any other status of 4xx and 5xx, CodeUnexpectedStatus is none of those.
	CodeRedirected       Code = "Redirected"
	CodeClientError      Code = "ClientError"
	CodeServerError      Code = "ServerError"
	CodeUnexpectedStatus Code = "UnexpectedStatus"
	// CodeNotResolved is a name that has no address, or whose address cannot be found out.
	CodeNotResolved Code = "NotResolved"
	// CodeNotConnected is an address that cannot be reached or takes no connections.
	CodeNotConnected Code = "NotConnected"
	// CodeNotTrusted is a certificate that has expired, is for another name, or is signed by nobody that is trusted. CodeNoTLS is
	// anything else that keeps the connection from being private.
	CodeNotTrusted Code = "CertificateNotTrusted"
	CodeNoTLS      Code = "NoTLS"
	// CodeTimedOut is no answer in time.
	CodeTimedOut Code = "TimedOut"
	// CodeHungUp is a connection that ended before there was an answer. CodeNotHTTP is an answer that is none, or whose headers are
	// too long.
	CodeHungUp  Code = "HungUp"
	CodeNotHTTP Code = "NotHTTP"
	// CodeStopped is that we ended it ourselves, because the context did: it is no failure of the endpoint's.
	CodeStopped Code = "Stopped"
	// CodeNoLonger is a message that failed and was not to be sent once more: see [Message].
	CodeNoLonger Code = "NoLonger"
	// CodeNotSendable is a message that has no id, no secret to sign it by, or is too long.
	CodeNotSendable Code = "NotSendable"

	// These go with Prohibited. CodeAddressNotAllowed is a name that stands for an address that is not public, or a port that is not
	// open to us. CodeURLNotAllowed is anything but an https address without a user name.
	CodeAddressNotAllowed Code = "AddressNotAllowed"
	CodeURLNotAllowed     Code = "URLNotAllowed"
)

// LongestRetryAfter bounds how long an endpoint can ask to be left alone.
const LongestRetryAfter = 24 * time.Hour
