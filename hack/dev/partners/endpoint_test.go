package partners

import (
	"crypto/x509"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/api/mesh/event"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/scotland"
)

const (
	harboursSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	beaconsSecret  = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

// bench is an endpoint of two partners that is served, the sender of the API, and what asks what came.
type bench struct {
	dir, address string
	sender       *outbound.Sender
	ask          *Ask
}

func newBench(t *testing.T) *bench {
	t.Helper()
	endpoint, err := New(map[string]string{"harbour": harboursSecret, "beacon": beaconsSecret}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: endpoint.Handler(), TLSConfig: endpoint.TLS(), ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.ServeTLS(listener, "", "")
	}()
	b := &bench{dir: t.TempDir(), address: Address(listener.Addr().String())}
	if err := endpoint.WriteAccess(b.dir, listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b.ask, err = NewAsk(b.dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(CertificateFile(b.dir))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	b.sender = outbound.New(outbound.Options{
		AllowedPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Roots: roots, Tries: 1,
		AllowedPorts: []uint16{uint16(listener.Addr().(*net.TCPAddr).Port)},
	})
	t.Cleanup(func() {
		b.sender.Close()
		_ = server.Close()
		<-done
	})
	return b
}

// to is the endpoint of a partner, as the API has it with a secret.
func (b *bench) to(t *testing.T, partner, secret string) outbound.Endpoint {
	t.Helper()
	secrets, err := signature.ParseSecrets([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return outbound.Endpoint{URL: b.address + "/" + partner, Secrets: secrets}
}

func (b *bench) inbox(t *testing.T, partner string) Inbox {
	t.Helper()
	inbox, err := b.ask.Inbox(t.Context(), partner)
	if err != nil {
		t.Fatal(err)
	}
	return inbox
}

// about is an event for harbour that tells of a person, as those with minimised payloads do.
func about(t *testing.T, id string) outbound.Message {
	t.Helper()
	body, err := event.Event{
		ID: id, Type: event.Accepted, Source: "https://lifeline.example.org", Referral: "r-23456789abcdefghjkmn", Version: 3,
		Time: time.Now(), Partner: "harbour", Fields: map[string]any{"fullName": "Isla Sample"},
	}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return outbound.Message{ID: id, Body: body}
}

func TestItAgreesToWhoeverHasItsSecretAlone(t *testing.T) {
	b := newBench(t)
	if err := b.sender.Handshake(t.Context(), b.to(t, "harbour", harboursSecret), "lifeline.example.org"); err != nil {
		t.Error(err)
	}
	for partner, secret := range map[string]string{"harbour": beaconsSecret, "nobody": harboursSecret} {
		if err := b.sender.Handshake(t.Context(), b.to(t, partner, secret), "lifeline.example.org"); err == nil {
			t.Errorf("%s agrees", partner)
		}
	}
}

func TestItKeepsWhatItVerified(t *testing.T) {
	b := newBench(t)
	for _, tc := range []struct {
		what, partner, secret string
		status                int
	}{
		{"an event", "harbour", harboursSecret, http.StatusNoContent},
		{"it again", "harbour", harboursSecret, http.StatusNoContent},
		{"signed by another's secret", "harbour", beaconsSecret, http.StatusUnauthorized},
		{"for somebody else", "beacon", beaconsSecret, http.StatusBadRequest},
		{"to nobody", "nobody", harboursSecret, http.StatusNotFound},
	} {
		if got := b.sender.Send(t.Context(), b.to(t, tc.partner, tc.secret), about(t, "evt_1")); got.Status != tc.status {
			t.Errorf("%s: %+v", tc.what, got)
		}
	}
	is := b.inbox(t, "harbour")
	if len(is.Events) != 1 || is.Rejected != 1 {
		t.Fatalf("%+v", is)
	}
	if e := is.Events[0]; e.ID != "evt_1" || e.Type != string(event.Accepted) || e.Referral != "r-23456789abcdefghjkmn" || e.Version != 3 {
		t.Errorf("%+v", e)
	}
	if is := b.inbox(t, "beacon"); len(is.Events) != 0 || is.Rejected != 1 {
		t.Errorf("%+v", is)
	}
	if shown := fmt.Sprintf("%+v", is); strings.Contains(shown, "Isla") {
		t.Errorf("it keeps what is told of a person: %s", shown)
	}
}

func TestItRemembersTheLatest(t *testing.T) {
	b := newBench(t)
	for i := range MostKept + 5 {
		if got := b.sender.Send(t.Context(), b.to(t, "harbour", harboursSecret), about(t, "evt_"+strconv.Itoa(i))); got.Kind != outbound.Delivered {
			t.Fatalf("%d: %+v", i, got)
		}
	}
	if is := b.inbox(t, "harbour").Events; len(is) != MostKept || is[0].ID != "evt_5" || is[MostKept-1].ID != "evt_204" {
		t.Errorf("there are %d, from %s", len(is), is[0].ID)
	}
}

func TestAccessIsItsOwnersAlone(t *testing.T) {
	b := newBench(t)
	for _, path := range []string{CertificateFile(b.dir), listenFile(b.dir)} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != fs.FileMode(0o600) {
			t.Errorf("%v %v", info, err)
		}
	}
	if _, err := NewAsk(t.TempDir()); err == nil || !strings.Contains(err.Error(), "start `make run` first") {
		t.Error(err)
	}
}

// Those who receive events are in the sample data, at an address that the API server takes.
func TestSomeOfTheSampleDataReceiveEvents(t *testing.T) {
	objects, err := scotland.Objects()
	if err != nil {
		t.Fatal(err)
	}
	secret := client.ObjectKey{Namespace: "default", Name: "signing"}
	if err := Enrol(objects, Address("127.0.0.1:8085"), secret); err != nil {
		t.Fatal(err)
	}
	received := 0
	for _, object := range objects {
		partner, ok := object.(*v1alpha1.Partner)
		if !ok || partner.Spec.Delivery == nil {
			continue
		}
		received++
		if is := partner.Spec.Delivery; is.URL != v1alpha1.WebAddress("https://partners.localhost:8085/"+partner.Name) ||
			is.SigningSecretRef.Key != partner.Name || is.SigningSecretRef.Name != "signing" {
			t.Errorf("%s: %+v", partner.Name, is)
		}
	}
	if received != len(Names()) {
		t.Errorf("%d receive events", received)
	}
	if err := Enrol(nil, "", secret); err == nil || !strings.Contains(err.Error(), "there is no such organisation") {
		t.Error(err)
	}
}
