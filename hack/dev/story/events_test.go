package story

import (
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/mesh/event"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/hack/dev/partners"
)

const (
	secret     = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	aftercare  = "r-23456789abcdefghjkmn"
	another    = "r-nmkjhgfedcba98765432"
	testOrigin = "https://lifeline.example.org"
)

// The story ends with an error if a partner is told more of a referral once sharing it has ended, and of that referral alone.
func TestTheStoryFailsIfMoreIsToldAfterAWithdrawal(t *testing.T) {
	type sent struct {
		referral string
		of       event.Type
	}
	for what, tc := range map[string]struct {
		events []sent
		fails  string
	}{
		"nothing more":           {[]sent{{aftercare, event.Submitted}, {aftercare, event.SharingChanged}}, ""},
		"more of another":        {[]sent{{aftercare, event.SharingChanged}, {another, event.MessageWritten}}, ""},
		"more of it":             {[]sent{{aftercare, event.SharingChanged}, {aftercare, event.MessageWritten}}, "was told more of " + aftercare},
		"nothing of the end yet": {[]sent{{aftercare, event.Submitted}}, "was told more of " + aftercare},
	} {
		t.Run(what, func(t *testing.T) {
			dir, send := receives(t)
			for i, e := range tc.events {
				send(e.referral, e.of, int64(i+1))
			}
			var told strings.Builder
			s := newStage(t.Context(), Options{Dir: dir, Out: &told})
			s.isToldNothingAfter(ofHSCP, aftercare, event.SharingChanged)
			switch {
			case tc.fails == "" && (s.err != nil || !strings.Contains(told.String(), "» Nothing more of it came")):
				t.Errorf("%v\n%s", s.err, &told)
			case tc.fails != "" && (s.err == nil || !strings.Contains(s.err.Error(), tc.fails)):
				t.Errorf("it ends with %v\n%s", s.err, &told)
			}
		})
	}
}

// An event is told of once, in words.
func TestTheStoryTellsOfEachEventOnce(t *testing.T) {
	dir, send := receives(t)
	send(aftercare, event.Submitted, 1)
	send(aftercare, event.UrgencySet, 2)
	var told strings.Builder
	s := newStage(t.Context(), Options{Dir: dir, Out: &told})
	s.isTold(ofHSCP, aftercare, event.UrgencySet)
	send(aftercare, event.Accepted, 3)
	s.isTold(ofHSCP, aftercare, event.Accepted)
	want := "» The software of Glasgow City HSCP is told that it is asked, that there is something new. " +
		"» The software of Glasgow City HSCP is told that it is accepted."
	if got := strings.Join(strings.Fields(told.String()), " "); s.err != nil || got != want {
		t.Errorf("%v: %s", s.err, got)
	}
}

// receives starts the endpoint of partners for a run in a folder; send sends it events for the HSCP.
func receives(t *testing.T) (dir string, send func(referral string, of event.Type, version int64)) {
	t.Helper()
	endpoint, err := partners.New(map[string]string{hscp: secret}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: endpoint.Handler(), TLSConfig: endpoint.TLS(), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	dir = t.TempDir()
	if err := endpoint.WriteAccess(dir, listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	secrets, err := signature.ParseSecrets([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if text, err := os.ReadFile(partners.CertificateFile(dir)); err != nil || !roots.AppendCertsFromPEM(text) {
		t.Fatal(err)
	}
	sender := outbound.New(outbound.Options{
		AllowedPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Roots: roots,
		AllowedPorts: []uint16{uint16(listener.Addr().(*net.TCPAddr).Port)},
	})
	t.Cleanup(func() {
		sender.Close()
		_ = server.Close()
	})
	to := outbound.Endpoint{URL: partners.Address(listener.Addr().String()) + "/" + hscp, Secrets: secrets}
	return dir, func(referral string, of event.Type, version int64) {
		t.Helper()
		id := "evt_" + referral[2:6] + "_" + string(rune('0'+version))
		body, err := event.Event{
			ID: id, Type: of, Source: testOrigin, Referral: referral, Version: version, Time: time.Now(), Partner: hscp,
		}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if got := sender.Send(t.Context(), to, outbound.Message{ID: id, Body: body}); got.Kind != outbound.Delivered {
			t.Fatalf("%s: %+v", of, got)
		}
	}
}
