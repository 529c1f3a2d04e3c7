package placement_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/rights/rightstest"
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
		{"its ADP's referrer", identity.Caller{Roles: identity.RolesOf(identity.Referrer), Partnership: "moray"}, "rc", "rc", "rc", "q"},
		{"its ADP's commissioner", identity.Caller{Roles: identity.RolesOf(identity.Commissioner), Partnership: "moray"}, "rcpf", "rcpf", "rcpf", "q"},
		{"its ADP's data lead", identity.Caller{Roles: identity.RolesOf(identity.DataLead), Partnership: "moray"}, "r", "r", "r", "q"},
		{"another ADP's referrer", identity.Caller{Roles: identity.RolesOf(identity.Referrer), Partnership: "fife"}, "", "", "", ""},
		{"another ADP's commissioner", identity.Caller{Roles: identity.RolesOf(identity.Commissioner), Partnership: "fife"}, "", "", "", ""},
		{"another ADP's data lead", identity.Caller{Roles: identity.RolesOf(identity.DataLead), Partnership: "fife"}, "", "", "", ""},
		{"the provider that holds a place", identity.Caller{Roles: identity.RolesOf(identity.Provider), Partner: "harbour"}, "ra", "", "", "qn"},
		{"another provider", identity.Caller{Roles: identity.RolesOf(identity.Provider), Partner: "quay"}, "", "", "", ""},
		{"a provider named as the ADP", identity.Caller{Roles: identity.RolesOf(identity.Provider), Partner: "moray"}, "", "", "", ""},
		{"a referrer of no ADP", identity.Caller{Roles: identity.RolesOf(identity.Referrer)}, "", "", "", ""},
		{"a provider of no organisation", identity.Caller{Roles: identity.RolesOf(identity.Provider)}, "", "", "", ""},
		{"an auditor of both", identity.Caller{Roles: identity.RolesOf(identity.Auditor), Partnership: "moray", Partner: "harbour"}, "", "", "", ""},
		{"a platform admin of both", identity.Caller{Roles: identity.RolesOf(identity.PlatformAdmin), Partnership: "moray", Partner: "harbour"}, "", "", "", ""},
		{"somebody of both without a role", identity.Caller{Partnership: "moray", Partner: "harbour"}, "", "", "", ""},
		{
			"a referrer who is a provider too", identity.Caller{
				Roles: identity.RolesOf(identity.Referrer, identity.Provider), Partnership: "moray", Partner: "harbour",
			}, "rca", "rc", "rc", "qn",
		},
		{"an unheard-of role", identity.Caller{Roles: identity.RolesOf("Admin"), Partnership: "moray", Partner: "harbour"}, "", "", "", ""},
	} {
		t.Run(tc.who, func(t *testing.T) {
			held, waits := claimOf("moray", "c-held"), claimOf("moray", "c-waits")
			hold(held, "harbour", 1)
			pool := poolOf("fife", "beds", "harbour", 1)
			claimable := tc.c.Partnership == "moray"
			rights := placement.RightsBy(rightstest.Rules())
			if got := mayAbout(tc.c, held); got != tc.claim {
				t.Errorf("about a claim that a place is held for: %q, want %q", got, tc.claim)
			}
			if got := mayAbout(tc.c, waits); got != tc.waits {
				t.Errorf("about a claim that waits: %q, want %q", got, tc.waits)
			}
			if got := letters(
				rights.MaySeeOf(t.Context(), tc.c, placement.SightClaim, "moray"),
				func(a placement.Action) bool { return rights.MayFor(t.Context(), tc.c, a, "moray") },
			); got != tc.adp {
				t.Errorf("about claims of the ADP: %q, want %q", got, tc.adp)
			}
			got := ""
			if rights.MaySeeQueue(t.Context(), tc.c, pool, claimable) {
				got += "q"
			}
			if rights.MayCount(t.Context(), tc.c, pool) {
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
	rights := placement.RightsBy(rightstest.Rules())
	claim := claimOf("moray", "c-x")
	claim.Namespace = "default"
	hold(claim, "", 1)
	pool := poolOf("fife", "beds", "", 1)
	for _, c := range []identity.Caller{
		{}, {Roles: identity.RolesOf(identity.Referrer)}, {Roles: identity.RolesOf(identity.Commissioner)}, {Roles: identity.RolesOf(identity.DataLead)}, {Roles: identity.RolesOf(identity.Provider)},
	} {
		if got := mayAbout(c, claim); got != "" {
			t.Errorf("%+v: %q", c, got)
		}
		if rights.MayCount(t.Context(), c, pool) || rights.MaySeeQueue(t.Context(), c, pool, true) {
			t.Errorf("%+v may count or see the queue", c)
		}
	}
	if rights.May(t.Context(), referrer, "delete", claimOf("moray", "c-y")) || rights.MayFor(t.Context(), referrer, "delete", "moray") {
		t.Error("an action that there is not is allowed")
	}
	if none := (placement.Rights{}); none.MaySee(t.Context(), referrer, claimOf("moray", "c-y")) || none.MayFor(t.Context(), referrer, placement.ActionClaim, "moray") {
		t.Error("without rules something is allowed")
	}
}

func mayAbout(c identity.Caller, claim *v1alpha1.Placement) string {
	rights := placement.RightsBy(rightstest.Rules())
	return letters(rights.MaySee(context.Background(), c, claim), func(a placement.Action) bool {
		return rights.May(context.Background(), c, a, claim)
	})
}

func letters(sees bool, may func(placement.Action) bool) string {
	var b strings.Builder
	if sees {
		b.WriteString("r")
	}
	for _, x := range []struct {
		action placement.Action
		letter string
	}{
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

// Before the rules were in Rego they were in Go, and what they said then of every caller is in testdata. They say the same now.
func TestTheRulesSayWhatTheySaidBefore(t *testing.T) {
	before := rightstest.ReadBefore(t, "testdata/may_before.txt")
	held, waits, taking := claimOf("moray", "c-held"), claimOf("moray", "c-waits"), claimOf("moray", "c-taking")
	hold(held, "harbour", 1)
	hold(taking, "harbour", 1)
	taking.Status.Binding.State = v1alpha1.BindingTaking
	pool := poolOf("fife", "beds", "harbour", 1)
	rights := placement.RightsBy(rightstest.Rules())
	for c := range rightstest.Callers([]string{"", "harbour", "quay", "moray"}, []string{"", "moray", "fife", "harbour"}) {
		now := map[string]bool{
			"read/adp":        rights.MaySeeOf(t.Context(), c, placement.SightClaim, "moray"),
			"queue/claimable": rights.MaySeeQueue(t.Context(), c, pool, true), "queue/not-claimable": rights.MaySeeQueue(t.Context(), c, pool, false),
			"count": rights.MayCount(t.Context(), c, pool),
		}
		for name, claim := range map[string]*v1alpha1.Placement{"held": held, "waits": waits, "taking": taking} {
			now["read/"+name] = rights.MaySee(t.Context(), c, claim)
		}
		for name, a := range map[string]placement.Action{
			"claim": placement.ActionClaim, "prioritise": placement.ActionPrioritise, "approvefunding": placement.ActionApproveFunding,
			"admit": placement.ActionAdmit,
		} {
			now[name+"/adp"] = rights.MayFor(t.Context(), c, a, "moray")
			now[name+"/held"] = rights.May(t.Context(), c, a, held)
			now[name+"/waits"] = rights.May(t.Context(), c, a, waits)
			now[name+"/taking"] = rights.May(t.Context(), c, a, taking)
		}
		if then := before.Of(c); !maps.Equal(now, then) {
			t.Errorf("%s: now %v, before %v", rightstest.Describe(c), now, then)
		}
		// What an ADP can pay for, its unmet need and where a claim would queue went by who may read claims in general, and who may count.
		for _, s := range []placement.Sight{placement.SightFund, placement.SightUnmetNeed, placement.SightQueuePosition} {
			if rights.MaySeeOf(t.Context(), c, s, "moray") != before.Of(c)["read/adp"] {
				t.Errorf("%s sees %s otherwise than before", rightstest.Describe(c), s)
			}
		}
		if rights.MaySeePosition(t.Context(), c, pool) != before.Of(c)["count"] {
			t.Errorf("%s sees positions in the queue otherwise than before", rightstest.Describe(c))
		}
	}
}

// A list of claims asks for each: that has to cost next to nothing.
func BenchmarkMaySee(b *testing.B) {
	rights, claim := placement.RightsBy(rightstest.Rules()), claimOf("moray", "c-1")
	b.ReportAllocs()
	for b.Loop() {
		if !rights.MaySee(b.Context(), referrer, claim) {
			b.Fatal("a referrer does not see a claim of their ADP")
		}
	}
}
