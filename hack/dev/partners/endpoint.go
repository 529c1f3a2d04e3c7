package partners

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	official "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"lifeline.scot/api/mesh/event"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/mesh/signature"
)

// host is the name of the endpoint: names under localhost mean this machine (RFC 6761).
const host = "partners.localhost"

// MostKept is how many events are remembered of each partner: the latest.
const MostKept = 200

// Event is what is remembered of an event that was verified.
type Event struct {
	ID       string    `json:"id"`
	Type     string    `json:"type"`
	Referral string    `json:"referral"`
	Version  int64     `json:"version"`
	Said     int64     `json:"said"`
	Received time.Time `json:"received"`
}

// Inbox is what one partner got.
type Inbox struct {
	// Events are in the order in which they came first; one that came again counts once.
	Events []Event `json:"events"`
	// Rejected counts what was not verified, or was for somebody else.
	Rejected int `json:"rejected"`
}

// Endpoint receives events of each partner at /NAME, and shows there what came.
type Endpoint struct {
	now         func() time.Time
	certificate tls.Certificate
	partners    map[string]*partner
}

// partner is one that receives events.
type partner struct {
	name    string
	secrets []signature.Secret
	webhook *official.Webhook

	mu    sync.Mutex
	inbox Inbox
}

// New makes an endpoint for the partners that have a signing secret, by name.
func New(secrets map[string]string, now func() time.Time) (*Endpoint, error) {
	certificate, err := newCertificate(now())
	if err != nil {
		return nil, err
	}
	e := &Endpoint{now: now, certificate: certificate, partners: map[string]*partner{}}
	for name, text := range secrets {
		p := &partner{name: name, inbox: Inbox{Events: []Event{}}}
		if p.secrets, err = signature.ParseSecrets([]byte(text)); err != nil {
			return nil, fmt.Errorf("signing secret of %s: %w", name, err)
		}
		if p.webhook, err = official.NewWebhook(text); err != nil {
			return nil, fmt.Errorf("signing secret of %s: it is none that the official library reads", name) // err may show it
		}
		e.partners[name] = p
	}
	return e, nil
}

// TLS is how it is served.
func (e *Endpoint) TLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{e.certificate}}
}

// Handler answers OPTIONS, which is the handshake, POST, which is an event, and GET, with an [Inbox].
func (e *Endpoint) Handler() http.Handler {
	mux := http.NewServeMux()
	for method, do := range map[string]func(*partner, http.ResponseWriter, *http.Request){
		http.MethodOptions: e.agree, http.MethodPost: e.receive, http.MethodGet: show,
	} {
		mux.HandleFunc(method+" /{partner}", func(w http.ResponseWriter, r *http.Request) {
			p, there := e.partners[r.PathValue("partner")]
			if !there {
				http.NotFound(w, r)
				return
			}
			do(p, w, r)
		})
	}
	return mux
}

// agree proves that the partner wants our events: both sides sign.
func (e *Endpoint) agree(p *partner, w http.ResponseWriter, r *http.Request) {
	answer, err := outbound.Agree(p.secrets, r.Header, e.now())
	if err != nil {
		p.reject(w, http.StatusUnauthorized, err)
		return
	}
	for name, values := range answer {
		w.Header()[name] = values
	}
}

func (e *Endpoint) receive(p *partner, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, event.MostBytes))
	if err != nil {
		p.reject(w, http.StatusBadRequest, errors.New("it was cut off, or is too long"))
		return
	}
	if err := p.webhook.Verify(body, r.Header); err != nil {
		p.reject(w, http.StatusUnauthorized, errors.New("it is not signed by the secret of this partner"))
		return
	}
	var got struct {
		ID, Type string
		Data     struct {
			Partner, Referral string
			Version, Said     int64
		}
	}
	if err := json.Unmarshal(body, &got); err != nil || got.ID != r.Header.Get(signature.HeaderID) || got.Data.Partner != p.name {
		p.reject(w, http.StatusBadRequest, errors.New("it is no event for this partner"))
		return
	}
	p.keep(Event{
		ID: got.ID, Type: got.Type, Referral: got.Data.Referral, Version: got.Data.Version, Said: got.Data.Said,
		Received: e.now().UTC(),
	})
	w.WriteHeader(http.StatusNoContent)
}

// keep remembers an event, unless it came before.
func (p *partner) keep(got Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, before := range p.inbox.Events {
		if before.ID == got.ID {
			return
		}
	}
	p.inbox.Events = append(p.inbox.Events, got)
	if more := len(p.inbox.Events) - MostKept; more > 0 {
		p.inbox.Events = append([]Event{}, p.inbox.Events[more:]...)
	}
}

func (p *partner) reject(w http.ResponseWriter, status int, err error) {
	p.mu.Lock()
	p.inbox.Rejected++
	p.mu.Unlock()
	http.Error(w, err.Error(), status)
}

func show(p *partner, w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	text, err := json.MarshalIndent(p.inbox, "", "  ")
	p.mu.Unlock()
	if err != nil {
		http.Error(w, "it cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(append(text, '\n'))
}
