package service

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func whole() facts {
	f := facts{service: &v1alpha1.SupportService{}, owner: reference.Owner{Name: "glasgow"}, provider: &v1alpha1.Partner{}}
	f.service.Generation, f.service.Spec.VerifyEveryDays = 3, 180
	f.service.Spec.ProviderRef.Name = "phoenix"
	return f
}

func TestWhatAServiceNamesMustBeThere(t *testing.T) {
	deleted := &metav1.Time{Time: noon}
	for name, tc := range map[string]struct {
		change       func(*facts)
		found, ready string
	}{
		"all is there":          {func(*facts) {}, v1alpha1.ReasonResolved, v1alpha1.ReasonReady},
		"no partnership":        {func(f *facts) { f.owner = reference.Owner{} }, v1alpha1.ReasonPartnershipNotFound, v1alpha1.ReasonReferenceNotResolved},
		"partnership leaves":    {func(f *facts) { f.owner.Leaving = true }, v1alpha1.ReasonBeingDeleted, v1alpha1.ReasonReferenceNotResolved},
		"no partner":            {func(f *facts) { f.provider = nil }, v1alpha1.ReasonPartnerNotFound, v1alpha1.ReasonReferenceNotResolved},
		"partner being deleted": {func(f *facts) { f.provider.DeletionTimestamp = deleted }, v1alpha1.ReasonBeingDeleted, v1alpha1.ReasonReferenceNotResolved},
		"partner suspended": {
			func(f *facts) { f.provider.Spec.Participation = v1alpha1.ParticipationSuspended },
			v1alpha1.ReasonPartnerSuspended, v1alpha1.ReasonReferenceNotResolved,
		},
		"deleted while pools name it": {
			func(f *facts) { f.service.DeletionTimestamp, f.pools = deleted, []string{"beds"} },
			v1alpha1.ReasonResolved, v1alpha1.ReasonInUse,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := whole()
			tc.change(&f)
			is, _ := decide(f, noon)
			found := status.Reason(is.Conditions, v1alpha1.ConditionReferencesResolved)
			ready := status.Reason(is.Conditions, v1alpha1.ConditionReady)
			if found != tc.found || ready != tc.ready {
				t.Errorf("ReferencesResolved %s, Ready %s; want %s, %s", found, ready, tc.found, tc.ready)
			}
			if is.ObservedGeneration != 3 || is.Conditions[0].ObservedGeneration != 3 {
				t.Error("does not say which generation it speaks of")
			}
		})
	}
}

func TestAPoolThatHoldsAServiceIsNamed(t *testing.T) {
	f := whole()
	f.service.DeletionTimestamp, f.pools = &metav1.Time{Time: noon}, []string{"beds"}
	is, _ := decide(f, noon)
	if message := status.Message(is.Conditions, v1alpha1.ConditionReady); !strings.Contains(message, "beds") {
		t.Errorf("%q does not say what waits", message)
	}
}

// A check is good for its interval, to the second, and the operator comes back at that moment.
func TestVerificationRunsOutByItself(t *testing.T) {
	const half = 180 * day
	for name, tc := range map[string]struct {
		at     time.Time
		reason string
		next   time.Time
	}{
		"just now":            {noon, v1alpha1.ReasonVerified, noon.Add(half)},
		"one second left":     {noon.Add(time.Second - half), v1alpha1.ReasonVerified, noon.Add(time.Second)},
		"due":                 {noon.Add(-half), v1alpha1.ReasonVerificationDue, time.Time{}},
		"clocks differ":       {noon.Add(clockTolerance), v1alpha1.ReasonVerified, noon.Add(clockTolerance + half)},
		"dated in the future": {noon.Add(time.Hour), v1alpha1.ReasonVerificationInFuture, noon.Add(time.Hour - clockTolerance)},
	} {
		t.Run(name, func(t *testing.T) {
			f := whole()
			f.service.Spec.Verification = &v1alpha1.Verification{VerifiedTime: metav1.NewTime(tc.at), VerifiedBy: "glasgow"}
			is, next := decide(f, noon)
			if got := status.Reason(is.Conditions, v1alpha1.ConditionRecentlyVerified); got != tc.reason || !next.Equal(tc.next) {
				t.Errorf("%s, changes %s; want %s, %s", got, next, tc.reason, tc.next)
			}
		})
	}
	is, next := decide(whole(), noon)
	if got := status.Reason(is.Conditions, v1alpha1.ConditionRecentlyVerified); got != v1alpha1.ReasonNeverVerified || !next.IsZero() {
		t.Errorf("never checked: %s, %s", got, next)
	}
}
