package main

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/operator/status"
)

// pathwayIn is a pathway on which the responders answer within a working day of the referral.
func pathwayIn(partnership, name string, responders ...v1alpha1.ObjectName) *v1alpha1.Pathway {
	one := int32(1)
	p := &v1alpha1.Pathway{ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.NamespaceFor(partnership), Name: name}}
	p.Spec = v1alpha1.PathwaySpec{
		DisplayName: name, Journey: v1alpha1.JourneyIntoRehab, Trigger: v1alpha1.TriggerReferral, RouteBy: v1alpha1.RouteHomeArea,
		Purposes: []v1alpha1.SharingPurpose{v1alpha1.PurposeDirectCare}, Bases: []v1alpha1.PathwayBasis{v1alpha1.BasisConsented},
		Steps: []v1alpha1.PathwayStep{{
			Task: v1alpha1.TaskAnswer, Title: "Answer", Responders: responders, Within: &v1alpha1.ResponseTime{WorkingDays: &one},
		}},
	}
	return p
}

func readyFor(reason string) func(*v1alpha1.Pathway) string {
	return func(p *v1alpha1.Pathway) string {
		if got := status.Reason(p.Status.Conditions, v1alpha1.ConditionReady); got != reason {
			return fmt.Sprintf("Ready says %q, want %q", got, reason)
		}
		return ""
	}
}

// From apply to the end of its agreement: a responder that is not there yet, a body that nobody stands for, an agreement that is
// made and ends. Nobody touches the pathway itself; its ADP's administrators make it.
func TestAPathwayFollowsItsPartiesAndAgreements(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	area(t, "walking")
	c, administrator := admin(t), as(t, "walking-admin")
	pathway := pathwayIn("walking", "into-rehab", "walking-charity", "walking-rehab")
	pathway.Spec.PublicBodies = []v1alpha1.PublicBody{v1alpha1.BodyCouncil}
	eventually(t, func() error { return client.IgnoreAlreadyExists(administrator.Create(t.Context(), pathway)) })
	reads(t, c, pathway, readyFor(v1alpha1.ReasonPartnerNotFound))
	happened(t, pathway, v1alpha1.ReasonPartnerNotFound)
	rehab := partnerNamed("walking-rehab")
	rehab.Spec.Areas = []v1alpha1.ObjectName{"walking"}
	create(t, c, rehab)
	reads(t, c, pathway, readyFor(v1alpha1.ReasonPublicBodyMissing))
	council := partnerNamed("walking-council")
	council.Spec.Sector, council.Spec.PublicBody = v1alpha1.SectorStatutory, v1alpha1.BodyCouncil
	council.Spec.Areas = []v1alpha1.ObjectName{"walking"}
	create(t, c, council)
	reads(t, c, pathway, readyFor(v1alpha1.ReasonNotCovered))
	agreed := agreementIn("walking", "short", time.Now().Add(-time.Hour), time.Hour+8*time.Second,
		"walking-charity", "walking-rehab", "walking-council")
	agreed.Spec.CrossArea = v1alpha1.PermissionAllowed
	create(t, c, agreed)
	reads(t, c, pathway, readyFor(v1alpha1.ReasonReady))
	happened(t, pathway, v1alpha1.ReasonReady)
	reads(t, c, pathway, readyFor(v1alpha1.ReasonNotCovered)) // by time alone
	happened(t, pathway, v1alpha1.ReasonNotCovered)
}
