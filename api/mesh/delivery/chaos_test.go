package delivery_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/directory/directorytest"
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
)

// How much there is to deliver; LIFELINE_DELIVERIES asks for more. Replicas are killed until four fifths of it are settled, this
// often at least.
const (
	chaosDeliveries = 2_000
	chaosKills      = 6
	// mostBetweenKills is how many events a replica may have taken by their partners, at most, until it is killed.
	mostBetweenKills = 200
	chaosVariable    = "LIFELINE_DELIVERIES"
)

// longEnough is how long all of it may take until it counts as stuck: some ten times what it takes.
func longEnough(deliveries int) time.Duration {
	return 5*time.Minute + time.Duration(deliveries)*150*time.Millisecond
}

// replica is what a child is told.
type replica struct {
	URL, File, Keys string
	Post, Dead      string // addresses
	Roots           []byte
	// Referrals are made, each of them with three events for its partner and one for somebody who has no part in it; this replica
	// makes those whose number leaves Number when divided by Replicas.
	Referrals, Number, Replicas int
	// Patience bounds one try to send; a second by default.
	Patience time.Duration
}

const replicaVariable = "LIFELINE_DELIVERY_REPLICA"

// Of each referral there are so many deliveries, and one more of those about whose sharing something is said.
const ofEach = 4

// deliveries are how many there are.
func (r replica) deliveries() (n int) {
	for i := range r.Referrals {
		if n += ofEach; takesBack(i) || narrows(i) {
			n++
		}
	}
	return n
}

// takesBack are the referrals of people who take back what they agreed to, after the first message; narrows those of people who
// want their name to be shared no longer.
func takesBack(i int) bool { return i%10 == 3 && !silent(i) }
func narrows(i int) bool   { return i%10 == 6 && !silent(i) }

// minimised are the partners that are sent fields.
var minimised = []string{"shaky", "twice"}

// partnerOf is who a referral is made to.
func partnerOf(i int) string {
	return slices.Concat(healthy, []string{isGone, isDead})[i%(len(healthy)+2)]
}

// silent are the referrals of people who agreed to nothing: nobody is told of them.
func silent(i int) bool { return i%25 == 7 }

func (r replica) open(ctx context.Context) (*store.Store, error) {
	key, index, err := vault.OpenFolder(r.Keys, vault.Owned)
	if err != nil {
		return nil, err
	}
	signer, err := audit.OpenKey(filepath.Join(r.Keys, audit.KeyFile), vault.Owned)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Options{DatabaseURL: r.URL, File: r.File, Vault: vault.New(key), Index: index, Signer: signer})
}

// runReplica is the child: it makes referrals and delivers until it is killed.
func runReplica(ctx context.Context, text string) error {
	var r replica
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return err
	}
	kept, err := r.open(ctx)
	if err != nil {
		return err
	}
	dispatch, err := r.deliver(ctx, kept)
	if err != nil {
		return err
	}
	var working sync.WaitGroup
	working.Go(func() { dispatch.Run(ctx) })
	from, err := r.made(ctx, kept)
	if err != nil {
		return err
	}
	for i := from; i < r.Referrals; i += r.Replicas {
		if err := r.refer(ctx, kept, i); err != nil {
			return fmt.Errorf("referral %d: %w", i, err)
		}
	}
	working.Wait()
	return nil
}

// made is the last referral that this replica began to make before it was killed, or else its first: it goes on from there.
func (r replica) made(ctx context.Context, kept *store.Store) (int, error) {
	all := (r.Referrals - r.Number + r.Replicas - 1) / r.Replicas
	var failed error
	begun := sort.Search(all, func(n int) bool {
		_, was, err := kept.Answered(ctx, r.submission(r.Number+n*r.Replicas))
		failed = errors.Join(failed, err)
		return !was
	})
	return r.Number + max(begun-1, 0)*r.Replicas, failed
}

