package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/operator/status"
)

func notReady(conditions []metav1.Condition) string {
	if meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) {
		return ""
	}
	return "not Ready: " + status.Reason(conditions, v1alpha1.ConditionReady)
}

func readyIs(conditions []metav1.Condition, reason string) string {
	if got := status.Reason(conditions, v1alpha1.ConditionReady); got != reason {
		return fmt.Sprintf("Ready says %q, want %q", got, reason)
	}
	return ""
}

// The whole way: kubectl apply of a Partnership, a partner, a service, a pool and a count; four numbers, and totals.
func TestFromAppliedToFree(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	partnership, partner, service, pool := area(t, "whole")
	c := admin(t)
	create(t, c, reportOn(pool, "count", time.Now().Add(-time.Minute), 12, 7))
	reads(t, c, pool, func(p *v1alpha1.CapacityPool) string {
		if p.Status.Free == nil || *p.Status.Free != 5 || p.Status.Trust != v1alpha1.TrustConfirmed || p.Status.Provider != "whole-charity" {
			return fmt.Sprintf("status %+v", p.Status)
		}
		return ""
	})
	reads(t, c, partnership, func(p *v1alpha1.Partnership) string {
		if p.Status.FreePlaces == nil || *p.Status.FreePlaces != 5 || *p.Status.Services != 1 || p.Status.Namespace != "adp-whole" {
			return fmt.Sprintf("status %+v", p.Status)
		}
		return notReady(p.Status.Conditions)
	})
	reads(t, c, service, func(s *v1alpha1.SupportService) string {
		if s.Status.Pools == nil || *s.Status.Pools != 1 || s.Status.Partnership != "whole" {
			return fmt.Sprintf("status %+v", s.Status)
		}
		return notReady(s.Status.Conditions)
	})
	reads(t, c, partner, func(p *v1alpha1.Partner) string {
		if p.Status.Pools == nil || *p.Status.Services != 1 || *p.Status.Pools != 1 {
			return fmt.Sprintf("status %+v", p.Status)
		}
		return notReady(p.Status.Conditions)
	})
	happened(t, pool, "CountChanged")
}

// happened waits for an Event about the object.
func happened(t testing.TB, about client.Object, reason string) {
	t.Helper()
	events, err := kubernetes.NewForConfig(clustertest.Shared().Admin())
	if err != nil {
		t.Fatal(err)
	}
	namespace := about.GetNamespace()
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	eventually(t, func() error {
		list, err := events.EventsV1().Events(namespace).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, e := range list.Items {
			if isAbout(e, about) && e.Reason == reason {
				return nil
			}
		}
		return fmt.Errorf("no Event %s about %s", reason, about.GetName())
	})
}

func isAbout(e eventsv1.Event, o client.Object) bool { return e.Regarding.UID == o.GetUID() }

// Nobody writes anything; time passes; the figure ages and then counts no more.
func TestTrustChangesByItself(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	_, _, _, pool := area(t, "ageing")
	c := admin(t)
	pool.Spec.ConfirmEverySeconds = 60
	if err := c.Update(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		age         time.Duration
		first, then v1alpha1.Trust
		free        bool
	}{
		{117 * time.Second, v1alpha1.TrustAgeing, v1alpha1.TrustUnconfirmed, false},
		{57 * time.Second, v1alpha1.TrustConfirmed, v1alpha1.TrustAgeing, true},
	} {
		report := reportOn(pool, "count-"+strings.ToLower(string(tc.first)), time.Now().Add(-tc.age), 12, 7)
		create(t, c, report)
		reads(t, c, pool, showing(report.Name, tc.first, true))
		reads(t, c, pool, showing(report.Name, tc.then, tc.free))
	}
	happened(t, pool, "TrustChanged")
	t.Cleanup(func() { // it goes on ageing, and other tests want quiet
		if err := c.Delete(context.Background(), pool); err != nil {
			t.Error(err)
		}
	})
	reads(t, c, &v1alpha1.Partnership{ObjectMeta: metav1.ObjectMeta{Name: "ageing"}}, func(p *v1alpha1.Partnership) string {
		if free := p.Status.FreePlaces; free == nil || *free != 5 {
			return fmt.Sprint("free places: ", ptr.Deref(free, -1))
		}
		return ""
	})
}

func showing(report string, trust v1alpha1.Trust, free bool) func(*v1alpha1.CapacityPool) string {
	return func(p *v1alpha1.CapacityPool) string {
		if p.Status.ReportName == report && p.Status.Trust == trust && (p.Status.Free != nil) == free {
			return ""
		}
		return fmt.Sprintf("shows %q %s free %v, want %q %s", p.Status.ReportName, p.Status.Trust, p.Status.Free, report, trust)
	}
}

