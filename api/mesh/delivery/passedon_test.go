package delivery_test

import (
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/pathway"
	"lifeline.scot/crds/v1alpha1"
)

// Nobody answers in time: who was asked is told that it is with another now, and who is asked next that it is with them, as far as the
// person agreed that they are told.
func TestWhoLostAReferralAndWhoHasItNowAreTold(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		for _, partner := range []string{"harbour", "beacon", "haven"} {
			w.endpoint(partner, "https://"+partner+".example.org/events", v1alpha1.PayloadMinimised)
		}
		s := caseworktest.Submission()
		s.Target, s.Consents = "", append(s.Consents, caseworktest.Grant("beacon"))
		s.Along = &casework.Along{Pathway: "overdose", Incident: caseworktest.Noon().Add(-time.Hour), Notice: caseworktest.Noon(), IncidentArea: caseworktest.MorayCouncil}
		if _, err := w.Desk.Submit(t.Context(), caseworktest.Referrer, w.key(), s); err != nil {
			t.Fatal(err)
		}
		w.pass(t, 4*time.Hour)
		keeper := pathway.Keeper{Referrals: w.Store, CanBeAsked: w.Desk.CanBeAsked, Clock: clocktesting.NewFakeClock(w.Clock.Now())}
		if _, err := keeper.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.pass(t, 0)
		told := map[string]string{}
		for _, m := range w.sent {
			if strings.Contains(m.Body, "passed_on") {
				told[strings.TrimSuffix(strings.TrimPrefix(m.To, "https://"), ".example.org/events")] = m.Body
			}
		}
		if len(told) != 3 || strings.Contains(told["harbour"], "fields") || strings.Contains(told["harbour"], "beacon") {
			t.Errorf("told: %v; %s", told, w.deliveries(t))
		}
	})
}
