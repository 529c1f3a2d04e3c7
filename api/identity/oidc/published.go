package oidc

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Bounds of what an issuer publishes.
const (
	mostAnswerBytes = 512 << 10
	mostHeaderBytes = 32 << 10
	mostKeys        = 100
	// Bits of an RSA key: fewer can be broken (RFC 7518, section 3.3), more take long to check with.
	fewestRSABits = 2048
	mostRSABits   = 4096
)

// published is what an issuer publishes about itself (OpenID Connect Discovery 1.0).
type published struct {
	issuer Issuer
	client *http.Client
}

// newPublished reads what an issuer publishes, by the transport if there is one.
func newPublished(issuer Issuer, transport http.RoundTripper) (*published, error) {
	if transport == nil {
		authorities, err := issuer.authorities()
		if err != nil {
			return nil, err
		}
		dialer := net.Dialer{Timeout: askTime, Control: onlyOthers}
		if issuer.address != "" {
			dialer.Control = onlyLoopback
		}
		transport = &http.Transport{
			DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: askTime, ResponseHeaderTimeout: askTime, IdleConnTimeout: time.Minute, MaxIdleConns: 2,
			MaxResponseHeaderBytes: mostHeaderBytes, ForceAttemptHTTP2: true,
		}
	}
	return &published{issuer, &http.Client{
		Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("it answers with another address, and is not followed there")
		},
	}}, nil
}

// onlyOthers refuses to connect to this machine, and to where a cloud tells machines their secrets. Addresses of a private
// network are where the issuer of a hospital may well be.
func onlyOthers(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%s is no address", address)
	}
	ip := to.Addr().Unmap()
	if ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip == awsMetadata() {
		return fmt.Errorf("%s is of this machine or of its link: no issuer is asked there", ip)
	}
	return nil
}

// awsMetadata is where machines of that cloud are told their secrets over IPv6; the other clouds use the link.
func awsMetadata() netip.Addr { return netip.MustParseAddr("fd00:ec2::254") }

// onlyLoopback is for the development issuer.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if !OnlyThisMachine(address) {
		return fmt.Errorf("%s is not of this machine", address)
	}
	return nil
}

// keys reads the keys that the issuer publishes. Those that cannot be used, for signatures or at all, are left out.
func (p *published) keys(ctx context.Context) (keys, error) {
	var about struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	from := p.issuer.Issuer
	if p.issuer.address != "" {
		from = p.issuer.address
	}
	if err := p.get(ctx, strings.TrimSuffix(from, "/")+"/.well-known/openid-configuration", &about); err != nil {
		return nil, fmt.Errorf("its configuration: %w", err)
	}
	if about.Issuer != p.issuer.Issuer {
		return nil, errors.New("its configuration is that of another issuer")
	}
	if err := p.checkKeysAddress(about.JWKSURI); err != nil {
		return nil, err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := p.get(ctx, about.JWKSURI, &set); err != nil {
		return nil, fmt.Errorf("its keys: %w", err)
	}
	if len(set.Keys) > mostKeys {
		return nil, fmt.Errorf("its keys: %d are too many, at most %d", len(set.Keys), mostKeys)
	}
	found := keys{}
	for _, text := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(text, &key) == nil && usable(key) {
			found[key.KeyID] = append(found[key.KeyID], key)
		}
	}
	return found, nil
}

// checkKeysAddress says what is wrong with where the keys are said to be.
func (p *published) checkKeysAddress(text string) error {
	u, err := url.Parse(text)
	scheme := "https"
	if p.issuer.address != "" {
		scheme = "http"
	}
	if err != nil || len(text) > longestAddress || u.Scheme != scheme || u.Host == "" || u.User != nil {
		return fmt.Errorf("its configuration gives no %s address of its keys", scheme)
	}
	return nil
}

// usable reports whether a key can check signatures. Keys that can also make them are nobody's to publish.
func usable(key jose.JSONWebKey) bool {
	if key.KeyID == "" || len(key.KeyID) > longestName || (key.Use != "" && key.Use != "sig") || !key.Valid() || !key.IsPublic() {
		return false
	}
	if public, ok := key.Key.(*rsa.PublicKey); ok {
		return public.N.BitLen() >= fewestRSABits && public.N.BitLen() <= mostRSABits
	}
	return true
}

// get reads a JSON object. Errors tell nothing of what was answered.
func (p *published) get(ctx context.Context, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errors.New("that is no address")
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "lifeline-api")
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // only read
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer has the status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, mostAnswerBytes+1))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > mostAnswerBytes {
		return fmt.Errorf("the answer has more than %d bytes", mostAnswerBytes)
	}
	if json.Unmarshal(body, into) != nil {
		return errors.New("the answer is not the JSON it should be")
	}
	return nil
}
