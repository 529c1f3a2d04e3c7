package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// ofStatus says what an HTTP status comes to.
func ofStatus(status int) (Kind, Code) {
	switch {
	case status >= 200 && status < 300:
		return Delivered, CodeOK
	case status == http.StatusGone:
		return Gone, CodeGone
	case status == http.StatusTooManyRequests:
		return Busy, CodeTooManyRequests
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return Busy, CodeUnavailable
	case status >= 300 && status < 400:
		return Failed, CodeRedirected
	case status >= 400 && status < 500:
		return Failed, CodeClientError
	case status >= 500 && status < 600:
		return Failed, CodeServerError
	default:
		return Failed, CodeUnexpectedStatus
	}
}

// ofError says what an error of the HTTP client comes to. Its text is never looked at further than to tell its kind, and never
// kept: it repeats the URL, and what the other side wrote. ctx is that of one Send, which has a deadline of its own, and caller
// that of whoever has asked for it: when the caller's has ended, however it did, that says nothing of the endpoint.
func ofError(caller, ctx context.Context, err error) (Kind, Code) {
	if errors.Is(err, errProhibited) {
		return Prohibited, CodeAddressNotAllowed
	}
	if caller.Err() != nil || errors.Is(ctx.Err(), context.Canceled) {
		return Failed, CodeStopped
	}
	var name *net.DNSError
	if errors.As(err, &name) {
		return Failed, CodeNotResolved
	}
	if code, ok := ofTLS(err); ok {
		return Failed, code
	}
	var timeout net.Error
	var dial *net.OpError
	switch {
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded), ctx.Err() != nil:
		return Failed, CodeTimedOut
	case errors.As(err, &dial) && dial.Op == "dial":
		return Failed, CodeNotConnected
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed), saysClosed(err):
		return Failed, CodeHungUp
	default:
		return Failed, CodeNotHTTP
	}
}

// ofTLS tells errors of TLS apart.
func ofTLS(err error) (Code, bool) {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		host         x509.HostnameError
		invalid      x509.CertificateInvalidError
		record       tls.RecordHeaderError
		alert        tls.AlertError
	)
	switch {
	case errors.As(err, &verification), errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid):
		return CodeNotTrusted, true
	case errors.As(err, &record), errors.As(err, &alert), errors.Is(err, http.ErrSchemeMismatch),
		strings.Contains(err.Error(), "tls: "):
		return CodeNoTLS, true
	default:
		return "", false
	}
}

// saysClosed recognises errors that net/http makes as texts alone.
func saysClosed(err error) bool {
	text := err.Error()
	return strings.Contains(text, "server closed idle connection") || strings.Contains(text, "client connection lost") ||
		strings.Contains(text, "http2: ") || strings.Contains(text, "stream error")
}
