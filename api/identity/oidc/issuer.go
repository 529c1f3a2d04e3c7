package oidc

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"sigs.k8s.io/yaml"

	"lifeline.scot/api/identity"
)

// Bounds of what is configured.
const (
	mostFileBytes   = 256 << 10
	mostIssuers     = 32
	mostAudiences   = 8
	mostRoleNames   = 64
	mostClaimSteps  = 4
	mostContexts    = 16
	longestName     = 255
	longestAddress  = 2048
	mostCertificate = 32 << 10
)

// How long a token may count, in seconds, from when it was issued (iat) to when it expires (exp).
const (
	usualLifetime    = 60 * 60
	shortestLifetime = 60
	longestLifetime  = 2 * 60 * 60
)

// Issuer is one that may say who is asking. Everything but Issuer and Audiences has a default.
type Issuer struct {
	// Issuer is its name, exactly as in the iss claim of its tokens and in the clients of Partners. What it publishes is looked for
	// below this address, at /.well-known/openid-configuration.
	Issuer string `json:"issuer"`
	// Audiences are the names this API has at the issuer: the aud claim of a token names one of them.
	Audiences []string `json:"audiences"`
	// ClientClaim is the claim that holds the client's id. Default: azp, or else client_id; where both are there they agree.
	ClientClaim string `json:"clientClaim,omitempty"`
	// RoleClaim is where the roles are, from the outside in: [realm_access, roles] is the roles inside realm_access. It holds a
	// list, or one text. Default: [roles].
	RoleClaim []string `json:"roleClaim,omitempty"`
	// Roles say which role here each of the issuer's is. Others count for nothing. Default: they are called the same.
	Roles map[string]identity.Role `json:"roles,omitempty"`
	// CareRoleClaim is where the parts are that somebody takes in people's care, as with RoleClaim. Default: [care_roles].
	CareRoleClaim []string `json:"careRoleClaim,omitempty"`
	// CareRoles say which care role here each of the issuer's is. Others count for nothing. Default: they are called the same.
	CareRoles map[string]identity.CareRole `json:"careRoles,omitempty"`
	// SecondFactorContexts are those values of the acr claim that the issuer gives to nobody who signed in without a second factor.
	// What amr says by the names of RFC 8176 counts besides. Default: none.
	SecondFactorContexts []string `json:"secondFactorContexts,omitempty"`
	// HealthProfessionalClaim is the claim that is true for a registered health professional. Default: health_professional.
	HealthProfessionalClaim string `json:"healthProfessionalClaim,omitempty"`
	// TokenIDClaim is the claim that tells tokens apart. Default: jti.
	TokenIDClaim string `json:"tokenIDClaim,omitempty"`
	// Algorithms it signs with. Default: RS256, PS256, ES256 and EdDSA.
	Algorithms []jose.SignatureAlgorithm `json:"algorithms,omitempty"`
	// LongestLifetimeSeconds is how long a token may count from when it was issued, 60 to 7200. Default: 3600.
	LongestLifetimeSeconds int `json:"longestLifetimeSeconds,omitempty"`
	// CertificateAuthority is who vouches for its certificate, in PEM. Default: whom the system trusts.
	CertificateAuthority string `json:"certificateAuthority,omitempty"`

	// address is where the development issuer listens on this machine; "" for all others.
	address string
}

// ReadIssuers reads a YAML file that lists issuers. Errors say which issuer is wrong and what to change.
func ReadIssuers(path string) ([]Issuer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read issuers: %w", err)
	}
	if info.Size() > mostFileBytes {
		return nil, fmt.Errorf("read issuers: %s has %d bytes, at most %d are read", path, info.Size(), mostFileBytes)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read issuers: %w", err)
	}
	issuers, err := ParseIssuers(text)
	if err != nil {
		return nil, fmt.Errorf("read issuers from %s: %w", path, err)
	}
	return issuers, nil
}

// ParseIssuers reads issuers as [ReadIssuers] does.
func ParseIssuers(text []byte) ([]Issuer, error) {
	if len(text) > mostFileBytes {
		return nil, fmt.Errorf("%d bytes are too many, at most %d", len(text), mostFileBytes)
	}
	var issuers []Issuer
	if err := yaml.UnmarshalStrict(text, &issuers); err != nil {
		return nil, fmt.Errorf("a YAML list of issuers is wanted, each with issuer and audiences: %w", err)
	}
	if len(issuers) == 0 {
		return nil, errors.New("there is no issuer in it: list one, or leave --oidc-issuers out so that nobody is known")
	}
	if len(issuers) > mostIssuers {
		return nil, fmt.Errorf("%d issuers are too many, at most %d", len(issuers), mostIssuers)
	}
	known := map[string]bool{}
	for i := range issuers {
		if err := issuers[i].check(); err != nil {
			return nil, fmt.Errorf("issuer %d: %w", i+1, err)
		}
		if known[issuers[i].Issuer] {
			return nil, fmt.Errorf("issuer %d: %s is listed twice", i+1, issuers[i].Issuer)
		}
		known[issuers[i].Issuer] = true
		issuers[i] = issuers[i].withDefaults()
	}
	return issuers, nil
}

