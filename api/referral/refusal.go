package referral

import "fmt"

// Code says why a change was refused.
type Code string

// The codes.
const (
	// CodeInvalid is a change that makes no sense by itself.
	CodeInvalid Code = "Invalid"
	// CodeWrongStatus is a change that does not go with how the referral stands.
	CodeWrongStatus Code = "WrongStatus"
	// CodeEnded is a change to a referral that is completed or withdrawn.
	CodeEnded Code = "Ended"
	// CodeNotYours is a change that is for somebody else to make.
	CodeNotYours Code = "NotYours"
	// CodeStageFirst is a step of the funded journey that another has to come before.
	CodeStageFirst Code = "StageFirst"
	// CodeNothingAsked is an answer to a question that is not open.
	CodeNothingAsked Code = "NothingAsked"
	// CodeTooMany is one more of something than is kept.
	CodeTooMany Code = "TooMany"
)

// Refused is a change that was not made, and what to do instead. It has nobody's data in it.
type Refused struct {
	Code    Code
	Message string
}

// Error implements error.
func (r *Refused) Error() string { return r.Message }

func refuse(code Code, format string, args ...any) error {
	return &Refused{code, fmt.Sprintf(format, args...)}
}

// Stale is a change that was decided upon a version that is not the latest.
type Stale struct {
	// Read is the version that was read, Now the latest.
	Read, Now int64
}

// Error implements error.
func (s *Stale) Error() string {
	return fmt.Sprintf("The referral has changed: you read version %d and it is at version %d now. Read it again and decide again.",
		s.Read, s.Now)
}
