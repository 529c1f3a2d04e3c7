package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"time"
)

// Bounds of one connection.
const (
	dialTime = 5 * time.Second
	tlsTime  = 5 * time.Second
)

// dialer makes connections to addresses that may be sent to, over verified TLS.
type dialer struct {
	net net.Dialer
	tls *tls.Config
}

func newDialer(o Options, g guard) dialer {
	return dialer{
		net.Dialer{Timeout: dialTime, Control: g.control, Resolver: o.Resolver},
		&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots, NextProtos: []string{http2, "http/1.1"}},
	}
}

const http2 = "h2"

// errPlain refuses to connect without TLS. Nobody asks for that: an endpoint is https.
var errPlain = errors.New("only https is sent to")

func (dialer) plain(context.Context, string, string) (net.Conn, error) { return nil, errPlain }

// encrypted connects, and checks whom it is connected to.
func (d dialer) encrypted(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err //nolint:wrapcheck // no error of the HTTP client is kept: see ofError
	}
	if ofThisMachine(host) {
		address = net.JoinHostPort(loopback, port)
	}
	plain, err := d.net.DialContext(ctx, network, address)
	if err != nil {
		return nil, err //nolint:wrapcheck // likewise
	}
	config := d.tls.Clone()
	config.ServerName = host
	conn := tls.Client(plain, config)
	ctx, cancel := context.WithTimeout(ctx, tlsTime)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = plain.Close() // it is of no use
		return nil, err   //nolint:wrapcheck // likewise
	}
	if conn.ConnectionState().NegotiatedProtocol == http2 {
		return conn, nil
	}
	return unread{conn}, nil
}

// loopback is this machine, which may be sent to only where somebody said so.
const loopback = "127.0.0.1"

// ofThisMachine reports whether a name is localhost or under it. Such a name always means this machine, and no resolver is asked
// for it (RFC 6761, section 6.3), which could say anything else.
func ofThisMachine(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// unread gives its reader one byte at a time. Of what comes after an answer that nobody asked for, net/http writes as much into
// the log as it has read: so that is one byte, and not a person's data that an endpoint sends back. Answers are short and nothing
// of them but the headers is read, so that it costs little; TLS has them in memory in any case.
type unread struct{ *tls.Conn }

// Read implements io.Reader.
func (u unread) Read(into []byte) (int, error) {
	if len(into) > 1 {
		into = into[:1]
	}
	return u.Conn.Read(into) //nolint:wrapcheck // readers compare it with io.EOF
}