// check says what to change.
func (i Issuer) check() error {
	if err := checkAddress(i.Issuer); err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	if n := len(i.Audiences); n == 0 || n > mostAudiences {
		return fmt.Errorf("audiences: name 1 to %d, the names this API has at the issuer", mostAudiences)
	}
	if slices.ContainsFunc(i.Audiences, notAName) {
		return fmt.Errorf("audiences: each has 1 to %d characters", longestName)
	}
	if err := i.checkClaims(); err != nil {
		return err
	}
	for _, algorithm := range i.Algorithms {
		if !slices.Contains(accepted(), algorithm) {
			return fmt.Errorf("algorithms: %q is not accepted: use some of %v", algorithm, accepted())
		}
	}
	if s := i.LongestLifetimeSeconds; s != 0 && (s < shortestLifetime || s > longestLifetime) {
		return fmt.Errorf("longestLifetimeSeconds: %d is not between %d and %d", s, shortestLifetime, longestLifetime)
	}
	if _, err := i.authorities(); err != nil {
		return fmt.Errorf("certificateAuthority: %w", err)
	}
	return nil
}

// checkClaims says what to change about where things are in a token.
func (i Issuer) checkClaims() error {
	for name, path := range map[string][]string{"roleClaim": i.RoleClaim, "careRoleClaim": i.CareRoleClaim} {
		if len(path) > mostClaimSteps || slices.ContainsFunc(path, notAName) {
			return fmt.Errorf("%s: name 1 to %d claims, from the outside in, each of 1 to %d characters",
				name, mostClaimSteps, longestName)
		}
	}
	for _, claim := range []string{i.ClientClaim, i.TokenIDClaim, i.HealthProfessionalClaim} {
		if len(claim) > longestName {
			return fmt.Errorf("clientClaim, tokenIDClaim and healthProfessionalClaim: at most %d characters", longestName)
		}
	}
	if len(i.SecondFactorContexts) > mostContexts || slices.ContainsFunc(i.SecondFactorContexts, notAName) {
		return fmt.Errorf("secondFactorContexts: name at most %d, each of 1 to %d characters", mostContexts, longestName)
	}
	return errors.Join(checkRoles("roles", "role", i.Roles, identity.AllRoles()),
		checkRoles("careRoles", "care role", i.CareRoles, identity.AllCareRoles()))
}

func notAName(text string) bool { return text == "" || len(text) > longestName }

// checkRoles says what to change about what an issuer's roles are here.
func checkRoles[R ~string](key, kind string, table map[string]R, all []R) error {
	if len(table) > mostRoleNames {
		return fmt.Errorf("%s: name at most %d", key, mostRoleNames)
	}
	for theirs, ours := range table {
		if notAName(theirs) || !slices.Contains(all, ours) {
			return fmt.Errorf("%s: %q: there is no %s %q: use one of %s", key, theirs, kind, ours, listed(all))
		}
	}
	return nil
}

func listed[R ~string](all []R) string {
	names := make([]string, 0, len(all))
	for _, role := range all {
		names = append(names, string(role))
	}
	return strings.Join(names, ", ")
}

// hostName is a name with a dot in it whose last part starts with a letter, as Partners' clients must have: so no address in
// numbers, and no name of this machine.
var hostName = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$`)

// checkAddress says what is wrong with an issuer's address.
func checkAddress(text string) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return errors.New("give the address of the issuer, exactly as in the iss claim of its tokens")
	case len(text) > longestAddress || err != nil:
		return fmt.Errorf("it must be an https:// address of at most %d characters", longestAddress)
	case u.Scheme != "https":
		return fmt.Errorf("%q must start with https:// (the issuer of `make run` is given by --development-issuer instead)", text)
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#"):
		return errors.New("leave out user names, and everything from a ? or a # on")
	case !hostName.MatchString(u.Hostname()) || strings.HasSuffix(strings.ToLower(u.Hostname()), ".localhost"):
		return fmt.Errorf("the host of %q must be a name with a dot, and not this machine", text)
	case text == DevelopmentIssuer:
		return fmt.Errorf("%s is the issuer of `make run`, which counts nowhere else", text)
	}
	return nil
}

// withDefaults fills in what was left out.
func (i Issuer) withDefaults() Issuer {
	if len(i.RoleClaim) == 0 {
		i.RoleClaim = []string{"roles"}
	}
	if len(i.CareRoleClaim) == 0 {
		i.CareRoleClaim = []string{"care_roles"}
	}
	if i.HealthProfessionalClaim == "" {
		i.HealthProfessionalClaim = "health_professional"
	}
	if i.TokenIDClaim == "" {
		i.TokenIDClaim = "jti"
	}
	if len(i.Algorithms) == 0 {
		i.Algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256, jose.EdDSA}
	}
	if i.LongestLifetimeSeconds == 0 {
		i.LongestLifetimeSeconds = usualLifetime
	}
	return i
}

// authorities are those of CertificateAuthority; nil for those of the system.
func (i Issuer) authorities() (*x509.CertPool, error) {
	if i.CertificateAuthority == "" {
		return nil, nil
	}
	if len(i.CertificateAuthority) > mostCertificate {
		return nil, fmt.Errorf("at most %d bytes", mostCertificate)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(i.CertificateAuthority)) {
		return nil, errors.New("there is no certificate in it: give PEM, from -----BEGIN CERTIFICATE----- on")
	}
	return pool, nil
}

// accepted are the algorithms an issuer may sign with: those with a public key, so that whoever can check a token cannot make
// one.
func accepted() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
}
