package partner

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestAPartnerSaysHowItStands(t *testing.T) {
	named := usage{services: []string{"adp-glasgow/rae-house"}, pools: 2}
	for name, tc := range map[string]struct {
		change          func(*v1alpha1.Partner)
		use             usage
		ready, complete string
	}{
		"just named": {func(*v1alpha1.Partner) {}, named, v1alpha1.ReasonReady, v1alpha1.ReasonDataProtectionContactMissing},
		"with a contact": {
			func(p *v1alpha1.Partner) { p.Spec.DataProtection = &v1alpha1.DataProtection{} }, named,
			v1alpha1.ReasonReady, v1alpha1.ReasonComplete,
		},
		"suspended": {
			func(p *v1alpha1.Partner) { p.Spec.Participation = v1alpha1.ParticipationSuspended }, named,
			v1alpha1.ReasonSuspended, v1alpha1.ReasonSuspended,
		},
		"deleted while services name it": {
			func(p *v1alpha1.Partner) { p.DeletionTimestamp = &metav1.Time{Time: noon} }, named,
			v1alpha1.ReasonInUse, v1alpha1.ReasonDataProtectionContactMissing,
		},
	} {
		t.Run(name, func(t *testing.T) {
			partner := &v1alpha1.Partner{ObjectMeta: metav1.ObjectMeta{Generation: 2}}
			tc.change(partner)
			is := decide(partner, tc.use, noon)
			ready := status.Reason(is.Conditions, v1alpha1.ConditionReady)
			complete := status.Reason(is.Conditions, v1alpha1.ConditionComplete)
			if ready != tc.ready || complete != tc.complete {
				t.Errorf("Ready %s, Complete %s; want %s, %s", ready, complete, tc.ready, tc.complete)
			}
			if *is.Services != 1 || *is.Pools != 2 || is.ObservedGeneration != 2 {
				t.Errorf("%d services, %d pools, generation %d", *is.Services, *is.Pools, is.ObservedGeneration)
			}
		})
	}
}

func TestWhoStillNamesAPartnerIsSaidUpToFive(t *testing.T) {
	partner := &v1alpha1.Partner{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &metav1.Time{Time: noon}}}
	use := usage{services: strings.Fields("n/g n/f n/e n/d n/c n/b n/a")}
	message := status.Message(decide(partner, use, noon).Conditions, v1alpha1.ConditionReady)
	if !strings.Contains(message, "n/a, n/b, n/c, n/d, n/e and 2 more") {
		t.Error(message)
	}
}

// Whether a partner takes events is for the API to say.
func TestWhetherAPartnerIsReachableIsLeftAlone(t *testing.T) {
	partner := &v1alpha1.Partner{Status: v1alpha1.PartnerStatus{Conditions: []metav1.Condition{
		status.False(v1alpha1.ConditionReachable, v1alpha1.ReasonEventsNotTaken, "Events have not been taken."),
	}}}
	is := decide(partner, usage{}, noon)
	if len(is.Conditions) != 3 || status.Reason(is.Conditions, v1alpha1.ConditionReachable) != v1alpha1.ReasonEventsNotTaken {
		t.Errorf("%+v", is.Conditions)
	}
}
