package inbound

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	official "github.com/standard-webhooks/standard-webhooks/libraries/go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/placement/placementtest"
	"lifeline.scot/api/placing"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/rights/rightstest"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

// The secrets that partners sign with.
const (
	harbourText = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	beaconText  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	awayText    = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
)

var textOf = map[string]string{"harbour": harbourText, "beacon": beaconText, "away": awayText}

// office is a world in which partners send events, through the handler as it is served.
type office struct {
	*caseworktest.World

	t       *testing.T
	routes  http.Handler
	claims  *placementtest.Store
	clerk   *placing.Clerk
	log     *lockedBuffer
	secrets *keyring
	// freshness is that of the directory, and faulty what fails when it is not nil.
	freshness directory.Freshness
	faulty    func(doing string) error

	mu       sync.Mutex
	outcomes map[Outcome]int
	ids      int
	// waited counts the answers that waited for their moment, as long as one is asked for at a time.
	waited atomic.Int64
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{World: caseworktest.New(t), t: t, log: &lockedBuffer{}, secrets: &keyring{texts: map[string]string{}}, outcomes: map[Outcome]int{}}
	for name, text := range textOf {
		o.secrets.texts[name] = text
	}
	o.freshness = directory.Freshness{State: directory.Live, AsOf: o.Clock.Now(), Since: o.Clock.Now()}
	book := placement.NewBook(placement.RightsBy(rightstest.Rules()), o.Clock.Now)
	o.claims = placementtest.New(book, o.Clock.Now, poolOf("beds", "harbour"), poolOf("rooms", "beacon"))
	book.AllRead()
	o.clerk = &placing.Clerk{
		Referrals: o.Store, Claims: o.claims, Seen: book, Clock: clocktesting.NewFakeClock(o.Clock.Now()), Logger: slog.New(slog.DiscardHandler),
	}
	logger := slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	snapshot := directory.SnapshotOf(directory.NewChanges(organisations()...))
	handler, err := New(Options{
		View:   func() directory.View { return directory.NewView(snapshot, o.Clock.Now(), o.freshness) },
		Rights: rightstest.Rules(), Secrets: o.secrets, Referrals: o.referrals,
		Placement: &placement.Desk{Store: o.claims, Book: book, Now: o.Clock.Now}, Clock: o.Clock.Now, Count: o.count, Logger: logger,
		Pace: func() func(context.Context) { return func(context.Context) { o.waited.Add(1) } },
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(Pattern, handler)
	o.routes = mux
	return o
}

func (o *office) count(outcome Outcome) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.outcomes[outcome]++
}

// referrals are those of the world, of which something may fail.
func (o *office) referrals() (Casework, Received, error) {
	if err := o.fails("referrals"); err != nil {
		return nil, nil, err
	}
	return desk{o.Desk, o}, received{o.Store, o}, nil
}

func (o *office) fails(doing string) error {
	if o.faulty == nil {
		return nil
	}
	return o.faulty(doing)
}

type desk struct {
	*casework.Desk
	o *office
}

// received are kept in the store, and may fail.
type received struct {
	*store.Store
	o *office
}

func (r received) Receive(ctx context.Context, o store.Once, message string) (*store.Result, error) {
	if err := r.o.fails("receive"); err != nil {
		return nil, err
	}
	return r.Store.Receive(ctx, o, message)
}

func (r received) CarriedOut(ctx context.Context, o store.Once, message string, came store.Result) error {
	if err := r.o.fails("carried out"); err != nil {
		return err
	}
	return r.Store.CarriedOut(ctx, o, message, came)
}

// keyring is where secrets are.
type keyring struct {
	texts map[string]string
	err   error
}

func (k *keyring) Of(_ context.Context, ref v1alpha1.SecretKeyReference) ([]signature.Secret, error) {
	if k.err != nil {
		return nil, k.err
	}
	return signature.ParseSecrets([]byte(k.texts[string(ref.Name)]))
}

func organisations() []metav1.Object {
	sends := func(name, title string) *v1alpha1.Partner {
		p := directorytest.Partner(name, title)
		p.Spec.Inbound = &v1alpha1.Inbound{SigningSecretRef: v1alpha1.SecretKeyReference{
			Namespace: "lifeline", Name: v1alpha1.ObjectName(name), Key: "their-signing-key",
		}}
		return p
	}
	away := sends("away", "Away Support")
	away.Spec.Participation = v1alpha1.ParticipationSuspended
	return []metav1.Object{
		directorytest.Partnership("moray", "Moray ADP"), directorytest.Partner("haven", "Haven Outreach"),
		sends("harbour", "Harbour House"), sends("beacon", "Beacon Recovery"), away,
	}
}

// poolOf is an open detox pool of twelve places, five of them free.
func poolOf(name, provider string) *v1alpha1.CapacityPool {
	p := &v1alpha1.CapacityPool{}
	p.Namespace, p.Name, p.UID, p.Generation = v1alpha1.NamespaceFor("moray"), name, types.UID("pool-"+name), 1
	p.Spec.Kind, p.Spec.Operation = v1alpha1.PoolDetox, v1alpha1.OperationOpen
	p.Spec.ConfirmEverySeconds, p.Spec.HoldPeriodSeconds = 2678400, 172800
	p.Spec.ClaimableBy = &v1alpha1.ClaimableBy{Scope: v1alpha1.ClaimScotland}
	staffed, occupied, none := int32(12), int32(7), int32(0)
	p.Status.Counted = &v1alpha1.PlaceCount{Staffed: &staffed, Occupied: &occupied, Held: &none}
	p.Status.Staffed, p.Status.Occupied, p.Status.Held = &staffed, &occupied, &none
	p.Status.Provider = v1alpha1.ObjectName(provider)
	return p
}

// sent is an event that a partner sends; the zero values are those that are right.
type sent struct {
	from, secret, id, body string
	at                     time.Time
	change                 func(*http.Request)
}

// told is what it was answered.
type told struct {
	status int
	header http.Header
	text   string
	body
}

// code is the outcome as it is told.
func (t told) code() Outcome { return t.body.Outcome }

func (o *office) send(s sent) told {
	o.t.Helper()
	if s.from == "" {
		s.from = "harbour"
	}
	if s.secret == "" {
		s.secret = textOf[s.from]
	}
	if s.at.IsZero() {
		s.at = o.Clock.Now()
	}
	library, err := official.NewWebhook(s.secret)
	if err != nil {
		o.t.Fatal(err)
	}
	signed, err := library.Sign(s.id, s.at, []byte(s.body))
	if err != nil {
		o.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(o.t.Context(), http.MethodPost, "/events/"+s.from, bytes.NewReader([]byte(s.body)))
	r.Header.Set("Content-Type", "application/cloudevents+json")
	r.Header.Set("webhook-id", s.id)
	r.Header.Set("webhook-timestamp", strconv.FormatInt(s.at.Unix(), 10))
	r.Header.Set("webhook-signature", signed)
	if s.change != nil {
		s.change(r)
	}
	w := httptest.NewRecorder()
	o.routes.ServeHTTP(w, r)
	answer := told{status: w.Code, header: w.Header(), text: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &answer.body); err != nil && w.Header().Get("Content-Type") == "application/json; charset=utf-8" {
		o.t.Errorf("the answer is no JSON: %s", w.Body)
	}
	return answer
}

// says sends an event with a new id, and with what it says of its subject.
func (o *office) says(from, typ, subject, data string) told {
	o.t.Helper()
	return o.send(o.event(from, typ, subject, data))
}

func (o *office) event(from, typ, subject, data string) sent {
	o.ids++
	id := fmt.Sprintf("evt_%d", o.ids)
	return sent{from: from, id: id, body: fmt.Sprintf(
		`{"specversion":"1.0","id":%q,"source":"https://%s.example.org","type":"scot.lifeline.%s","subject":%q,"data":%s}`,
		id, from, typ, subject, data)}
}

func version(n int64) string { return fmt.Sprintf(`{"version":%d}`, n) }

// submitted makes a referral to harbour.
func (o *office) submitted() string {
	o.t.Helper()
	o.ids++
	done, err := o.Desk.Submit(o.t.Context(), caseworktest.Referrer, fmt.Sprintf("submission-%d", o.ids), caseworktest.Submission())
	if err != nil {
		o.t.Fatal(err)
	}
	return done.Referral
}

func (o *office) state(id string) referral.State {
	o.t.Helper()
	s, err := o.Store.State(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

// waiting makes a referral that harbour accepted, and that waits for a place.
func (o *office) waiting() string {
	o.t.Helper()
	id := o.submitted()
	for i, typ := range []string{"referral.acknowledged", "referral.accepted"} {
		if a := o.says("harbour", typ, id, version(int64(i+1))); a.status != http.StatusOK {
			o.t.Fatalf("%s: %s", typ, a.text)
		}
	}
	_, err := o.Desk.WaitForPlace(o.t.Context(), caseworktest.Referrer, "wait-for-"+id, casework.About{Referral: id, Version: 3},
		v1alpha1.PlacementSpec{Kind: v1alpha1.PoolDetox, Priority: v1alpha1.PriorityRoutine}, "")
	if err != nil {
		o.t.Fatal(err)
	}
	o.round()
	return id
}

// held makes a referral for which a place of a provider is held.
func (o *office) held(provider string) string {
	o.t.Helper()
	id := o.waiting()
	o.holds(id, provider, 1)
	o.round()
	return id
}

// round lets referrals and claims follow each other.
func (o *office) round() {
	o.t.Helper()
	if err := o.clerk.Round(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) claimOf(id string) placement.Name {
	return placement.Name{Namespace: "adp-moray", Name: o.state(id).Claim}
}

// holds holds a place for a referral, as the operator does.
func (o *office) holds(id, provider string, attempt int32) {
	now := o.Clock.Now()
	o.claims.Change(o.claimOf(id), func(c *v1alpha1.Placement) {
		c.Status.Attempts = attempt
		c.Status.Binding = &v1alpha1.PlacementBinding{
			Attempt: attempt, Provider: v1alpha1.ObjectName(provider), State: v1alpha1.BindingHeld, Place: 3,
			Pool:     v1alpha1.PlacementPool{Partnership: "moray", Name: "beds"},
			HeldTime: &metav1.Time{Time: now}, HoldUntilTime: &metav1.Time{Time: now.Add(48 * time.Hour)},
		}
	})
}

var errAway = errors.New("it is away")

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
