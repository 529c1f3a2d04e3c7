package rights_test

import (
	"slices"
	"testing"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/rights"
	"lifeline.scot/policies"
)

// The rules know the roles by the names they have here, and sets of them have the same bits.
func TestTheRulesKnowTheRoles(t *testing.T) {
	for set := range identity.RolesOf(identity.AllRoles()...) + 1 {
		var want []string
		for _, role := range set.List() {
			want = append(want, string(role))
		}
		if got := rights.Of(identity.Caller{Roles: set}, "x", 0).Roles.Names(); !slices.Equal(got, want) {
			t.Errorf("%v are %v for the rules", want, got)
		}
	}
}

func TestWhatIsStatedOfACaller(t *testing.T) {
	got := rights.Of(identity.Caller{Partner: "harbour", SecondFactor: true}, "claim", policies.RunsPool)
	if want := (policies.Question{What: "claim", Stands: policies.RunsPool, SignedIn: true, SecondFactor: true}); got != want {
		t.Errorf("%+v", got)
	}
	if got := rights.Of(identity.Caller{}, "claim", 0); got != (policies.Question{What: "claim"}) {
		t.Errorf("the public: %+v", got)
	}
}

// What belongs to nobody is nobody's, also not of callers who work for nobody.
func TestWhereCallersStand(t *testing.T) {
	for _, tc := range []struct {
		c              identity.Caller
		adp, partner   string
		forADP, within policies.Stands
	}{
		{identity.Caller{Partnership: "moray", Partner: "harbour"}, "moray", "harbour", policies.ForADP, policies.AtTarget},
		{identity.Caller{Partnership: "moray", Partner: "harbour"}, "fife", "quay", 0, 0},
		{identity.Caller{Partnership: "moray", Partner: "harbour"}, "", "", 0, 0},
		{identity.Caller{}, "", "", policies.WithoutADP, 0},
		{identity.Caller{}, "moray", "harbour", policies.WithoutADP, 0},
	} {
		if got := rights.ForADP(tc.c, tc.adp); got != tc.forADP {
			t.Errorf("%+v to %q: %v", tc.c, tc.adp, got.Names())
		}
		if got := rights.At(tc.c, tc.partner, policies.AtTarget); got != tc.within {
			t.Errorf("%+v to %q: %v", tc.c, tc.partner, got.Names())
		}
	}
}