// deliver sets up what the API sets up, with less patience.
func (r replica) deliver(ctx context.Context, kept *store.Store) (*delivery.Dispatch, error) {
	rules := caseworktest.NewRules()
	var organisations []metav1.Object
	for _, name := range slices.Concat(healthy, []string{isGone, isDead, isIntruder}) {
		rules.Join(name)
		partner := directorytest.Partner(name, name)
		at := r.Post
		if name == isDead {
			at = r.Dead
		}
		partner.Spec.Delivery = &v1alpha1.Delivery{URL: v1alpha1.WebAddress("https://" + at + "/" + name), Payload: v1alpha1.PayloadReference}
		if slices.Contains(minimised, name) {
			partner.Spec.Delivery.Payload = v1alpha1.PayloadMinimised
		}
		organisations = append(organisations, partner)
	}
	snapshot := directory.SnapshotOf(directory.NewChanges(append(organisations, directorytest.Partner("haven", "Haven"))...))
	view := func() directory.View {
		return directory.NewView(snapshot, time.Now(), directory.Freshness{State: directory.Live, AsOf: time.Now()})
	}
	pool, err := rootsIn(r.Roots)
	if err != nil {
		return nil, err
	}
	cutter := &disclosure.Cutter{Kept: kept, Rules: rules, Rights: rules.Engine(), Clock: time.Now}
	courier := &delivery.Courier{
		Kept: delivery.Gather(kept), Decider: cutter, View: view, Source: "https://lifeline.example.org", Clock: time.Now, Secrets: shared{},
		Sender: outbound.New(outbound.Options{
			AllowedPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowedPorts: []uint16{portOf(r.Post), portOf(r.Dead)},
			Roots: pool, TryTime: cmp.Or(r.Patience, time.Second), SendTime: 2 * cmp.Or(r.Patience, time.Second), Tries: 1,
		}),
		Schedule: slices.Repeat(delivery.Schedule{time.Second}, 60),
		Breaker:  delivery.Breaker{ShortestRest: time.Second, LongestRest: 3 * time.Second},
		Counted:  r.count,
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	queue, err := delivery.NewQueue(ctx, delivery.QueueOptions{
		Database: kept.Database(), Replicas: kept, Takes: func(string) bool { return true }, Try: courier.Try, TryTime: 6*time.Second + 2*r.Patience,
		Beat: 500 * time.Millisecond, Look: 500 * time.Millisecond, Doubtful: courier.Breaker.Doubtful, Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	kept.CarryBy(queue)
	return &delivery.Dispatch{
		Backlog: kept, Lanes: queue, View: view, Resting: courier.Breaker.Resting, Clock: time.Now, Logger: logger,
	}, nil
}

// shared is the one secret of these tests.
type shared struct{}

func (shared) Of(context.Context, v1alpha1.SecretKeyReference) ([]signature.Secret, error) {
	return signature.ParseSecrets([]byte(signingText))
}

// count counts what this replica has delivered, where it is not lost when it is killed: by the length of a file.
func (r replica) count(state store.DeliveryState) {
	if state != store.Delivered {
		return
	}
	file, err := os.OpenFile(r.counts(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, "count what is delivered:", err)
		return
	}
	defer file.Close()
	_, _ = file.WriteString(".")
}

func (r replica) counts() string {
	return filepath.Join(r.Keys, fmt.Sprintf("delivered-by-%d", r.Number))
}

// delivered is how much a replica has delivered.
func (r replica) delivered(t *testing.T) int64 {
	t.Helper()
	info, err := os.Stat(r.counts())
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// referrer is who makes all of it.
var referrer = referral.Actor{ID: "u-referrer", Partner: "haven"}

// submission makes one of the referrals, once.
func (r replica) submission(i int) store.Submission {
	partner := partnerOf(i)
	s := store.Submission{
		Once: store.Once{Scope: "chaos", Key: fmt.Sprintf("referral-%06d", i)}, By: referrer, Words: "Somebody asked for it.",
		Submit: referral.Submit{Partnership: "moray", Target: partner, Urgency: referral.Routine, Route: referral.Direct},
		Told: referral.Told{
			Person: person.Person{
				Name: &person.Name{Chosen: "Quillfeather"}, Phone: "0141 496 0123", DateOfBirth: person.Date{Year: 1990, Month: time.May, Day: 4},
			},
			Details: referral.Details{Reason: "to find support"},
		},
		Deliver: []string{partner, isIntruder},
	}
	if !silent(i) {
		s.Consents = []consent.Event{caseworktest.Grant(partner)}
	}
	return s
}

// refer makes a referral with two messages, each once.
func (r replica) refer(ctx context.Context, kept *store.Store, i int) error {
	made, err := kept.Submit(ctx, r.submission(i))
	for n := int64(1); err == nil && n < 3; n++ {
		_, err = kept.Change(ctx, store.Step{
			Once: store.Once{Scope: "chaos", Key: fmt.Sprintf("referral-%06d-%d", i, n)}, By: referrer, Referral: made.Referral, Read: n,
			Change: referral.Message{}, Words: "Hello.", Deliver: []string{partnerOf(i)},
		})
		if err == nil && n == 1 {
			err = r.says(ctx, kept, i, made.Referral)
		}
	}
	return err
}

// says has some people say something about sharing, while what happened before is perhaps on its way.
func (r replica) says(ctx context.Context, kept *store.Store, i int, about string) error {
	said := caseworktest.Grant(partnerOf(i))
	said.At = time.Time{}
	switch {
	case takesBack(i):
		said.Decision, said.Categories = consent.Withdraw, nil
	case narrows(i):
		said.Narrows, said.Categories = true, []record.Category{record.Admin, record.Contact}
	default:
		return nil
	}
	_, err := kept.Said(ctx, store.Statement{
		Once: store.Once{Scope: "chaos", Key: fmt.Sprintf("referral-%06d-said", i)}, By: referrer, Referral: about, Said: said,
		Deliver: []string{partnerOf(i)},
	})
	return err
}

func rootsIn(text []byte) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("there is no certificate")
	}
	return pool, nil
}

func portOf(address string) uint16 {
	port := netip.MustParseAddrPort(address).Port()
	return port
}

// child is a replica that runs.
type child struct {
	cmd    *exec.Cmd
	output *bytes.Buffer
	ended  chan error
}

func (r replica) start(t *testing.T) *child {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(os.Args[0]), output: &bytes.Buffer{}, ended: make(chan error, 1)} //nolint:noctx // it is killed, and not by a context
	c.cmd.Env = append(os.Environ(), replicaVariable+"="+string(text))
	c.cmd.Stdout, c.cmd.Stderr = c.output, c.output
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { c.ended <- c.cmd.Wait() }()
	return c
}

// kill ends it as hard as can be, and fails the test if it had ended by itself, or if the race detector found something in it.
func (c *child) kill(t *testing.T) {
	t.Helper()
	select {
	case err := <-c.ended:
		t.Fatalf("a replica ended by itself: %v: %s", err, c.output)
	default:
	}
	_ = c.cmd.Process.Kill()
	<-c.ended //nolint:errcheck // that it was killed
	if at := bytes.Index(c.output.Bytes(), []byte("DATA RACE")); at >= 0 {
		t.Errorf("a replica: %.4000s", c.output.Bytes()[at:])
	}
}

// Replicas are killed at random while there are partners that time out, fail, ask for time, hang up and answer twice, and people
// who take back what they agreed to: everything reaches every partner that is well at least once, in order and the same each time;
// nothing reaches anybody it was not decided for, or was not for any more when it was decided; nothing is lost.
func TestDeliveriesInChaos(t *testing.T) {
	deliveries := chaosDeliveries
	if more, err := strconv.Atoi(os.Getenv(chaosVariable)); err == nil {
		deliveries = more
	}
	for name, address := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting until what died is tried by another
			replicas := 1
			if name == "PostgreSQL" {
				replicas = 2
			}
			chaos(t, address(t), replicas, deliveries)
		})
	}
}

