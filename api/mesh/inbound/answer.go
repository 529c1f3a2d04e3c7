package inbound

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/store"
)

// Outcome is what came of a request, out of a closed set: fit for metrics. Beside these it is the code of a problem, as GraphQL
// writes it.
type Outcome string

// The outcomes.
const (
	OutcomeDone            Outcome = "DONE"
	OutcomeReplayed        Outcome = "REPLAYED"
	OutcomeUnauthenticated Outcome = "UNAUTHENTICATED"
	OutcomeSuspended       Outcome = "SUSPENDED"
	OutcomeTooMany         Outcome = "TOO_MANY_REQUESTS"
	OutcomeTooLarge        Outcome = "TOO_LARGE"
	OutcomeMediaType       Outcome = "UNSUPPORTED_MEDIA_TYPE"
	OutcomeUnavailable     Outcome = "UNAVAILABLE"
	OutcomeInternal        Outcome = "INTERNAL"
)

// answer is what is told to whoever sent a message.
type answer struct {
	status  int
	outcome Outcome
	// retryAfter is in seconds; 0: nothing is said.
	retryAfter int
	body       body
	// wait is what the answer waits for before it is given; nil for nothing.
	wait func(context.Context)
}

// body is the JSON of an answer.
type body struct {
	Outcome  Outcome   `json:"outcome"`
	Referral string    `json:"referral,omitempty"`
	Version  int64     `json:"version,omitempty"`
	Problems []problem `json:"problems,omitempty"`
}

// problem is why nothing was done, with the codes of GraphQL.
type problem struct {
	Code          Outcome `json:"code"`
	Message       string  `json:"message"`
	ReadVersion   int64   `json:"readVersion,omitempty"`
	LatestVersion int64   `json:"latestVersion,omitempty"`
}

// done answers what was done.
func done(d Done) answer {
	outcome := OutcomeDone
	if d.Replayed {
		outcome = OutcomeReplayed
	}
	return answer{status: http.StatusOK, outcome: outcome, body: body{Outcome: outcome, Referral: d.Referral, Version: d.Version}}
}

// not answers why nothing was done.
func not(status int, outcome Outcome, message string) answer {
	return answer{
		status: status, outcome: outcome, body: body{Outcome: outcome, Problems: []problem{{Code: outcome, Message: message}}},
	}
}

// later answers that nothing was done now, and may be if the same is sent again.
func later(status int, outcome Outcome, seconds int, message string) answer {
	a := not(status, outcome, message)
	a.retryAfter = seconds
	return a
}

// statuses are those of problems; all others are 422.
var statuses = map[refusal.Code]int{
	refusal.Invalid: http.StatusBadRequest, refusal.NotFound: http.StatusNotFound, refusal.Forbidden: http.StatusForbidden,
	refusal.KeyReused: http.StatusConflict, refusal.StaleVersion: http.StatusConflict, placement.CodeConflict: http.StatusConflict,
}

// notFoundText is the same for what does not exist and for what is not the partner's.
const notFoundText = "There is no such thing, or it is not yours."

// refused answers what was turned down, with the first problem as the outcome.
func refused(problems refusal.Refusal) answer {
	if len(problems) == 0 {
		return not(http.StatusUnprocessableEntity, "INVALID", "It was turned down.")
	}
	first := problems[0].Code
	a := answer{status: http.StatusUnprocessableEntity, outcome: Outcome(Written(string(first)))}
	if status, ok := statuses[first]; ok {
		a.status = status
	}
	a.body.Outcome = a.outcome
	for _, p := range problems {
		said := problem{Code: Outcome(Written(string(p.Code))), Message: p.Message}
		switch {
		case p.Code == refusal.NotFound:
			said.Message = notFoundText
		case p.Code == refusal.KeyReused:
			said.Message = keyReusedText
		case p.Stale != nil:
			said.ReadVersion, said.LatestVersion = p.Stale.Read, p.Stale.Latest
		}
		a.body.Problems = append(a.body.Problems, said)
	}
	return a
}

const keyReusedText = "This webhook-id was used before for another event: each event has an id of its own, and keeps it."

// unavailableText is said whenever nobody knows whether it was done.
const unavailableText = "Lifeline cannot carry it out now. Send the same again, with the same webhook-id."

// failed answers an error, and reports whether it is a fault of ours that somebody has to look at.
func failed(err error) (a answer, fault bool) {
	var problems refusal.Refusal
	switch {
	case errors.As(err, &problems):
		return refused(problems), false
	case errors.Is(err, store.ErrKeyReused):
		return not(http.StatusConflict, Outcome(Written(string(refusal.KeyReused))), keyReusedText), false
	case errors.Is(err, casework.ErrUnavailable), errors.Is(err, store.ErrUnavailable), errors.Is(err, disclosure.ErrNotDecided),
		errors.Is(err, placement.ErrUnavailable), errors.Is(err, placement.ErrNotReady):
		return later(http.StatusServiceUnavailable, OutcomeUnavailable, waitUnavailable, unavailableText), false
	default:
		return later(http.StatusInternalServerError, OutcomeInternal, waitUnavailable, unavailableText), true
	}
}

// Seconds after which to send again.
const (
	waitUnavailable = 5
	waitBusy        = 1
)

func (a answer) write(w http.ResponseWriter) {
	text, err := json.Marshal(a.body)
	if err != nil {
		panic(err) // only texts and numbers are in it
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if a.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(a.retryAfter))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(append(text, '\n')) // the sender went away; there is nobody to tell
}
