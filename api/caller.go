package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/identity/oidc"
	"lifeline.scot/api/rights"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

// identify finds out who is asking, from the Authorization header or, over a websocket, which browsers cannot give one, from
// the parameter "authorization" of connection_init. Whoever says something that does not count is not taken for the public.
func (s *site) identify(r *http.Request, parameters map[string]any) (context.Context, error) {
	given := strings.Join(r.Header.Values("Authorization"), ", ") // two are none
	if parameter, there := parameters["authorization"]; there && given == "" {
		text, ok := parameter.(string)
		if !ok || text == "" {
			text = "none"
		}
		given = text
	}
	if given == "" {
		return r.Context(), nil
	}
	scheme, token, ok := strings.Cut(given, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return nil, unauthenticated(oidc.ReasonMalformed,
			"Send Authorization: Bearer and a token, or leave it out to ask as the public.")
	}
	signIn, err := s.verifier.Verify(r.Context(), token)
	s.metrics.signIn(err)
	if err != nil {
		return nil, refusedSignIn(err)
	}
	caller, err := callerOf(r.Context(), s.rights, s.directory.View(), signIn)
	if err != nil {
		return nil, err
	}
	return identity.With(context.WithValue(r.Context(), signInKey{}, signIn), caller), nil
}

// signInKey is under which a request's context holds what its token said.
type signInKey struct{}

// recheck tells whether whoever was let in at the beginning of a stream may go on.
func (s *site) recheck(ctx context.Context) error {
	if signIn, ok := ctx.Value(signInKey{}).(oidc.SignIn); ok {
		return mayGoOn(ctx, s.rights, s.directory.View(), signIn, identity.From(ctx))
	}
	return nil // the public
}

// mayGoOn tells whether a token still counts, its organisation takes part, and whoever it lets in may do what they could do
// before.
func mayGoOn(ctx context.Context, by rights.Rules, v directory.View, signIn oidc.SignIn, before identity.Caller) error {
	if !v.Now().Before(signIn.Expires.Add(oidc.Leeway)) {
		return refusedSignIn(&oidc.RefusedError{Reason: oidc.ReasonExpired})
	}
	now, err := callerOf(ctx, by, v, signIn)
	if err == nil && now != before {
		return unauthenticated("CHANGED", "What you may do has changed since you opened this stream. Open another one.")
	}
	return err
}

// callerOf is who has signed in: somebody of the organisation that the client belongs to, in those of the roles that this
// client may have. It is asked on each request, so that an organisation that is suspended is let in no more from its next one
// on; whether it is let in, the rules say.
func callerOf(ctx context.Context, by rights.Rules, v directory.View, signIn oidc.SignIn) (identity.Caller, error) {
	partner, client, known := v.Client(signIn.Issuer, signIn.ClientID)
	switch {
	case v.Freshness().Doubtful(v.Now()): // a suspension would not be heard of
		return identity.Caller{}, &engine.Error{Code: engine.CodeUnavailable, Message: "Kubernetes cannot be followed, so it is not " +
			"known whether your organisation still takes part. Try again in a moment, or leave the Authorization header out to ask " +
			"as the public."}
	case !known:
		return identity.Caller{}, &engine.Error{Code: "UNKNOWN_PARTNER", Message: "The app you signed in with is registered for no " +
			"organisation in the directory, or for two. Ask the platform administrators to add it to the clients of one Partner."}
	}
	allowed := make([]identity.Role, 0, len(client.Roles))
	for _, role := range client.Roles {
		allowed = append(allowed, identity.Role(role))
	}
	caller := identity.Caller{
		Partner: partner.Name, Partnership: string(client.Partnership),
		Roles: signIn.Roles.Both(identity.RolesOf(allowed...)), Care: signIn.Care.Both(careRolesOf(client)),
		SecondFactor: signIn.SecondFactor, HealthProfessional: signIn.HealthProfessional, Subject: signIn.Subject,
	}
	suspended := partner.Spec.Participation == v1alpha1.ParticipationSuspended
	if err := mayUse(ctx, by, caller, suspended); err != nil {
		return identity.Caller{}, err
	}
	return caller, nil
}

