package casework

import (
	"errors"
	"fmt"
	"strings"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/store"
	"lifeline.scot/api/vault"
)

// The codes that only referrals need.
const (
	// CodeWrongStatus is something that does not go with how the referral stands.
	CodeWrongStatus refusal.Code = "WrongStatus"
	// CodeStageFirst is a step of the funded journey that another has to come before.
	CodeStageFirst refusal.Code = "StageFirst"
	// CodeNothingAsked is an answer to a question that is not open.
	CodeNothingAsked refusal.Code = "NothingAsked"
	// CodeTooMany is one more of something than is kept.
	CodeTooMany refusal.Code = "TooMany"
	// CodePartnerSuspended is a partner that takes no part now.
	CodePartnerSuspended refusal.Code = "PartnerSuspended"
	// CodeErased is somebody who was erased: nothing can be added to what they told.
	CodeErased refusal.Code = "Erased"
	// CodeSecondFactor is something that needs a sign-in with a second factor.
	CodeSecondFactor refusal.Code = "SecondFactorNeeded"
	// CodeNotNeeded is an emergency that is declared for what may be seen without one.
	CodeNotNeeded refusal.Code = "NotNeeded"
)

// ErrUnavailable is a store that cannot be reached, or rules that are not known now. Nobody knows whether it was done; sending
// the same again with the same idempotency key settles that.
var ErrUnavailable = errors.New("referrals cannot be reached now: send the same again, with the same idempotencyKey")

func notFound() refusal.Refusal {
	return refusal.Of(refusal.NotFound, "There is no such referral, or it is not for you to see.", "input", "referral")
}

func staleOf(s *referral.Stale) refusal.Refusal {
	r := refusal.Of(refusal.StaleVersion, s.Error(), "input", "version")
	r[0].Stale = &refusal.Stale{Read: s.Read, Latest: s.Now}
	return r
}

// tellsStanding reports whether a refusal tells how a referral stands.
func tellsStanding(c referral.Code) bool {
	return c != referral.CodeInvalid && c != referral.CodeNotYours
}

// codes are those of refusals of a referral.
var codes = map[referral.Code]refusal.Code{
	referral.CodeInvalid: refusal.Invalid, referral.CodeWrongStatus: CodeWrongStatus, referral.CodeEnded: refusal.Ended,
	referral.CodeNotYours: refusal.Forbidden, referral.CodeStageFirst: CodeStageFirst,
	referral.CodeNothingAsked: CodeNothingAsked, referral.CodeTooMany: CodeTooMany,
}

// told turns errors into what the caller is told. Refusals, and errors it does not know, it passes on.
func told(err error) error {
	var already refusal.Refusal
	var refused *referral.Refused
	var stale *referral.Stale
	var invalid record.Invalid
	var said *consent.Refused
	var senseless *store.InvalidError
	switch {
	case err == nil, errors.As(err, &already):
		return err
	case errors.Is(err, store.ErrNotFound):
		return notFound()
	case errors.Is(err, store.ErrUnavailable):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case errors.Is(err, store.ErrKeyReused):
		return refusal.Of(refusal.KeyReused, "This idempotencyKey was used before with other input. Use a new one for something else.",
			"input", "idempotencyKey")
	case errors.Is(err, vault.ErrErased):
		return refusal.Of(CodeErased, "The person was erased at their request or by law: nothing more can be written of them here.")
	case errors.As(err, &refused):
		return refusal.Of(codes[refused.Code], refused.Message)
	case errors.As(err, &stale):
		return staleOf(stale)
	case errors.As(err, &invalid):
		return fieldsOf(invalid)
	case errors.As(err, &said):
		return refusal.Of(refusal.Invalid, said.Message, "input")
	case errors.As(err, &senseless):
		return refusal.Of(refusal.Invalid, senseless.Message, "input")
	default:
		return err
	}
}

// fieldsOf are problems with fields, each with the way to it.
func fieldsOf(invalid record.Invalid) refusal.Refusal {
	var all refusal.Refusal
	for _, p := range invalid {
		name := InputName(p.Field)
		all = append(all, refusal.Problem{
			Code: refusal.Invalid, Message: name + " " + p.Message, Path: []string{"input", "told", name},
		})
	}
	return all
}

// otherNames are fields that clients know by another name.
var otherNames = map[record.Field]string{
	record.ReferralID: "referralID", record.CreatedAt: "createdTime", record.OverdoseAt: "overdoseTime",
	record.OverdoseContext: "overdoseContext",
}

// InputName is how clients write the name of a field: fullName for full_name.
func InputName(f record.Field) string {
	if name, another := otherNames[f]; another {
		return name
	}
	words := strings.Split(string(f), "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// sideNames are the sides in words.
var sideNames = map[referral.Side]string{
	referral.SideOrigin: "the partner that made the referral", referral.SideTarget: "the partner that is asked",
	referral.SidePartnership: "a commissioner of the ADP", referral.SidePerson: "the person",
}

// forSides says who does something, in words.
func forSides(by []referral.Side) string {
	var names []string
	for _, side := range by {
		if name, ok := sideNames[side]; ok {
			names = append(names, name)
		}
	}
	return "That is for others to do: " + strings.Join(names, ", or ") + "."
}
