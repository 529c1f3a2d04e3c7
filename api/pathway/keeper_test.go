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
		CanBeAsked: func(_ context.Context, _ referral.State, partner string) (bool, error) {
			return !w.away[partner], w.unknown
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

// breaking is a store that fails before or after a write, as one does whose program is killed: what was written is written.
type breaking struct {
	*world
	before, after atomic.Int64 // fails so many times
}

var errKilled = errors.New("killed")

func (b *breaking) Change(ctx context.Context, s store.Step) (store.Result, error) {
	if b.before.Add(-1) >= 0 {
		return store.Result{}, errKilled
	}
	result, err := b.world.Change(ctx, s)
	if b.after.Add(-1) >= 0 {
		return store.Result{}, errKilled
	}
	return result, err
}

func TestAKeeperThatIsKilledIsFollowedByAnother(t *testing.T) {
	for name, fails := range map[string]func(*breaking){
		"before it writes":                   func(b *breaking) { b.before.Store(1) },
		"after it wrote, and before it knew": func(b *breaking) { b.after.Store(1) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id, other := w.submit(t), w.submit(t)
			w.clock.SetTime(noon.Add(time.Hour))
			b := &breaking{world: w}
			fails(b)
			if _, err := w.keeper(b).Round(t.Context()); !errors.Is(err, errKilled) {
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

// refusing is a store whose referrals have as many changes as they can have.
type refusing struct {
	*world
	tried int
}

func (r *refusing) Change(context.Context, store.Step) (store.Result, error) {
	r.tried++
	return store.Result{}, &referral.Refused{Code: referral.CodeTooMany, Message: "The referral has 990 changes."}
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

// gathering is a store that answers nobody before several referrals are read at once.
type gathering struct {
	*world
	waiting sync.WaitGroup
	reads   atomic.Int64
}

func (g *gathering) State(ctx context.Context, id string) (referral.State, error) {
	if g.reads.Add(1) <= gathered {
		g.waiting.Done()
	}
	all := make(chan struct{})
	go func() { g.waiting.Wait(); close(all) }()
	select {
	case <-all:
		return g.world.State(ctx, id)
	case <-ctx.Done():
		return referral.State{}, ctx.Err()
	}
}

// gathered is how many have to be read at once before any is answered.
const gathered = 4

// What is due of one referral does not wait for what is due of another.
func TestWhatIsDueAtOnceIsDoneAtOnce(t *testing.T) {
	w := newWorld(t)
	for range 2 * gathered {
		w.submit(t)
	}
	w.clock.SetTime(noon.Add(time.Hour))
	g := &gathering{world: w}
	g.waiting.Add(gathered)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if _, err := w.keeper(g).Round(ctx); err != nil {
		t.Fatalf("one is done after the other: %v", err)
	}
	if len(w.told) != 2*gathered {
		t.Errorf("%d changes were told of", len(w.told))
	}
}

// All working days end at the same moment: with two keepers each of a thousand referrals is passed on once.
func TestAThousandDueAtTheSameMomentAreEachPassedOnOnce(t *testing.T) {
	const many = 1000
	w := newWorld(t)
	ids := make([]string, many)
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
	if len(w.told) != many {
		t.Errorf("%d changes were told of", len(w.told))
	}
}

// noticing tells when a change is made.
type noticing struct {
	*world
	made chan referral.Kind
}

func (n noticing) Change(ctx context.Context, s store.Step) (store.Result, error) {
	result, err := n.world.Change(ctx, s)
	n.made <- s.Change.Kind()
	return result, err
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
