package delivery_test

import (
	"context"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/crds/v1alpha1"
)

// announced has what is known said on the partner, and returns the condition and how often it was written.
func announced(t *testing.T, w *world) func() (*metav1.Condition, int) {
	t.Helper()
	var is *metav1.Condition
	writes := 0
	announcer := &delivery.Announcer{
		Endpoints: w.Store.Endpoints, View: w.View, Clock: w.Clock.Now,
		Apply: func(_ context.Context, partner string, c metav1.Condition) error {
			writes++
			w.Partner(partner, func(p *v1alpha1.Partner) {
				p.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady}, c}
			})
			is = &c
			return nil
		},
	}
	return func() (*metav1.Condition, int) {
		for range 3 {
			w.pass(t, time.Minute)
			if err := announcer.Announce(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return is, writes
	}
}

func TestAPartnerSaysWhetherItIsReachable(t *testing.T) {
	w := newWorld(t, "")
	announce := announced(t, w)
	if is, writes := announce(); writes != 1 || is.Status != metav1.ConditionUnknown || is.Reason != v1alpha1.ReasonNotTried {
		t.Errorf("before anything was sent: %+v", is)
	}
	w.refer(t)
	is, writes := announce()
	if is == nil || is.Status != metav1.ConditionTrue || is.Reason != v1alpha1.ReasonEventsTaken || writes != 2 ||
		!strings.Contains(is.Message, "22 November 2026 at 12:00 UTC") {
		t.Fatalf("%d writes: %+v", writes, is)
	}
	since := is.LastTransitionTime
	w.refer(t)
	if is, writes = announce(); writes != 2 {
		t.Errorf("written though nothing changed: %+v", is)
	}
	w.pass(t, 2*time.Hour)
	w.refer(t)
	if is, writes = announce(); writes != 3 || !is.LastTransitionTime.Equal(&since) {
		t.Errorf("%d writes: %+v", writes, is)
	}
	w.answers = func(string, outbound.Message) outbound.Outcome { return failed() }
	w.refer(t) // one is enough: the partner may not be sent another for hours
	if is, writes = announce(); writes != 4 || is.Status != metav1.ConditionFalse || is.Reason != v1alpha1.ReasonEventsNotTaken ||
		!strings.Contains(is.Message, "ServerError") || !strings.Contains(is.Message, "The last one was taken on") {
		t.Errorf("%d writes: %+v", writes, is)
	}
	w.answers = func(string, outbound.Message) outbound.Outcome { return gone() }
	if w.pass(t, time.Hour); true {
		if is, _ = announce(); is.Reason != v1alpha1.ReasonUnsubscribed {
			t.Errorf("%+v", is)
		}
	}
	w.endpoint("harbour", "https://elsewhere.example.org/events", v1alpha1.PayloadReference)
	if is, _ = announce(); is.Reason != v1alpha1.ReasonNotTried || is.Status != metav1.ConditionUnknown {
		t.Errorf("at another address: %+v", is)
	}
	w.Partner("harbour", func(p *v1alpha1.Partner) { p.Spec.Delivery = nil })
	if is, _ = announce(); is.Reason != v1alpha1.ReasonNoEndpoint || is.Status != metav1.ConditionUnknown {
		t.Errorf("%+v", is)
	}
}

// What goes well again within seconds is not said: a condition that flaps is one that nobody reads.
func TestAnEventThatIsTakenTheSecondTimeChangesNothing(t *testing.T) {
	w := newWorld(t, "")
	w.refer(t)
	announce := announced(t, w)
	_, before := announce()
	w.answers = func(string, outbound.Message) outbound.Outcome { return failed() }
	w.refer(t)
	w.pass(t, 0)
	w.answers = func(string, outbound.Message) outbound.Outcome { return ok() }
	if is, writes := announce(); writes != before || is.Status != metav1.ConditionTrue {
		t.Errorf("%d writes, then %d: %+v", before, writes, is)
	}
}
