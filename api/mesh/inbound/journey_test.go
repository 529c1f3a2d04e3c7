package inbound

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

// A partner that only sends events takes a referral the whole way: each is carried out once, however often it is sent, and the
// record says that its software did it.
func TestAPartnerAnswersByEventsFromTheReferralToTheEndOfTheStay(t *testing.T) {
	o := open(t)
	id := o.held("harbour")
	read := o.state(id).Version
	arrived := o.Clock.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	for _, step := range []struct {
		typ, data string
		status    referral.Status
	}{
		{"place.accepted", version(read), referral.PlacementHeld},
		{"referral.admitted", version(read), referral.Admitted},
		{"referral.completed", `{"version":` + string(rune('0'+read+1)) + `,"outcome":"AS_PLANNED"}`, referral.Completed},
	} {
		e := o.event("harbour", step.typ, id, step.data)
		if step.typ == "referral.admitted" {
			e.body = e.body[:len(e.body)-1] + `,"time":"` + arrived + `"}`
		}
		for try, want := range []Outcome{OutcomeDone, OutcomeReplayed, OutcomeReplayed} {
			if a := o.send(e); a.status != http.StatusOK || a.code() != want || a.Referral != id {
				t.Fatalf("%s, time %d: %d %s", step.typ, try+1, a.status, a.text)
			}
			o.round()
		}
		if s := o.state(id); s.Status != step.status {
			t.Fatalf("after %s it is %s", step.typ, s.Status)
		}
	}
	claim, err := o.claims.Placement(t.Context(), placement.Name{Namespace: "adp-moray", Name: referral.ClaimName(id, 4)})
	if err != nil {
		t.Fatal(err)
	}
	if claim.Spec.Acceptance.Attempt != 1 || claim.Spec.Admission.Time.UTC().Format(time.RFC3339) != arrived ||
		claim.Spec.Discharge.Reason != v1alpha1.DischargeCompleted {
		t.Errorf("the claim says %+v %+v %+v", claim.Spec.Acceptance, claim.Spec.Admission, claim.Spec.Discharge)
	}
	if s := o.state(id); s.Outcome != referral.OutcomeAsPlanned {
		t.Errorf("it ended %s", s.Outcome)
	}
	o.saidBy(id, "Acknowledge", "Accept")
}

// saidBy fails unless the software of harbour did what the audit log says, each once.
func (o *office) saidBy(id string, deeds ...string) {
	o.t.Helper()
	page, err := o.Store.Trail(o.t.Context(), store.Look{By: audit.Actor{Subject: "u-test"}, Referral: id}, 0, 100)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, deed := range deeds {
		n := 0
		for _, e := range page {
			if e.What == audit.Changed && e.Detail == deed && e.By.Partner == "harbour" && e.By.Subject == subject {
				n++
			}
		}
		if n != 1 {
			o.t.Errorf("%q is %d times in the audit log", deed, n)
		}
	}
}

func TestSupportWithoutAPlace(t *testing.T) {
	o := open(t)
	id := o.submitted()
	for i, step := range []struct {
		typ, more string
		status    referral.Status
	}{
		{"referral.acknowledged", "", referral.Acknowledged},
		{"referral.accepted", "", referral.Accepted},
		{"referral.support_started", "", referral.InSupport},
		{"referral.completed", `,"outcome":"LEFT_BEFORE_PLANNED_END"`, referral.Completed},
	} {
		e := o.event("harbour", step.typ, id, `{"version":`+string(rune('1'+i))+step.more+`}`)
		for try, want := range []Outcome{OutcomeDone, OutcomeReplayed} {
			a := o.send(e)
			if a.status != http.StatusOK || a.code() != want || a.Version != int64(i+2) {
				t.Fatalf("%s, time %d: %d %s", step.typ, try+1, a.status, a.text)
			}
		}
		if s := o.state(id); s.Status != step.status || s.Version != int64(i+2) {
			t.Fatalf("after %s it is %s, version %d", step.typ, s.Status, s.Version)
		}
	}
	if s := o.state(id); s.Outcome != referral.OutcomeEarlier {
		t.Errorf("it ended %s", s.Outcome)
	}
}

