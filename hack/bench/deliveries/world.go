// Package deliveries measures how fast partners are told of what happens to referrals.
package deliveries

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/vault"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

// partners are how many take events, each at an address of its own.
const partners = 32

func partner(i int) string { return "partner-" + strconv.Itoa(i%partners) }

// receiver is where all partners receive events, as fast as it can.
type receiver struct {
	servers []*httptest.Server // by partner
	// away has nothing be taken any more.
	away atomic.Bool

	mu   sync.Mutex
	came map[string]time.Time // by webhook-id, when the first byte was there
	body []byte               // of the last one
	news chan struct{}
}

func newReceiver(secrets []signature.Secret) *receiver {
	r := &receiver{came: map[string]time.Time{}, news: make(chan struct{}, 1)}
	handler := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		now := time.Now()
		if q.Method == http.MethodOptions {
			answer, _ := outbound.Agree(secrets, q.Header, now) // nothing comes if it is wrong, which is noticed
			for name, values := range answer {
				w.Header()[name] = values
			}
			return
		}
		if r.away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, _ := io.ReadAll(q.Body) // an event that was cut off comes again
		r.note(q.Header.Get("Webhook-Id"), body, now)
		w.WriteHeader(http.StatusNoContent)
	})
	for range partners {
		r.servers = append(r.servers, httptest.NewTLSServer(handler))
	}
	return r
}

func (r *receiver) close() {
	for _, server := range r.servers {
		server.Close()
	}
}

func (r *receiver) note(id string, body []byte, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, before := r.came[id]; !before {
		r.came[id], r.body = now, body
	}
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// until waits until so many different events have come.
func (r *receiver) until(ctx context.Context, n int) error {
	for {
		r.mu.Lock()
		count := len(r.came)
		r.mu.Unlock()
		if count >= n {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d events came: %w", count, n, ctx.Err())
		case <-r.news:
		}
	}
}

func (r *receiver) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	for _, server := range r.servers {
		pool.AddCert(server.Certificate())
	}
	return pool
}

func (r *receiver) ports() (all []uint16) {
	for _, server := range r.servers {
		all = append(all, netip.MustParseAddrPort(server.Listener.Addr().String()).Port())
	}
	return all
}

// fixed are rules of sharing that do not change.
type fixed struct {
	engine *policies.Engine
	world  *policies.World
}

func (f fixed) Now() (*policies.Engine, *policies.World) { return f.engine, f.world }
func (fixed) Ready() bool                                { return true }
func (fixed) Doubtful() bool                             { return false }

// secret is the one that all partners share.
type secret []signature.Secret

func (s secret) Of(context.Context, v1alpha1.SecretKeyReference) ([]signature.Secret, error) {
	return s, nil
}

// mesh is a store with all that tells partners.
type mesh struct {
	*store.Store
	receiver *receiver
	queue    *delivery.Queue
	dispatch *delivery.Dispatch
	folder   string
}

