package outbound

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	official "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"lifeline.scot/api/mesh/signature"
)

const (
	newText = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	oldText = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func secretsOf(t testing.TB, text string) []signature.Secret {
	t.Helper()
	secrets, err := signature.ParseSecrets([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return secrets
}

// authority signs the certificates of receivers.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: noon.AddDate(-20, 0, 0),
		NotAfter: noon.AddDate(20, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	return authority{signed(t, template, template, key, key), key}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func signed(t testing.TB, template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// issue makes a certificate for this machine by address and by name, and for partner.example.org, changed as is asked for.
func (a authority) issue(t testing.TB, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: noon.AddDate(-20, 0, 0), NotAfter: noon.AddDate(20, 0, 0),
		DNSNames: []string{partnerName, partnerHere}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(127, 0, 0, 2)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(template)
	}
	certificate := signed(t, template, a.certificate, key, a.key)
	return tls.Certificate{Certificate: [][]byte{certificate.Raw}, PrivateKey: key}
}

const (
	partnerName = "partner.example.org"
	partnerHere = "partner.localhost"
)

// receiver is what listens at an address of this machine.
type receiver struct {
	port uint16
	// root is who vouches for it; nil if nobody does.
	root *x509.Certificate
	// opened counts its connections.
	mu     sync.Mutex
	opened int
	ended  chan struct{}
}

// listen serves connections until the test ends, each by a call to serve, which may keep it open until ended is closed.
func listen(t testing.TB, address string, serve func(net.Conn, <-chan struct{})) *receiver {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{port: uint16(l.Addr().(*net.TCPAddr).Port), ended: make(chan struct{})}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r.mu.Lock()
			r.opened++
			r.mu.Unlock()
			serving.Go(func() {
				defer conn.Close()
				serve(conn, r.ended)
			})
		}
	})
	t.Cleanup(func() {
		close(r.ended)
		_ = l.Close()
		serving.Wait()
	})
	return r
}

func (r *receiver) connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.opened
}

func (r *receiver) url() string { return "https://127.0.0.1:" + strconv.Itoa(int(r.port)) }

// speak serves TLS connections by what is done with each after a request has come.
func speak(t testing.TB, speaks func(net.Conn, <-chan struct{})) *receiver {
	t.Helper()
	a := newAuthority(t)
	return speakWith(t, &tls.Config{Certificates: []tls.Certificate{a.issue(t, nil)}}, a.certificate, speaks)
}

func speakWith(t testing.TB, config *tls.Config, root *x509.Certificate, speaks func(net.Conn, <-chan struct{})) *receiver {
	t.Helper()
	r := listen(t, "127.0.0.1:0", func(plain net.Conn, ended <-chan struct{}) {
		conn := tls.Server(plain, config)
		if conn.Handshake() == nil {
			speaks(conn, ended)
		}
	})
	r.root = root
	return r
}

// answering answers each request by a text, as it is.
func answering(t testing.TB, text string) *receiver {
	t.Helper()
	return speak(t, func(conn net.Conn, _ <-chan struct{}) {
		for requests := bufio.NewReader(conn); readRequest(requests); {
			if _, err := io.WriteString(conn, text); err != nil {
				return
			}
		}
	})
}

func readRequest(from *bufio.Reader) bool {
	request, err := http.ReadRequest(from)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, request.Body)
	return err == nil
}

// serving is a receiver that is an ordinary server, over HTTP/2 where protocols has h2.
func serving(t testing.TB, handler http.HandlerFunc, protocols ...string) *receiver {
	t.Helper()
	a := newAuthority(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{port: uint16(l.Addr().(*net.TCPAddr).Port), root: a.certificate, ended: make(chan struct{})}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: time.Minute,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{a.issue(t, nil)}, NextProtos: append(protocols, "http/1.1")},
		ConnState: func(_ net.Conn, state http.ConnState) {
			r.mu.Lock()
			defer r.mu.Unlock()
			if state == http.StateNew {
				r.opened++
			}
		},
	}
	var running sync.WaitGroup
	running.Go(func() { _ = server.ServeTLS(l, "", "") })
	t.Cleanup(func() {
		close(r.ended)
		_ = server.Close()
		running.Wait()
	})
	return r
}

// optionsFor let be sent to receivers on this machine, with pauses that nobody notices.
func optionsFor(all ...*receiver) Options {
	o := Options{
		AllowedPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Roots: x509.NewCertPool(),
		ShortestPause: time.Microsecond, LongestPause: time.Microsecond,
	}
	for _, r := range all {
		o.AllowedPorts = append(o.AllowedPorts, r.port)
		if r.root != nil {
			o.Roots.AddCert(r.root)
		}
	}
	return o
}

func newSender(t testing.TB, o Options) *Sender {
	t.Helper()
	s := New(o)
	t.Cleanup(s.Close)
	return s
}

// send sends a sample message.
func send(t testing.TB, s *Sender, url string) Outcome {
	t.Helper()
	return s.Send(t.Context(), Endpoint{url, secretsOf(t, newText)}, Message{ID: "evt_1", Body: []byte(`{"data":"sample"}`)})
}

// got is a request as a receiver got it.
type got struct {
	method string
	header http.Header
	body   []byte
}

// inbox keeps what a receiver gets.
type inbox struct {
	mu  sync.Mutex
	all []got
}

// keep keeps a request, and says how many there have been.
func (b *inbox) keep(r *http.Request) int {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, got{r.Method, r.Header, body})
	return len(b.all)
}

func (b *inbox) list() []got {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all
}

// verified fails unless the official library takes a request for signed by a secret.
func verified(t testing.TB, g got, text string) {
	t.Helper()
	library, err := official.NewWebhook(text)
	if err == nil {
		err = library.VerifyIgnoringTimestamp(g.body, g.header)
	}
	if err != nil {
		t.Errorf("the official library does not verify it: %v", err)
	}
}

// lockedBuffer is a buffer that several may write to.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
