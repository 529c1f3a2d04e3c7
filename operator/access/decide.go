package access

import (
	"fmt"
	"maps"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

const (
	// AdminRole is the Role, and the RoleBinding, of a Partnership's administrators in its namespace.
	AdminRole = "adp-admin"
	// ProviderRolePrefix starts the name of the Role, and the RoleBinding, of each provider: provider-<name of the Partner>.
	ProviderRolePrefix = "provider-"
)

// facts are what the access to a Partnership's namespace follows from.
type facts struct {
	partnership *v1alpha1.Partnership
	namespace   string
	// providers are the Partners with pools in the namespace, or with places held for claims in it.
	providers map[string]provider
}

type provider struct {
	partner *v1alpha1.Partner
	pools   []string
	// claims are the names of the Placements for which the Partner holds a place, wherever the place is.
	claims []string
}

// grants are the Roles and RoleBindings a namespace should have, by name.
type grants struct {
	roles    map[string]*rbacv1.Role
	bindings map[string]*rbacv1.RoleBinding
}

// decide returns who may do what in the Partnership's namespace.
func decide(f facts) grants {
	g := grants{map[string]*rbacv1.Role{}, map[string]*rbacv1.RoleBinding{}}
	labels := map[string]string{v1alpha1.PartnershipLabel: f.partnership.Name}
	g.add(f.namespace, AdminRole, labels, adminRules(), f.partnership.Spec.Administrators)
	for name, p := range f.providers {
		labels := maps.Clone(labels)
		labels[v1alpha1.PartnerLabel] = name
		accounts := p.partner.Spec.Accounts
		if p.partner.Spec.Participation == v1alpha1.ParticipationSuspended {
			accounts = nil
		}
		g.add(f.namespace, ProviderRolePrefix+name, labels, providerRules(name, p), accounts)
	}
	return g
}

// add wants a Role and, if there is anybody to let in, a RoleBinding.
func (g grants) add(
	namespace, name string, labels map[string]string, rules []rbacv1.PolicyRule, accounts []v1alpha1.Account,
) {
	about := metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels}
	g.roles[name] = &rbacv1.Role{ObjectMeta: about, Rules: rules}
	if len(accounts) == 0 {
		return
	}
	g.bindings[name] = &rbacv1.RoleBinding{
		ObjectMeta: *about.DeepCopy(),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
		Subjects:   subjects(accounts),
	}
}

// granted says whether everybody has the access they should; foreign names what of somebody else's is in the way.
func granted(namespace string, foreign []string) metav1.Condition {
	if len(foreign) > 0 {
		return status.False(v1alpha1.ConditionAccessGranted, v1alpha1.ReasonRoleNotOwned, fmt.Sprintf(
			"In namespace %s these exist and were not made by the operator: %s. Nobody is bound to them; remove them, and access "+
				"is granted within a minute.", namespace, status.Names(foreign)))
	}
	return status.True(v1alpha1.ConditionAccessGranted, v1alpha1.ReasonGranted, "Everybody who should have access has it.")
}

func subjects(accounts []v1alpha1.Account) []rbacv1.Subject {
	var list []rbacv1.Subject
	for _, account := range accounts {
		list = append(list, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: string(account.Kind), Name: account.Name})
	}
	return list
}

// The operator can only grant what it holds itself, so each rule below stands here as a marker too.
//
// +kubebuilder:rbac:groups=lifeline.scot,resources=supportservices;capacitypools;capacityreports,verbs=get;list;watch;create;update;patch;delete
// +kubebuilder:rbac:groups=lifeline.scot,resources=capacitypools,verbs=report;admit
// +kubebuilder:rbac:groups=lifeline.scot,resources=placements,verbs=get;list;watch;create;update;patch;delete;claim;prioritise;approvefunding
// +kubebuilder:rbac:groups=lifeline.scot,resources=placementfunds,verbs=get;list;watch;create;update;patch;delete
// +kubebuilder:rbac:groups=lifeline.scot,resources=pathways,verbs=get;list;watch;create;update;patch;delete
// +kubebuilder:rbac:groups=lifeline.scot,resources=datasharingagreements,verbs=get;list;watch
// +kubebuilder:rbac:groups=lifeline.scot,resources=partners,verbs=reportas
// +kubebuilder:rbac:groups="",resources=events,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=get;list;watch

func adminRules() []rbacv1.PolicyRule {
	group := v1alpha1.GroupVersion.Group
	return []rbacv1.PolicyRule{
		rule(group, []string{"capacitypools", "capacityreports", "supportservices"},
			"get", "list", "watch", "create", "update", "patch", "delete"),
		rule(group, []string{"pathways", "placements", "placementfunds"},
			"get", "list", "watch", "create", "update", "patch", "delete"),
		rule(group, []string{"datasharingagreements", "unmetneeds"}, "get", "list", "watch"),
		rule(group, []string{"placements"}, v1alpha1.VerbClaim, v1alpha1.VerbPrioritise, v1alpha1.VerbApproveFunding),
		// Not admit: funding and acceptance are approvals by two bodies, and whoever runs the pool's service gives the second.
		rule(group, []string{"capacitypools"}, v1alpha1.VerbReport),
		rule("", []string{"events"}, "get", "list", "watch"),
		rule("events.k8s.io", []string{"events"}, "get", "list", "watch"),
	}
}

// providerRules let a provider read what is in the namespace, report, as itself and as nobody else, on its own pools and admit
// people to them, and read and answer the claims for which it holds a place. It sees no other claims.
func providerRules(partner string, p provider) []rbacv1.PolicyRule {
	group := v1alpha1.GroupVersion.Group
	var rules []rbacv1.PolicyRule
	if len(p.pools) > 0 { // a rule without names would be for all of them
		rules = append(rules,
			rule(group, []string{"capacityreports"}, "create", "get", "list", "watch", "patch"),
			rule(group, []string{"capacitypools", "supportservices"}, "get", "list", "watch"),
			named(rule(group, []string{"capacitypools"}, v1alpha1.VerbReport, v1alpha1.VerbAdmit), p.pools),
			named(rule(group, []string{"partners"}, v1alpha1.VerbReportAs), []string{partner}))
	}
	if len(p.claims) > 0 {
		rules = append(rules, named(rule(group, []string{"placements"}, "get", "update", "patch"), p.claims))
	}
	return rules
}

func named(r rbacv1.PolicyRule, names []string) rbacv1.PolicyRule {
	r.ResourceNames = slices.Sorted(slices.Values(names))
	return r
}

func rule(group string, resources []string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: resources, Verbs: verbs}
}
