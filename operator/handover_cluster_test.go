package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/operator/access"
)

func bindingIn(namespace, name string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}

// Nobody is bound to a Role that the operator did not make; that it is in the way is said, and forgotten when it has gone.
func TestNobodyIsBoundToSomebodyElsesRole(t *testing.T) {
	c := admin(t)
	labels := map[string]string{v1alpha1.PartnershipLabel: "foreign"}
	foreign := roleIn("adp-foreign", access.AdminRole)
	create(t, c, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "adp-foreign", Labels: labels}}, foreign)
	operate(t, clustertest.Shared().Admin(), settings{})
	partnership := partnershipNamed("foreign", "foreign-admin")
	create(t, c, partnership)
	reads(t, c, partnership, func(p *v1alpha1.Partnership) string {
		return readyIs(p.Status.Conditions, v1alpha1.ReasonRoleNotOwned)
	})
	happened(t, partnership, v1alpha1.ReasonRoleNotOwned)
	gone(t, c, bindingIn("adp-foreign", access.AdminRole))
	if err := c.Delete(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	partnership.Spec.DisplayName = "Foreign ADP" // so that it looks before the minute is over
	eventually(t, func() error {
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(partnership), partnership); err != nil {
			return err
		}
		partnership.Spec.DisplayName = "Foreign ADP"
		return c.Update(t.Context(), partnership)
	})
	reads(t, c, bindingIn("adp-foreign", access.AdminRole), func(*rbacv1.RoleBinding) string { return "" })
	reads(t, c, partnership, func(p *v1alpha1.Partnership) string { return notReady(p.Status.Conditions) })
}

// A namespace that was handed over outlives the Partnership, with what others keep there and without the operator's roles.
func TestANamespaceHandedOverStays(t *testing.T) {
	c := admin(t)
	labels := map[string]string{v1alpha1.PartnershipLabel: "lent"}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "adp-lent", Labels: labels}}
	theirs := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-lent", Name: "theirs"}}
	create(t, c, namespace, theirs)
	operate(t, clustertest.Shared().Admin(), settings{})
	partnership, partner, service, pool := area(t, "lent")
	orphan := reportOn(poolIn("lent", "nowhere", "house"), "orphan", time.Now(), 2, 1)
	create(t, c, orphan)
	reads(t, c, bindingIn("adp-lent", access.AdminRole), func(*rbacv1.RoleBinding) string { return "" })
	for _, o := range []client.Object{partnership, pool, service, partner} {
		if err := c.Delete(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	gone(t, c, service)
	reads(t, c, partnership, func(p *v1alpha1.Partnership) string { return readyIs(p.Status.Conditions, v1alpha1.ReasonInUse) })
	if err := c.Delete(t.Context(), orphan); err != nil {
		t.Fatal(err)
	}
	gone(t, c, partnership)
	gone(t, c, bindingIn("adp-lent", access.AdminRole))
	gone(t, c, roleIn("adp-lent", access.AdminRole))
	err := errors.Join(c.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace),
		c.Get(t.Context(), client.ObjectKeyFromObject(theirs), theirs))
	if err != nil || !namespace.DeletionTimestamp.IsZero() || namespace.Labels[v1alpha1.PartnershipLabel] != "" {
		t.Errorf("labels %v, %v", namespace.Labels, err)
	}
}

// Whoever takes the label off a namespace takes away access and offers with it, and not the Partnership's duty to what is inside.
func TestANamespaceThatLostItsLabel(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	partnership, _, service, pool := area(t, "unlabelled")
	c := admin(t)
	create(t, c, reportOn(pool, "count", time.Now().Add(-time.Minute), 12, 7))
	reads(t, c, pool, showing("count", v1alpha1.TrustConfirmed, true))
	reads(t, c, bindingIn(pool.Namespace, access.AdminRole), func(*rbacv1.RoleBinding) string { return "" })
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: pool.Namespace}}
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"labels":{"`+v1alpha1.PartnershipLabel+`":null}}}`))
	if err := c.Patch(t.Context(), namespace, patch); err != nil {
		t.Fatal(err)
	}
	reads(t, c, pool, showing("count", v1alpha1.TrustConfirmed, false))
	gone(t, c, bindingIn(pool.Namespace, access.AdminRole))
	gone(t, c, bindingIn(pool.Namespace, access.ProviderRolePrefix+"unlabelled-charity"))
	if err := c.Delete(t.Context(), partnership); err != nil {
		t.Fatal(err)
	}
	reads(t, c, partnership, func(p *v1alpha1.Partnership) string { return readyIs(p.Status.Conditions, v1alpha1.ReasonInUse) })
	for _, o := range []client.Object{pool, service} {
		if err := c.Delete(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	gone(t, c, partnership)
}

// What the operator's own word closes is in nobody's total, and is there again as soon as it opens.
func TestPlacesOfASuspendedPartnerAreNotOffered(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	partnership, partner, service, pool := area(t, "unoffered")
	c := admin(t)
	create(t, c, reportOn(pool, "count", time.Now().Add(-time.Minute), 12, 7))
	offered := func(want bool) {
		t.Helper()
		reads(t, c, pool, showing("count", v1alpha1.TrustConfirmed, want))
		reads(t, c, partnership, func(p *v1alpha1.Partnership) string {
			if free := p.Status.FreePlaces; (free != nil) != want || want && *free != 5 {
				return fmt.Sprintf("free places %v", free)
			}
			return ""
		})
	}
	offered(true)
	participate(t, partner, v1alpha1.ParticipationSuspended)
	offered(false)
	participate(t, partner, v1alpha1.ParticipationActive)
	offered(true)
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"operation":"Paused"}}`))
	if err := c.Patch(t.Context(), service, patch); err != nil {
		t.Fatal(err)
	}
	offered(false)
}
