package capacity

import (
	"time"

	"lifeline.scot/crds/v1alpha1"
)

// AgeingFor is how many confirmation intervals pass before an unrenewed count is Unconfirmed: it is Confirmed through the
// first and Ageing until the end of the last.
const AgeingFor = 2

// TrustAt says how far a count made at confirmed can be relied on at now, when counts are due every interval.
// A count exactly one interval old is Ageing, exactly two old Unconfirmed. The zero time means nobody has counted.
func TrustAt(confirmed, now time.Time, interval time.Duration) v1alpha1.Trust {
	if confirmed.IsZero() {
		return v1alpha1.TrustUnconfirmed
	}
	switch age := now.Sub(confirmed); {
	case age < interval:
		return v1alpha1.TrustConfirmed
	case age < AgeingFor*interval:
		return v1alpha1.TrustAgeing
	default:
		return v1alpha1.TrustUnconfirmed
	}
}

// NextTrustChange returns the first moment after now at which TrustAt answers differently, or false when it never will.
func NextTrustChange(confirmed, now time.Time, interval time.Duration) (time.Time, bool) {
	switch TrustAt(confirmed, now, interval) {
	case v1alpha1.TrustConfirmed:
		return confirmed.Add(interval), true
	case v1alpha1.TrustAgeing:
		return confirmed.Add(AgeingFor * interval), true
	default:
		return time.Time{}, false
	}
}

// Interval returns how often the pool's count must be confirmed.
func Interval(pool *v1alpha1.CapacityPool) time.Duration {
	return time.Duration(pool.Spec.ConfirmEverySeconds) * time.Second
}
