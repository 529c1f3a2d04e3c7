package outbound

import (
	"cmp"
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"time"

	"lifeline.scot/api/mesh/event"
	"lifeline.scot/api/mesh/signature"
)

// Endpoint is where a partner receives events.
type Endpoint struct {
	// URL is an https address. It may hold a path and a query; the query is never written down or logged.
	URL string
	// Secrets sign what is sent, the newest first: two during a rotation.
	Secrets []signature.Secret
}

// Message is a message to send.
type Message struct {
	// ID is the webhook-id: the same on every attempt.
	ID string
	// Body is an event as package event encodes it.
	Body []byte
	// Still is asked before each try but the first whether the message may still be sent; if not, Send ends with [CodeNoLonger].
	// Default: it may.
	Still func(ctx context.Context) bool
}

// Options set up a Sender. The zero Options are ready to use, and the safest: public addresses and port 443 alone.
type Options struct {
	// AllowedPrefixes are addresses that may be sent to although they are not public, such as those of an organisation's own
	// network, or of this machine in tests.
	AllowedPrefixes []netip.Prefix
	// AllowedPorts are ports that may be sent to besides 443.
	AllowedPorts []uint16
	// Roots are whom certificates are signed by. Default: those that the machine trusts.
	Roots *x509.CertPool
	// Resolver finds the addresses of names. Default: net.DefaultResolver.
	Resolver *net.Resolver
	// TryTime bounds one try, from dialling to the end of the answer. Default: 15 s.
	TryTime time.Duration
	// SendTime bounds a Send with all that is tried again within it. Default: 25 s.
	SendTime time.Duration
	// Tries is how often is tried at most within one Send, 1 or more. Default: 2.
	Tries int
	// ShortestPause and LongestPause bound what is waited between two tries. Defaults: 500 ms and 3 s. When an endpoint asks for
	// more than that, Send tries no more and says so.
	ShortestPause, LongestPause time.Duration
	// Clock tells the time that is signed. Default: time.Now.
	Clock func() time.Time
}

func (o Options) withDefaults() Options {
	o.TryTime = cmp.Or(max(o.TryTime, 0), 15*time.Second)
	o.SendTime = cmp.Or(max(o.SendTime, 0), 25*time.Second)
	o.Tries = cmp.Or(max(o.Tries, 0), 2)
	o.ShortestPause = cmp.Or(max(o.ShortestPause, 0), 500*time.Millisecond)
	o.LongestPause = max(cmp.Or(max(o.LongestPause, 0), 3*time.Second), o.ShortestPause)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

// Sender sends messages. It is safe for use by many goroutines at once.
type Sender struct {
	options Options
	guard   guard
	clients clients
}

// New makes a Sender.
func New(o Options) *Sender {
	o = o.withDefaults()
	s := &Sender{options: o, guard: newGuard(o.AllowedPrefixes, o.AllowedPorts)}
	s.clients = clients{make: func() *http.Client { return newClient(o, s.guard) }, byEndpoint: map[string]*kept{}}
	return s
}

// Close closes the connections that are not in use. The Sender can still be used.
func (s *Sender) Close() { s.clients.close() }

// Send sends a message, signed anew on each try. It always ends within the time it has, and what it returns says it all: there
// is no error beside it.
//
// 2xx is delivered as soon as the status is there, whatever becomes of the rest of the answer. After Failed the endpoint may have
// the event all the same; it tells repeats by the id.
func (s *Sender) Send(ctx context.Context, to Endpoint, m Message) Outcome {
	outcome, _ := s.ask(ctx, to, question{
		method: http.MethodPost, id: m.ID, body: m.Body, still: m.Still, header: http.Header{"Content-Type": {event.ContentType}},
	})
	return outcome
}