// newMesh makes one in a database of PostgreSQL, or in a file for "".
func newMesh(ctx context.Context, databaseURL string) (*mesh, error) {
	m := &mesh{}
	var err error
	if m.folder, err = os.MkdirTemp("", "deliveries"); err != nil {
		return nil, err
	}
	if err := m.open(ctx, databaseURL); err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

func (m *mesh) open(ctx context.Context, databaseURL string) error {
	key, index, err := vault.OpenFolder(m.folder, vault.Owned)
	if err != nil {
		return err
	}
	text, _, err := note.GenerateKey(rand.Reader, "bench")
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(text)
	if err != nil {
		return err
	}
	m.Store, err = store.Open(ctx, store.Options{
		DatabaseURL: databaseURL, File: filepath.Join(m.folder, "referrals.db"), Vault: vault.New(key), Index: index, Signer: signer,
	})
	if err != nil {
		return err
	}
	secrets, err := signature.ParseSecrets([]byte("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
	if err != nil {
		return err
	}
	m.receiver = newReceiver(secrets)
	return m.deliverWith(ctx, secrets)
}

// deliverWith sets up what the API sets up.
func (m *mesh) deliverWith(ctx context.Context, secrets secret) error {
	engine, err := policies.New(ctx)
	if err != nil {
		return err
	}
	world, organisations, err := peopled(m.receiver.servers)
	if err != nil {
		return err
	}
	snapshot := directory.SnapshotOf(directory.NewChanges(organisations...))
	view := func() directory.View {
		now := time.Now()
		return directory.NewView(snapshot, now, directory.Freshness{State: directory.Live, AsOf: now})
	}
	cutter := &disclosure.Cutter{Kept: m.Store, Rules: fixed{engine, world}, Rights: engine, Clock: time.Now}
	courier := &delivery.Courier{
		Kept: delivery.Gather(m.Store), Decider: cutter, Secrets: secrets, View: view, Source: "https://lifeline.example.org", Clock: time.Now,
		Sender: outbound.New(outbound.Options{
			AllowedPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowedPorts: m.receiver.ports(),
			Roots: m.receiver.roots(),
		}),
	}
	m.queue, err = delivery.NewQueue(ctx, delivery.QueueOptions{
		Database: m.Database(), Replicas: m.Store, Takes: func(string) bool { return true }, Try: courier.Try, Doubtful: courier.Breaker.Doubtful,
	})
	if err != nil {
		return err
	}
	m.CarryBy(m.queue)
	m.dispatch = &delivery.Dispatch{
		Backlog: m.Store, Lanes: m.queue, View: view, Resting: courier.Breaker.Resting, Clock: time.Now,
	}
	return nil
}

// peopled are the partners, and what they have agreed on.
func peopled(servers []*httptest.Server) (*policies.World, []metav1.Object, error) {
	agreed := map[string]policies.Agreement{}
	known := map[string]policies.Partner{"haven": {Kind: "third_sector", Status: "active", ADPs: []string{"moray"}}}
	organisations := []metav1.Object{&v1alpha1.Partner{ObjectMeta: metav1.ObjectMeta{Name: "haven"}}}
	for i := range partners {
		name := partner(i)
		known[name] = known["haven"]
		agreed[name] = policies.Agreement{
			Parties: []string{"haven", name}, Purposes: []string{"direct_care", "referral_coordination"},
			Categories: []string{"admin", "identity", "contact"}, ADPs: []string{"moray"}, Status: "active",
			FromTime: time.Now().AddDate(-1, 0, 0), ToTime: time.Now().AddDate(1, 0, 0),
		}
		organisations = append(organisations, &v1alpha1.Partner{
			ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.PartnerSpec{
				DisplayName: v1alpha1.OneLine(name), Delivery: &v1alpha1.Delivery{URL: v1alpha1.WebAddress(servers[i].URL)},
			},
		})
	}
	world, err := policies.NewWorld(known, agreed)
	return world, organisations, err
}

// refer makes a referral to a partner, of which these are told.
func (m *mesh) refer(ctx context.Context, i int, tell ...string) (store.Result, error) {
	to := partner(i)
	return m.Submit(ctx, store.Submission{
		Once: store.Once{Scope: "bench", Key: fmt.Sprintf("referral-%08d", i)},
		By:   referral.Actor{ID: "u-referrer", Partner: "haven"}, Words: "Somebody asked for it.",
		Submit: referral.Submit{Partnership: "moray", Target: to, Urgency: referral.Routine, Route: referral.Direct},
		Told: referral.Told{
			Person: person.Person{
				Name: &person.Name{Chosen: "Quillfeather"}, DateOfBirth: person.Date{Year: 1990, Month: time.May, Day: 4},
			},
			Details: referral.Details{Reason: "to find support"},
		},
		Consents: []consent.Event{{
			Decision: consent.Grant, By: consent.Self, At: time.Now().Add(-time.Hour), Purposes: []string{"referral_coordination"},
			Recipients: []string{to}, Categories: []record.Category{record.Admin, record.Identity, record.Contact},
		}},
		Deliver: tell,
	})
}

func (m *mesh) close() error {
	var errs []error
	if m.receiver != nil {
		m.receiver.close()
	}
	if m.Store != nil {
		errs = append(errs, m.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(m.folder))...)
}
