package pathway_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/pathway"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/store/storetest"
	"lifeline.scot/api/vault"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/crds/workday"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

var (
	haven   = referral.Actor{ID: "u-haven", Partner: "haven"}
	harbour = referral.Actor{ID: "u-harbour", Partner: "harbour"}
)

// world is a store of referrals, and a clock that both it and the keeper go by.
type world struct {
	*store.Store
	clock *clocktesting.FakeClock
	// away are partners that cannot be asked.
	away map[string]bool
	// unknown is why nobody knows who can be asked; nil if it is known.
	unknown error
	mu      sync.Mutex
	told    []string
	keys    atomic.Int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	keys := t.TempDir()
	kek, err := vault.OpenFileKey(filepath.Join(keys, "people.json"), vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	index, err := vault.OpenIndex(filepath.Join(keys, "index.json"), vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := audit.OpenKey(filepath.Join(keys, audit.KeyFile), vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{clock: clocktesting.NewFakeClock(noon), away: map[string]bool{}}
	file := filepath.Join(t.TempDir(), "referrals.db")
	storetest.File(t, file)
	w.Store, err = store.Open(t.Context(), store.Options{
		File: file, Vault: vault.New(kek), Index: index, Signer: signer, Clock: w.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// keeper is one that remembers nothing, as after a restart.
func (w *world) keeper(from pathway.Referrals) *pathway.Keeper {
	return &pathway.Keeper{
		Referrals: from, Clock: w.clock,
		CanBeAsked: func(_ context.Context, turns []pathway.Turn) (map[pathway.Turn]bool, error) {
			can := map[pathway.Turn]bool{}
			for _, turn := range turns {
				can[turn] = !w.away[turn.Partner]
			}
			return can, w.unknown
		},
		Changed: func(s referral.State, told []string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.told = append(w.told, fmt.Sprint(s.Version+1, " ", told))
		}, Logger: slog.New(slog.DiscardHandler),
	}
}

// submit makes a referral that harbour, beacon or quay answers within an hour each, and with naloxone due after four.
func (w *world) submit(t *testing.T) string {
	t.Helper()
	hour, now := workday.Within{Hours: 1}, w.clock.Now()
	made, err := w.Submit(t.Context(), store.Submission{
		Once: store.Once{Scope: "tests", Key: fmt.Sprintf("key-%08d", w.keys.Add(1))}, By: haven,
		Submit: referral.Submit{
			Partnership: "moray", Target: "harbour", Urgency: referral.Routine, Route: referral.Direct,
			Plan: &referral.Plan{Steps: []referral.PlannedStep{
				{Task: v1alpha1.TaskAnswer, Responders: []string{"harbour", "beacon", "quay"}, Within: hour, Due: now.Add(time.Hour)},
				{Task: v1alpha1.TaskNaloxone, Within: workday.Within{Hours: 4}, Due: now.Add(4 * time.Hour)},
			}},
		},
		Along: &referral.Along{Pathway: "overdose"}, Told: referral.Told{Details: referral.Details{Reason: "asks for support"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return made.Referral
}

func (w *world) state(t *testing.T, id string) referral.State {
	t.Helper()
	s, err := w.State(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) do(t *testing.T, id string, by referral.Actor, c referral.Change) {
	t.Helper()
	_, err := w.Change(t.Context(), store.Step{
		Once: store.Once{Scope: "tests", Key: fmt.Sprintf("key-%08d", w.keys.Add(1))}, By: by, Referral: id, Read: w.state(t, id).Version, Change: c,
	})
	if err != nil {
		t.Fatalf("%s: %v", c.Kind(), err)
	}
}

// at makes a round at so many minutes after noon, by a keeper that remembers nothing.
func (w *world) at(t *testing.T, minutes int) time.Time {
	t.Helper()
	w.clock.SetTime(noon.Add(time.Duration(minutes) * time.Minute))
	next, err := w.keeper(w.Store).Round(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func TestSilenceIsPassedOnAndThenTheADPIsTold(t *testing.T) {
	w := newWorld(t)
	id := w.submit(t)
	for _, tc := range []struct {
		minutes   int
		target    string
		version   int64
		escalated referral.EscalationReason
		next      int
	}{
		{59, "harbour", 1, "", 60},
		{60, "beacon", 2, "", 120},
		{60, "beacon", 2, "", 120},
		{119, "beacon", 2, "", 120},
		{121, "quay", 3, "", 181},
		{181, "quay", 4, referral.EscalateNoAnswer, 240},
		{182, "quay", 4, referral.EscalateNoAnswer, 240},
		{240, "quay", 5, referral.EscalateNoAnswer, 0},
		{9999, "quay", 5, referral.EscalateNoAnswer, 0},
	} {
		next := w.at(t, tc.minutes)
		s := w.state(t, id)
		if s.Target != tc.target || s.Version != tc.version || (s.Escalation == nil) != (tc.escalated == "") {
			t.Fatalf("after %d minutes: with %s at version %d, escalated %v", tc.minutes, s.Target, s.Version, s.Escalation)
		}
		if s.Escalation != nil && s.Escalation.Reason != tc.escalated {
			t.Errorf("after %d minutes: %s", tc.minutes, s.Escalation.Reason)
		}
		if want := noon.Add(time.Duration(tc.next) * time.Minute); tc.next > 0 && !next.Equal(want) || tc.next == 0 && !next.IsZero() {
			t.Errorf("after %d minutes: next at %s, want %s", tc.minutes, next, want)
		}
	}
	want := []string{"2 [haven harbour beacon]", "3 [haven beacon quay]", "4 [haven quay]", "5 [haven quay]"}
	if !slices.Equal(w.told, want) {
		t.Errorf("told: %q", w.told)
	}
	waiting, err := w.Undelivered(t.Context(), 0, store.LongestPage)
	if err != nil || !slices.ContainsFunc(waiting, func(d store.Delivery) bool {
		return d.Partner == "beacon" && d.Kind == referral.KindPassOn && d.Version == 2
	}) {
		t.Errorf("beacon is not told that it is asked: %v %v", waiting, err)
	}
}

// What was due while nothing ran is done by the first round, however long that was: in order, and each only once.
func TestWhatWasMissedIsCaughtUpWith(t *testing.T) {
	w := newWorld(t)
	id := w.submit(t)
	if next := w.at(t, 600); next.Before(noon.Add(660 * time.Minute)) {
		t.Errorf("something is due at %s, in the past", next)
	}
	s := w.state(t, id)
	if s.Target != "beacon" || s.Version != 3 { // passed on once: beacon has its hour from now; and the naloxone is late
		t.Errorf("with %s at version %d", s.Target, s.Version)
	}
	if w.at(t, 659); w.state(t, id).Version != s.Version {
		t.Error("beacon had no hour of its own")
	}
}

func TestWhoIsSuspendedIsLeftOut(t *testing.T) {
	w := newWorld(t)
	id := w.submit(t)
	w.away["beacon"] = true
	if w.at(t, 60); w.state(t, id).Target != "quay" {
		t.Errorf("with %s", w.state(t, id).Target)
	}
	id = w.submit(t)
	w.away["quay"] = true
	if w.at(t, 180); w.state(t, id).Target != "harbour" || w.state(t, id).Escalation == nil {
		t.Errorf("with %s: %+v", w.state(t, id).Target, w.state(t, id).Escalation)
	}
}

// Where the rules are not known, nobody is passed over and the ADP is not told that nobody answered: it is decided when they are.
func TestWhileNobodyKnowsWhoCanBeAskedItWaits(t *testing.T) {
	w := newWorld(t)
	id := w.submit(t)
	w.unknown = errors.New("the rules are not known")
	w.clock.SetTime(noon.Add(time.Hour))
	if _, err := w.keeper(w.Store).Round(t.Context()); !errors.Is(err, w.unknown) || w.state(t, id).Version != 1 {
		t.Fatalf("version %d: %v", w.state(t, id).Version, err)
	}
	w.unknown = nil
	if w.at(t, 61); w.state(t, id).Target != "beacon" || w.state(t, id).Escalation != nil {
		t.Errorf("with %s: %+v", w.state(t, id).Target, w.state(t, id).Escalation)
	}
}

func TestAnAnswerInTimeIsNotPassedOn(t *testing.T) {
	w := newWorld(t)
	id := w.submit(t)
	w.clock.SetTime(noon.Add(time.Hour).Add(-time.Microsecond))
	w.do(t, id, harbour, referral.Acknowledge{})
	if w.at(t, 60); w.state(t, id).Target != "harbour" || w.state(t, id).Version != 2 {
		t.Errorf("with %s", w.state(t, id).Target)
	}
}

// breaking is a store whose user is killed before or after its first write: what was written is written, and nothing more is done.
type breaking struct {
	*world
	after bool
	dead  atomic.Bool
}

var errKilled = errors.New("killed")

func (b *breaking) ChangeAll(ctx context.Context, all ...store.Step) ([]store.Result, error) {
	if !b.dead.Swap(true) && b.after {
		if _, err := b.world.ChangeAll(ctx, all...); err != nil {
			return nil, err
		}
	}
	return nil, errKilled
}

func (b *breaking) States(ctx context.Context, ids ...string) (map[string]referral.State, error) {
	if b.dead.Load() {
		return nil, errKilled
	}
	return b.world.States(ctx, ids...)
}

func TestAKeeperThatIsKilledIsFollowedByAnother(t *testing.T) {
	for name, after := range map[string]bool{"before it writes": false, "after it wrote, and before it knew": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id, other := w.submit(t), w.submit(t)
			w.clock.SetTime(noon.Add(time.Hour))
			if _, err := w.keeper(&breaking{world: w, after: after}).Round(t.Context()); !errors.Is(err, errKilled) {
				t.Fatalf("got %v", err)
			}
			w.at(t, 60)
			for _, id := range []string{id, other} {
				if s := w.state(t, id); s.Target != "beacon" || s.Version != 2 {
					t.Errorf("with %s at version %d", s.Target, s.Version)
				}
			}
		})
	}
}

// refusing is a store of which one referral has as many changes as it can have, or all have.
type refusing struct {
	*world
	one   string // "" for all
	mu    sync.Mutex
	tried int
}

func (r *refusing) ChangeAll(ctx context.Context, all ...store.Step) ([]store.Result, error) {
	if slices.ContainsFunc(all, func(s store.Step) bool { return r.one == "" || s.Referral == r.one }) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.tried++
		return nil, &referral.Refused{Code: referral.CodeTooMany, Message: "The referral has 990 changes."}
	}
	return r.world.ChangeAll(ctx, all...)
}

func TestWhatAReferralDoesNotAllowIsTriedOnceAnHour(t *testing.T) {
	w := newWorld(t)
	w.submit(t)
	r := &refusing{world: w}
	k := w.keeper(r)
	for _, tc := range []struct {
		minutes, tried int
		told           bool
	}{{59, 0, false}, {60, 1, true}, {61, 1, false}, {119, 1, false}, {120, 2, true}, {121, 2, false}} {
		w.clock.SetTime(noon.Add(time.Duration(tc.minutes) * time.Minute))
		if _, err := k.Round(t.Context()); (err != nil) != tc.told || r.tried != tc.tried {
			t.Errorf("after %d minutes: tried %d times, %v", tc.minutes, r.tried, err)
		}
	}
}

// What is due of many is done together, and yet what one does not allow is no hindrance to the others.
func TestWhatOneReferralDoesNotAllowIsDoneOfTheOthers(t *testing.T) {
	w := newWorld(t)
	ids := []string{w.submit(t), w.submit(t), w.submit(t)}
	w.clock.SetTime(noon.Add(time.Hour))
	k := w.keeper(&refusing{world: w, one: ids[1]})
	if _, err := k.Round(t.Context()); !errors.As(err, new(*referral.Refused)) {
		t.Errorf("got %v", err)
	}
	for i, id := range ids {
		if s := w.state(t, id); (s.Target == "beacon") == (i == 1) {
			t.Errorf("number %d is with %s", i, s.Target)
		}
	}
	if _, err := k.Round(t.Context()); err != nil {
		t.Errorf("it is tried again: %v", err)
	}
}

// Somebody changes one of many between reading and writing: it is looked at anew, and the others are done.
func TestWhatIsChangedMeanwhileIsLookedAtAnew(t *testing.T) {
	w := newWorld(t)
	ids := []string{w.submit(t), w.submit(t), w.submit(t)}
	w.clock.SetTime(noon.Add(time.Hour))
	m := &meanwhile{world: w, do: func() { w.do(t, ids[1], harbour, referral.Acknowledge{}) }}
	if _, err := w.keeper(m).Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		if s := w.state(t, id); (s.Target == "beacon") == (i == 1) || s.Version != 2 {
			t.Errorf("number %d is with %s at version %d", i, s.Target, s.Version)
		}
	}
}

// meanwhile does something before the first write.
type meanwhile struct {
	*world
	once sync.Once
	do   func()
}

func (m *meanwhile) ChangeAll(ctx context.Context, all ...store.Step) ([]store.Result, error) {
	m.once.Do(m.do)
	return m.world.ChangeAll(ctx, all...)
}

func TestKeepersAtOnceDoEachThingOnce(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for range 8 {
		ids = append(ids, w.submit(t))
	}
	for _, minutes := range []int{60, 120, 180, 240} {
		w.clock.SetTime(noon.Add(time.Duration(minutes) * time.Minute))
		var together sync.WaitGroup
		for range 4 {
			together.Go(func() {
				if _, err := w.keeper(w.Store).Round(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		together.Wait()
	}
	for _, id := range ids {
		s := w.state(t, id)
		if s.Version != 5 || len(s.Asked) != 3 || s.Escalation == nil {
			t.Errorf("version %d, asked %d, escalated %v", s.Version, len(s.Asked), s.Escalation)
		}
	}
}

// burst is how many referrals are due at the same moment.
const burst = 1000

// costly is a store whose every transaction takes its time: a fixed time, and some for each change in it. One is made at a time, as
// in SQLite, and as the audit log has it in PostgreSQL.
type costly struct {
	*world
	mu           sync.Mutex
	transactions int
}

const (
	eachTransaction = 10 * time.Millisecond
	eachChange      = 500 * time.Microsecond
)

func (c *costly) ChangeAll(ctx context.Context, all ...store.Step) ([]store.Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.transactions++
	c.clock.Step(eachTransaction + time.Duration(len(all))*eachChange)
	return c.world.ChangeAll(ctx, all...)
}

// All working days end at the same midnight. What is due then is done together, so that none of a thousand is a second late by the
// store's own time, where each by itself would take more than ten.
func TestOfAThousandDueAtTheSameMomentNoneIsASecondLate(t *testing.T) {
	w := newWorld(t)
	ids := make([]string, burst)
	for i := range ids {
		ids[i] = w.submit(t)
	}
	due := noon.Add(time.Hour)
	w.clock.SetTime(due)
	c := &costly{world: w}
	if _, err := w.keeper(c).Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	latest := time.Duration(0)
	for _, id := range ids {
		s := w.state(t, id)
		if s.Version != 2 || s.Target != "beacon" {
			t.Fatalf("with %s at version %d", s.Target, s.Version)
		}
		latest = max(latest, s.ChangedAt.Sub(due))
	}
	if latest > time.Second {
		t.Errorf("the last was done %s late, in %d transactions", latest, c.transactions)
	}
}

// held is a store in which the first write waits until it is let go.
type held struct {
	noticing
	first atomic.Bool
	begun chan struct{}
	let   chan struct{}
}

func (h *held) ChangeAll(ctx context.Context, all ...store.Step) ([]store.Result, error) {
	if !h.first.Swap(true) {
		close(h.begun)
		<-h.let
	}
	return h.noticing.ChangeAll(ctx, all...)
}

// What takes long of one referral is no hindrance to another whose time is over meanwhile.
func TestWhatIsBeingDoneIsNoHindranceToWhatIsDueNext(t *testing.T) {
	w := newWorld(t)
	slow := w.submit(t)
	w.clock.Step(time.Minute)
	next := w.submit(t)
	h := &held{noticing: noticing{w, make(chan referral.Kind, 4)}, begun: make(chan struct{}), let: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	w.clock.SetTime(noon.Add(time.Hour))
	running.Go(func() { w.keeper(h).Run(ctx) })
	defer running.Wait()
	defer stop()
	defer close(h.let)
	<-h.begun
	for w.clock.Now().Before(noon.Add(62 * time.Minute)) {
		select {
		case <-h.made:
			if of, other := w.state(t, next), w.state(t, slow); of.Target != "beacon" || other.Target != "harbour" {
				t.Errorf("with %s, and the one before with %s", of.Target, other.Target)
			}
			return
		default:
			if w.clock.HasWaiters() {
				w.clock.Step(250 * time.Millisecond)
			}
		}
	}
	t.Error("it waits for the one before")
}

// All working days end at the same moment: with two keepers each of a thousand referrals is passed on once.
func TestAThousandDueAtTheSameMomentAreEachPassedOnOnce(t *testing.T) {
	w := newWorld(t)
	ids := make([]string, burst)
	for i := range ids {
		ids[i] = w.submit(t)
	}
	w.clock.SetTime(noon.Add(time.Hour))
	var keepers sync.WaitGroup
	for range 2 {
		keepers.Go(func() {
			if _, err := w.keeper(w.Store).Round(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	keepers.Wait()
	for _, id := range ids {
		if s := w.state(t, id); s.Version != 2 || s.Target != "beacon" {
			t.Fatalf("with %s at version %d", s.Target, s.Version)
		}
	}
	if len(w.told) != burst {
		t.Errorf("%d changes were told of", len(w.told))
	}
}

// noticing tells when a change is made.
type noticing struct {
	*world
	made chan referral.Kind
}

func (n noticing) ChangeAll(ctx context.Context, all ...store.Step) ([]store.Result, error) {
	results, err := n.world.ChangeAll(ctx, all...)
	for _, s := range all {
		n.made <- s.Change.Kind()
	}
	return results, err
}

// A keeper that runs does what is due at its time: here the clock stands still until somebody waits for it, and then goes on by no more
// than half a second at once.
func TestARunningKeeperIsOnTime(t *testing.T) {
	w := newWorld(t)
	id := w.submit(t)
	n := noticing{w, make(chan referral.Kind, 1)}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.keeper(n).Run(ctx) })
	defer running.Wait()
	defer stop()
	w.clock.SetTime(noon.Add(59*time.Minute + 58*time.Second))
	for w.clock.Now().Before(noon.Add(61 * time.Minute)) {
		select {
		case kind := <-n.made:
			s := w.state(t, id)
			if kind != referral.KindPassOn || s.Target != "beacon" || s.ChangedAt.Sub(noon.Add(time.Hour)) > time.Second {
				t.Errorf("%s to %s at %s", kind, s.Target, s.ChangedAt)
			}
			return
		default:
			if w.clock.HasWaiters() {
				w.clock.Step(250 * time.Millisecond)
			}
		}
	}
	t.Error("nothing was done")
}