func chaos(t *testing.T, address string, replicas, deliveries int) {
	p := newPost(t)
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = dead.Close()
	r := newReplica(t, address, p.Server, dead.Addr().String())
	r.Referrals, r.Replicas = deliveries/ofEach, replicas
	kept, err := r.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	children := make([]*child, replicas)
	for i := range children {
		children[i] = r.numbered(i).start(t)
		defer func() { _ = children[i].cmd.Process.Kill() }()
	}
	end := time.Now().Add(longEnough(deliveries))
	kills := 0
	for written, open := 0, 0; kills < chaosKills || written-open < 4*r.deliveries()/5; written, open = r.stands(t, kept) {
		if time.Now().After(end) {
			t.Fatalf("after %d kills in %s %d are written, and %d of them wait", kills, longEnough(deliveries), written, open)
		}
		p.lives(t, end)
		i := rand.N(replicas)
		children[i].kill(t)
		children[i] = r.numbered(i).start(t)
		kills++
	}
	expected, all := r.settle(t, kept, end)
	for _, c := range children {
		c.kill(t)
	}
	for i := range children {
		if n := r.numbered(i).delivered(t); n < int64(len(expected)/(5*replicas)) {
			t.Errorf("replica %d delivered %d of %d: the work is not shared", i, n, len(expected))
		}
	}
	if missing := p.missing(expected); len(missing) > 0 {
		t.Errorf("%d of %d events did not arrive, %s among them", len(missing), len(expected), missing[0])
	}
	r.judge(t, all, p)
	t.Logf("%d deliveries, %d for partners that are well, %d came more than once, after %d kills", len(all), len(expected), p.check(t), kills)
	whole(t, kept, r.Keys)
	logged(t, kept).holds(t, p)
}

// newReplica is one of those that work on a store: a database of PostgreSQL, or a file for "".
func newReplica(t *testing.T, address string, post *httptest.Server, dead string) replica {
	return replica{
		URL: address, File: filepath.Join(t.TempDir(), "referrals.db"), Keys: t.TempDir(), Post: post.Listener.Addr().String(), Dead: dead,
		Roots: pemOf(post),
	}
}

