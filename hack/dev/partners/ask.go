package partners

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"lifeline.scot/hack/dev/folder"
)

// CertificateFile is the file of a run's folder by which the endpoint is trusted.
func CertificateFile(dir string) string { return filepath.Join(dir, "partners.pem") }

func listenFile(dir string) string { return filepath.Join(dir, "partners.address") }

// WriteAccess lets whoever may read a folder's files as their owner trust and find the endpoint, which listens on a host:port.
func (e *Endpoint) WriteAccess(dir, listen string) error {
	for path, text := range map[string][]byte{CertificateFile(dir): inPEM(e.certificate), listenFile(dir): []byte(listen)} {
		if err := folder.WritePrivate(path, text); err != nil {
			return fmt.Errorf("write access to the endpoint of partners: %w", err)
		}
	}
	return nil
}

var errNotUp = errors.New("no endpoint of partners is up: start `make run` first")

// Ask asks the endpoint of the run in a folder what a partner got.
type Ask struct {
	client  *http.Client
	address string
}

// NewAsk finds the endpoint of a run, and fails if there is none in the folder.
func NewAsk(dir string) (*Ask, error) {
	listen, err := os.ReadFile(listenFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNotUp
	}
	if err != nil {
		return nil, fmt.Errorf("find the endpoint of partners: %w", err)
	}
	certificate, err := os.ReadFile(CertificateFile(dir))
	if err != nil {
		return nil, fmt.Errorf("find the endpoint of partners: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	return &Ask{address: Address(string(listen)), client: &http.Client{Timeout: askTime, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, string(listen)) // not every resolver knows names under localhost
		},
	}}}, nil
}

// Bounds of what is asked.
const (
	askTime        = 10 * time.Second
	mostInboxBytes = 1 << 20
)

// Inbox is what a partner got so far.
func (a *Ask) Inbox(ctx context.Context, partner string) (inbox Inbox, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.address+"/"+partner, nil)
	if err != nil {
		return inbox, fmt.Errorf("ask what %s got: %w", partner, err)
	}
	response, err := a.client.Do(request)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return inbox, errNotUp
	}
	if err != nil {
		return inbox, fmt.Errorf("ask what %s got: %w", partner, err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	if response.StatusCode != http.StatusOK {
		return inbox, fmt.Errorf("ask what %s got: the endpoint answers %s", partner, response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, mostInboxBytes)).Decode(&inbox); err != nil {
		return inbox, fmt.Errorf("read what %s got: %w", partner, err)
	}
	return inbox, nil
}
