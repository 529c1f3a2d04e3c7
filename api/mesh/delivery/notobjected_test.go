package delivery_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

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
					agreement := caseworktest.Agreement("council", "harbour")
					agreement.Purposes = []string{"nfo_response"}
					w.Rules.Agree("council-harbour", agreement)
				}
				w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadMinimised)
				s := caseworktest.Submission()
				s.Consents, s.Circumstances = nil, referral.Circumstances{Capability: referral.Capable, Informed: tc.informed}
				s.Told.Details.OverdoseAt = caseworktest.Noon().Add(-3 * time.Hour)
				council := caseworktest.Referrer
				council.Partner = "council"
				made, err := w.Desk.Submit(t.Context(), council, w.key(), s)
				if err != nil {
					t.Fatal(err)
				}
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
