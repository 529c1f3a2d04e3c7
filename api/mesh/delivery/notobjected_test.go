package delivery_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/casework"
	"lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

// agreeOnOverdoses has the council and harbour share what is needed to reach somebody who nearly died.
func (w *world) agreeOnOverdoses() {
	agreement := caseworktest.Agreement("council", "harbour")
	agreement.Purposes = []string{"nfo_response"}
	w.Rules.Agree("council-harbour", agreement)
}

// refersAfterOverdose has the council refer somebody to harbour who nearly died, and of whom nobody has said that they agreed.
func (w *world) refersAfterOverdose(t *testing.T, informed bool) (council identity.Caller, made casework.Done) {
	t.Helper()
	council = caseworktest.Referrer
	council.Partner = "council"
	s := caseworktest.Submission()
	s.Consents, s.Circumstances = nil, referral.Circumstances{Capability: referral.Capable, Informed: informed}
	s.Told.Details.OverdoseAt = caseworktest.Noon().Add(-3 * time.Hour)
	made, err := w.Desk.Submit(t.Context(), council, w.key(), s)
	if err != nil {
		t.Fatal(err)
	}
	return council, made
}

// Somebody who nearly died was told of it and did not object; nobody has said that they agreed. Whoever is asked to answer is told that
// it is, by reference, whatever its software takes: those who may answer see the rest when they look, and say who they are.
func TestWhoIsAskedIsToldOfSomebodyWhoDidNotObject(t *testing.T) {
	for name, tc := range map[string]struct {
		informed, agreement, refused bool
		want                         store.DeliveryState
	}{
		"told, and an agreement":    {true, true, false, store.Delivered},
		"told, and no agreement":    {true, false, false, store.NotSent},
		"not told, an agreement":    {false, true, false, store.NotSent},
		"not told and no agreement": {false, false, false, store.NotSent},
		"told, and they refused":    {true, true, true, store.NotSent},
	} {
		t.Run(name, func(t *testing.T) {
			inBoth(t, func(t *testing.T, w *world) {
				if tc.agreement {
					w.agreeOnOverdoses()
				}
				w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadMinimised)
				council, made := w.refersAfterOverdose(t, tc.informed)
				if tc.refused {
					no := caseworktest.Grant("harbour")
					no.Decision, no.Categories, no.Purposes = consent.Refuse, nil, []string{"nfo_response"}
					if _, err := w.Desk.Consent(t.Context(), council, w.key(), made.Referral, no); err != nil {
						t.Fatal(err)
					}
				}
				w.pass(t, 0)
				all, err := w.Store.Deliveries(t.Context(), store.DeliveryFilter{Partner: "harbour"}, 0, store.LongestPage)
				if err != nil {
					t.Fatal(err)
				}
				all = slices.DeleteFunc(all, func(d store.Delivery) bool { return d.Kind != referral.KindSubmit })
				if len(all) != 1 || all[0].State != tc.want {
					t.Errorf("%s", w.deliveries(t))
				}
				told := slices.DeleteFunc(w.sent, func(m sent) bool { return !strings.Contains(m.Body, "submitted") })
				switch {
				case tc.want == store.NotSent:
					if len(told) != 0 {
						t.Errorf("sent: %v", told)
					}
				case len(told) != 1 || !strings.Contains(told[0].Body, made.Referral) || strings.Contains(told[0].Body, "fields"):
					t.Errorf("sent: %v", told)
				}
			})
		})
	}
}

// Where stricter rules cannot be asked whether anybody there may be shown the referral, it waits until they can be.
func TestWhoDidNotObjectIsWaitedForWhileNobodyCanDecide(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.agreeOnOverdoses()
		rules := &unasked{Rules: w.Rules}
		rules.engine = w.Rules.Engine().NarrowedElsewhere(policies.Bundle{"a.rego": nil}, policies.Narrows{Permits: true}, rules)
		w.courier.Decider = &disclosure.Cutter{Kept: w.Store, Rules: rules, Rights: w.Rules.Engine(), Clock: w.Clock.Now}
		w.refersAfterOverdose(t, true)
		w.pass(t, time.Hour)
		if got := w.deliveries(t); got != "1 Waiting 0 not_allowed.narrowing_failed" {
			t.Errorf("while they cannot be asked: %s", got)
		}
		rules.well.Store(true)
		w.pass(t, 2*time.Minute)
		if got := w.deliveries(t); got != "1 Delivered 1" {
			t.Errorf("once they can: %s", got)
		}
	})
}

// The person takes back coordination alone, between two tries: who helps them may still be shown the referral, and so its software is
// told that there is one. The name that was on its way does not go a second time.
func TestWhatIsTakenBackInPartLeavesAReference(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadMinimised)
		made := w.refer(t)
		w.fails(func(m outbound.Message) {
			less := caseworktest.Grant("harbour")
			less.Decision, less.Categories, less.Purposes = consent.Withdraw, nil, []string{"referral_coordination"}
			if _, err := w.Desk.Consent(t.Context(), caseworktest.Referrer, w.key(), made.Referral, less); err != nil {
				t.Fatal(err)
			}
			if m.Still(t.Context()) {
				t.Error("what was written before may still be sent")
			}
		})
		w.pass(t, time.Minute)
		submitted := slices.DeleteFunc(slices.Clone(w.sent), func(m sent) bool { return !strings.Contains(m.Body, "submitted") })
		if n := len(submitted); n != 2 || !strings.Contains(submitted[0].Body, "Quillfeather") || strings.Contains(submitted[1].Body, "fields") {
			t.Errorf("sent: %v; %s", submitted, w.deliveries(t))
		}
		trail, err := w.Store.Trail(t.Context(), store.Look{By: audit.Actor{Subject: "u-auditor"}, Referral: made.Referral}, 0, store.LongestPage)
		if err != nil {
			t.Fatal(err)
		}
		again := slices.IndexFunc(trail, func(e audit.Entry) bool { return e.What == audit.Sent && e.Attempt == 2 })
		if again < 0 || !slices.Equal(trail[again].Decision.Fields, []string{"referral_id"}) {
			t.Errorf("the log says of the second attempt: %+v", trail[max(again, 0)])
		}
	})
}
