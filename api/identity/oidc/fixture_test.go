package oidc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"lifeline.scot/api/identity/oidc"
)

const (
	name     = "https://login.example.org/realms/lifeline"
	audience = "lifeline-api"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// Keys take long to make, so the tests share them.
var (
	ec    = sync.OnceValue(func() *ecdsa.PrivateKey { return ecKey(elliptic.P256()) })
	ec384 = sync.OnceValue(func() *ecdsa.PrivateKey { return ecKey(elliptic.P384()) })
	other = sync.OnceValue(func() *ecdsa.PrivateKey { return ecKey(elliptic.P256()) })
	rsa2k = sync.OnceValue(func() *rsa.PrivateKey { return rsaKey(2048) })
	rsa1k = sync.OnceValue(func() *rsa.PrivateKey { return rsaKey(1024) })
)

func ecKey(curve elliptic.Curve) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

func rsaKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

// world is a verifier, the issuers it can reach in memory, and a clock.
type world struct {
	t        testing.TB
	verifier *oidc.Verifier
	log      *strings.Builder

	mutex sync.Mutex
	now   time.Time
	// sites answer by address; asked counts.
	sites map[string]http.HandlerFunc
	asked map[string]int
}

// newWorld knows the issuers of the YAML, or the usual one.
func newWorld(t testing.TB, yaml ...string) *world {
	t.Helper()
	w := &world{t: t, now: noon, sites: map[string]http.HandlerFunc{}, asked: map[string]int{}, log: &strings.Builder{}}
	text := "- {issuer: " + name + ", audiences: [" + audience + "]}"
	if len(yaml) > 0 {
		text = strings.Join(yaml, "\n")
	}
	issuers, err := oidc.ParseIssuers([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w.verifier, err = oidc.New(issuers, oidc.Options{
		Now: w.clock, Transport: w, Logger: slog.New(slog.NewTextHandler(&locked{mutex: &w.mutex, to: w.log}, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.publishes(name, public("ec", ec().Public()), public("rsa", rsa2k().Public()))
	return w
}

// locked lets several goroutines write.
type locked struct {
	mutex *sync.Mutex
	to    io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.to.Write(p)
}

func (w *world) clock() time.Time {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.now
}

func (w *world) passes(d time.Duration) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.now = w.now.Add(d)
}

// RoundTrip answers as the site would.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mutex.Lock()
	site := w.sites[r.URL.String()]
	w.asked[r.URL.String()]++
	w.mutex.Unlock()
	if site == nil {
		return nil, errors.New("connection refused")
	}
	answer := httptest.NewRecorder()
	site(answer, r)
	return answer.Result(), r.Context().Err()
}

func (w *world) serves(address string, site http.HandlerFunc) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.sites[address] = site
}

// count is how often an address was asked for.
func (w *world) count(address string) int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.asked[address]
}

func configurationOf(issuer string) string { return issuer + "/.well-known/openid-configuration" }

// publishes lets an issuer publish keys, as it should.
func (w *world) publishes(issuer string, published ...jose.JSONWebKey) {
	w.serves(configurationOf(issuer), says(map[string]string{"issuer": issuer, "jwks_uri": issuer + "/keys"}))
	w.serves(issuer+"/keys", says(jose.JSONWebKeySet{Keys: published}))
}

func says(what any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(what) }
}

func public(id string, key any) jose.JSONWebKey {
	return jose.JSONWebKey{Key: key, KeyID: id, Use: "sig"}
}

// usual are the claims of a token that counts, changed.
func usual(changes map[string]any) map[string]any {
	claims := map[string]any{
		"iss": name, "aud": audience, "sub": "person-7", "azp": "harbour-app", "jti": "token-1",
		"iat": noon.Unix(), "exp": noon.Add(10 * time.Minute).Unix(), "roles": []string{"Referrer"},
	}
	maps.Copy(claims, changes)
	for name, value := range claims {
		if value == nil {
			delete(claims, name)
		}
	}
	return claims
}

// sign makes a token.
func sign(t testing.TB, algorithm jose.SignatureAlgorithm, key any, header, claims map[string]any) string {
	t.Helper()
	options := &jose.SignerOptions{}
	for name, value := range header {
		options.WithHeader(jose.HeaderKey(name), value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// token is one of the usual issuer, by its key "ec".
func token(t testing.TB, changes map[string]any) string {
	t.Helper()
	return sign(t, jose.ES256, ec(), map[string]any{"kid": "ec"}, usual(changes))
}

// outcome is why a token does not count; "" if it does, "UNAVAILABLE" if that cannot be said.
func (w *world) outcome(token string) oidc.Reason {
	w.t.Helper()
	_, err := w.verifier.Verify(context.Background(), token)
	return reasonOf(w.t, err)
}

func reasonOf(t testing.TB, err error) oidc.Reason {
	t.Helper()
	var refused *oidc.RefusedError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refused):
		return refused.Reason
	case errors.As(err, new(*oidc.UnavailableError)):
		return "UNAVAILABLE"
	}
	t.Fatalf("an error of another type: %v", err)
	return ""
}
