package main

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
)

// Started again over a world that is as it should be, the operator looks at everything and writes nothing.
func TestASteadyStateWritesNothing(t *testing.T) {
	first := operate(t, clustertest.Shared().Admin(), settings{ledgerEvery: often})
	_, _, _, pool := area(t, "steady")
	create(t, admin(t),
		reportOn(pool, "old", time.Now().Add(-time.Hour), 12, 3),
		reportOn(pool, "new", time.Now().Add(-time.Minute), 12, 7),
		reportOn(pool, "future", time.Now().Add(time.Hour), 12, 7),
		reportOn(poolIn("steady", "nowhere", "house"), "orphan", time.Now(), 12, 7))
	agreement := agreementIn("steady", "known", time.Now(), time.Hour, "steady-charity", "nobody")
	create(t, admin(t), agreement)
	reads(t, admin(t), agreement, standing(v1alpha1.AgreementInForce, v1alpha1.ReasonReferenceNotResolved))
	pathway := pathwayIn("steady", "known", "steady-charity")
	create(t, admin(t), pathway)
	reads(t, admin(t), pathway, readyFor(v1alpha1.ReasonReady))
	reads(t, admin(t), pool, showing("new", v1alpha1.TrustConfirmed, true))
	ledgerSays(t, "steady", time.Now)
	quiet(t, first)
	first.stop()
	before, visits := versions(t), visited(t)
	second := operate(t, clustertest.Shared().Admin(), settings{ledgerEvery: often})
	eventually(t, func() error {
		now := visited(t)
		for controller, objects := range objectsOfControllers(t) {
			if done := int(now[controller] - visits[controller]); done < objects {
				return fmt.Errorf("%s has visited %d of %d", controller, done, objects)
			}
		}
		return nil
	})
	quiet(t, second)
	if writes := second.writes.Load(); writes != 0 {
		t.Errorf("%d writes though nothing changed", writes)
	}
	if diff := cmp.Diff(before, versions(t)); diff != "" {
		t.Errorf("objects were written though nothing changed:\n%s", diff)
	}
}

// quiet waits until the operator has written nothing for a second.
func quiet(t *testing.T, run *started) {
	t.Helper()
	last, since := run.writes.Load(), time.Now()
	eventually(t, func() error {
		if now := run.writes.Load(); now != last {
			last, since = now, time.Now()
		}
		if time.Since(since) < time.Second {
			return fmt.Errorf("still writing, %d so far", last)
		}
		return nil
	})
}

// versions are the resource versions of everything the operator writes.
func versions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, list := range []client.ObjectList{
		&v1alpha1.PartnershipList{}, &v1alpha1.PartnerList{}, &v1alpha1.SupportServiceList{}, &v1alpha1.CapacityPoolList{},
		&v1alpha1.CapacityReportList{}, &v1alpha1.UnmetNeedList{}, &v1alpha1.DataSharingAgreementList{}, &v1alpha1.PathwayList{},
		&corev1.NamespaceList{}, &rbacv1.RoleList{}, &rbacv1.RoleBindingList{},
	} {
		if err := admin(t).List(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		for _, o := range objectsOf(list) {
			all[fmt.Sprintf("%T %s", o, client.ObjectKeyFromObject(o))] = o.GetResourceVersion()
		}
	}
	return all
}

// objectsOfControllers says how many objects each controller has to look at.
func objectsOfControllers(t *testing.T) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for controller, list := range map[string]client.ObjectList{
		"partnership": &v1alpha1.PartnershipList{}, "access": &v1alpha1.PartnershipList{}, "partner": &v1alpha1.PartnerList{},
		"service": &v1alpha1.SupportServiceList{}, "capacity": &v1alpha1.CapacityPoolList{},
		"agreement": &v1alpha1.DataSharingAgreementList{}, "pathway": &v1alpha1.PathwayList{},
	} {
		if err := admin(t).List(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		counts[controller] = len(objectsOf(list))
	}
	return counts
}

// visited is how often each controller has looked at an object so far, by controller-runtime's own metric.
func visited(t *testing.T) map[string]float64 {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]float64{}
	for _, family := range families {
		if family.GetName() != "controller_runtime_reconcile_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "controller" {
					counts[label.GetValue()] += metric.GetCounter().GetValue()
				}
			}
		}
	}
	return counts
}

// With the rights that its markers ask for, and no others, the operator does all it does.
func TestItsOwnRightsAreEnough(t *testing.T) {
	run := operate(t, leastPrivileged(t, "operator-under-test"), settings{
		elect: true, electionNamespace: "lifeline-system", ledgerEvery: often,
	})
	partnership, partner, service, pool := area(t, "least")
	c := admin(t)
	create(t, c, reportOn(pool, "count", time.Now().Add(-time.Minute), 12, 7))
	reads(t, c, pool, showing("count", v1alpha1.TrustConfirmed, true))
	happened(t, pool, "CountChanged")
	ledgerSays(t, "least", time.Now)
	agreement := agreementIn("least", "known", time.Now(), time.Hour, "least-charity", "nobody")
	create(t, c, agreement)
	reads(t, c, agreement, standing(v1alpha1.AgreementInForce, v1alpha1.ReasonReferenceNotResolved))
	happened(t, agreement, v1alpha1.ReasonPartnerNotFound)
	pathway := pathwayIn("least", "known", "nobody")
	create(t, c, pathway)
	reads(t, c, pathway, readyFor(v1alpha1.ReasonPartnerNotFound))
	happened(t, pathway, v1alpha1.ReasonPartnerNotFound)
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-least", Name: "provider-least-charity"}}
	reads(t, c, binding, func(*rbacv1.RoleBinding) string { return "" })
	for _, o := range []client.Object{partnership, partner, service, pool} {
		if err := c.Delete(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range []client.Object{pool, service, partner, partnership} {
		gone(t, c, o)
	}
	run.stop()
	for request, answer := range maps.Collect(run.refused.Range) {
		t.Errorf("%s was refused: %s", request, answer)
	}
}

// leastPrivileged is a user with the rights that controller-gen reads from the markers beside the code.
func leastPrivileged(t *testing.T, user string) *rest.Config {
	t.Helper()
	content, err := os.ReadFile("../charts/lifeline/files/operator-role.yaml")
	if err != nil {
		t.Fatalf("run `make generate` first: %v", err)
	}
	create(t, admin(t), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "lifeline-system"}})
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}}
	about := metav1.ObjectMeta{Name: user, Namespace: "lifeline-system"}
	for document := range strings.SplitSeq(string(content), "\n---\n") {
		var role rbacv1.ClusterRole
		if err := yaml.Unmarshal([]byte(document), &role); err != nil {
			t.Fatal(err)
		}
		ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: role.Kind, Name: user}
		switch role.Kind {
		case "ClusterRole":
			create(t, admin(t), &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: user}, Rules: role.Rules},
				&rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: user}, RoleRef: ref, Subjects: subjects})
		case "Role":
			create(t, admin(t), &rbacv1.Role{ObjectMeta: about, Rules: role.Rules},
				&rbacv1.RoleBinding{ObjectMeta: about, RoleRef: ref, Subjects: subjects})
		}
	}
	cfg, err := clustertest.Shared().User(user)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}
