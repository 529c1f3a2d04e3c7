package engine_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"lifeline.scot/api/engine"
)

// letIn lets somebody stay for so many looks at them, and then says why not.
func letIn(looks int64, why error) func(*engine.Options) {
	return func(o *engine.Options) {
		quiet(o)
		var taken atomic.Int64
		o.Recheck = func(context.Context) error {
			if taken.Add(1) > looks {
				return why
			}
			return nil
		}
	}
}

func TestStreamsEndWhenWhoeverAsksMayNotGoOn(t *testing.T) {
	t.Parallel()
	suspended := &engine.Error{Code: "SUSPENDED", Message: "You are suspended."}
	refusal := `{"errors":[{"message":"You are suspended.","extensions":{"code":"SUSPENDED"}}]}`
	for _, test := range []struct {
		name, query string
		looks       int64
		answers     []string
	}{
		{"while they may", `subscription{count(to:2)}`, 9, []string{`{"data":{"count":1}}`, `{"data":{"count":2}}`}},
		{"before it began", `subscription{count(to:2)}`, 0, []string{refusal}},
		{"before the first event", `subscription{count(to:2)}`, 1, []string{refusal}},
		{"before the second event", `subscription{count(to:2)}`, 2, []string{`{"data":{"count":1}}`, refusal}},
		{"before a query", `{b:texts}`, 0, []string{refusal}},
		{"before a mutation", `mutation{note{count}}`, 0, []string{refusal}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newHarbour()
			if got := follow(t, toyHandler(t, h, letIn(test.looks, suspended)), test.query); got != events(test.answers...) {
				t.Errorf("got\n%s, want\n%s", got, events(test.answers...))
			}
			if notes := h.logbook.read(); len(notes) > 0 {
				t.Errorf("it was done all the same: %v", notes)
			}
		})
	}
}

func TestOperationsOnWebsocketsEndWhenWhoeverAsksMayNotGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarbour()
		c := socketOf(t, piped(t, toyHandler(t, h, letIn(1, &engine.Error{Code: "SUSPENDED", Message: "You are suspended."}))), initMessage)
		c.send(subscribing("a", "mutation{note{count}}"))
		c.expect(ackMessage, `{"type":"next","id":"a","payload":{"data":{"note":{"count":1}}}}`, `{"type":"complete","id":"a"}`)
		c.send(subscribing("b", "mutation{note{count}}"))
		c.expect(`{"type":"error","id":"b","payload":[{"message":"You are suspended.","extensions":{"code":"SUSPENDED"}}]}`)
		if notes := h.logbook.read(); len(notes) != 1 {
			t.Errorf("what was done: %v", notes)
		}
	})
}

func TestFaultsOfRecheckAreMasked(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*engine.Options){
		"an error": letIn(0, errors.New("the secret is 1234")),
		"a panic": func(o *engine.Options) {
			quiet(o)
			o.Recheck = func(context.Context) error { panic("the secret is 1234") }
		},
	} {
		got := follow(t, toyHandler(t, newHarbour(), set), `subscription{count(to:2)}`)
		if !strings.Contains(got, `"code":"INTERNAL"`) || strings.Contains(got, "1234") || strings.Contains(got, "count") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
