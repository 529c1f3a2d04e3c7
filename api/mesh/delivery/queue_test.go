package delivery_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

// queued is a world with a real queue in the place of the line, which works in real time.
type queued struct {
	*world
	queue   *delivery.Queue
	arrived chan outbound.Message
}

func newQueued(t *testing.T, databaseURL string, change ...func(*queued, *delivery.QueueOptions)) *queued {
	t.Helper()
	q := &queued{world: newWorld(t, databaseURL), arrived: make(chan outbound.Message, 1000)}
	q.answers = func(_ string, m outbound.Message) outbound.Outcome {
		q.arrived <- m
		return ok()
	}
	q.courier.Sender = receiver{q}
	options := delivery.QueueOptions{Database: q.Store.Database(), Takes: q.line.Takes, Try: q.courier.Try}
	for _, change := range change {
		change(q, &options)
	}
	queue, err := delivery.NewQueue(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	q.queue = queue
	q.Store.CarryBy(queue)
	return q
}

// receiver takes events of many at once.
type receiver struct{ *queued }

func (r receiver) Send(_ context.Context, to outbound.Endpoint, m outbound.Message) outbound.Outcome {
	return r.answers(to.URL, m)
}

func (r receiver) Handshake(context.Context, outbound.Endpoint, string) error { return nil }

// work has the queue work until the test ends.
func (q *queued) work(t *testing.T, lanes ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	if err := q.queue.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.queue.Stop(); err != nil {
			t.Error(err)
		}
		cancel()
	})
	if err := q.queue.Open(t.Context(), lanes); err != nil {
		t.Fatal(err)
	}
}

// closed waits until a lane that nothing is begun in any more has ended: what was being sent in it was.
func (q *queued) closed(t *testing.T, partner string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !q.queue.Closed(partner); {
		if time.Now().After(end) {
			t.Fatal("what was being sent has not ended after a minute")
		}
		if err := q.queue.Open(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
}

func (q *queued) next(t *testing.T) string {
	t.Helper()
	select {
	case m := <-q.arrived:
		if !json.Valid(m.Body) {
			t.Errorf("%q is no event", m.Body)
		}
		return m.ID
	case <-t.Context().Done():
		t.Fatal("nothing came")
	case <-time.After(time.Minute):
		t.Fatal("nothing came for a minute")
	}
	return ""
}

// settled waits until a delivery is settled.
func (q *queued) settled(t *testing.T, id int64) store.Delivery {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		d, err := q.Store.Delivery(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if d.State != store.Waiting {
			return d
		}
	}
	t.Fatal("it is not settled after a minute")
	return store.Delivery{}
}

func inBothQueues(t *testing.T, test func(t *testing.T, q *queued), change ...func(*queued, *delivery.QueueOptions)) {
	t.Helper()
	for name, address := range engines {
		t.Run(name, func(t *testing.T) { test(t, newQueued(t, address(t), change...)) })
	}
}

// Nobody waits until somebody looks: whoever works is told of what is committed, in SQLite, too.
func TestWhatIsCommittedIsSentWithoutAnybodyLookingForIt(t *testing.T) {
	inBothQueues(t, func(t *testing.T, q *queued) {
		first := q.refer(t)
		q.work(t, "harbour")
		if id := q.next(t); id[:len(first.Referral)] != first.Referral {
			t.Fatalf("%s came", id)
		}
		q.settled(t, 1)
		for i := range int64(3) {
			q.refer(t)
			q.next(t)
			q.settled(t, i+2)
		}
	}, func(_ *queued, o *delivery.QueueOptions) { o.Look = time.Hour })
}

// looked counts which deliveries were looked at.
type looked struct {
	mu  sync.Mutex
	ids map[int64]bool
}

func (l *looked) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ids)
}

