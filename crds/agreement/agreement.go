// Package agreement holds the pure rules of DataSharingAgreements: how one stands at a moment, and when that changes by itself.
// They read no clock and call nothing; the operator and the API share them.
package agreement

import (
	"time"

	"lifeline.scot/crds/v1alpha1"
)

// StateAt is how an agreement stands at a moment, and until when if nobody changes it; zero for ever. Its time is half open: its
// first moment is fromTime, and at untilTime it has ended. One that is over has ended, whether or not it is suspended; one that
// is suspended before its end is suspended, whether or not it has started.
func StateAt(spec *v1alpha1.DataSharingAgreementSpec, now time.Time) (state v1alpha1.AgreementState, until time.Time) {
	switch {
	case !now.Before(spec.UntilTime.Time):
		return v1alpha1.AgreementEnded, time.Time{}
	case Suspended(spec):
		return v1alpha1.AgreementSuspended, spec.UntilTime.Time
	case now.Before(spec.FromTime.Time):
		return v1alpha1.AgreementNotStarted, spec.FromTime.Time
	case now.Before(spec.ReviewByTime.Time):
		return v1alpha1.AgreementInForce, spec.ReviewByTime.Time
	default:
		return v1alpha1.AgreementDueForReview, spec.UntilTime.Time
	}
}

// Suspended reports whether the parties do not stand by an agreement for now. Where nothing is said of its standing they do,
// where something unknown is said they do not.
func Suspended(spec *v1alpha1.DataSharingAgreementSpec) bool {
	return spec.Standing != "" && spec.Standing != v1alpha1.StandingActive
}

// InForce reports whether an agreement in the state allows what it says. One that is due for review does.
func InForce(state v1alpha1.AgreementState) bool {
	return state == v1alpha1.AgreementInForce || state == v1alpha1.AgreementDueForReview
}

// States are all there are, in the order an agreement goes through them.
func States() []v1alpha1.AgreementState {
	return []v1alpha1.AgreementState{
		v1alpha1.AgreementNotStarted, v1alpha1.AgreementInForce, v1alpha1.AgreementDueForReview, v1alpha1.AgreementEnded,
		v1alpha1.AgreementSuspended,
	}
}
