package oidc

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"lifeline.scot/api/identity"
)

// Leeway is how far the issuer's clock and ours may be apart: a token counts so much longer, and so much earlier.
const Leeway = 30 * time.Second

// signIn is what the claims say, if they are all there and the token counts at a moment.
func (i Issuer) signIn(c claims, now time.Time) (SignIn, error) {
	if !c.all.isBearer() {
		return SignIn{}, refuse(ReasonKind)
	}
	if !slices.ContainsFunc(i.Audiences, c.standard.Audience.Contains) {
		return SignIn{}, refuse(ReasonAudience)
	}
	if err := i.inTime(c.standard, now); err != nil {
		return SignIn{}, err
	}
	subject, tokenID, client := c.all.text("sub"), c.all.text(i.TokenIDClaim), i.client(c.all)
	if notAName(subject) || notAName(tokenID) || notAName(client) {
		return SignIn{}, refuse(ReasonClaims)
	}
	return SignIn{
		Issuer: i.Issuer, ClientID: client, Subject: pseudonym(i.Issuer, subject), Roles: i.roles(c.all),
		Care: i.careRoles(c.all), SecondFactor: i.secondFactor(c.all), HealthProfessional: c.all[i.HealthProfessionalClaim] == true,
		Expires: c.standard.Expiry.Time(),
	}, nil
}

// inTime checks when the token counts.
func (i Issuer) inTime(c jwt.Claims, now time.Time) error {
	if c.Expiry == nil || c.IssuedAt == nil {
		return refuse(ReasonClaims)
	}
	expires, issued := c.Expiry.Time(), c.IssuedAt.Time()
	switch lifetime := expires.Unix() - issued.Unix(); {
	case !now.Before(expires.Add(Leeway)):
		return refuse(ReasonExpired)
	case issued.After(now.Add(Leeway)), c.NotBefore != nil && c.NotBefore.Time().After(now.Add(Leeway)):
		return refuse(ReasonNotYet)
	case lifetime <= 0:
		return refuse(ReasonClaims)
	case lifetime > int64(i.LongestLifetimeSeconds):
		return refuse(ReasonLifetime)
	}
	return nil
}

// client is the id of the client; "" where it is not said, or in two ways.
func (i Issuer) client(all members) string {
	if i.ClientClaim != "" {
		return all.text(i.ClientClaim)
	}
	switch {
	case all["azp"] == nil:
		return all.text("client_id")
	case all["client_id"] == nil || all.text("azp") == all.text("client_id"):
		return all.text("azp")
	default:
		return ""
	}
}

// roles are those of the token that are roles here. What is something else counts for nothing.
func (i Issuer) roles(all members) identity.Roles {
	return identity.RolesOf(calledHere(i.Roles, all.names(i.RoleClaim))...)
}

// careRoles are those of the token that are care roles here. What is something else counts for nothing.
func (i Issuer) careRoles(all members) identity.CareRoles {
	return identity.CareRolesOf(calledHere(i.CareRoles, all.names(i.CareRoleClaim))...)
}

// calledHere are the roles that an issuer's names stand for; without a table, those of the same name.
func calledHere[R ~string](table map[string]R, names []string) []R {
	roles := make([]R, 0, len(names))
	for _, name := range names {
		role := R(name)
		if table != nil {
			role = table[name]
		}
		roles = append(roles, role)
	}
	return roles
}

// members are what an object in a token holds.
type members map[string]any

// text is the text of a member; "" if it is not one.
func (m members) text(name string) string {
	text, _ := m[name].(string)
	return text
}

// names are the texts in a list, or the one text, that is found by going from one member into the next.
func (m members) names(path []string) (names []string) {
	for _, step := range path[:len(path)-1] {
		inside, _ := m[step].(map[string]any)
		m = inside
	}
	last := m[path[len(path)-1]]
	list, isList := last.([]any)
	if !isList {
		list = []any{last}
	}
	for _, name := range list {
		if text, ok := name.(string); ok {
			names = append(names, text)
		}
	}
	return names
}

// isBearer reports whether the token counts for whoever sends it. One with cnf counts for the holder of a key only (RFC 7800),
// and must not be taken from others (RFC 9449, section 7.1); one with events tells of something (RFC 8417), to log out for
// instance; one with the hash of another token is an ID token (OpenID Connect Core, sections 3.1.3.6 and 3.3.2.11), and so is
// what says so of itself.
func (m members) isBearer() bool {
	for _, claim := range []string{"cnf", "events", "at_hash", "c_hash", "s_hash"} {
		if m[claim] != nil {
			return false
		}
	}
	switch strings.ToLower(m.text("typ")) {
	case "id", "refresh", "offline", "logout":
		return false
	default:
		return true
	}
}

// pseudonym stands for a subject. It cannot be turned back, but whoever knows an issuer's subjects can find theirs.
func pseudonym(issuer, subject string) string {
	hash := sha256.Sum256([]byte("lifeline.scot/subject\x00" + issuer + "\x00" + subject))
	return hex.EncodeToString(hash[:16])
}
