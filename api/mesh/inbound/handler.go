package inbound

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/rights"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

// Pattern is where messages are sent to.
const Pattern = "POST /events/{partner}"

// mostAtOnce bounds the messages that are carried out at one time.
const mostAtOnce = 32

// Secrets are the secrets that Partners name.
type Secrets interface {
	// Of reads one, or two during a rotation.
	Of(ctx context.Context, ref v1alpha1.SecretKeyReference) ([]signature.Secret, error)
}

// Received are the messages that came.
type Received interface {
	// Receive notes that a message came, before it is carried out, and returns what it came to if that is done already. It fails
	// with [store.ErrKeyReused] when another came under the same key.
	Receive(ctx context.Context, o store.Once, message string) (*store.Result, error)
	// CarriedOut notes what it came to.
	CarriedOut(ctx context.Context, o store.Once, message string, r store.Result) error
}

// Options set up a Handler. All are needed.
type Options struct {
	// View is the directory, by which partners are known.
	View    func() directory.View
	Rights  rights.Rules
	Secrets Secrets
	// Referrals are where referrals are handed in, and what came is kept; an error that is [casework.ErrUnavailable] while they
	// cannot be reached.
	Referrals func() (Casework, Received, error)
	Placement *placement.Desk
	Clock     func() time.Time
	// Pace is called when a message begins to be carried out. What it returns waits until the answer may be given, so that when it
	// comes does not tell what there is besides: see package pace.
	Pace func() (wait func(context.Context))
	// Count notes what came of each request.
	Count  func(Outcome)
	Logger *slog.Logger
}

// Handler takes messages.
type Handler struct {
	o          Options
	allowances allowances
	turns      chan struct{}
	// nobodys is a secret that nobody knows: with it is checked what comes in the name of somebody who sends no events, so that they
	// are told the same as those who do.
	nobodys []signature.Secret
}

// New makes a Handler.
func New(o Options) (*Handler, error) {
	random := make([]byte, signature.ShortestKey)
	_, _ = rand.Read(random) // never fails
	nobodys, err := signature.ParseSecrets([]byte(base64.StdEncoding.EncodeToString(random)))
	if err != nil {
		return nil, fmt.Errorf("make a secret that nobody knows: %w", err)
	}
	return &Handler{o: o, allowances: newAllowances(), turns: make(chan struct{}, mostAtOnce), nobodys: nobodys}, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := h.answer(w, r)
	if a.wait != nil {
		a.wait(r.Context())
	}
	h.o.Count(a.outcome)
	a.write(w)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) answer {
	if !isEvent(r.Header) {
		return not(http.StatusUnsupportedMediaType, OutcomeMediaType, "Send one CloudEvent in structured mode, not compressed: "+
			"Content-Type is application/cloudevents+json.")
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MostBytes))
	if errors.As(err, new(*http.MaxBytesError)) {
		return not(http.StatusRequestEntityTooLarge, OutcomeTooLarge, "An event has at most 64 KiB.")
	}
	if err != nil {
		return not(http.StatusBadRequest, "INVALID", "The body broke off.")
	}
	caller, turnedAway := h.sender(r.Context(), r.PathValue("partner"), r.Header, text)
	if turnedAway != nil {
		return *turnedAway
	}
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	default:
		return later(http.StatusServiceUnavailable, OutcomeUnavailable, waitBusy, unavailableText)
	}
	wait := h.o.Pace()
	a := h.carryOut(r.Context(), caller, r.Header.Get(signature.HeaderID), text)
	a.wait = wait
	return a
}

// isEvent reports whether a body is one event, as it is.
func isEvent(header http.Header) bool {
	types := header.Values("Content-Type")
	if len(types) != 1 || header.Get("Content-Encoding") != "" {
		return false
	}
	kind, parameters, err := mime.ParseMediaType(types[0])
	charset, given := parameters["charset"]
	return err == nil && kind == "application/cloudevents+json" && (!given || strings.EqualFold(charset, "utf-8"))
}

// subject stands for the software of a partner, in the record of who did what.
const subject = "webhook"

