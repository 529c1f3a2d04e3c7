package placement

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/refusal"
)

// The codes that only claims and counts need.
const (
	// CodeNoPlaceHeld is an answer to a claim that no place is held for.
	CodeNoPlaceHeld refusal.Code = "NoPlaceHeld"
	// CodeStaleAttempt is an answer for a place that was held before, not now.
	CodeStaleAttempt refusal.Code = "StaleAttempt"
	// CodeNotAccepted is an admission that the provider's acceptance has to come before.
	CodeNotAccepted refusal.Code = "NotAccepted"
	// CodeFundingNotApproved is an admission that the ADP's approval has to come before.
	CodeFundingNotApproved refusal.Code = "FundingNotApproved"
	// CodeAlreadyAdmitted is a decision that has to be made before the person is admitted.
	CodeAlreadyAdmitted refusal.Code = "AlreadyAdmitted"
	// CodeNotAdmitted is a discharge of a person who has not been admitted.
	CodeNotAdmitted refusal.Code = "NotAdmitted"
	// CodeNothingToConfirm is a count that cannot be confirmed, because nobody has counted.
	CodeNothingToConfirm refusal.Code = "NothingToConfirm"
	// CodeConflict is a claim that others keep changing.
	CodeConflict refusal.Code = "Conflict"
)

// ErrUnavailable is a store that cannot be reached, or has too much to do. Nobody knows whether it was done; sending the same
// again with the same idempotency key settles that.
var ErrUnavailable = errors.New("Kubernetes cannot be reached now: send the same again, with the same idempotencyKey")

// ErrNotReady is a decision before all claims have been read: nobody knows yet on which a key was used.
var ErrNotReady = errors.New("claims on places are still being read: send the same again in a few seconds")

// refusalOf turns what the API server said into what the caller is told. Refusals, and errors it does not know, it passes on.
func refusalOf(err error) error {
	var told refusal.Refusal
	if err == nil || errors.As(err, &told) {
		return err
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		if network := (*url.Error)(nil); errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) ||
			errors.Is(err, context.Canceled) {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return err
	}
	switch told := status.Status(); {
	case apierrors.IsInvalid(err):
		return invalid(told)
	case apierrors.IsForbidden(err):
		return forbiddenBy(told.Message, err)
	case apierrors.IsNotFound(err):
		return notFound()
	case apierrors.IsConflict(err):
		return refusal.Of(CodeConflict, "Others keep changing this Placement. Read it again and decide again.")
	case apierrors.IsTooManyRequests(err), apierrors.IsServerTimeout(err), apierrors.IsTimeout(err),
		told.Code >= http.StatusInternalServerError:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	default:
		return err
	}
}

func notFound() refusal.Refusal {
	return refusal.Of(refusal.NotFound, "There is no such thing, or it is not for you to see.", "input", "name")
}

// specField is a field of a spec as the API server names it.
var specField = regexp.MustCompile(`^spec\.([A-Za-z0-9.\[\]]+)$`)

func invalid(told metav1.Status) refusal.Refusal {
	var all refusal.Refusal
	if told.Details != nil {
		for _, cause := range told.Details.Causes {
			all = append(all, refusal.Problem{Code: refusal.Invalid, Message: plain(cause.Message), Path: pathOf(cause.Field)})
		}
	}
	if len(all) == 0 {
		return refusal.Of(refusal.Invalid, plain(told.Message), "input")
	}
	return all
}

// askedAs is the input that a field of a spec came from, if it has another name. Only the decision that was asked for can be
// wrong, so that one name is never meant for two.
func askedAs(field string) string {
	switch field {
	case "admission.time":
		return "admittedTime"
	case "discharge.time":
		return "dischargedTime"
	case "holdUntilTime":
		return "untilTime"
	case "acceptance.attempt":
		return "attempt"
	case "funding.reason", "acceptance.reason", "discharge.reason", "withdrawal.reason":
		return "reason"
	default:
		return ""
	}
}

// pathOf leads from the field of a spec to the input it came from.
func pathOf(field string) []string {
	path := []string{"input"}
	found := specField.FindStringSubmatch(field)
	if found == nil {
		return path
	}
	if name := askedAs(found[1]); name != "" {
		return append(path, name)
	}
	between := func(r rune) bool { return r == '.' || r == '[' || r == ']' }
	return append(path, strings.FieldsFunc(found[1], between)...)
}

// byPolicy comes before what an admission policy says.
const byPolicy = "denied request: "

// inBody is how the API server begins to say what is wrong with a value.
var inBody = regexp.MustCompile(`^.*spec\.\S+ in body (should .*)$`)

// plain takes off what only somebody who writes YAML wants to see.
func plain(message string) string {
	if found := inBody.FindStringSubmatch(message); found != nil {
		return "This " + found[1] + "."
	}
	if _, said, ok := strings.Cut(message, byPolicy); ok {
		return said
	}
	message = strings.TrimPrefix(message, "Invalid value: ")
	if i := strings.Index(message, `": `); strings.HasPrefix(message, `"`) && i > 0 {
		message = message[i+len(`": `):]
	}
	return message
}

// forbiddenBy tells the caller what an admission policy said. Anything else that is forbidden is a fault in the rights of the
// API itself, and no news for the caller.
func forbiddenBy(message string, err error) error {
	if _, said, ok := strings.Cut(message, byPolicy); ok {
		return refusal.Of(refusal.Forbidden, said)
	}
	return err
}
