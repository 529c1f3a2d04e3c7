package schema

import "lifeline.scot/api/engine"

// Codes of problems with what was asked, in an error's extensions.code.
const (
	// CodeBadPageSize is a list asked for without first or last, with both, or with one outside 1 to 100.
	CodeBadPageSize = "BAD_PAGE_SIZE"
	// CodeBadCursor is a text that is not a cursor.
	CodeBadCursor = "BAD_CURSOR"
	// CodeCursorOfAnotherList is a cursor of another list, or of another order of the list.
	CodeCursorOfAnotherList = "CURSOR_OF_ANOTHER_LIST"
	// CodeOrderNeedsNear is an order by distance without a point.
	CodeOrderNeedsNear = "ORDER_NEEDS_NEAR"
	// CodeUnknownDistrict is a postcode district that is not known.
	CodeUnknownDistrict = "UNKNOWN_POSTCODE_DISTRICT"
	// CodeNotFound is a subscription to something that does not exist, or is not for the caller to see.
	CodeNotFound = "NOT_FOUND"
	// CodeNotReady is a question about claims before all have been read.
	CodeNotReady = "NOT_READY"
	// CodeUnavailable is a decision of which nobody knows whether it was carried out: send it again.
	CodeUnavailable = "UNAVAILABLE"
	// CodeBadArgument is any other argument whose value makes no sense; extensions.argument names it.
	CodeBadArgument = "BAD_ARGUMENT"
)

func problem(code, message string) *engine.Error { return &engine.Error{Code: code, Message: message} }

func badArgument(argument, message string) *engine.Error {
	return &engine.Error{Code: CodeBadArgument, Message: message, Extensions: map[string]any{"argument": argument}}
}
