package oidc_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"pgregory.net/rapid"

	"lifeline.scot/api/identity/oidc"
)

func TestIssuersThatDoNotPublishWhatTheyShould(t *testing.T) {
	about := func(changes map[string]any) map[string]any {
		text := map[string]any{"issuer": name, "jwks_uri": name + "/keys"}
		for key, value := range changes {
			text[key] = value
		}
		return text
	}
	const unavailable = "UNAVAILABLE"
	for what, tc := range map[string]struct {
		address string
		site    http.HandlerFunc
		want    oidc.Reason
	}{
		"nothing":                     {configurationOf(name), nil, unavailable},
		"no keys":                     {name + "/keys", nil, unavailable},
		"an error":                    {name + "/keys", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, unavailable},
		"an answer of another status": {name + "/keys", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(203) }, unavailable},
		"a page":                      {configurationOf(name), func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, unavailable},
		"the keys elsewhere":          {configurationOf(name), redirect("https://evil.example.org/configuration"), unavailable},
		"another issuer":              {configurationOf(name), says(about(map[string]any{"issuer": "https://evil.example.org"})), unavailable},
		"an issuer with a slash":      {configurationOf(name), says(about(map[string]any{"issuer": name + "/"})), unavailable},
		"keys without https":          {configurationOf(name), says(about(map[string]any{"jwks_uri": "http://login.example.org/keys"})), unavailable},
		"keys in a file":              {configurationOf(name), says(about(map[string]any{"jwks_uri": "file:///etc/keys"})), unavailable},
		"keys with a password":        {configurationOf(name), says(about(map[string]any{"jwks_uri": "https://a:b@login.example.org/keys"})), unavailable},
		"keys at no address":          {configurationOf(name), says(about(map[string]any{"jwks_uri": ""})), unavailable},
		"keys at a number":            {configurationOf(name), says(about(map[string]any{"jwks_uri": 7})), unavailable},
		"keys at a long address":      {configurationOf(name), says(about(map[string]any{"jwks_uri": name + strings.Repeat("/keys", 500)})), unavailable},
		"too much":                    {name + "/keys", endless(1 << 20), unavailable},
		"no end":                      {configurationOf(name), endless(1 << 30), unavailable},
		"no key":                      {name + "/keys", says(jose.JSONWebKeySet{}), unavailable},
		"keys that are none":          {name + "/keys", says(map[string]any{"keys": []any{7, "x", nil, map[string]any{"kty": "XY", "kid": "ec"}}}), unavailable},
		"a hundred and one keys":      {name + "/keys", says(map[string]any{"keys": make([]any, 101)}), unavailable},
		"the private key":             {name + "/keys", says(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: ec(), KeyID: "ec"}}}), unavailable},
		"a secret":                    {name + "/keys", says(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: []byte(strings.Repeat("x", 32)), KeyID: "ec"}}}), unavailable},
		"a key to encrypt by":         {name + "/keys", says(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: ec().Public(), KeyID: "ec", Use: "enc"}}}), unavailable},
		"a key without a name":        {name + "/keys", says(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: ec().Public()}}}), unavailable},
		"a key for another algorithm": {name + "/keys", says(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: ec().Public(), KeyID: "ec", Algorithm: "ES384"}}}), oidc.ReasonSignature},
		"another key of that name":    {name + "/keys", says(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public("ec", other().Public())}}), oidc.ReasonSignature},
		"a key of another curve":      {name + "/keys", says(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public("ec", ec384().Public())}}), oidc.ReasonSignature},
		"two keys of that name":       {name + "/keys", says(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public("ec", other().Public()), public("ec", ec().Public())}}), ""},
		"a key among others":          {name + "/keys", says(map[string]any{"keys": []any{map[string]any{"kty": "XY"}, public("ec", ec().Public())}}), ""},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			w.serves("https://evil.example.org/configuration", says(about(nil)))
			w.serves(tc.address, tc.site)
			if got := w.outcome(token(t, nil)); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
			if logged := w.log.Len() > 0; logged != (tc.want == unavailable) || w.log.Len() > 4000 || strings.Contains(w.log.String(), "person") {
				t.Errorf("the log says %s", w.log)
			}
		})
	}
	t.Run("a short RSA key", func(t *testing.T) {
		w := newWorld(t)
		w.publishes(name, public("rsa", rsa1k().Public()), public("ec", ec().Public()))
		if got := w.outcome(sign(t, jose.RS256, rsa1k(), map[string]any{"kid": "rsa"}, usual(nil))); got != oidc.ReasonSignature {
			t.Errorf("%q", got)
		}
	})
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

