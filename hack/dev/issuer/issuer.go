// Package issuer is the OpenID Connect issuer of `make run`: a real one, with keys that it makes at its start and rotates, and
// with invented people for each role and part in people's care. It has no passwords: whoever knows the secret of the run, which
// is in a file that only its owner can read, gets a token for any of them. So it is for one machine alone, and the API takes its
// tokens nowhere else.
package issuer

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/identity/oidc"
)

// Lifetime is how long its tokens count.
const Lifetime = 30 * time.Minute

// mostFormBytes bounds what may be sent to it.
const mostFormBytes = 4 << 10

// Issuer answers at /.well-known/openid-configuration, /keys and /token.
type Issuer struct {
	address, secret string
	now             func() time.Time
	keys            *rotation
}

// New makes an issuer that will be found at an address, http:// and a loopback address with a port, and that knows the time by
// now.
func New(address string, now func() time.Time) (*Issuer, error) {
	if _, err := oidc.Development(address); err != nil {
		return nil, err
	}
	i := &Issuer{address, rand.Text() + rand.Text(), now, &rotation{}}
	if _, err := i.keys.at(now()); err != nil {
		return nil, err
	}
	return i, nil
}

// Handler answers those who ask it by a loopback address. A page of another site, which a browser on this machine shows, cannot
// do that by a name of its own.
func (i *Issuer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.configuration)
	mux.HandleFunc("GET /keys", i.published)
	mux.HandleFunc("POST /token", i.token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if !oidc.OnlyThisMachine(r.Host) {
			answer(w, http.StatusMisdirectedRequest, failure{"invalid_request", "use a loopback address, such as " + i.address})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// failure is how OAuth says that something is wrong (RFC 6749, section 5.2).
type failure struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked may have gone
}

func (i *Issuer) configuration(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": oidc.DevelopmentIssuer, "jwks_uri": i.address + "/keys", "token_endpoint": i.address + "/token",
		"grant_types_supported":                 []string{"password"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic"},
		"response_types_supported":              []string{"token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []jose.SignatureAlgorithm{jose.RS256, jose.ES256},
	})
}

func (i *Issuer) published(w http.ResponseWriter, _ *http.Request) {
	keys, err := i.keys.at(i.now())
	if err != nil {
		answer(w, http.StatusInternalServerError, failure{"server_error", "no key could be made"})
		return
	}
	answer(w, http.StatusOK, keys.public())
}

// token answers a client, known by its id and the secret of the run, that asks in the name of a person (RFC 6749, section 4.3).
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostFormBytes)
	if err := r.ParseForm(); err != nil {
		answer(w, http.StatusBadRequest, failure{"invalid_request", "send a short form: grant_type=password&username=…"})
		return
	}
	client, secret, _ := r.BasicAuth()
	if subtle.ConstantTimeCompare([]byte(secret), []byte(i.secret)) != 1 {
		w.Header().Set("WWW-Authenticate", `Basic realm="development issuer"`)
		answer(w, http.StatusUnauthorized, failure{"invalid_client", "the secret is that of another run, or none"})
		return
	}
	if r.PostForm.Get("grant_type") != "password" {
		answer(w, http.StatusBadRequest, failure{"unsupported_grant_type", "use grant_type=password"})
		return
	}
	person, ok := named(r.PostForm.Get("username"))
	if !ok || person.client != client {
		answer(w, http.StatusBadRequest, failure{"invalid_grant", "nobody of that name signs in through this client"})
		return
	}
	text, err := i.sign(person)
	if err != nil {
		answer(w, http.StatusInternalServerError, failure{"server_error", "the token could not be signed"})
		return
	}
	answer(w, http.StatusOK, granted{text, "Bearer", int(Lifetime / time.Second)})
}

// granted is a token (RFC 6749, section 5.1).
type granted struct {
	Token     string `json:"access_token"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
}

// sign makes a token for a person, as RFC 9068 has them.
func (i *Issuer) sign(p person) (string, error) {
	now := i.now()
	keys, err := i.keys.at(now)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.SignatureAlgorithm(keys.current.Algorithm), Key: keys.current},
		(&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		return "", errors.New("make a signer")
	}
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: oidc.DevelopmentIssuer, Subject: p.subject, Audience: jwt.Audience{oidc.DevelopmentAudience},
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(Lifetime)), ID: rand.Text(),
	}).Claims(map[string]any{
		"client_id": p.client, "roles": []identity.Role{p.role}, "care_roles": append([]identity.CareRole{}, p.care...),
		"amr": p.methods, "health_professional": p.professional, "name": p.name, "preferred_username": p.username,
	}).Serialize()
}
