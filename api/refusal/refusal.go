// Package refusal is how somebody is told that what they asked for was not done, and what to change. It is the same for every
// subject; each adds the codes that only it needs.
package refusal

import "strings"

// Code says what is in the way of something that was asked for.
type Code string

// The codes that every subject has.
const (
	// Invalid is input that makes no sense; Path says which.
	Invalid Code = "Invalid"
	// NotFound is something that does not exist, or that the caller may not know of. The two are told apart nowhere.
	NotFound Code = "NotFound"
	// Forbidden is something the caller may not do.
	Forbidden Code = "Forbidden"
	// KeyReused is an idempotency key that was used before with other input.
	KeyReused Code = "IdempotencyKeyReused"
	// StaleVersion is a decision about a version that is not the latest.
	StaleVersion Code = "StaleVersion"
	// Ended is a decision about something that has ended.
	Ended Code = "Ended"
)

// Problem is why something was not done, and what to change.
type Problem struct {
	Code    Code
	Message string
	// Path leads to the part of the input that is meant; empty if none is.
	Path []string
	// Stale are both versions, with StaleVersion where versions are numbers; nil otherwise.
	Stale *Stale
}

// Stale are the version that was read, and the latest.
type Stale struct{ Read, Latest int64 }

// Refusal is an error that is told to whoever asked: nothing was done.
type Refusal []Problem

// Error implements error.
func (r Refusal) Error() string {
	texts := make([]string, len(r))
	for i, p := range r {
		texts[i] = p.Message
	}
	return strings.Join(texts, "; ")
}

// Of is a refusal for one reason.
func Of(code Code, message string, path ...string) Refusal {
	return Refusal{{Code: code, Message: message, Path: path}}
}

// Stricter says that stricter rules of those who run the directory are in the way, and which: by their codes.
func Stricter(reasons []string) string {
	return "A stricter rule of those who run this directory does not allow it (" + strings.Join(reasons, ", ") +
		"): ask them what to do instead."
}
