package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/operator/status"
)

func agreementIn(partnership, name string, from time.Time, lasts time.Duration, parties ...v1alpha1.ObjectName) *v1alpha1.DataSharingAgreement {
	a := &v1alpha1.DataSharingAgreement{ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.NamespaceFor(partnership), Name: name}}
	from = from.Truncate(time.Second)
	a.Spec = v1alpha1.DataSharingAgreementSpec{
		DisplayName: name, Parties: parties,
		Purposes:   []v1alpha1.SharingPurpose{v1alpha1.PurposeDirectCare},
		Categories: []v1alpha1.DataCategory{v1alpha1.CategoryAdmin},
		LawfulBasis: v1alpha1.LawfulBasis{
			Article6: []v1alpha1.Article6Basis{v1alpha1.Article6PublicTask},
			Article9: []v1alpha1.Article9Condition{v1alpha1.Article9HealthOrSocialCare},
		},
		Confidentiality: []v1alpha1.ConfidentialityBasis{v1alpha1.ConfidentialityConsented},
		FromTime:        metav1.NewTime(from), ReviewByTime: metav1.NewTime(from.Add(lasts)), UntilTime: metav1.NewTime(from.Add(lasts)),
	}
	return a
}

func standing(state v1alpha1.AgreementState, ready string) func(*v1alpha1.DataSharingAgreement) string {
	return func(a *v1alpha1.DataSharingAgreement) string {
		if got := status.Reason(a.Status.Conditions, v1alpha1.ConditionReady); a.Status.State != state || got != ready {
			return fmt.Sprintf("is %q and Ready says %q, want %q and %q", a.Status.State, got, state, ready)
		}
		return ""
	}
}

// From apply to its end, with a party that is not there yet and one that is suspended; nobody touches the agreement itself.
func TestAnAgreementFollowsTimeAndItsParties(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	_, charity, _, _ := area(t, "agreeing")
	c := admin(t)
	const ready, unresolved = v1alpha1.ReasonReady, v1alpha1.ReasonReferenceNotResolved
	long := agreementIn("agreeing", "long", time.Now().Add(-time.Hour), 48*time.Hour, "agreeing-charity", "agreeing-board")
	short := agreementIn("agreeing", "short", time.Now().Add(-time.Hour), time.Hour+3*time.Second, "agreeing-charity", "agreeing-board")
	create(t, c, long, short)
	reads(t, c, long, standing(v1alpha1.AgreementInForce, unresolved))
	if message := status.Message(long.Status.Conditions, v1alpha1.ConditionReady); !strings.Contains(message, "agreeing-board") {
		t.Errorf("nobody is told who is missing: %s", message)
	}
	happened(t, long, v1alpha1.ReasonPartnerNotFound)
	create(t, c, partnerNamed("agreeing-board"))
	reads(t, c, long, standing(v1alpha1.AgreementInForce, ready))
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(charity), charity); err != nil {
		t.Fatal(err)
	}
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"participation":"Suspended"}}`))
	if err := c.Patch(t.Context(), charity, patch); err != nil {
		t.Fatal(err)
	}
	reads(t, c, long, standing(v1alpha1.AgreementInForce, unresolved))
	patch = client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"standing":"Suspended"}}`))
	if err := c.Patch(t.Context(), long, patch); err != nil {
		t.Fatal(err)
	}
	reads(t, c, long, standing(v1alpha1.AgreementSuspended, unresolved))
	reads(t, c, short, standing(v1alpha1.AgreementEnded, unresolved))
	happened(t, short, string(v1alpha1.AgreementEnded))
}

// The administrators of an ADP read what was agreed about its people, and write none of it.
func TestAnADPReadsItsAgreementsOnly(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	area(t, "reading")
	agreement := agreementIn("reading", "known", time.Now(), time.Hour, "one", "two")
	create(t, admin(t), agreement)
	administrator := as(t, "reading-admin")
	eventually(t, func() error {
		return administrator.Get(t.Context(), client.ObjectKeyFromObject(agreement), agreement)
	})
	other := agreementIn("reading", "own", time.Now(), time.Hour, "one", "two")
	for what, try := range map[string]func(context.Context) error{
		"make":   func(ctx context.Context) error { return administrator.Create(ctx, other) },
		"change": func(ctx context.Context) error { return administrator.Update(ctx, agreement) },
		"delete": func(ctx context.Context) error { return administrator.Delete(ctx, agreement) },
		"read of": func(ctx context.Context) error {
			return as(t, "stranger").Get(ctx, client.ObjectKeyFromObject(agreement), agreement)
		},
	} {
		if err := try(t.Context()); !apierrors.IsForbidden(err) {
			t.Errorf("%s an agreement: %v", what, err)
		}
	}
}