// endless writes so many bytes of JSON that could go on, or until nobody reads.
func endless(bytes int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"keys":["`))
		block := []byte(strings.Repeat("x", 1<<16))
		for written := 0; written < min(bytes, 8<<20); written += len(block) {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}
}

// An issuer that is away fails its own tokens, quickly, and no others; when it is back, they count.
func TestAnIssuerThatIsAwayFailsOnlyItsOwnTokens(t *testing.T) {
	const away = "https://away.example.org"
	w := newWorld(t, "- {issuer: "+name+", audiences: ["+audience+"]}", "- {issuer: "+away+", audiences: ["+audience+"]}")
	theirs := token(t, map[string]any{"iss": away})
	for range 20 {
		if got := w.outcome(theirs); got != "UNAVAILABLE" {
			t.Fatalf("%q", got)
		}
		if got := w.outcome(token(t, nil)); got != "" {
			t.Fatalf("of the other issuer: %q", got)
		}
	}
	if got := w.count(configurationOf(away)); got != 1 {
		t.Errorf("it was asked %d times in one moment", got)
	}
	_, err := w.verifier.Verify(t.Context(), theirs)
	var unavailable *oidc.UnavailableError
	if !errors.As(err, &unavailable) || unavailable.Issuer != away || unavailable.RetryAfter != 10*time.Second {
		t.Errorf("%v", err)
	}
	w.publishes(away, public("ec", ec().Public()))
	w.passes(9 * time.Second)
	if got := w.outcome(theirs); got != "UNAVAILABLE" {
		t.Errorf("asked again too soon: %q", got)
	}
	w.passes(time.Second)
	if got := w.outcome(theirs); got != "" {
		t.Errorf("when it is back: %q", got)
	}
}

func TestKeysRotate(t *testing.T) {
	w := newWorld(t)
	old := func() string {
		return token(t, map[string]any{"iat": w.clock().Unix(), "exp": w.clock().Add(time.Minute).Unix()})
	}
	fresh := func() string {
		return sign(t, jose.ES256, other(), map[string]any{"kid": "next"}, usual(map[string]any{
			"iat": w.clock().Unix(), "exp": w.clock().Add(time.Minute).Unix(),
		}))
	}
	check := func(when string, wantOld, wantFresh oidc.Reason) {
		t.Helper()
		if got := w.outcome(old()); got != wantOld {
			t.Errorf("%s, by the old key: %q, want %q", when, got, wantOld)
		}
		if got := w.outcome(fresh()); got != wantFresh {
			t.Errorf("%s, by the new key: %q, want %q", when, got, wantFresh)
		}
	}
	check("before", "", oidc.ReasonSignature)
	w.publishes(name, public("ec", ec().Public()), public("next", other().Public()))
	check("in the same moment", "", oidc.ReasonSignature)
	w.passes(10 * time.Second)
	check("when both are published", "", "")
	w.publishes(name, public("next", other().Public()))
	w.passes(4 * time.Minute)
	check("just after one was taken back", "", "")
	w.passes(time.Minute)
	w.settled(old())
	check("five minutes after one was taken back", oidc.ReasonSignature, "")
}

// However long no token came, one by a key that was taken back meanwhile does not count, not even once.
func TestAKeyThatWasTakenBackDoesNotCountOnceMore(t *testing.T) {
	w := newWorld(t)
	old := func() string {
		return token(t, map[string]any{"iat": w.clock().Unix(), "exp": w.clock().Add(time.Minute).Unix()})
	}
	if got := w.outcome(old()); got != "" {
		t.Fatalf("%q", got)
	}
	w.publishes(name, public("next", other().Public()))
	w.passes(11 * time.Minute)
	if got := w.outcome(old()); got != oidc.ReasonSignature {
		t.Errorf("%q, want %q", got, oidc.ReasonSignature)
	}
}

// Of two issuers whose keys have the same name, neither signs for the other.
func TestAnIssuerSignsForItselfOnly(t *testing.T) {
	const second = "https://second.example.org"
	w := newWorld(t, "- {issuer: "+name+", audiences: ["+audience+"]}", "- {issuer: "+second+", audiences: ["+audience+"]}")
	w.publishes(second, public("ec", other().Public()))
	kid := map[string]any{"kid": "ec"}
	for what, tc := range map[string]struct {
		token string
		want  oidc.Reason
	}{
		"the first, by its own key":    {token(t, nil), ""},
		"the second, by its own key":   {sign(t, jose.ES256, other(), kid, usual(map[string]any{"iss": second})), ""},
		"the first, by the second's":   {sign(t, jose.ES256, other(), kid, usual(nil)), oidc.ReasonSignature},
		"the second, by the first one": {token(t, map[string]any{"iss": second}), oidc.ReasonSignature},
	} {
		if got := w.outcome(tc.token); got != tc.want {
			t.Errorf("%s: %q, want %q", what, got, tc.want)
		}
	}
}

// settled sends a token, and waits until the keys have been read in the background.
func (w *world) settled(token string) {
	w.t.Helper()
	before := w.count(name + "/keys")
	w.outcome(token)
	for deadline := time.Now().Add(2 * time.Minute); w.count(name+"/keys") == before || w.outcome(token) == ""; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatal("the keys were not read again")
		}
	}
}

