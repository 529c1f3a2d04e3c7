package outbound

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	official "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"lifeline.scot/api/mesh/signature"
)

const origin = "lifeline.example.org"

func TestAnEndpointAgrees(t *testing.T) {
	secrets := secretsOf(t, oldText)
	for what, ask := range map[string]string{"the secret": oldText, "two secrets, of which it knows the old": newText + " " + oldText} {
		var in inbox
		r := serving(t, func(w httpResponse, r *httpRequest) {
			in.keep(r)
			answer, err := Agree(secrets, r.Header, time.Now())
			if err != nil {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			for name, values := range answer {
				w.Header()[name] = values
			}
		})
		if err := newSender(t, optionsFor(r)).Handshake(t.Context(), Endpoint{r.url(), secretsOf(t, ask)}, origin); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		g := in.list()[0]
		if verified(t, g, oldText); g.method != http.MethodOptions || len(g.body) != 0 || g.header.Get("WebHook-Request-Origin") != origin {
			t.Errorf("it was asked by %+v", g)
		}
	}
}

// What a partner does by the standard's library alone, in the order of the README.
func TestAnEndpointAgreesByTheOfficialLibrary(t *testing.T) {
	library, err := official.NewWebhook(newText)
	if err != nil {
		t.Fatal(err)
	}
	r := serving(t, func(w httpResponse, r *httpRequest) {
		if err := library.Verify(nil, r.Header); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		id, now, allowed := r.Header.Get("webhook-id"), time.Now(), r.Header.Get("WebHook-Request-Origin")
		signed, _ := library.Sign(id, now, []byte(allowed))
		w.Header().Set("WebHook-Allowed-Origin", allowed)
		w.Header().Set("webhook-id", id)
		w.Header().Set("webhook-timestamp", timestamp(now))
		w.Header().Set("webhook-signature", signed)
	})
	if err := newSender(t, optionsFor(r)).Handshake(t.Context(), Endpoint{r.url(), secretsOf(t, newText)}, origin); err != nil {
		t.Error(err)
	}
}

func timestamp(at time.Time) string {
	return signature.Sign(nil, "a", at, nil).Get(signature.HeaderTimestamp)
}

func TestAnEndpointThatDoesNotAgree(t *testing.T) {
	secrets := secretsOf(t, newText)
	agree := func(w httpResponse, r *httpRequest, change func(http.Header)) {
		answer, err := Agree(secrets, r.Header, time.Now())
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		change(answer)
		for name, values := range answer {
			w.Header()[name] = values
		}
	}
	signedFor := func(allowed string) func(http.Header) {
		return func(h http.Header) {
			id := h.Get(signature.HeaderID)
			for name, values := range signature.Sign(secrets, id, time.Now(), []byte(allowed)) {
				h[name] = values
			}
			h.Set(headerAllowedOrigin, allowed)
		}
	}
	for what, tc := range map[string]struct {
		change func(http.Header)
		want   Reason
	}{
		"it does":                    {func(http.Header) {}, ""},
		"it does, for anybody":       {signedFor("*"), ""},
		"it does, in capitals":       {signedFor(strings.ToUpper(origin)), ""},
		"it says nothing":            {func(h http.Header) { h.Del(headerAllowedOrigin) }, ReasonNoOrigin},
		"it allows nobody":           {signedFor(""), ReasonNoOrigin},
		"it says two things":         {func(h http.Header) { h.Add(headerAllowedOrigin, "*") }, ReasonNoOrigin},
		"it allows another":          {signedFor("other.example.org"), ReasonOtherOrigin},
		"it allows one like ours":    {signedFor(origin + ".example.com"), ReasonOtherOrigin},
		"it does not sign":           {func(h http.Header) { h.Del(signature.HeaderSignature) }, ReasonNotSigned},
		"it signs something else":    {func(h http.Header) { h.Set(headerAllowedOrigin, "*") }, ReasonNotSigned},
		"it answers another request": {func(h http.Header) { h.Set(signature.HeaderID, "other") }, ReasonNotSigned},
	} {
		r := serving(t, func(w httpResponse, r *httpRequest) { agree(w, r, tc.change) })
		err := newSender(t, optionsFor(r)).Handshake(t.Context(), Endpoint{r.url(), secrets}, origin)
		var said *HandshakeError
		switch {
		case tc.want == "" && err == nil:
		case !errors.As(err, &said) || said.Reason != tc.want || said.Outcome.Kind != Delivered:
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Whoever sends back all that it gets, as some servers do to find errors, has not agreed.
func TestAnEchoDoesNotAgree(t *testing.T) {
	r := serving(t, func(w httpResponse, r *httpRequest) {
		for name, values := range r.Header {
			w.Header()[name] = values
		}
		w.Header().Set(headerAllowedOrigin, r.Header.Get(headerRequestOrigin))
	})
	err := newSender(t, optionsFor(r)).Handshake(t.Context(), Endpoint{r.url(), secretsOf(t, newText)}, origin)
	var said *HandshakeError
	if !errors.As(err, &said) || said.Reason != ReasonNotSigned {
		t.Errorf("%v", err)
	}
}

func TestAnEndpointThatCannotBeAsked(t *testing.T) {
	secrets := secretsOf(t, newText)
	for what, tc := range map[string]struct {
		text   string
		want   Outcome
		reason Reason
	}{
		"it knows no OPTIONS": {
			"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n", Outcome{Kind: Failed, Code: CodeClientError, Status: 405}, ReasonNotAsked,
		},
		"it asks who that is": {
			"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", Outcome{Kind: Failed, Code: CodeClientError, Status: 401}, ReasonNotAsked,
		},
		"it breaks at OPTIONS": {
			"HTTP/1.1 501 No\r\nContent-Length: 0\r\n\r\n", Outcome{Kind: Failed, Code: CodeServerError, Status: 501}, ReasonNotAsked,
		},
		"it wants no more": {"HTTP/1.1 410 No\r\nContent-Length: 0\r\n\r\n", Outcome{Kind: Gone, Code: CodeGone, Status: 410}, ""},
		"it is busy": {
			"HTTP/1.1 429 No\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n",
			Outcome{Kind: Busy, Code: CodeTooManyRequests, Status: 429, RetryAfter: time.Minute},
			"",
		},
		"it is elsewhere": {
			"HTTP/1.1 308 No\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", Outcome{Kind: Failed, Code: CodeRedirected, Status: 308}, "",
		},
	} {
		r := answering(t, tc.text)
		err := newSender(t, optionsFor(r)).Handshake(t.Context(), Endpoint{r.url(), secrets}, origin)
		var said *HandshakeError
		if !errors.As(err, &said) {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if said.Outcome.Took = 0; said.Outcome != tc.want || said.Reason != tc.reason {
			t.Errorf("%s: %+v", what, said)
		}
	}
	err := New(Options{}).Handshake(t.Context(), Endpoint{"https://127.0.0.1/", secrets}, origin)
	var said *HandshakeError
	if !errors.As(err, &said) || said.Outcome.Kind != Prohibited {
		t.Errorf("an address that may not be sent to: %v", err)
	}
}

func TestAReceiverAgreesWithNobodyElse(t *testing.T) {
	secrets := secretsOf(t, newText)
	asked := func() http.Header {
		h := signature.Sign(secrets, "handshake_1", noon, nil)
		h.Set(headerRequestOrigin, origin)
		return h
	}
	for what, change := range map[string]func(http.Header){
		"who signs by another secret": func(h http.Header) {
			h.Set(signature.HeaderSignature, signature.Sign(secretsOf(t, oldText), "handshake_1", noon, nil).Get(signature.HeaderSignature))
		},
		"who does not sign":         func(h http.Header) { h.Del(signature.HeaderSignature) },
		"who does not say who asks": func(h http.Header) { h.Del(headerRequestOrigin) },
	} {
		h := asked()
		change(h)
		if answer, err := Agree(secrets, h, noon); err == nil {
			t.Errorf("%s: it agrees: %v", what, answer)
		}
	}
	if _, err := Agree(secrets, asked(), noon.Add(time.Hour)); !errors.Is(err, signature.ErrTooOld) {
		t.Errorf("an hour later: %v", err)
	}
}
