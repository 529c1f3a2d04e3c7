package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/operator/access"
)

// By real RBAC and the admission policy: who may do what in a Partnership's namespace, and what nobody may.
func TestWhoMayDoWhat(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	_, _, _, pool := area(t, "north")
	_, _, _, south := area(t, "south")
	other := partnerNamed("north-other", "other-clerk")
	create(t, admin(t), other, serviceIn("north", "other-house", other.Name), poolIn("north", "other-beds", "other-house"))
	others := poolIn("north", "other-beds", "other-house")
	n := 0
	report := func(pool *v1alpha1.CapacityPool, by string) client.Object {
		n++
		r := reportOn(pool, fmt.Sprint("asked-", n), time.Now().Add(-time.Minute), 12, 7)
		if by != "" {
			r.Spec.ReportedBy = &v1alpha1.PartnerReference{Name: v1alpha1.ObjectName(by)}
		}
		r.UID = ""
		return r
	}
	for _, tc := range []struct {
		name, user string
		do         func(client.Client) error
		allowed    bool
	}{
		{"a provider reports on its own pool", "north-clerk", creates(t, func() client.Object { return report(pool, "north-charity") }), true},
		{"a second provider too", "other-clerk", creates(t, func() client.Object { return report(others, "north-other") }), true},
		{"but not on another's in the same area", "north-clerk", creates(t, func() client.Object { return report(others, "north-charity") }), false},
		{"nor in another area", "north-clerk", creates(t, func() client.Object { return report(south, "north-charity") }), false},
		{"nor as another", "north-clerk", creates(t, func() client.Object { return report(pool, "north-other") }), false},
		{"nor changes the pool", "north-clerk", renames(t, pool), false},
		{"an administrator writes services", "north-admin", creates(t, func() client.Object { return serviceIn("north", "by-admin", "north-other") }), true},
		{"and pools", "north-admin", renames(t, pool), true},
		{"and reports on any pool of the area", "north-admin", creates(t, func() client.Object { return report(others, "") }), true},
		{"but not as a provider", "north-admin", creates(t, func() client.Object { return report(others, "north-other") }), false},
		{"but nothing in another area", "north-admin", creates(t, func() client.Object { return serviceIn("south", "by-admin", "x") }), false},
		{"nor pools of another area", "north-admin", renames(t, south), false},
		{"nor roles", "north-admin", creates(t, func() client.Object { return roleIn("adp-north", "more") }), false},
		{"nor answers for a provider", "north-admin", admits(t, pool), false},
		{"which the provider does", "north-clerk", admits(t, pool), true},
		{"a stranger does nothing", "stranger", renames(t, pool), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := as(t, tc.user)
			if !tc.allowed {
				if err := tc.do(c); !apierrors.IsForbidden(err) {
					t.Errorf("was not forbidden: %v", err)
				}
				return
			}
			eventually(t, func() error { return tc.do(c) })
		})
	}
}

func creates(t *testing.T, object func() client.Object) func(client.Client) error {
	return func(c client.Client) error { return c.Create(t.Context(), object()) }
}

// admits asks whether the user may answer for whoever runs the pool.
func admits(t *testing.T, pool *v1alpha1.CapacityPool) func(client.Client) error {
	return func(c client.Client) error {
		asked := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: pool.Namespace, Verb: v1alpha1.VerbAdmit, Group: v1alpha1.GroupVersion.Group, Resource: "capacitypools", Name: pool.Name,
			},
		}}
		if err := errors.Join(authorizationv1.AddToScheme(c.Scheme()), c.Create(t.Context(), asked)); err != nil {
			return err
		}
		if !asked.Status.Allowed {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "capacitypools"}, pool.Name, nil)
		}
		return nil
	}
}

func renames(t *testing.T, pool *v1alpha1.CapacityPool) func(client.Client) error {
	return func(c client.Client) error {
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"displayName":"Renamed"}}`))
		return c.Patch(t.Context(), pool.DeepCopy(), patch)
	}
}

func roleIn(namespace, name string) *rbacv1.Role {
	return &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}

// A partner that is suspended is shut out, and let in again when it is active.
func TestASuspendedPartnerLosesAccess(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	_, partner, _, pool := area(t, "suspended")
	clerk := as(t, "suspended-clerk")
	n := 0
	report := func() error {
		n++
		r := reportOn(pool, fmt.Sprint("r-", n), time.Now().Add(-time.Minute), 12, 7)
		r.Spec.ReportedBy, r.UID = &v1alpha1.PartnerReference{Name: v1alpha1.ObjectName(partner.Name)}, ""
		return clerk.Create(t.Context(), r)
	}
	eventually(t, report)
	participate(t, partner, v1alpha1.ParticipationSuspended)
	eventually(t, func() error {
		if err := report(); !apierrors.IsForbidden(err) {
			return fmt.Errorf("was not forbidden: %w", err)
		}
		return nil
	})
	service := serviceIn("suspended", "house", partner.Name)
	reads(t, admin(t), service, func(s *v1alpha1.SupportService) string {
		return readyIs(s.Status.Conditions, v1alpha1.ReasonReferenceNotResolved)
	})
	participate(t, partner, v1alpha1.ParticipationActive)
	eventually(t, report)
}

func participate(t *testing.T, partner *v1alpha1.Partner, how v1alpha1.Participation) {
	t.Helper()
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"participation":"`+string(how)+`"}}`))
	if err := admin(t).Patch(t.Context(), partner.DeepCopy(), patch); err != nil {
		t.Fatal(err)
	}
}

// What somebody changes about the operator's roles is mended, what is not wanted any more goes, and what is not the
// operator's is left alone.
func TestRolesAreMended(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	_, _, _, pool := area(t, "mended")
	c := admin(t)
	foreign := roleIn("adp-mended", "of-somebody-else")
	create(t, c, foreign)
	role := roleIn("adp-mended", access.AdminRole)
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-mended", Name: access.ProviderRolePrefix + "mended-charity"}}
	eventually(t, func() error {
		return errors.Join(c.Get(t.Context(), client.ObjectKeyFromObject(role), role), c.Get(t.Context(), client.ObjectKeyFromObject(binding), binding))
	})
	rules, uid := role.Rules, binding.UID
	role.Rules = rules[:1]
	if err := errors.Join(c.Update(t.Context(), role), c.Delete(t.Context(), binding)); err != nil {
		t.Fatal(err)
	}
	reads(t, c, role, func(r *rbacv1.Role) string {
		if len(r.Rules) != len(rules) {
			return fmt.Sprintf("%d rules, want %d", len(r.Rules), len(rules))
		}
		return ""
	})
	reads(t, c, binding, func(b *rbacv1.RoleBinding) string {
		if b.UID == uid || len(b.Subjects) != 1 || b.Subjects[0].Name != "mended-clerk" {
			return fmt.Sprintf("subjects %v", b.Subjects)
		}
		return ""
	})
	if err := c.Delete(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	gone(t, c, binding)
	gone(t, c, roleIn("adp-mended", binding.Name))
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(foreign), foreign); err != nil {
		t.Errorf("somebody else's role: %v", err)
	}
}
