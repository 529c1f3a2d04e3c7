package casework_test

import (
	"strings"
	"testing"

	. "lifeline.scot/api/casework/caseworktest" //nolint:revive // the names of those who take part read like a story
	"lifeline.scot/api/consent"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/policies"
)

// What a stricter rule denies is refused with its reason, and nothing of it is done. What the person takes back is written down
// even so.
func TestAStricterRuleRefusesWhatPeopleDo(t *testing.T) {
	o := open(t)
	about := o.submit()
	engine, err := o.Rules.Engine().WithNarrowing(t.Context(), policies.Bundle{"local.rego": []byte(`package lifeline.narrowing_actions

deny contains "no_redirects_by_target" if {
	input.what == "referral.Redirect"
	"target" in input.stands
}

deny contains "nothing_is_refused" if input.what == "sharing.Refuse"
`)})
	if err != nil {
		t.Fatal(err)
	}
	o.Desk.Rights = engine
	_, err = o.Desk.Do(t.Context(), Provider, o.key(), about, referral.Redirect{Target: "beacon"}, "")
	if codeOf(err) != refusal.Forbidden || !strings.Contains(err.Error(), "no_redirects_by_target") {
		t.Errorf("got %v", err)
	}
	if state, err := o.Store.State(t.Context(), about.Referral); err != nil || state.Target != "harbour" || state.Version != about.Version {
		t.Errorf("it was done: %+v %v", state, err)
	}
	withdrawn := Grant("harbour")
	withdrawn.Decision, withdrawn.Categories, withdrawn.At = consent.Withdraw, nil, Noon()
	if _, err := o.Desk.Consent(t.Context(), Provider, o.key(), about.Referral, withdrawn); err != nil {
		t.Errorf("a withdrawal is refused: %v", err)
	}
	o.do(Provider, &about, referral.Acknowledge{}, "")
	if _, err := o.Desk.Do(t.Context(), Competitor, o.key(), about, referral.Redirect{Target: "beacon"}, ""); codeOf(err) != refusal.NotFound {
		t.Errorf("whoever has no part in it learns of it: %v", err)
	}
}