// Whoever makes up names of keys cannot make us ask the issuer all the time.
func TestUnheardOfKeysDoNotFloodTheIssuer(t *testing.T) {
	w := newWorld(t)
	for i := range 300 {
		kid := strings.Repeat("x", i%200+1)
		if got := w.outcome(sign(t, jose.ES256, other(), map[string]any{"kid": kid}, usual(nil))); got != oidc.ReasonSignature {
			t.Fatalf("%q", got)
		}
		if i%100 == 99 {
			w.passes(5 * time.Second)
		}
	}
	if got := w.count(name + "/keys"); got > 2 {
		t.Errorf("in ten seconds it was asked %d times", got)
	}
}

// While the issuer is away the keys it had are used for an hour, and then no more.
func TestKeysOutliveTheirIssuerForAnHour(t *testing.T) {
	w := newWorld(t)
	now := func() string {
		return token(t, map[string]any{"iat": w.clock().Unix(), "exp": w.clock().Add(time.Minute).Unix()})
	}
	if got := w.outcome(now()); got != "" {
		t.Fatal(got)
	}
	w.serves(configurationOf(name), nil)
	for _, step := range []struct {
		passes time.Duration
		want   oidc.Reason
	}{{5 * time.Minute, ""}, {30 * time.Minute, ""}, {24*time.Minute + 59*time.Second, ""}, {time.Second, "UNAVAILABLE"}, {time.Hour, "UNAVAILABLE"}} {
		w.passes(step.passes)
		if got := w.outcome(now()); got != step.want {
			t.Errorf("at %s: %q, want %q", w.clock().Format(time.TimeOnly), got, step.want)
		}
	}
}

