package outbound

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// Bounds of the connections to one endpoint.
const (
	idleTime    = 90 * time.Second
	headerBytes = 16 << 10
	// restBytes and restTime are what is read of an answer, and thrown away, so that its connection can be used again.
	restBytes = 4 << 10
	restTime  = 500 * time.Millisecond
	// idleConnections to one endpoint are kept, mostConnections are made.
	idleConnections = 4
	mostConnections = 16
	// pingAfter is how long a connection of HTTP/2 may be silent before it is asked whether it is still there.
	pingAfter = 15 * time.Second
)

// mostEndpoints bounds the clients that are kept. Whoever is not used longest is let go of first.
const mostEndpoints = 512

// clients are one for each endpoint, by its URL: when one fails, its connections are closed, and nobody else's, and what one
// takes its time for is no hindrance to another that is at the same host.
type clients struct {
	make func() *http.Client

	mu         sync.Mutex
	byEndpoint map[string]*kept
	turn       int64
}

type kept struct {
	client *http.Client
	used   int64
}

// of returns the client for an endpoint.
func (c *clients) of(url string) *http.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	k, ok := c.byEndpoint[url]
	if !ok {
		if len(c.byEndpoint) >= mostEndpoints {
			c.dropOldest()
		}
		k = &kept{client: c.make()}
		c.byEndpoint[url] = k
	}
	k.used = c.turn
	return k.client
}

func (c *clients) dropOldest() {
	oldest, at := "", c.turn
	for url, k := range c.byEndpoint {
		if k.used < at {
			oldest, at = url, k.used
		}
	}
	c.byEndpoint[oldest].client.CloseIdleConnections()
	delete(c.byEndpoint, oldest)
}

// close closes the connections that are not in use.
func (c *clients) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.byEndpoint {
		k.client.CloseIdleConnections()
	}
}

// newClient makes a client that goes straight to the endpoint, by no proxy, which would be what the guard sees; over verified
// TLS; following nothing; taking no cookies.
func newClient(o Options, g guard) *http.Client {
	d := newDialer(o, g)
	transport := &http.Transport{
		Proxy:                  nil,
		DialContext:            d.plain,
		DialTLSContext:         d.encrypted,
		ForceAttemptHTTP2:      true,
		ResponseHeaderTimeout:  o.TryTime,
		IdleConnTimeout:        idleTime,
		MaxIdleConns:           idleConnections,
		MaxIdleConnsPerHost:    idleConnections,
		MaxConnsPerHost:        mostConnections,
		MaxResponseHeaderBytes: headerBytes,
		DisableCompression:     true, // nothing of an answer is read, so nothing has to be unpacked
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter},
	}
	return &http.Client{
		Transport:     forgetful{transport},
		Timeout:       o.TryTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// forgetful throws the bodies of answers away before anybody can keep them: they could repeat what was sent. What is left of a
// short one is read, so that the connection can be used again; a long or slow one costs its connection.
type forgetful struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (f forgetful) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	response, err := f.Transport.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // whatever becomes of it makes no difference to the status
	if response.StatusCode != http.StatusSwitchingProtocols {
		enough := time.AfterFunc(restTime, cancel)
		defer enough.Stop()
		_, _ = io.CopyN(io.Discard, response.Body, restBytes) // likewise
	}
	kept := *response
	kept.Body = http.NoBody
	return &kept, nil
}
