package delivery_test

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/casework"
	"lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

// attempts are the outcomes of all attempts of a delivery, in order.
func attempts(t *testing.T, kept *store.Store, id int64) (outcomes []string) {
	t.Helper()
	all, err := kept.Attempts(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range all[id] {
		if a.Number != int64(i)+1 || a.At.IsZero() {
			t.Errorf("attempt %d is %+v", i+1, a)
		}
		outcomes = append(outcomes, a.Outcome)
	}
	return outcomes
}

// leaves are the attempts to send a partner something about a referral that the audit log says were begun, and that were not taken.
func leaves(t *testing.T, kept *store.Store, about, partner string) (begun, notTaken []int64) {
	t.Helper()
	for item, err := range kept.Log(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if item.Record == nil {
			continue
		}
		e, err := audit.Parse(item.Record)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case e.Referral != about || e.To != partner:
		case e.What == audit.Sent:
			begun = append(begun, e.Attempt)
		case e.What == audit.NotTaken:
			notTaken = append(notTaken, e.Attempt)
		}
	}
	return begun, notTaken
}

func TestAnAttemptIsWrittenDownBeforeItIsMade(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		var made casework.Done
		tried := int64(0)
		w.answers = func(string, outbound.Message) outbound.Outcome {
			tried++
			before := slices.Repeat([]string{"Failed"}, int(tried-1))
			if got := attempts(t, w.Store, 1); !slices.Equal(got, append(before, store.OutcomeUnknown)) {
				t.Errorf("while it is tried for the %d. time: %v", tried, got)
			}
			begun, _ := leaves(t, w.Store, made.Referral, "harbour")
			if len(begun) != int(tried) || begun[tried-1] != tried {
				t.Errorf("while it is tried for the %d. time, the audit log says %v", tried, begun)
			}
			if tried < 3 {
				return failed()
			}
			return ok()
		}
		made = w.refer(t)
		w.pass(t, time.Hour)
		if got := attempts(t, w.Store, 1); !slices.Equal(got, []string{"Failed", "Failed", "Delivered"}) {
			t.Error(got)
		}
		if begun, not := leaves(t, w.Store, made.Referral, "harbour"); !slices.Equal(begun, []int64{1, 2, 3}) || !slices.Equal(not, []int64{1, 2}) {
			t.Errorf("begun %v, not taken %v", begun, not)
		}
	})
}

// What is cut off is tried again at once, is no failure of the partner's, and stays known as what nobody knows the end of.
func TestAnAttemptThatIsCutOffIsTriedAgain(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		stopped := true
		w.answers = func(string, outbound.Message) outbound.Outcome {
			if stopped {
				stopped = false
				return outbound.Outcome{Kind: outbound.Failed, Code: outbound.CodeStopped}
			}
			return ok()
		}
		made := w.refer(t)
		w.pass(t, time.Minute)
		if got := attempts(t, w.Store, 1); !slices.Equal(got, []string{store.OutcomeUnknown, "Delivered"}) {
			t.Error(got)
		}
		if w.deliveries(t) != "1 Delivered 1" {
			t.Error(w.deliveries(t))
		}
		if begun, not := leaves(t, w.Store, made.Referral, "harbour"); !slices.Equal(begun, []int64{1, 2}) || len(not) != 0 {
			t.Errorf("begun %v, not taken %v", begun, not)
		}
	})
}

// What is said about sharing while it is decided comes before: nothing is sent by a decision that rests on something else.
func TestWhatIsSaidWhileItIsDecidedIsHeeded(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		made := w.refer(t)
		w.courier.Kept = meddled{w.Store, func() { w.withdraw(t, made.Referral) }, new(atomic.Bool)}
		w.pass(t, time.Hour)
		if got := w.deliveries(t); got != "1 NotSent 0 not_allowed.consent_withdrawn, 1 Delivered 1" {
			t.Error(got)
		}
		for _, s := range w.sent {
			if s.ID == idOf(made, "1-Submit", "harbour") {
				t.Error("it was sent by a decision that was no longer so")
			}
		}
		if begun, _ := leaves(t, w.Store, made.Referral, "harbour"); !slices.Equal(begun, []int64{1}) {
			t.Errorf("begun %v", begun)
		}
	})
}

// Nothing that was told of somebody leaves after they were erased, though it was decided before that it may.
func TestAnErasureWhileItIsDecidedIsHeeded(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadMinimised)
		made := w.refer(t)
		w.courier.Kept = meddled{w.Store, func() {
			people, err := w.Store.PeopleOf(t.Context(), made.Referral)
			if err != nil {
				t.Fatal(err)
			}
			by := referral.Actor{ID: "u-lead"}
			if err := w.Store.Erase(t.Context(), people[made.Referral], by, "RequestOfThePerson"); err != nil {
				t.Fatal(err)
			}
		}, new(atomic.Bool)}
		w.pass(t, time.Hour)
		for _, s := range w.sent {
			if strings.Contains(s.Body, "Quillfeather") {
				t.Errorf("after the erasure %s was sent", s.Body)
			}
		}
		if begun, _ := leaves(t, w.Store, made.Referral, "harbour"); len(begun) != len(w.sent) {
			t.Errorf("the audit log says %v, and %d were sent", begun, len(w.sent))
		}
	})
}

