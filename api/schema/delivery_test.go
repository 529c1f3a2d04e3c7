package schema

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/store"
)

// told settles what is to be delivered: the oldest in this state.
func (o *office) told(state store.DeliveryState, reason string) {
	o.t.Helper()
	waiting, err := o.Store.Undelivered(o.t.Context(), 0, 1)
	if err != nil || len(waiting) != 1 {
		o.t.Fatal(waiting, err)
	}
	attempt := &store.Attempt{At: o.Clock.Now(), Took: 12 * time.Millisecond, Outcome: "Failed", Status: 500, Code: "ServerError"}
	if state == store.Delivered {
		attempt = &store.Attempt{At: o.Clock.Now(), Took: time.Millisecond, Outcome: "Delivered", Status: 204, Code: "OK"}
	}
	if state == store.NotSent {
		attempt = nil
	}
	settled := store.Settlement{Delivery: waiting[0], State: state, Reason: reason, Attempt: attempt}
	if err := o.Store.Settle(o.t.Context(), settled); err != nil {
		o.t.Fatal(err)
	}
}

const aDelivery = `{ deliveries { id partner { name } referral event state reason inWords attempts { number status code } } endCursor }`

func TestWhoSeesWhatBecameOfDeliveries(t *testing.T) {
	o := newOffice(t)
	delivered := o.submitted(sorcha + agreed)
	givenUp, notFor := o.submitted(sorcha+agreed), o.submitted(sorcha+agreed)
	o.told(store.Delivered, "")
	o.told(store.GivenUp, "ServerError")
	o.told(store.NotSent, "not_allowed.consent_withdrawn")
	list := `{ deliveries(first: 10) ` + aDelivery + ` }`

	type line struct{ referral, state, reason string }
	for who, want := range map[string][]line{
		"provider": {{"", "GIVEN_UP", "ServerError"}, {delivered, "DELIVERED", ""}},
		"data lead": {
			{notFor, "NOT_SENT", "not_allowed.consent_withdrawn"}, {givenUp, "GIVEN_UP", "ServerError"}, {delivered, "DELIVERED", ""},
		},
		"admin":      {{"", "NOT_SENT", "not_allowed.consent_withdrawn"}, {"", "GIVEN_UP", "ServerError"}, {"", "DELIVERED", ""}},
		"competitor": {}, "referrer": {}, "elsewhere": {},
	} {
		var got struct {
			Deliveries struct {
				Deliveries []struct {
					Partner         struct{ Name string }
					Referral, Event *string
					State           string
					Reason          *string
				}
			}
		}
		if err := json.Unmarshal([]byte(o.reads(who, list)), &got); err != nil {
			t.Fatal(err)
		}
		var lines []line
		for _, d := range got.Deliveries.Deliveries {
			lines = append(lines, line{orNothing(d.Referral), d.State, orNothing(d.Reason)})
			if (d.Referral == nil) != (d.Event == nil) || d.Partner.Name != "harbour" {
				t.Errorf("%s: %+v", who, d)
			}
		}
		if fmt.Sprint(lines) != fmt.Sprint(want) {
			t.Errorf("%s sees %v, not %v", who, lines, want)
		}
	}
	for _, who := range []string{"", "auditor"} {
		if body := o.ask(who, list); !strings.Contains(body, "FORBIDDEN") {
			t.Errorf("%s: %s", who, body)
		}
	}
	if body := o.ask("provider", `{ deliveries(partner: "beacon") { endCursor } }`); !strings.Contains(body, "FORBIDDEN") {
		t.Errorf("of another partner: %s", body)
	}
	got := o.reads("provider", `{ deliveries(state: GIVEN_UP) `+aDelivery+` }`)
	for _, has := range []string{`"inWords":"The endpoint had an error."`, `"attempts":[{"number":1,"status":500,"code":"ServerError"}]`} {
		if !strings.Contains(got, has) {
			t.Errorf("it lacks %s: %s", has, got)
		}
	}
}

func orNothing(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func TestDeliveriesComeInPages(t *testing.T) {
	o := newOffice(t)
	for range 3 {
		o.submitted(sorcha + agreed)
	}
	page := o.reads("admin", `{ deliveries(first: 2) { endCursor deliveries { id } } }`)
	if page != `{"deliveries":{"endCursor":"2","deliveries":[{"id":"3"},{"id":"2"}]}}` {
		t.Error(page)
	}
	page = o.reads("admin", `{ deliveries(first: 2, after: "2") { endCursor deliveries { id } } }`)
	if page != `{"deliveries":{"endCursor":null,"deliveries":[{"id":"1"}]}}` {
		t.Error(page)
	}
	for _, wrong := range []string{`first: 0`, `first: 101`, `after: "-1"`, `after: "?"`} {
		if body := o.ask("admin", `{ deliveries(`+wrong+`) { endCursor } }`); !strings.Contains(body, `"code":"BAD_`) {
			t.Errorf("%s: %s", wrong, body)
		}
	}
}

func TestDeliveriesAreAskedForAgain(t *testing.T) {
	o := newOffice(t)
	o.submitted(sorcha + agreed)
	again := func(who, key, of string) string {
		body := o.reads(who, fmt.Sprintf(`mutation { deliveryReplay(input: {idempotencyKey: %q, delivery: %q}) { count replayed problems { code } } }`, key, of))
		return strings.TrimSuffix(strings.TrimPrefix(body, `{"deliveryReplay":`), `}`)
	}
	const done, before = `{"count":1,"replayed":false,"problems":[]}`, `{"count":1,"replayed":true,"problems":[]}`
	problem := func(code string) string { return `{"count":0,"replayed":false,"problems":[{"code":"` + code + `"}]}` }
	if got := again("provider", "key-000001", "1"); got != problem("NOT_GIVEN_UP") {
		t.Errorf("one that waits: %s", got)
	}
	o.told(store.GivenUp, "ServerError")
	for who, want := range map[string]string{
		"competitor": problem("NOT_FOUND"), "referrer": problem("NOT_FOUND"), "": problem("FORBIDDEN"), "data lead": problem("FORBIDDEN"),
	} {
		if got := again(who, "key-000002", "1"); got != want {
			t.Errorf("%s: %s", who, got)
		}
	}
	for of, want := range map[string]string{"zz": problem("NOT_FOUND"), "?": problem("INVALID"), "-1": problem("INVALID")} {
		if got := again("provider", "key-000003", of); got != want {
			t.Errorf("%s: %s", of, got)
		}
	}
	if got := again("provider", "key-000004", "1"); got != done {
		t.Error(got)
	}
	if got := again("provider", "key-000004", "1"); got != before {
		t.Error(got)
	}
	all := func(who, partner string) string {
		return o.reads(who, fmt.Sprintf(
			`mutation { deliveryReplayAll(input: {idempotencyKey: "key-all-%s", partner: %q}) { count problems { code } } }`, partner, partner))
	}
	o.told(store.GivenUp, "ServerError")
	if got := all("competitor", "harbour"); !strings.Contains(got, "FORBIDDEN") {
		t.Error(got)
	}
	if got := all("admin", "nobody"); !strings.Contains(got, "INVALID") {
		t.Error(got)
	}
	if got := all("admin", "harbour"); got != `{"deliveryReplayAll":{"count":1,"problems":[]}}` {
		t.Error(got)
	}
}