// pemOf is the certificate of a server, which is to be trusted.
func pemOf(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

func (r replica) numbered(i int) replica {
	r.Number = i
	return r
}

// pause waits, since what is killed has to have run for a while: nothing is measured by it.
func pause(t *testing.T, how time.Duration) {
	t.Helper()
	select {
	case <-t.Context().Done():
	case <-time.After(how):
	}
}

// lives waits for as long as a replica lives: one in four for any time of up to a second, whatever it is at, and the others until
// some more events have been taken. The time that this takes is the machine's: one that is slow has as much done between kills.
func (p *post) lives(t *testing.T, end time.Time) {
	t.Helper()
	if rand.N(4) == 0 {
		pause(t, rand.N(time.Second))
		return
	}
	for enough := p.takenSoFar() + 1 + rand.N(mostBetweenKills); p.takenSoFar() < enough && time.Now().Before(end); {
		pause(t, 20*time.Millisecond)
	}
}

// stands is how many deliveries are written, and how many of them wait, but for those to who is not there.
func (r replica) stands(t *testing.T, kept *store.Store) (written, open int) {
	t.Helper()
	if err := kept.Database().Write.QueryRowContext(t.Context(), `SELECT count(*),
		count(CASE WHEN state = 'Waiting' AND partner <> $1 THEN 1 END) FROM outbox`, isDead).Scan(&written, &open); err != nil {
		t.Fatal(err)
	}
	return written, open
}

// settle waits until nothing is left to be done for partners that are well, and returns the events that they should have.
func (r replica) settle(t *testing.T, kept *store.Store, end time.Time) (expected []string, all []store.Delivery) {
	t.Helper()
	for {
		written, open := r.stands(t, kept)
		if written == r.deliveries() && open == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("in %s %d of %d were written, and %d of them still wait", longEnough(r.deliveries()), written, r.deliveries(), open)
		}
		pause(t, time.Second)
	}
	all = everyDelivery(t, kept)
	for _, d := range all {
		if slices.Contains(healthy, d.Partner) && d.State == store.Delivered {
			expected = append(expected, delivery.EventID(d))
		}
	}
	return expected, all
}

func everyDelivery(t *testing.T, kept *store.Store) (all []store.Delivery) {
	t.Helper()
	for before := int64(0); ; {
		page, err := kept.Deliveries(t.Context(), store.DeliveryFilter{}, before, store.LongestPage)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, page...); len(page) < store.LongestPage {
			return all
		}
		before = page[len(page)-1].ID
	}
}

// judge makes sure that each delivery stands as it should, and that nobody was told what was not for them.
func (r replica) judge(t *testing.T, all []store.Delivery, p *post) {
	t.Helper()
	how, why := map[string]map[string]int{}, map[string]int{}
	for _, d := range all {
		if how[d.Partner] == nil {
			how[d.Partner] = map[string]int{}
		}
		how[d.Partner][string(d.State)]++
		if d.State == store.NotSent {
			why[d.Partner+" "+d.Reason]++
		}
	}
	// perhaps are those written before somebody took back what they agreed to: sent until then, and not after it.
	wanted, untold, perhaps := map[string]int{}, map[string]int{}, map[string]int{}
	for i := range r.Referrals {
		partner := partnerOf(i)
		wanted[partner] += ofEach - 1
		switch {
		case silent(i):
			untold[partner] += ofEach - 1
		case takesBack(i):
			wanted[partner]++
			untold[partner]++ // the message after it
			perhaps[partner] += ofEach - 2
		case narrows(i):
			wanted[partner]++
		}
	}
	for _, partner := range healthy {
		got := how[partner]
		if got["Delivered"]+got["NotSent"] != wanted[partner] || got["NotSent"] < untold[partner] ||
			got["NotSent"] > untold[partner]+perhaps[partner] {
			t.Errorf("%s: %v of %d, of which %d are not for it and %d perhaps: %v", partner, got, wanted[partner], untold[partner],
				perhaps[partner], why)
		}
	}
	if got := how[isIntruder]; got["NotSent"] != r.Referrals {
		t.Errorf("who has no part in any: %v", got)
	}
	if got := how[isGone]; got["Delivered"] != 0 || got["GivenUp"] == 0 {
		t.Errorf("who wants none: %v", got)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for key := range p.order {
		if strings.HasPrefix(key, isIntruder) {
			t.Errorf("%s was told", key)
		}
	}
	for _, d := range all {
		id := delivery.EventID(d)
		if _, came := p.bodies[id]; came && d.State == store.NotSent && d.Sent == 0 {
			t.Errorf("%s came to %s though it was decided that it does not", id, d.Partner)
		}
	}
}

// whole makes sure that the audit log is what was signed, and says of each event that was delivered that it was.
func whole(t *testing.T, kept *store.Store, keys string) {
	t.Helper()
	public, err := audit.PublicKey(filepath.Join(keys, audit.PublicFile))
	if err != nil {
		t.Fatal(err)
	}
	report, err := audit.Verify(kept.Log(t.Context()), nil, public)
	if err != nil || !report.Whole() {
		t.Error(errors.Join(err, fmt.Errorf("the audit log is not whole: %+v", report.Found)))
	}
}
