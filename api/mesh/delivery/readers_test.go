package delivery_test

import (
	"strings"
	"testing"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/crds/v1alpha1"
)

// Beacon was never asked, and read the referral in an emergency: it holds what it was shown, and is told by reference alone when the
// person takes back what they agreed to, and when the referral is withdrawn. Whoever was shown nothing is told nothing.
func TestWhoReadInAnEmergencyIsToldThatSharingHasChanged(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		for _, partner := range []string{"harbour", "beacon", "council"} {
			w.endpoint(partner, "https://"+partner+".example.org/events", v1alpha1.PayloadMinimised)
		}
		made := w.refer(t)
		reads := func(c identity.Caller, role identity.CareRole) {
			cuts, err := w.Desk.Cutter.Cut(t.Context(), caseworktest.Asks(c, role, disclosure.DirectCare), []record.Field{record.Phone}, made.Referral)
			if err != nil {
				t.Fatal(err)
			}
			if opened := cuts[0].Permits(record.Phone); opened != (c.Partner == "beacon") {
				t.Fatalf("%s sees it: %t", c.Partner, opened)
			}
		}
		inEmergency := caseworktest.Asks(caseworktest.Competitor, identity.Clinician, disclosure.DirectCare)
		_, err := w.Desk.BreakGlass(t.Context(), inEmergency, w.key(), made.Referral, casework.LifeAtRisk, "found collapsed, and nobody knows what was taken")
		if err != nil {
			t.Fatal(err)
		}
		reads(caseworktest.Competitor, identity.Clinician)
		council := caseworktest.Commissioner
		council.Roles, council.Care = identity.RolesOf(identity.Provider), identity.CareRolesOf(identity.Clinician)
		reads(council, identity.Clinician)
		w.withdraw(t, made.Referral)
		w.pass(t, 0)
		w.does(t, made, referral.Withdraw{Reason: referral.WithdrawOther})
		w.pass(t, 0)
		var told []string
		for _, m := range w.sent {
			if strings.Contains(m.To, "council") {
				t.Errorf("who was shown nothing is told %s", m.Body)
			}
			if !strings.Contains(m.To, "beacon") {
				continue
			}
			for _, kind := range []string{"sharing_changed", "withdrawn"} {
				if strings.Contains(m.Body, `"type":"scot.lifeline.referral.`+kind) {
					told = append(told, kind)
				}
			}
			if strings.Contains(m.Body, "fields") {
				t.Errorf("it is told more than that: %s", m.Body)
			}
		}
		if strings.Join(told, " ") != "sharing_changed withdrawn" {
			t.Errorf("beacon is told %q; %s", told, w.deliveries(t))
		}
	})
}
