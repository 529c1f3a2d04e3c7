package engine

import "maps"

// Error is a failure that a client is told about: it appears in the answer's errors with its Code in
// extensions.code. Resolvers return it for what they expect to go wrong, such as a cursor from another order.
type Error struct {
	// Code is what a program reads: upper snake case, stable. Message is what a person reads: it says what to change.
	Code, Message string
	// Extensions are sent beside the code.
	Extensions map[string]any
}

// Codes of failures that the engine itself reports.
const (
	// CodeBadRequest is a request that is not GraphQL over HTTP: not JSON, no query, a batch, two operations and no name.
	CodeBadRequest = "BAD_REQUEST"
	// CodeParseFailed is a document that is not GraphQL.
	CodeParseFailed = "PARSE_FAILED"
	// CodeValidationFailed is a document that does not fit the schema.
	CodeValidationFailed = "VALIDATION_FAILED"
	// CodeBadVariables is a variable whose value does not fit its type.
	CodeBadVariables = "BAD_VARIABLES"
	// CodeLimitExceeded is a request over one of [Limits]: extensions.limit names it, with max and, where known, value.
	CodeLimitExceeded = "LIMIT_EXCEEDED"
	// CodeMaxCostExceeded is a query that could answer more objects than [Limits].Nodes: extensions cost and limit.
	CodeMaxCostExceeded = "MAX_COST_EXCEEDED"
	// CodeTimeout is a request that took longer than [Limits].Time. For a field of a mutation that was not begun for want of
	// time, extensions.begun is false; one that was may or may not have done what it does.
	CodeTimeout = "TIMEOUT"
	// CodeOverloaded is a request that was not begun in time, because too many others were being worked on. It comes with
	// the status 503 and Retry-After.
	CodeOverloaded = "OVERLOADED"
	// CodeUnauthenticated is a request without a proof of who asks, where one is needed, or with one that does not hold.
	// It comes with the status 401 and WWW-Authenticate.
	CodeUnauthenticated = "UNAUTHENTICATED"
	// CodeUnavailable is a request that cannot be answered now, because something that is needed for it cannot be reached. It comes
	// with the status 503 and Retry-After.
	CodeUnavailable = "UNAVAILABLE"
	// CodeInternal is a fault of this program: extensions.incident is the id under which the log tells more.
	CodeInternal = "INTERNAL"
)

// Error implements error.
func (e *Error) Error() string { return e.Message }

// extensions are what is sent: Extensions and the code.
func (e *Error) extensions() map[string]any {
	all := maps.Clone(e.Extensions)
	if all == nil {
		all = map[string]any{}
	}
	all["code"] = e.Code
	return all
}
