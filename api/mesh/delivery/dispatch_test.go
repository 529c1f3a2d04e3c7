package delivery_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

// lanes notes which are open.
type lanes struct{ open []string }

func (*lanes) Start(context.Context) error { return nil }
func (*lanes) Stop() error                 { return nil }
func (*lanes) Calls() <-chan struct{}      { return nil }
func (l *lanes) Open(_ context.Context, partners []string) error {
	l.open = slices.Clone(partners)
	return nil
}

func dispatchOf(w *world) (*delivery.Dispatch, *lanes) {
	l := &lanes{}
	return &delivery.Dispatch{Backlog: w.Store, Lanes: l, View: w.View, Resting: w.courier.Breaker.Resting, Clock: w.Clock.Now}, l
}

func TestALaneIsOpenForEachPartnerForWhomSomethingWaits(t *testing.T) {
	w := newWorld(t, "")
	d, l := dispatchOf(w)
	opened := func() []string {
		t.Helper()
		if err := d.OpenLanes(t.Context()); err != nil {
			t.Fatal(err)
		}
		return l.open
	}
	w.endpoint("beacon", "https://beacon.example.org/events", v1alpha1.PayloadReference)
	if got := opened(); len(got) != 0 {
		t.Errorf("while nothing waits: %v", got)
	}
	toBeacon := caseworktest.Submission()
	toBeacon.Target, toBeacon.Consents[0].Recipients = "beacon", []string{"beacon"}
	if _, err := w.Desk.Submit(t.Context(), caseworktest.Referrer, w.key(), toBeacon); err != nil {
		t.Fatal(err)
	}
	if got := opened(); !slices.Equal(got, []string{"beacon"}) {
		t.Errorf("while something waits for beacon: %v", got)
	}
	w.answers = func(string, outbound.Message) outbound.Outcome { return failed() }
	for range 5 {
		w.refer(t)
	}
	w.pass(t, 0)
	if got := opened(); !slices.Equal(got, []string{"beacon"}) {
		t.Errorf("while harbour fails: %v", got)
	}
	w.Clock.SetTime(w.Clock.Now().Add(31 * time.Second))
	if got := opened(); !slices.Equal(got, []string{"beacon", "harbour"}) {
		t.Errorf("after a rest: %v", got)
	}
	w.Partner("harbour", func(p *v1alpha1.Partner) { p.Spec.Participation = v1alpha1.ParticipationSuspended })
	if got := opened(); !slices.Equal(got, []string{"beacon"}) {
		t.Errorf("while harbour is suspended: %v", got)
	}
	// What waits for somebody who takes no events any more has to be looked at, so that it is settled.
	w.Partner("harbour", nil)
	if got := opened(); !slices.Equal(got, []string{"beacon", "harbour"}) {
		t.Errorf("while something waits for harbour, which is gone: %v", got)
	}
	w.line.jobs = nil
	settled := func(partner string) {
		t.Helper()
		all, err := w.Store.Deliveries(t.Context(), store.DeliveryFilter{Partner: partner, State: store.Waiting}, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range all {
			if err := w.Store.Settle(t.Context(), store.Settlement{Delivery: one, State: store.NotSent}); err != nil {
				t.Fatal(err)
			}
		}
	}
	settled("beacon")
	settled("harbour")
	if got := opened(); len(got) != 2 {
		t.Errorf("a moment after all was settled: %v", got)
	}
	w.Clock.SetTime(w.Clock.Now().Add(2 * time.Minute))
	if got := opened(); len(got) != 0 {
		t.Errorf("two minutes after all was settled: %v", got)
	}
}

// Whoever has nothing to be told costs nothing, and is told all the same when something happens, without anybody looking for it.
func TestALaneIsOpenedWhenItIsCalledFor(t *testing.T) {
	inBothQueues(t, func(t *testing.T, q *queued) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		d := &delivery.Dispatch{
			Backlog: q.Store, Lanes: q.queue, View: q.View, Resting: q.courier.Breaker.Resting, Clock: q.Clock.Now,
		}
		go func() {
			defer close(ended)
			d.Run(ctx)
		}()
		for i := range int64(2) {
			q.refer(t)
			q.next(t)
			q.settled(t, i+1)
		}
		cancel()
		<-ended
	}, func(_ *queued, o *delivery.QueueOptions) { o.Look = time.Hour })
}

// What is committed for a lane that nobody is at work in is called out.
func TestWhatIsCommittedCallsForItsLane(t *testing.T) {
	inBothQueues(t, func(t *testing.T, q *queued) {
		q.work(t)
		q.refer(t)
		<-q.queue.Calls()
		if err := q.queue.Open(t.Context(), []string{"harbour"}); err != nil {
			t.Fatal(err)
		}
		q.next(t)
		q.settled(t, 1)
	})
}

// What is written while nothing carries it, by an earlier release or before the queue was there, is found.
func TestWhatFellOutOfTheQueueIsFound(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		d, _ := dispatchOf(w)
		w.refer(t)
		w.line.jobs = nil
		if err := d.Sweep(t.Context()); err != nil || len(w.line.jobs) != 0 {
			t.Errorf("what is not overdue was found: %v %v", w.line.jobs, err)
		}
		w.pass(t, 6*time.Minute)
		if err := d.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w.pass(t, 0); w.deliveries(t) != "1 Delivered 1" {
			t.Error(w.deliveries(t))
		}
	})
}

// What could not even be tried, such as that for a partner whose lane was closed all the time, is given up in the end.
func TestWhatWaitsForTooLongIsGivenUp(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		d, _ := dispatchOf(w)
		w.refer(t)
		w.line.jobs = nil
		w.pass(t, 72*time.Hour)
		if err := d.Sweep(t.Context()); err != nil || w.deliveries(t) != "1 Waiting 0" {
			t.Errorf("after three days: %s %v", w.deliveries(t), err)
		}
		w.line.jobs = nil
		w.pass(t, 2*time.Hour)
		if err := d.Sweep(t.Context()); err != nil || w.deliveries(t) != "1 GivenUp 0 OUT_OF_TIME" {
			t.Errorf("two hours later: %s %v", w.deliveries(t), err)
		}
		given, err := w.Store.Deliveries(t.Context(), store.DeliveryFilter{State: store.GivenUp}, 0, 10)
		if err != nil || len(given) != 1 {
			t.Errorf("%v %v", given, err)
		}
	})
}

// noting says when lanes are opened.
type noting struct {
	lanes
	opened chan struct{}
}

func (n *noting) Open(context.Context, []string) error {
	select {
	case n.opened <- struct{}{}:
	default:
	}
	return nil
}

// Whatever is waited for beside, such as Kubernetes, has nobody wait who is to be told something.
func TestNothingWaitsForWhatIsSaidOfDeliveries(t *testing.T) {
	w := newWorld(t, "")
	l := &noting{opened: make(chan struct{})}
	begun, ended := make(chan struct{}), make(chan struct{})
	d := &delivery.Dispatch{
		Backlog: w.Store, Lanes: l, View: w.View, Resting: w.courier.Breaker.Resting, Clock: w.Clock.Now,
		Lately: func(ctx context.Context) {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("it may take for ever")
			}
			begun <- struct{}{}
			<-ctx.Done()
		},
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(ended)
		d.Run(ctx)
	}()
	<-begun
	for range 2 {
		<-l.opened
	}
	cancel()
	<-ended
}