// A slow issuer is given up on, and those who wait for it wait for one answer. Nobody waits for it who has a key already.
func TestASlowIssuerIsGivenUpOn(t *testing.T) {
	texts := []string{token(t, nil), token(t, map[string]any{"jti": "2"}), token(t, map[string]any{"jti": "3"})}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serves(configurationOf(name), func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		began := time.Now()
		var waiting sync.WaitGroup
		for _, text := range texts {
			waiting.Go(func() {
				if got := w.outcome(text); got != "UNAVAILABLE" {
					t.Errorf("%q", got)
				}
			})
		}
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.verifier.Verify(impatient, texts[0]); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		waiting.Wait()
		if took := time.Since(began); took != 4*time.Second || w.count(configurationOf(name)) != 1 {
			t.Errorf("it took %s, and %d questions", took, w.count(configurationOf(name)))
		}
	})
}

func TestNobodyWaitsWhoseKeyIsKnown(t *testing.T) {
	text := token(t, map[string]any{"exp": noon.Add(time.Hour).Unix()})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.outcome(text)
		w.serves(configurationOf(name), func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		w.passes(6 * time.Minute)
		began := time.Now()
		for range 5 {
			if got := w.outcome(text); got != "" || time.Since(began) != 0 {
				t.Errorf("%q after %s", got, time.Since(began))
			}
		}
		time.Sleep(time.Minute) // until the question in the background has been given up on
	})
}

// Whatever an issuer publishes and whenever: a token counts only if its key is among those published in the last hour, and one whose
// key has been published all the time does count.
func TestPropertyOnlyPublishedKeysCount(t *testing.T) {
	ids := []string{"a", "b", "c"}
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		lastSeen := map[string]time.Time{} // when a key was last published
		var published []string
		publish := func(chosen []string) {
			published = chosen
			set := []jose.JSONWebKey{public("always", other().Public())}
			for _, id := range chosen {
				set = append(set, public(id, ec().Public()))
			}
			w.publishes(name, set...)
		}
		publish(nil)
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			for _, id := range published {
				lastSeen[id] = w.clock()
			}
			switch rapid.IntRange(0, 3).Draw(r, "step") {
			case 0:
				publish(rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 0, 3, rapid.ID[string]).Draw(r, "published"))
			case 1:
				w.serves(configurationOf(name), nil)
				published = nil
			default:
				w.passes(time.Duration(rapid.IntRange(0, 1200).Draw(r, "seconds")) * time.Second)
			}
			for _, id := range published {
				lastSeen[id] = w.clock()
			}
			id := rapid.SampledFrom(ids).Draw(r, "key")
			text := sign(t, jose.ES256, ec(), map[string]any{"kid": id}, usual(map[string]any{
				"iat": w.clock().Unix(), "exp": w.clock().Add(time.Minute).Unix(),
			}))
			seen, ever := lastSeen[id]
			if got := w.outcome(text); got == "" && (!ever || w.clock().Sub(seen) > time.Hour) {
				r.Fatalf("a token by the key %s counts, which was last published %s ago (ever: %t)", id, w.clock().Sub(seen), ever)
			}
		}
	})
}

// The development issuer is asked on this machine, at the address given, and nowhere else.
func TestTheDevelopmentIssuerIsAskedOnThisMachine(t *testing.T) {
	keys := http.NewServeMux()
	server := httptest.NewServer(keys)
	defer server.Close()
	where := server.URL + "/keys"
	keys.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": oidc.DevelopmentIssuer, "jwks_uri": where})
	})
	keys.HandleFunc("/keys", says(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public("ec", ec().Public())}}))
	text := token(t, map[string]any{"iss": oidc.DevelopmentIssuer, "aud": oidc.DevelopmentAudience})
	issuer, err := oidc.Development(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		where string
		want  oidc.Reason
	}{
		{server.URL + "/keys", ""},
		{"http://192.0.2.1/keys", "UNAVAILABLE"},
		{"https://127.0.0.1/keys", "UNAVAILABLE"},
	} {
		where = tc.where
		v, err := oidc.New([]oidc.Issuer{issuer}, oidc.Options{Now: func() time.Time { return noon }})
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Verify(t.Context(), text)
		if got := reasonOf(t, err); got != tc.want {
			t.Errorf("%s: %q (%v), want %q", tc.where, got, err, tc.want)
		}
	}
}