func TestAPartnerThatCannotOfferIt(t *testing.T) {
	o := open(t)
	id := o.submitted()
	o.says("harbour", "referral.acknowledged", id, version(1))
	a := o.says("harbour", "referral.cannot_offer", id, `{"version":2,"reason":"ASSESSMENT_NEEDED","possible":"AFTER_ASSESSMENT"}`)
	s := o.state(id)
	if a.status != http.StatusOK || s.Status != referral.CannotBeOffered || s.Refusal == nil ||
		*s.Refusal != (referral.CannotOffer{Reason: referral.CannotOfferAssessment, Possible: referral.PossibleAssessed}) {
		t.Errorf("%s: %s %+v", a.text, s.Status, s.Refusal)
	}
	held := o.held("harbour")
	a = o.says("harbour", "place.cannot_offer", held, `{"version":`+string(rune('0'+o.state(held).Version))+`,"reason":"NO_PLACE_AFTER_ALL"}`)
	claim, err := o.claims.Placement(t.Context(), o.claimOf(held))
	if err != nil || a.status != http.StatusOK || claim.Spec.Acceptance == nil ||
		claim.Spec.Acceptance.Reason != v1alpha1.CannotOfferNoPlace || claim.Spec.Acceptance.Attempt != 1 {
		t.Errorf("%s: %+v, %v", a.text, claim.Spec.Acceptance, err)
	}
}

func TestAPartnerCounts(t *testing.T) {
	o := open(t)
	e := o.event("harbour", "capacity.counted", "moray/beds", `{"staffed":11,"occupied":8,"held":1}`)
	for try, want := range []Outcome{OutcomeDone, OutcomeReplayed} {
		if a := o.send(e); a.status != http.StatusOK || a.code() != want {
			t.Fatalf("time %d: %s", try+1, a.text)
		}
	}
	reports := o.claims.Reports()
	if len(reports) != 1 {
		t.Fatalf("there are %d counts", len(reports))
	}
	is := reports[0].Spec
	if *is.Staffed != 11 || *is.Occupied != 8 || *is.Held != 1 || is.ReportedBy.Name != "harbour" || is.PoolRef.Name != "beds" {
		t.Errorf("it says %+v", is)
	}
	for what, subject := range map[string]string{
		"a pool of another": "moray/rooms", "no pool": "moray/nothing", "a pool elsewhere": "fife/beds",
	} {
		if a := o.says("harbour", "capacity.counted", subject, `{"staffed":1,"occupied":1}`); a.status != http.StatusForbidden &&
			a.status != http.StatusNotFound {
			t.Errorf("%s: %s", what, a.text)
		}
	}
}

// All types are in the README of whoever sends them, and each is one that partners can be told of or one of this package.
func TestWhatCanBeSent(t *testing.T) {
	var names []string
	for _, typ := range Types() {
		names = append(names, string(typ))
	}
	want := []string{
		"scot.lifeline.capacity.counted", "scot.lifeline.place.accepted", "scot.lifeline.place.cannot_offer",
		"scot.lifeline.referral.accepted", "scot.lifeline.referral.acknowledged", "scot.lifeline.referral.admitted",
		"scot.lifeline.referral.cannot_offer", "scot.lifeline.referral.completed", "scot.lifeline.referral.support_started",
	}
	if !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
}

// How a stay ended is told of the place, and the referral follows: it comes to what was said.
func TestAnOutcomeIsTheSameOfThePlaceAndOfTheReferral(t *testing.T) {
	for written, code := range outcomes {
		o := open(t)
		id := o.held("harbour")
		read := string(rune('0' + o.state(id).Version))
		next := string(rune('0' + o.state(id).Version + 1))
		o.says("harbour", "place.accepted", id, `{"version":`+read+`}`)
		o.says("harbour", "referral.admitted", id, `{"version":`+read+`}`)
		o.round()
		a := o.says("harbour", "referral.completed", id, `{"version":`+next+`,"outcome":"`+written+`"}`)
		o.round()
		if s := o.state(id); string(s.Outcome) != code || s.Status != referral.Completed {
			t.Errorf("%s: %s, and it ended %q", written, a.text, s.Outcome)
		}
	}
}
