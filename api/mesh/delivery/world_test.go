package delivery_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/store/postgrestest"
	"lifeline.scot/api/store/storetest"
	"lifeline.scot/crds/v1alpha1"
)

// The server of all tests of PostgreSQL; started by the first.
var postgres struct {
	sync.Once
	server *postgrestest.Server
	err    error
}

func TestMain(m *testing.M) {
	if text, isChild := os.LookupEnv(replicaVariable); isChild {
		fmt.Fprintln(os.Stderr, runReplica(context.Background(), text))
		os.Exit(1) // it is meant to be killed
	}
	code := m.Run()
	if postgres.server != nil {
		if err := postgres.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// engines are the databases that every promise is kept in, each by its address; "" for a file.
var engines = map[string]func(t testing.TB) string{
	"SQLite": func(testing.TB) string { return "" },
	"PostgreSQL": func(t testing.TB) string {
		postgres.Do(func() { postgres.server, postgres.err = postgrestest.Start() })
		return storetest.Database(t, postgrestest.Require(t, postgres.server, postgres.err))
	},
}

// inBoth runs a test in both engines.
func inBoth(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for name, address := range engines {
		t.Run(name, func(t *testing.T) { test(t, newWorld(t, address(t))) })
	}
}

// world is haven, which refers to harbour, with a courier whose time stands still until somebody waits.
type world struct {
	*caseworktest.World
	courier *delivery.Courier
	line    *line
	// answers is what an endpoint answers, agrees what it answers to the handshake.
	answers func(to string, m outbound.Message) outbound.Outcome
	agrees  func(to string) error
	sent    []sent
	asked   []string
	keys    int
}

// sent is what arrived at an endpoint.
type sent struct {
	At   time.Time
	To   string
	ID   string
	Body string
}

func newWorld(t testing.TB, databaseURL string) *world {
	t.Helper()
	w := &world{World: caseworktest.NewIn(t, databaseURL)}
	w.answers = func(string, outbound.Message) outbound.Outcome { return ok() }
	w.agrees = func(string) error { return nil }
	w.courier = &delivery.Courier{
		Kept: w.Store, Decider: w.Desk.Cutter, Secrets: w, Sender: w, View: w.View, Source: "https://lifeline.example.org",
		Clock: w.Clock.Now, Spread: func() float64 { return 0.5 },
	}
	w.line = &line{w: w}
	w.Store.CarryBy(w.line)
	w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadReference)
	return w
}

func (w *world) endpoint(partner, url string, mode v1alpha1.PayloadMode) {
	w.Partner(partner, func(p *v1alpha1.Partner) {
		p.Spec.Delivery = &v1alpha1.Delivery{
			URL: v1alpha1.WebAddress(url), Payload: mode,
			SigningSecretRef: v1alpha1.SecretKeyReference{Namespace: "lifeline", Name: v1alpha1.ObjectName(partner), Key: "key"},
		}
	})
}

// Of implements delivery.Secrets.
func (w *world) Of(context.Context, v1alpha1.SecretKeyReference) ([]signature.Secret, error) {
	return []signature.Secret{{}}, nil
}

// Send implements delivery.Sender.
func (w *world) Send(_ context.Context, to outbound.Endpoint, m outbound.Message) outbound.Outcome {
	w.sent = append(w.sent, sent{w.Clock.Now(), to.URL, m.ID, string(m.Body)})
	return w.answers(to.URL, m)
}

// Handshake implements delivery.Sender.
func (w *world) Handshake(_ context.Context, to outbound.Endpoint, origin string) error {
	w.asked = append(w.asked, to.URL+" from "+origin)
	return w.agrees(to.URL)
}

func ok() outbound.Outcome {
	return outbound.Outcome{Kind: outbound.Delivered, Code: outbound.CodeOK, Status: 204, Took: time.Millisecond}
}

func failed() outbound.Outcome {
	return outbound.Outcome{Kind: outbound.Failed, Code: outbound.CodeServerError, Status: 500}
}

func busy(retryAfter time.Duration) outbound.Outcome {
	return outbound.Outcome{Kind: outbound.Busy, Code: outbound.CodeTooManyRequests, Status: 429, RetryAfter: retryAfter}
}

func gone() outbound.Outcome {
	return outbound.Outcome{Kind: outbound.Gone, Code: outbound.CodeGone, Status: 410}
}

// line is a queue whose time is the test's.
type line struct {
	w    *world
	jobs []carried
}

type carried struct {
	id, round int64
	at        time.Time
}

// Takes implements store.Carrier.
func (l *line) Takes(partner string) bool {
	view := l.w.View()
	p, known := view.Partner(partner)
	return !known || p.Spec.Delivery != nil
}

// Carry implements store.Carrier.
func (l *line) Carry(_ context.Context, _ *sql.Tx, due ...store.Delivery) error {
	for _, d := range due {
		l.jobs = append(l.jobs, carried{d.ID, d.Round, d.Due})
	}
	return nil
}

// pass lets time go by, and everything be tried that is due meanwhile.
func (w *world) pass(t testing.TB, how time.Duration) {
	t.Helper()
	end := w.Clock.Now().Add(how)
	for range 100_000 {
		slices.SortStableFunc(w.line.jobs, func(a, b carried) int { return a.at.Compare(b.at) })
		if len(w.line.jobs) == 0 || w.line.jobs[0].at.After(end) {
			w.Clock.SetTime(end)
			return
		}
		job := w.line.jobs[0]
		w.line.jobs = w.line.jobs[1:]
		if job.at.After(w.Clock.Now()) {
			w.Clock.SetTime(job.at)
		}
		again, err := w.courier.Try(t.Context(), job.id, job.round)
		if err != nil {
			t.Fatal(err)
		}
		if !again.Done {
			w.line.jobs = append(w.line.jobs, carried{job.id, job.round, again.At})
		}
	}
	t.Fatal("it never ends")
}

func (w *world) key() string {
	w.keys++
	return fmt.Sprintf("a key %06d", w.keys)
}

// refer refers somebody to harbour.
func (w *world) refer(t testing.TB) casework.Done {
	t.Helper()
	done, err := w.Desk.Submit(t.Context(), caseworktest.Referrer, w.key(), caseworktest.Submission())
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// refer2 refers somebody to harbour though it is suspended, as if that had happened at the same time.
func (w *world) refer2(t testing.TB) {
	t.Helper()
	w.Partner("harbour", func(p *v1alpha1.Partner) { p.Spec.Participation = v1alpha1.ParticipationActive })
	w.refer(t)
	w.Partner("harbour", func(p *v1alpha1.Partner) { p.Spec.Participation = v1alpha1.ParticipationSuspended })
}

// writes has haven write a message, of which harbour is told.
func (w *world) writes(t testing.TB, about casework.Done) casework.Done {
	t.Helper()
	return w.does(t, about, referral.Message{})
}

// mayNotWrite has haven write about a version that is not the latest.
func (w *world) mayNotWrite(t testing.TB, about casework.Done) {
	t.Helper()
	_, err := w.Desk.Do(t.Context(), caseworktest.Referrer, w.key(),
		casework.About{Referral: about.Referral, Version: about.Version}, referral.Message{}, "Hello.")
	if err == nil {
		t.Fatal("it was written")
	}
}

// does has haven make a change.
func (w *world) does(t testing.TB, about casework.Done, c referral.Change) casework.Done {
	t.Helper()
	done, err := w.Desk.Do(t.Context(), caseworktest.Referrer, w.key(),
		casework.About{Referral: about.Referral, Version: about.Version}, c, "Hello.")
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// deliveries are all deliveries, oldest first, as text: version, state, reason, attempts.
func (w *world) deliveries(t testing.TB) string {
	t.Helper()
	all, err := w.Store.Deliveries(t.Context(), store.DeliveryFilter{}, 0, store.LongestPage)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(all)
	var lines []string
	for _, d := range all {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d %s %d %s", d.Version, d.State, d.Attempts, d.Reason)))
	}
	return strings.Join(lines, ", ")
}

// told are the versions that arrived, in order.
func (w *world) told(t testing.TB) (versions []int64) {
	t.Helper()
	for _, s := range w.sent {
		var e struct {
			Data struct{ Version int64 }
		}
		if err := json.Unmarshal([]byte(s.Body), &e); err != nil {
			t.Fatal(err)
		}
		versions = append(versions, e.Data.Version)
	}
	return versions
}

// idOf is the id of the event that tells a partner of a change of a referral, by its version and kind.
func idOf(about casework.Done, change, partner string) string {
	sum := sha256.Sum256([]byte(partner))
	return about.Referral + "-" + change + "-" + hex.EncodeToString(sum[:6])
}

// offsets are when something arrived, since noon.
func (w *world) offsets() (all []time.Duration) {
	for _, s := range w.sent {
		all = append(all, s.At.Sub(caseworktest.Noon()))
	}
	return all
}