// meddled does something once, between a decision and what is written down because of it.
type meddled struct {
	*store.Store
	do   func()
	done *atomic.Bool
}

// Begin implements delivery.Kept.
func (m meddled) Begin(ctx context.Context, all ...store.Beginning) (map[int64]bool, error) {
	if m.done.CompareAndSwap(false, true) {
		m.do()
	}
	return m.Store.Begin(ctx, all...)
}

// heldPost takes events, or keeps whoever sends one waiting.
type heldPost struct {
	*httptest.Server
	holds   atomic.Bool
	arrived chan string
}

func newHeldPost(t *testing.T) *heldPost {
	t.Helper()
	p := &heldPost{arrived: make(chan string, 100)}
	secrets, err := signature.ParseSecrets([]byte(signingText))
	if err != nil {
		t.Fatal(err)
	}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			answer, _ := outbound.Agree(secrets, r.Header, time.Now()) // nothing comes if it is wrong, which is noticed
			for name, values := range answer {
				w.Header()[name] = values
			}
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		holds := p.holds.Load()
		p.arrived <- r.Header.Get("Webhook-Id")
		if holds {
			<-r.Context().Done() // until whoever sends it is dead
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	p.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that are cut
	p.StartTLS()
	t.Cleanup(p.Close)
	return p
}

// A replica is killed while a partner has an event and has not answered: the log says that it was being sent. Another replica
// sends it again, long before River takes the job for lost.
func TestAnAttemptWhoseReplicaIsKilledIsInTheLogAndMadeAgain(t *testing.T) {
	for name, address := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHeldPost(t)
			p.holds.Store(true)
			r := newReplica(t, address(t), p.Server, p.Listener.Addr().String())
			r.Referrals, r.Replicas, r.Patience = 1, 1, time.Minute
			kept, err := r.open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer kept.Close()
			first := r.start(t)
			id := <-p.arrived
			first.kill(t)
			d := theOne(t, kept, id)
			if got := attempts(t, kept, d.ID); d.State != store.Waiting || d.Attempts != 0 || !slices.Equal(got, []string{store.OutcomeUnknown}) {
				t.Errorf("after the kill: %+v, attempts %v", d, got)
			}
			if begun, not := leaves(t, kept, d.Referral, d.Partner); !slices.Equal(begun, []int64{1}) || len(not) != 0 {
				t.Errorf("the audit log says: begun %v, not taken %v", begun, not)
			}
			p.holds.Store(false)
			second := r.start(t)
			defer second.kill(t)
			if again := <-p.arrived; again != id {
				t.Errorf("%s came after %s", again, id)
			}
			for ; d.State == store.Waiting; d = theOne(t, kept, id) {
				pause(t, 10*time.Millisecond)
			}
			if got := attempts(t, kept, d.ID); !slices.Equal(got, []string{store.OutcomeUnknown, "Delivered"}) {
				t.Errorf("in the end: %v", got)
			}
			var tries int
			if err := kept.Database().Write.QueryRowContext(t.Context(),
				`SELECT attempt FROM river_job WHERE id = (SELECT min(id) FROM river_job)`).Scan(&tries); err != nil || tries != 2 {
				t.Errorf("the job was taken %d times: %v; want the same one, taken again", tries, err)
			}
			whole(t, kept, r.Keys)
		})
	}
}

// theOne is the delivery of an event.
func theOne(t *testing.T, kept *store.Store, event string) store.Delivery {
	t.Helper()
	for _, d := range everyDelivery(t, kept) {
		if delivery.EventID(d) == event {
			return d
		}
	}
	t.Fatalf("there is no delivery of %s", event)
	return store.Delivery{}
}

// unasked are rules of which some cannot be asked, until they can.
type unasked struct {
	*caseworktest.Rules
	engine *policies.Engine
	well   atomic.Bool
}

// Now implements disclosure.Rules.
func (u *unasked) Now() (*policies.Engine, *policies.World) {
	_, world := u.Rules.Now()
	return u.engine, world
}

// Reasons implements policies.Elsewhere.
func (u *unasked) Reasons(_ context.Context, _ policies.Narrows, list []json.RawMessage) ([][]string, error) {
	reasons := make([][]string, len(list))
	if !u.well.Load() {
		for i := range reasons {
			reasons[i] = []string{policies.ReasonNarrowingFailed}
		}
	}
	return reasons, nil
}

// What stricter rules cannot be asked about is not sent, and is not lost either: it waits until they can be.
func TestWhatNobodyCanDecideWaits(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		rules := &unasked{Rules: w.Rules}
		rules.engine = w.Rules.Engine().NarrowedElsewhere(policies.Bundle{"a.rego": nil}, policies.Narrows{Permits: true}, rules)
		w.courier.Decider = &disclosure.Cutter{Kept: w.Store, Rules: rules, Rights: w.Rules.Engine(), Clock: w.Clock.Now}
		w.refer(t)
		w.pass(t, time.Hour)
		if got := w.deliveries(t); got != "1 Waiting 0 not_allowed.narrowing_failed" || len(w.sent) > 0 {
			t.Errorf("while they cannot be asked: %s, %d sent", got, len(w.sent))
		}
		rules.well.Store(true)
		w.pass(t, 2*time.Minute)
		if got := w.deliveries(t); got != "1 Delivered 1" {
			t.Errorf("once they can: %s", got)
		}
	})
}
