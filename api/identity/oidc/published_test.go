package oidc

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Whatever name an issuer has, or gives for its keys, it does not lead to this machine or to where a cloud keeps secrets.
func TestAddressesThatNoIssuerIsAskedAt(t *testing.T) {
	for address, refused := range map[string]bool{
		"127.0.0.1:443": true, "127.9.9.9:443": true, "[::1]:443": true, "[::ffff:127.0.0.1]:443": true, "0.0.0.0:443": true, "[::]:443": true,
		"169.254.169.254:80": true, "[fe80::1]:443": true, "[fe80::1%eth0]:443": true, "[fd00:ec2::254]:80": true, "224.0.0.1:443": true, "no address": true,
		"10.0.0.7:443": false, "192.168.1.1:8443": false, "[fd00::7]:443": false, "192.0.2.1:443": false, "[2001:db8::1]:443": false,
	} {
		if err := onlyOthers("tcp", address, nil); (err != nil) != refused {
			t.Errorf("%s: %v", address, err)
		}
	}
	for address, refused := range map[string]bool{
		"127.0.0.1:8084": false, "[::1]:8084": false, "10.0.0.7:443": true, "0.0.0.0:8084": true, "169.254.169.254:80": true, "localhost:80": false,
	} {
		if err := onlyLoopback("tcp", address, nil); (err != nil) != refused {
			t.Errorf("the development issuer at %s: %v", address, err)
		}
	}
}

func TestTheDialerKeepsToThat(t *testing.T) {
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	p, err := newPublished(Issuer{Issuer: "https://login.example.org"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} {
		if err := p.get(t.Context(), address, &struct{}{}); err == nil || asked || !strings.Contains(err.Error(), "no issuer is asked there") {
			t.Errorf("%s: %v, asked: %t", address, err, asked)
		}
	}
}

func TestOnlyTheAuthorityThatIsConfiguredIsBelieved(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	defer server.Close()
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for authority, says := range map[string]string{"": "certificate", string(own): ""} {
		p, err := newPublished(Issuer{Issuer: "https://login.example.org", CertificateAuthority: authority}, nil)
		if err != nil {
			t.Fatal(err)
		}
		transport, ok := p.client.Transport.(*http.Transport)
		if !ok || transport.Proxy != nil {
			t.Fatal("it asks by way of somebody else")
		}
		transport.DialContext = nil // so that this machine can be asked
		err = p.get(t.Context(), server.URL, &struct{}{})
		if (err == nil) != (says == "") || (err != nil && !strings.Contains(err.Error(), says)) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}

// Over a real connection: whoever never comes to an end is not listened to for ever.
func TestAnswersThatDoNotEnd(t *testing.T) {
	for what, tc := range map[string]struct {
		goOn func(w http.ResponseWriter, r *http.Request)
		says string
	}{
		"one that goes on and on": {func(w http.ResponseWriter, _ *http.Request) {
			for block := []byte(strings.Repeat("x", 1<<16)); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, "more than 524288 bytes"},
		"one that stops in the middle": {func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, "deadline exceeded"},
		"one that has not begun": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "deadline exceeded"},
		"one with endless headers": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Padding", strings.Repeat("x", 64<<10))
		}, "headers exceeded"},
	} {
		t.Run(what, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(tc.goOn))
			defer server.Close()
			p, err := newPublished(Issuer{Issuer: DevelopmentIssuer, address: server.URL}, nil)
			if err != nil {
				t.Fatal(err)
			}
			limit := time.Minute // more than it takes
			if tc.says == "deadline exceeded" {
				limit = 100 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			if err := p.get(ctx, server.URL, &struct{}{}); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v, want %q", err, tc.says)
			}
		})
	}
}