// A partner that is dead and has much waiting costs a few attempts, and then one each time that it is asked again.
func TestADeadPartnerWithABacklogIsAskedByOneAtATime(t *testing.T) {
	const backlog = 60
	all := &looked{ids: map[int64]bool{}}
	q := newQueued(t, "", func(q *queued, o *delivery.QueueOptions) {
		try := o.Try
		o.Doubtful = q.courier.Breaker.Doubtful
		o.Try = func(ctx context.Context, id, round int64) (delivery.Again, error) {
			all.mu.Lock()
			all.ids[id] = true
			all.mu.Unlock()
			return try(ctx, id, round)
		}
	})
	var sent atomic.Int64
	q.answers = func(string, outbound.Message) outbound.Outcome {
		sent.Add(1)
		return failed()
	}
	for range backlog {
		q.refer(t)
	}
	resting := func(after string, most int) {
		t.Helper()
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if _, is := q.queue.Working("harbour"); !is {
				q.closed(t, "harbour")
				return
			}
			if n := all.count(); n > most {
				t.Fatalf("%s %d of %d were looked at, and its lane is still open", after, n, backlog)
			}
		}
		t.Fatalf("%s its lane is still open after a minute", after)
	}
	q.work(t, "harbour")
	resting("after it failed", 20)
	if n := sent.Load(); n < 5 || n > 8 {
		t.Errorf("it was sent %d events until it was left alone", n)
	}
	before := sent.Load()
	q.Clock.SetTime(q.Clock.Now().Add(31 * time.Second)) // it has rested
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if err := q.queue.Open(t.Context(), []string{"harbour"}); err != nil {
			t.Fatal(err)
		}
		if width, is := q.queue.Working("harbour"); is {
			if width != 1 {
				t.Errorf("%d at once find out whether it is well", width)
			}
			break
		}
	}
	resting("after it failed again", 25)
	if n := sent.Load() - before; n != 1 {
		t.Errorf("%d events found out whether it is well", n)
	}
}

func TestWhatIsCommittedIsSent(t *testing.T) {
	inBothQueues(t, func(t *testing.T, q *queued) {
		before := q.refer(t) // before anybody works
		q.work(t, "harbour")
		after := q.refer(t)
		got := []string{q.next(t), q.next(t)}
		slices.Sort(got)
		want := []string{idOf(before, "1-Submit", "harbour"), idOf(after, "1-Submit", "harbour")}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q came, not %q", got, want)
		}
		for id := range int64(2) {
			if d := q.settled(t, id+1); d.State != store.Delivered || d.Attempts != 1 {
				t.Errorf("%+v", d)
			}
		}
	})
}

// A change that is taken back is carried nowhere.
func TestWhatIsNotCommittedIsNotSent(t *testing.T) {
	inBothQueues(t, func(t *testing.T, q *queued) {
		made := q.refer(t)
		stale := made
		q.writes(t, made)
		q.work(t, "harbour")
		q.mayNotWrite(t, stale)
		ids := []string{q.next(t), q.next(t)}
		if ids[0] != idOf(made, "1-Submit", "harbour") || ids[1] != idOf(made, "2-Message", "harbour") {
			t.Errorf("%q", ids)
		}
		q.settled(t, 2)
		if len(q.arrived) != 0 {
			t.Errorf("%d more came", len(q.arrived))
		}
	})
}

// A lane that is closed keeps what is in it, and others go on.
func TestALaneIsClosedAndOpenedAgain(t *testing.T) {
	inBothQueues(t, func(t *testing.T, q *queued) {
		q.endpoint("beacon", "https://beacon.example.org/events", v1alpha1.PayloadReference)
		q.work(t, "beacon")
		q.refer(t)
		toBeacon := caseworktest.Submission()
		toBeacon.Target, toBeacon.Consents[0].Recipients = "beacon", []string{"beacon"}
		done, err := q.Desk.Submit(t.Context(), caseworktest.Referrer, q.key(), toBeacon)
		if err != nil {
			t.Fatal(err)
		}
		if id := q.next(t); id != idOf(done, "1-Submit", "beacon") {
			t.Errorf("%s came", id)
		}
		for range 2 { // to close it may take a moment
			if err := q.queue.Open(t.Context(), []string{"harbour"}); err != nil {
				t.Fatal(err)
			}
		}
		if q.next(t); q.settled(t, 1).State != store.Delivered {
			t.Error("the other was not delivered")
		}
	})
}

// A partner's name may have what a lane's may not.
func TestEveryPartnerHasALane(t *testing.T) {
	q := newQueued(t, "")
	q.work(t, "harbour", "a--b", "a-b", "x", "0123456789-0123456789-0123456789-0123456789-0123456789")
}

// A lane that is closed from within keeps nobody from ending: the program is stopped while a partner fails.
func TestALaneThatIsClosedFromWithinEndsWithTheRest(t *testing.T) {
	var q *queued
	begun, goOn := make(chan struct{}, 100), make(chan struct{})
	q = newQueued(t, "", func(_ *queued, o *delivery.QueueOptions) {
		o.Try = func(context.Context, int64, int64) (delivery.Again, error) {
			begun <- struct{}{}
			<-goOn
			return delivery.Again{At: time.Now().Add(time.Hour), Rests: true}, nil
		}
	})
	if err := q.queue.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := q.queue.Open(t.Context(), []string{"harbour"}); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		q.refer(t)
	}
	<-begun
	stopped := make(chan error)
	go func() { stopped <- q.queue.Stop() }()
	close(goOn)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
