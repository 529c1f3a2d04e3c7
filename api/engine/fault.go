package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// fault is an error of this program: the client gets an incident id, the log the rest.
type fault struct{ error }

// Unwrap gives the cause.
func (f fault) Unwrap() error { return f.error }

// panicError is a recovered panic.
type panicError struct {
	value any
	stack []byte
}

// Error implements error. The value of a panic may hold anything, so only its type is told.
func (p *panicError) Error() string {
	if err, ok := p.value.(error); ok {
		return fmt.Sprintf("panic: %v", err)
	}
	return fmt.Sprintf("panic with a %T", p.value)
}

// panicked is what was recovered at a field, as an error.
func panicked(coordinate string, recovered any) error {
	return fault{fmt.Errorf("%s: %w", coordinate, &panicError{recovered, debug.Stack()})}
}

// located sorts an accessor's error: the client's (with a code), the deadline, or a fault.
func located(coordinate string, err error) error {
	var told *Error
	switch {
	case errors.As(err, &told):
		return sent{told}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return sent{timeoutError()}
	case errors.As(err, new(fault)):
		return err
	}
	return fault{fmt.Errorf("%s: %w", coordinate, err)}
}

func timeoutError() *Error {
	return &Error{
		Code:    CodeTimeout,
		Message: "The request took too long. Ask for fewer items or fewer fields at once.",
	}
}

// sent passes an Error through graphql-go, which keeps the extensions of such errors.
type sent struct{ told *Error }

// Error implements error.
func (s sent) Error() string { return s.told.Message }

// Extensions implements gqlerrors.ExtendedError.
func (s sent) Extensions() map[string]any { return s.told.extensions() }