// sender finds out who sent a message, and whether they may send any: otherwise it says what they are told.
func (h *Handler) sender(ctx context.Context, name string, header http.Header, text []byte) (identity.Caller, *answer) {
	caller := identity.Caller{Partner: name, Roles: identity.RolesOf(identity.Provider), Subject: subject, Software: true}
	v := h.o.View()
	if fresh := v.Freshness(); fresh.State == directory.Starting || fresh.Doubtful(v.Now()) {
		a := later(http.StatusServiceUnavailable, OutcomeUnavailable, waitUnavailable, unavailableText)
		return caller, &a
	}
	partner, known := v.Partner(name)
	secrets, err := h.nobodys, error(nil)
	if known && partner.Spec.Inbound != nil {
		secrets, err = h.o.Secrets.Of(ctx, partner.Spec.Inbound.SigningSecretRef)
	}
	if err != nil {
		h.o.Logger.Warn("the secret that a partner signs with cannot be read", "partner", name, "error", err)
		a := later(http.StatusServiceUnavailable, OutcomeUnavailable, waitUnavailable, unavailableText)
		return caller, &a
	}
	if err := signature.Verify(secrets, header, text, h.o.Clock()); err != nil {
		return caller, unauthenticated(err)
	}
	if a := h.mayUse(ctx, caller, partner.Spec.Participation == v1alpha1.ParticipationSuspended); a != nil {
		return caller, a
	}
	if !h.allowances.take(name, h.o.Clock()) {
		a := later(http.StatusTooManyRequests, OutcomeTooMany, waitBusy, "These are too many events at once: send up to 10 a second.")
		return caller, &a
	}
	return caller, nil
}

func unauthenticated(err error) *answer {
	text := err.Error()
	a := not(http.StatusUnauthorized, OutcomeUnauthenticated, strings.ToUpper(text[:1])+text[1:]+".")
	return &a
}

// mayUse says what those are told whom the rules do not let in.
func (h *Handler) mayUse(ctx context.Context, c identity.Caller, suspended bool) *answer {
	q := rights.Of(c, "api.use", 0)
	q.Suspended = suspended
	ruling, err := h.o.Rights.MayAct(ctx, q)
	var a answer
	switch {
	case err != nil:
		h.o.Logger.Error("it cannot be ruled whether a partner may send events", "error", err)
		a = later(http.StatusServiceUnavailable, OutcomeUnavailable, waitUnavailable, unavailableText)
	case ruling.Is(policies.ReasonPartnerSuspended):
		a = not(http.StatusForbidden, OutcomeSuspended, "Your organisation is suspended, so it can read and send nothing now. Ask the "+
			"platform administrators.")
	case !ruling.Allowed:
		a = not(http.StatusForbidden, "FORBIDDEN", "The rules of this directory let you send no events.")
	default:
		return nil
	}
	return &a
}

// carryOut carries out a message of a partner, once.
func (h *Handler) carryOut(ctx context.Context, c identity.Caller, id string, text []byte) answer {
	m, err := read(text, id)
	if err != nil {
		a, _ := failed(err)
		return a
	}
	desk, received, err := h.o.Referrals()
	if err != nil {
		return h.failed(err)
	}
	r := request{m, c, desk, h.o.Placement}
	once := store.Once{Scope: c.Scope(), Key: r.key()}
	before, err := received.Receive(ctx, once, string(text))
	if err != nil {
		return h.failed(err)
	}
	if before != nil {
		return done(Done(*before))
	}
	did, err := m.kind.do(ctx, r)
	if err != nil {
		return h.failed(err)
	}
	// What was done is done: if this cannot be noted, the desks know it when it is sent again.
	if err := received.CarriedOut(ctx, once, string(text), store.Result{Referral: did.Referral, Version: did.Version}); err != nil {
		return h.failed(err)
	}
	return done(did)
}

func (h *Handler) failed(err error) answer {
	a, fault := failed(err)
	if fault {
		h.o.Logger.Error("an event could not be carried out", "error", err)
	}
	return a
}
