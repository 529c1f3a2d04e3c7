package placement_test

import (
	"strings"
	"testing"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	"lifeline.scot/crds/v1alpha1"
)

// Letters stand for what somebody may do: r(ead), c(laim), p(rioritise), f(unding), a(dmit), q(ueue), n(umbers).
func TestWhoMayDoWhat(t *testing.T) {
	for _, tc := range []struct {
		who   string
		c     identity.Caller
		claim string // about a claim of Moray that a place of "harbour" is held for
		waits string // about a claim of Moray that waits
		adp   string // about claims of Moray in general
		pool  string // about a pool of harbour that Moray may claim
	}{
		{"the public", identity.Caller{}, "", "", "", ""},
		{"its ADP's referrer", identity.Caller{Role: identity.Referrer, Partnership: "moray"}, "rc", "rc", "rc", "q"},
		{"its ADP's commissioner", identity.Caller{Role: identity.Commissioner, Partnership: "moray"}, "rcpf", "rcpf", "rcpf", "q"},
		{"its ADP's data lead", identity.Caller{Role: identity.DataLead, Partnership: "moray"}, "r", "r", "r", "q"},
		{"another ADP's referrer", identity.Caller{Role: identity.Referrer, Partnership: "fife"}, "", "", "", ""},
		{"another ADP's commissioner", identity.Caller{Role: identity.Commissioner, Partnership: "fife"}, "", "", "", ""},
		{"another ADP's data lead", identity.Caller{Role: identity.DataLead, Partnership: "fife"}, "", "", "", ""},
		{"the provider that holds a place", identity.Caller{Role: identity.Provider, Partner: "harbour"}, "ra", "", "", "qn"},
		{"another provider", identity.Caller{Role: identity.Provider, Partner: "quay"}, "", "", "", ""},
		{"a provider named as the ADP", identity.Caller{Role: identity.Provider, Partner: "moray"}, "", "", "", ""},
		{"a referrer of no ADP", identity.Caller{Role: identity.Referrer}, "", "", "", ""},
		{"a provider of no organisation", identity.Caller{Role: identity.Provider}, "", "", "", ""},
		{"an unheard-of role", identity.Caller{Role: "Admin", Partnership: "moray", Partner: "harbour"}, "", "", "", ""},
	} {
		t.Run(tc.who, func(t *testing.T) {
			held, waits := claimOf("moray", "c-held"), claimOf("moray", "c-waits")
			hold(held, "harbour", 1)
			pool := poolOf("fife", "beds", "harbour", 1)
			claimable := tc.c.Partnership == "moray"
			if got := mayAbout(tc.c, held); got != tc.claim {
				t.Errorf("about a claim that a place is held for: %q, want %q", got, tc.claim)
			}
			if got := mayAbout(tc.c, waits); got != tc.waits {
				t.Errorf("about a claim that waits: %q, want %q", got, tc.waits)
			}
			if got := letters(func(a placement.Action) bool { return placement.MayFor(tc.c, a, "moray") }); got != tc.adp {
				t.Errorf("about claims of the ADP: %q, want %q", got, tc.adp)
			}
			got := ""
			if placement.MaySeeQueue(tc.c, pool, claimable) {
				got += "q"
			}
			if placement.MayCount(tc.c, pool) {
				got += "n"
			}
			if got != tc.pool {
				t.Errorf("about the pool: %q, want %q", got, tc.pool)
			}
		})
	}
}

// What belongs to nobody is nobody's, also not of callers who work for nobody.
func TestNobodysThingsAreForNobody(t *testing.T) {
	claim := claimOf("moray", "c-x")
	claim.Namespace = "default"
	hold(claim, "", 1)
	pool := poolOf("fife", "beds", "", 1)
	for _, c := range []identity.Caller{
		{}, {Role: identity.Referrer}, {Role: identity.Commissioner}, {Role: identity.DataLead}, {Role: identity.Provider},
	} {
		if got := mayAbout(c, claim); got != "" {
			t.Errorf("%+v: %q", c, got)
		}
		if placement.MayCount(c, pool) || placement.MaySeeQueue(c, pool, true) {
			t.Errorf("%+v may count or see the queue", c)
		}
	}
	if placement.May(referrer, "delete", claimOf("moray", "c-y")) || placement.MayFor(referrer, "delete", "moray") {
		t.Error("an action that there is not is allowed")
	}
}

func mayAbout(c identity.Caller, claim *v1alpha1.Placement) string {
	return letters(func(a placement.Action) bool { return placement.May(c, a, claim) })
}

func letters(may func(placement.Action) bool) string {
	var b strings.Builder
	for _, x := range []struct {
		action placement.Action
		letter string
	}{
		{placement.ActionRead, "r"},
		{placement.ActionClaim, "c"},
		{placement.ActionPrioritise, "p"},
		{placement.ActionApproveFunding, "f"},
		{placement.ActionAdmit, "a"},
	} {
		if may(x.action) {
			b.WriteString(x.letter)
		}
	}
	return b.String()
}