// Reports say what became of them, also those nobody can use, and go with their pool.
func TestReportsAreToldWhatBecameOfThem(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	_, _, _, pool := area(t, "reports")
	c, now := admin(t), time.Now()
	byAnother := reportOn(pool, "by-another", now.Add(-time.Minute), 12, 1)
	byAnother.Spec.ReportedBy = &v1alpha1.PartnerReference{Name: "whoever"}
	wants := map[string]*v1alpha1.CapacityReport{
		v1alpha1.ReasonCurrent:             reportOn(pool, "current", now.Add(-2*time.Minute), 12, 14),
		v1alpha1.ReasonSuperseded:          reportOn(pool, "late", now.Add(-time.Hour), 12, 2),
		v1alpha1.ReasonFutureDated:         reportOn(pool, "future", now.Add(time.Hour), 12, 3),
		v1alpha1.ReasonReporterNotProvider: byAnother,
		v1alpha1.ReasonPoolNotFound:        reportOn(poolIn("reports", "nowhere", "house"), "orphan", now, 2, 1),
	}
	create(t, c, wants[v1alpha1.ReasonCurrent]) // first, so that it settles none of those that are refused
	for reason, report := range wants {
		if report.ResourceVersion == "" {
			create(t, c, report)
		}
		reads(t, c, report, func(r *v1alpha1.CapacityReport) string {
			if got := status.Reason(r.Status.Conditions, v1alpha1.ConditionMerged); got != reason && reason != v1alpha1.ReasonSuperseded {
				return fmt.Sprintf("Merged says %q, want %q", got, reason)
			}
			return ""
		})
	}
	reads(t, c, wants[v1alpha1.ReasonSuperseded], func(r *v1alpha1.CapacityReport) string {
		return strings.TrimPrefix(status.Reason(r.Status.Conditions, v1alpha1.ConditionMerged), v1alpha1.ReasonSuperseded)
	})
	reads(t, c, pool, func(p *v1alpha1.CapacityPool) string {
		if !meta.IsStatusConditionTrue(p.Status.Conditions, v1alpha1.ConditionOvercommitted) ||
			!meta.IsStatusConditionFalse(p.Status.Conditions, v1alpha1.ConditionReportsAccepted) || *p.Status.Free != 0 {
			return fmt.Sprintf("status %+v", p.Status)
		}
		return ""
	})
	happened(t, wants[v1alpha1.ReasonFutureDated], v1alpha1.ReasonFutureDated)
	happened(t, pool, v1alpha1.ReasonMorePeopleThanPlaces)
	if err := c.Delete(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	gone(t, c, wants[v1alpha1.ReasonCurrent])
	gone(t, c, wants[v1alpha1.ReasonSuperseded])
}

func gone(t testing.TB, c client.Client, o client.Object) {
	t.Helper()
	eventually(t, func() error {
		err := c.Get(t.Context(), client.ObjectKeyFromObject(o), o)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("%s is still there (%w)", o.GetName(), err)
	})
}

// Whatever others still need says so and stays; when they are gone it goes by itself, and the namespace with it.
func TestDeletingWhatOthersNeed(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	partnership, partner, service, pool := area(t, "leaving")
	c := admin(t)
	for _, o := range []client.Object{partnership, partner, service} {
		if err := c.Delete(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	reads(t, c, partnership, func(p *v1alpha1.Partnership) string { return readyIs(p.Status.Conditions, v1alpha1.ReasonInUse) })
	reads(t, c, partner, func(p *v1alpha1.Partner) string { return readyIs(p.Status.Conditions, v1alpha1.ReasonInUse) })
	reads(t, c, service, func(s *v1alpha1.SupportService) string { return readyIs(s.Status.Conditions, v1alpha1.ReasonInUse) })
	for _, o := range []client.Object{partnership, partner, service} {
		happened(t, o, v1alpha1.ReasonInUse)
	}
	if message := status.Message(partner.Status.Conditions, v1alpha1.ConditionReady); !strings.Contains(message, "adp-leaving/house") {
		t.Errorf("the message names nobody: %s", message)
	}
	if err := c.Delete(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	for _, o := range []client.Object{pool, service, partner, partnership} {
		gone(t, c, o)
	}
	gone(t, c, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "adp-leaving"}})
}

// A namespace that somebody else made is not taken over, and what is in it counts for nothing.
func TestANamespaceOfSomebodyElseIsNotTakenOver(t *testing.T) {
	c := admin(t)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "adp-taken"}}
	create(t, c, namespace)
	operate(t, clustertest.Shared().Admin(), settings{})
	partnership := partnershipNamed("taken")
	service := serviceIn("taken", "house", "nobody")
	create(t, c, partnership, service)
	reads(t, c, partnership, func(p *v1alpha1.Partnership) string {
		return readyIs(p.Status.Conditions, v1alpha1.ReasonNamespaceNotOwned)
	})
	reads(t, c, service, func(s *v1alpha1.SupportService) string {
		if got := status.Reason(s.Status.Conditions, v1alpha1.ConditionReferencesResolved); got != v1alpha1.ReasonPartnershipNotFound {
			return got
		}
		return ""
	})
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace); err != nil || len(namespace.Labels) > 1 {
		t.Errorf("labels %v, %v", namespace.Labels, err)
	}
	if err := c.Delete(t.Context(), partnership); err != nil {
		t.Fatal(err)
	}
	gone(t, c, partnership)
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace); err != nil || !namespace.DeletionTimestamp.IsZero() {
		t.Errorf("somebody else's namespace was deleted: %v", err)
	}
}
