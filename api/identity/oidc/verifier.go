package oidc

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"lifeline.scot/api/identity"
)

// SignIn is what a token says of who is asking. Whether the client belongs to somebody who takes part is for others to say.
type SignIn struct {
	// Issuer and ClientID name the client they signed in through.
	Issuer, ClientID string
	// Subject stands for the person or program: always the same for the same one at the same issuer, and not their name there.
	Subject string
	// Roles are those the issuer gives them.
	Roles identity.Roles
	// Care are the parts they take in people's care, as the issuer says.
	Care identity.CareRoles
	// SecondFactor says that they signed in by proofs of two kinds, HealthProfessional that the issuer knows them as one.
	SecondFactor, HealthProfessional bool
	// Expires is when the token stops to count, [Leeway] not added.
	Expires time.Time
}

// Options set up a Verifier. The zero Options are ready to use.
type Options struct {
	// Now tells the time. Default: time.Now.
	Now func() time.Time
	// Logger is told of issuers that cannot be reached. Default: slog.Default.
	Logger *slog.Logger
	// Transport reaches all issuers, for tests. Default: one for each, that refuses the addresses of this machine and of its link.
	Transport http.RoundTripper
}

// Verifier checks tokens. It is safe for use by many goroutines at once. The nil Verifier knows no issuer.
type Verifier struct {
	now     func() time.Time
	issuers map[string]*trusted
}

// trusted is an issuer and its keys.
type trusted struct {
	Issuer

	keys *keyring
}

// New makes a Verifier that trusts the issuers given. It reads nothing of them before the first token comes.
func New(issuers []Issuer, o Options) (*Verifier, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	v := &Verifier{now: o.Now, issuers: map[string]*trusted{}}
	for _, issuer := range issuers {
		issuer = issuer.withDefaults()
		published, err := newPublished(issuer, o.Transport)
		if err != nil {
			return nil, fmt.Errorf("issuer %s: %w", issuer.Issuer, err)
		}
		v.issuers[issuer.Issuer] = &trusted{issuer, newKeyring(issuer.Issuer, published.keys, o)}
	}
	return v, nil
}

// Verify says who has signed in with a token. The error is a [*RefusedError], an [*UnavailableError], or that of ctx.
func (v *Verifier) Verify(ctx context.Context, token string) (SignIn, error) {
	if v == nil {
		return SignIn{}, refuse(ReasonIssuer)
	}
	parsed, err := parse(token)
	if err != nil {
		return SignIn{}, err
	}
	issuer, ok := v.issuers[parsed.issuer]
	if !ok {
		return SignIn{}, refuse(ReasonIssuer)
	}
	if err := parsed.accepted(issuer.Algorithms); err != nil {
		return SignIn{}, err
	}
	keys, err := issuer.keys.find(ctx, parsed.keyID)
	if err != nil {
		return SignIn{}, err
	}
	claims, err := parsed.verified(keys)
	if err != nil {
		return SignIn{}, err
	}
	return issuer.signIn(claims, v.now())
}