// actionUse is the name in the rules of asking at all, as somebody of an organisation.
const actionUse = "api.use"

// mayUse refuses those whom the rules do not let in.
func mayUse(ctx context.Context, by rights.Rules, c identity.Caller, suspended bool) error {
	q := rights.Of(c, actionUse, 0)
	q.Suspended = suspended
	ruling, err := by.MayAct(ctx, q)
	switch {
	case err != nil:
		return fmt.Errorf("rule on a sign-in: %w", err)
	case ruling.Is(policies.ReasonPartnerSuspended):
		return &engine.Error{Code: "SUSPENDED", Message: "Your organisation is suspended, so it can read and send " +
			"nothing now. Ask the platform administrators."}
	case !ruling.Allowed:
		return &engine.Error{Code: "FORBIDDEN", Message: "The rules of this directory let you ask as the public only: leave the " +
			"Authorization header out."}
	default:
		return nil
	}
}

// careRolesOf are the care roles that those who sign in through a client may have.
func careRolesOf(client *v1alpha1.LoginClient) identity.CareRoles {
	here := map[v1alpha1.CareRole]identity.CareRole{
		v1alpha1.CarePractitioner:        identity.Practitioner,
		v1alpha1.CareClinician:           identity.Clinician,
		v1alpha1.CareClerk:               identity.Clerk,
		v1alpha1.CarePeerWorker:          identity.PeerWorker,
		v1alpha1.CareSafeguardingOfficer: identity.SafeguardingOfficer,
		v1alpha1.CareAnalyst:             identity.Analyst,
		v1alpha1.CareOverdoseResponder:   identity.OverdoseResponder,
		v1alpha1.CareDeathReviewer:       identity.DeathReviewer,
		v1alpha1.CareDataSubject:         identity.DataSubject,
	}
	roles := make([]identity.CareRole, 0, len(client.CareRoles))
	for _, role := range client.CareRoles {
		roles = append(roles, here[role])
	}
	return identity.CareRolesOf(roles...)
}

// refusedSignIn tells the client what is wrong with a token, or that it cannot be said now.
func refusedSignIn(err error) error {
	var refused *oidc.RefusedError
	if errors.As(err, &refused) {
		return unauthenticated(refused.Reason, whatToDo(refused.Reason))
	}
	if errors.As(err, new(*oidc.UnavailableError)) {
		return &engine.Error{Code: engine.CodeUnavailable, Message: "The service that you signed in with cannot be reached, so your " +
			"token cannot be checked now. Try again in a moment."}
	}
	return err
}

func whatToDo(reason oidc.Reason) string {
	switch reason {
	case oidc.ReasonExpired:
		return "Your bearer token has expired. Get a new one."
	case oidc.ReasonNotYet:
		return "Your bearer token does not count yet. If it was issued just now, a clock is wrong: ask whoever runs the issuer."
	case oidc.ReasonAudience:
		return "Your bearer token is for another service. Get one for this API, by its audience."
	case oidc.ReasonLifetime:
		return "Your bearer token counts for longer than is accepted here. Ask whoever runs the issuer for shorter ones."
	case oidc.ReasonClaims:
		return "Your bearer token lacks a claim that is needed here: sub, iat, exp, an id of its own, or the client."
	case oidc.ReasonKind:
		return "That token is not to be sent as a bearer token. Send an access token that is bound to no key."
	default:
		return "This bearer token is not known. Get a new one, or leave the Authorization header out to ask as the public."
	}
}

func unauthenticated(reason oidc.Reason, message string) *engine.Error {
	return &engine.Error{
		Code: engine.CodeUnauthenticated, Message: message, Extensions: map[string]any{"reason": string(reason)},
	}
}
