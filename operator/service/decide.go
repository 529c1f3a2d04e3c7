package service

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

// facts are what a service's status follows from.
type facts struct {
	service  *v1alpha1.SupportService
	owner    reference.Owner
	provider *v1alpha1.Partner // nil when it does not exist
	pools    []string
}

// decide returns the status the service should have at now, and the moment it would change by itself; zero if never.
func decide(f facts, now time.Time) (v1alpha1.SupportServiceStatus, time.Time) {
	is := *f.service.Status.DeepCopy()
	pools := int32(len(f.pools))
	is.ObservedGeneration, is.Partnership, is.Pools = f.service.Generation, f.owner.Name, &pools
	found := resolved(f)
	checked, next := verified(f.service, now)
	status.Set(&is.Conditions, f.service.Generation, now, ready(f, found), found, checked)
	return is, next
}

func ready(f facts, found metav1.Condition) metav1.Condition {
	if !f.service.DeletionTimestamp.IsZero() && len(f.pools) > 0 {
		return status.False(v1alpha1.ConditionReady, v1alpha1.ReasonInUse, fmt.Sprintf(
			"Deletion waits until the service has no capacity pools; delete these first: %s.", status.Names(f.pools)))
	}
	return status.Ready(found)
}

func resolved(f facts) metav1.Condition {
	owner := f.owner.Condition(f.service.Namespace)
	if owner.Status != metav1.ConditionTrue {
		return owner
	}
	return reference.ProviderCondition(f.service, f.provider)
}

// clockTolerance is how far a check may lie ahead of our own clock before it counts as in the future.
const clockTolerance = 5 * time.Minute

const day = 24 * time.Hour

// verified says whether somebody has checked the entry in time, and when that will change by itself.
func verified(service *v1alpha1.SupportService, now time.Time) (metav1.Condition, time.Time) {
	const kind = v1alpha1.ConditionRecentlyVerified
	if service.Spec.Verification == nil {
		return status.False(kind, v1alpha1.ReasonNeverVerified,
			"Nobody has recorded a check of this entry against the service."), time.Time{}
	}
	at := service.Spec.Verification.VerifiedTime.Time
	due := at.Add(time.Duration(service.Spec.VerifyEveryDays) * day)
	switch {
	case at.After(now.Add(clockTolerance)):
		return status.False(kind, v1alpha1.ReasonVerificationInFuture,
			"verifiedTime lies in the future, so it is not believed: set it to the moment of the check."), at.Add(-clockTolerance)
	case now.Before(due):
		return status.True(kind, v1alpha1.ReasonVerified, "Checked "+date(at)+", due again "+date(due)+"."), due
	default:
		return status.False(kind, v1alpha1.ReasonVerificationDue, "Checked "+date(at)+", was due again "+date(due)+"."), time.Time{}
	}
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }
