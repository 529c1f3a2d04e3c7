package delivery_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	official "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/mesh/signature"
)

// signingText is the secret that all receivers share with the API.
const signingText = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// Those who receive events, each badly in its own way. Of these all have everything in the end.
var healthy = []string{"steady", "slow", "shaky", "busy", "rude", "torn", "half", "twice"}

// What the others are: gone wants no events, dead is not there, and nothing is decided to be for intruder.
const (
	isGone, isDead, isIntruder = "gone", "dead", "intruder"
)

// post is where many partners receive events, by the first part of the path.
type post struct {
	*httptest.Server
	secrets []signature.Secret
	webhook *official.Webhook

	mu sync.Mutex
	// bodies are the hashes of what came under an id, but for the fields that may be seen then, and came how often it did.
	bodies map[string][32]byte
	came   map[string]int
	// named are the events with a name in them, by partner and referral.
	named map[string]int
	order map[string][]int64 // by partner and referral, the versions as they came first
	taken map[string]int     // how often an event was taken
	torn  int                // how often an event was cut off while it was read
	wrong []string
}

func newPost(t testing.TB) *post {
	t.Helper()
	secrets, err := signature.ParseSecrets([]byte(signingText))
	if err != nil {
		t.Fatal(err)
	}
	webhook, err := official.NewWebhook(signingText)
	if err != nil {
		t.Fatal(err)
	}
	p := &post{secrets: secrets, webhook: webhook, bodies: map[string][32]byte{}, came: map[string]int{}, named: map[string]int{}, order: map[string][]int64{}, taken: map[string]int{}}
	p.Server = httptest.NewUnstartedServer(p)
	p.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that are cut
	p.StartTLS()
	t.Cleanup(p.Close)
	return p
}

// ServeHTTP receives as the partner does whose name the path is.
func (p *post) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	partner := strings.Trim(r.URL.Path, "/")
	if r.Method == http.MethodOptions {
		p.agree(w, r)
		return
	}
	if partner == "torn" && badly() { // in the middle of what it is sent
		_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2)
		p.tore()
		hangUp(w, "")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it was cut off
	}
	if err := p.webhook.Verify(body, r.Header); err != nil {
		p.blame("%s was sent what the official library does not verify: %v", partner, err)
	}
	p.note(partner, r.Header.Get("Webhook-Id"), body)
	p.answer(w, r, partner, r.Header.Get("Webhook-Id"))
}

func (p *post) agree(w http.ResponseWriter, r *http.Request) {
	answer, err := outbound.Agree(p.secrets, r.Header, time.Now())
	if err != nil {
		p.blame("asked wrongly: %v", err)
	}
	for name, values := range answer {
		w.Header()[name] = values
	}
}

func (p *post) blame(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.wrong) < 20 {
		p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
	}
}

// note makes sure that an event is for whom it is sent to, and is the same each time.
func (p *post) note(partner, id string, body []byte) {
	var e struct {
		ID   string
		Data struct {
			Partner, Referral string
			Version           int64
			Fields            map[string]any
		}
	}
	if err := json.Unmarshal(body, &e); err != nil || e.ID != id || e.Data.Partner != partner {
		p.blame("%s was sent %s: %v", partner, body, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := partner + "/" + e.Data.Referral
	if p.came[id]++; e.Data.Fields["fullName"] != nil {
		p.named[key]++
	}
	hash, before := p.bodies[id]
	switch is := sameEachTime(body); {
	case !before:
		p.bodies[id] = is
		if !strings.Contains(id, "-Sharing-") { // which waits for nothing
			p.order[key] = append(p.order[key], e.Data.Version)
		}
	case hash != is:
		p.wrong = append(p.wrong, id+" is not the same each time")
	}
}

// sameEachTime is the hash of an event without the fields that are decided on each time.
func sameEachTime(body []byte) [32]byte {
	var e struct {
		Data map[string]any `json:"data"`
	}
	var all map[string]any
	if json.Unmarshal(body, &e) == nil && json.Unmarshal(body, &all) == nil {
		delete(e.Data, "fields")
		delete(e.Data, "payload")
		all["data"] = e.Data
		body, _ = json.Marshal(all) // what was read can be written
	}
	return sha256.Sum256(body)
}

func (p *post) took(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken[id]++
}

// takenSoFar is how many events have been taken, each counted once.
func (p *post) takenSoFar() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.taken)
}

// answer answers as badly as the partner does, now and then.
func (p *post) answer(w http.ResponseWriter, r *http.Request, partner, id string) {
	if partner == isGone {
		w.WriteHeader(http.StatusGone)
		return
	}
	if !badly() {
		p.took(id)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	switch partner {
	case "slow":
		<-r.Context().Done() // until whoever asks gives up
	case "shaky":
		w.WriteHeader(http.StatusInternalServerError)
	case "busy":
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	case "rude":
		hangUp(w, "HTTP/1.1 2")
	case "half": // it has the event, or has not, and what it says of it ends in the middle
		if rand.N(2) == 0 {
			p.took(id)
			hangUp(w, "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{\"kept\":")
		} else {
			hangUp(w, "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 200\r\n\r\n{\"error\":")
		}
	case "twice":
		p.took(id)
		hangUp(w, "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\nno")
	default:
		p.took(id)
		w.WriteHeader(http.StatusNoContent)
	}
}

// badly is one time in ten.
func badly() bool { return rand.N(10) == 0 }

// tore counts what was cut off in the middle.
func (p *post) tore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.torn++
}

// hangUp writes something and ends the connection.
func hangUp(w http.ResponseWriter, text string) {
	if taken, ok := w.(http.Hijacker); ok {
		if connection, buffer, err := taken.Hijack(); err == nil {
			_, _ = buffer.WriteString(text)
			_ = buffer.Flush()
			_ = connection.Close()
		}
	}
}

// missing are those of these events that nobody has taken.
func (p *post) missing(ids []string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return p.taken[id] > 0 })
}

// check makes sure that everything was as it should be of what came.
func (p *post) check(t *testing.T) (repeats int) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, wrong := range p.wrong {
		t.Error(wrong)
	}
	for of, versions := range p.order {
		if !slices.IsSorted(versions) {
			t.Errorf("%s: versions came in the order %v", of, versions)
		}
	}
	if p.torn == 0 {
		t.Error("nobody hung up in the middle of an event")
	}
	for _, n := range p.taken {
		repeats += n - 1
	}
	return repeats
}
