package access

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

func glasgow() facts {
	f := facts{&v1alpha1.Partnership{ObjectMeta: metav1.ObjectMeta{Name: "glasgow"}}, "adp-glasgow", map[string]provider{}}
	f.partnership.Spec.Administrators = []v1alpha1.Account{{Kind: v1alpha1.AccountGroup, Name: "admins"}}
	return f
}

func clerk() *v1alpha1.Partner {
	p := &v1alpha1.Partner{}
	p.Spec.Accounts = []v1alpha1.Account{{Kind: v1alpha1.AccountUser, Name: "clerk"}}
	return p
}

func TestWhoIsLetIn(t *testing.T) {
	suspended, nobody := clerk(), &v1alpha1.Partner{}
	suspended.Spec.Participation = v1alpha1.ParticipationSuspended
	f := glasgow()
	f.providers = map[string]provider{
		"phoenix": {partner: clerk(), pools: []string{"b", "a"}}, "paused": {partner: suspended, pools: []string{"c"}},
		"accountless": {partner: nobody, pools: []string{"d"}},
	}
	got := decide(f)
	bound := slices.Sorted(maps.Keys(got.bindings))
	if diff := cmp.Diff([]string{"adp-admin", "provider-phoenix"}, bound); diff != "" {
		t.Errorf("role bindings:\n%s", diff)
	}
	if subject := got.bindings["adp-admin"].Subjects[0]; subject.Kind != rbacv1.GroupKind || subject.Name != "admins" {
		t.Errorf("administrators: %+v", subject)
	}
	if len(got.roles) != 4 {
		t.Errorf("%d roles, want one for administrators and one for each provider", len(got.roles))
	}
	for name, binding := range got.bindings {
		if binding.RoleRef.Kind != "Role" || binding.RoleRef.Name != name || binding.Labels[v1alpha1.PartnershipLabel] != "glasgow" {
			t.Errorf("%s: %+v", name, binding)
		}
	}
}

// A provider's role names its pools, in one order whatever order they were found in, and gives the verb on no others.
func TestAProviderReportsOnItsOwnPoolsOnly(t *testing.T) {
	f := glasgow()
	f.providers["phoenix"] = provider{partner: clerk(), pools: []string{"b", "a"}}
	for _, rule := range decide(f).roles["provider-phoenix"].Rules {
		if slices.Contains(rule.Verbs, v1alpha1.VerbReport) && !slices.Equal(rule.ResourceNames, []string{"a", "b"}) {
			t.Errorf("may report on %v", rule.ResourceNames)
		}
		if slices.Contains(rule.Verbs, v1alpha1.VerbReportAs) && !slices.Equal(rule.ResourceNames, []string{"phoenix"}) {
			t.Errorf("may report as %v", rule.ResourceNames)
		}
		for _, verb := range []string{"update", "delete", "*"} {
			if slices.Contains(rule.Verbs, verb) {
				t.Errorf("a provider may %s %v", verb, rule.Resources)
			}
		}
	}
}

// Without wildcards, and without a word about roles, secrets or statuses.
func TestNobodyIsGivenMoreThanTheyNeed(t *testing.T) {
	for _, rule := range slices.Concat(adminRules(), providerRules("phoenix", provider{pools: []string{"a"}, claims: []string{"c"}})) {
		for _, resource := range rule.Resources {
			named := resource == "partners" && slices.Equal(rule.Verbs, []string{v1alpha1.VerbReportAs}) && len(rule.ResourceNames) == 1
			if !named && !slices.Contains([]string{"supportservices", "capacitypools", "capacityreports", "placements", "placementfunds", "unmetneeds", "datasharingagreements", "pathways", "events"}, resource) {
				t.Errorf("grants %v on %s", rule.Verbs, resource)
			}
		}
		if slices.Contains(rule.APIGroups, "*") || slices.Contains(rule.Verbs, "*") {
			t.Errorf("a wildcard: %+v", rule)
		}
	}
}

// Funding and acceptance are given by two bodies: nobody is let to give both by one role.
func TestNobodyGivesBothApprovals(t *testing.T) {
	both := []string{v1alpha1.VerbApproveFunding, v1alpha1.VerbAdmit}
	for name, rules := range map[string][]rbacv1.PolicyRule{
		"administrators": adminRules(), "a provider": providerRules("phoenix", provider{pools: []string{"a"}, claims: []string{"c"}}),
	} {
		var may []string
		for _, rule := range rules {
			for _, verb := range both {
				if slices.Contains(rule.Verbs, verb) {
					may = append(may, verb)
				}
			}
		}
		if len(may) != 1 {
			t.Errorf("%s: %v", name, may)
		}
	}
}

// Without pools of its own, or claims it holds a place for, a rule would name nothing, and so be about everything.
func TestARoleNeverNamesNothing(t *testing.T) {
	for _, p := range []provider{{}, {pools: []string{"a"}}, {claims: []string{"c"}}, {pools: []string{"a"}, claims: []string{"c"}}} {
		for _, rule := range providerRules("phoenix", p) {
			sensitive := slices.Contains(rule.Resources, "placements") || slices.Contains(rule.Verbs, v1alpha1.VerbAdmit) ||
				slices.Contains(rule.Verbs, v1alpha1.VerbReport)
			if sensitive && len(rule.ResourceNames) == 0 {
				t.Errorf("%+v gives %+v", p, rule)
			}
		}
	}
}

// An agreement is between organisations: whoever looks after the ADP reads it, and platform admins alone write it.
func TestAnADPReadsItsAgreementsAndWritesNone(t *testing.T) {
	reads := false
	for _, rule := range slices.Concat(adminRules(), providerRules("phoenix", provider{pools: []string{"a"}, claims: []string{"c"}})) {
		if !slices.Contains(rule.Resources, "datasharingagreements") {
			continue
		}
		reads = true
		if diff := cmp.Diff([]string{"get", "list", "watch"}, rule.Verbs); diff != "" {
			t.Errorf("may %v agreements:\n%s", rule.Verbs, diff)
		}
	}
	if !reads {
		t.Error("administrators cannot read agreements")
	}
}
