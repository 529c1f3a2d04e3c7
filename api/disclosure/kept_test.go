package disclosure

import (
	"slices"
	"testing"
	"time"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

// Whoever keeps a copy is not told which fields were told anew after it, though it may see those fields as they were.
func TestAKeptCopyDoesNotTellWhatChangedAfterIt(t *testing.T) {
	cut := Cut{there: true, snapshot: 3, decision: policies.Decision{Effect: policies.Allow, Fields: []string{string(record.Phone)}}}
	amended := func(version int64) []string {
		change, ok := cut.event(referral.Event{Version: version, Change: referral.Amend{Fields: []string{"phone", "email"}}}).Change.(referral.Amend)
		if !ok {
			t.Fatal("it is no amendment any more")
		}
		return change.Fields
	}
	if got := amended(3); !slices.Equal(got, []string{"phone"}) {
		t.Errorf("of its own time it is told %v", got)
	}
	if got := amended(4); len(got) > 0 {
		t.Errorf("of later it is told %v", got)
	}
}

// A partner with a part in a referral that may see nothing of it is told what was said about its own part, and not who spoke for
// the person or for what.
func TestWithoutAPermitOfConsentsOnlyTheirTimesAreTold(t *testing.T) {
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	said := consent.Event{
		Decision: consent.Grant, By: consent.Proxy, At: at, ExpiresAt: at.Add(time.Hour), Purposes: []string{"direct_care"},
		Recipients: []string{"harbour", "beacon"}, Categories: []record.Category{record.Need}, ProxyAuthority: true,
	}
	cut := Cut{
		there: true, asked: []record.Field{Consents}, asking: Asking{Caller: identity.Caller{Partner: "harbour"}},
		dossier: store.Dossier{Consents: []consent.Event{said}}, toldOfSharing: true,
	}
	for effect, by := range map[string]consent.Speaker{policies.Deny: "", policies.Allow: consent.Proxy} {
		cut.decision = policies.Decision{Effect: effect}
		if effect == policies.Allow {
			cut.decision.Beside = []string{string(consentsOfPartner)}
		}
		told, err := cut.Consents()
		if err != nil || len(told) != 1 {
			t.Fatalf("%s: %v %v", effect, told, err)
		}
		e := told[0]
		if e.Decision != consent.Grant || !e.At.Equal(at) || !e.ExpiresAt.Equal(at.Add(time.Hour)) || !slices.Equal(e.Recipients, []string{"harbour"}) {
			t.Errorf("%s: what concerns it is not told: %+v", effect, e)
		}
		if e.By != by || (len(e.Purposes)+len(e.Categories) > 0 || e.ProxyAuthority) != (effect == policies.Allow) {
			t.Errorf("%s: told of %q, for %v and %v", effect, e.By, e.Purposes, e.Categories)
		}
	}
	for name, cut := range map[string]Cut{
		"whom a permit does not release it to": {there: true, toldOfSharing: true, decision: policies.Decision{Effect: policies.Allow}},
		"who is not to learn of it":            {there: true},
	} {
		cut.asked, cut.asking, cut.dossier = []record.Field{Consents}, Asking{Caller: identity.Caller{Partner: "harbour"}}, store.Dossier{Consents: []consent.Event{said}}
		if told, err := cut.Consents(); err != nil || len(told) > 0 {
			t.Errorf("%s: %v %v", name, told, err)
		}
	}
}

// The steps of a pathway, and what came of them, are for those alone who may see which pathway it is.
func TestStepsAreShownToThoseWhoMaySeeThePathway(t *testing.T) {
	cut := Cut{there: true, decision: policies.Decision{Effect: policies.Allow, Fields: []string{string(record.Status)}}}
	cut.dossier.State.Steps = []referral.Step{
		{PlannedStep: referral.PlannedStep{Task: v1alpha1.TaskAnswer}}, {PlannedStep: referral.PlannedStep{Task: v1alpha1.TaskContact}},
	}
	settled := referral.Event{Version: 2, Change: referral.SettleStep{Task: v1alpha1.TaskContact, Outcome: referral.StepDone}}
	sees := func() bool {
		state, _ := cut.Standing()
		steps := slices.ContainsFunc(state.Steps, func(s referral.Step) bool { return s.Task == v1alpha1.TaskContact })
		if story := cut.event(settled).Change == settled.Change; story != steps {
			t.Errorf("in the standing: %t, in the story: %t", steps, story)
		}
		return steps
	}
	if sees() {
		t.Error("it is seen by those who may see how the referral stands alone")
	}
	cut.decision.Beside = []string{string(Along)}
	if !sees() {
		t.Error("it is not seen by those to whom it is released")
	}
}
