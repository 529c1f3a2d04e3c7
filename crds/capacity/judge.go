package capacity

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

// Judge writes into the pool's status how far its count can be trusted at now and what that leaves free, and returns when
// this changes by itself; zero if never. Whoever changes the count, the allocations or the departures calls Recount and then
// Judge in the same write.
func Judge(pool *v1alpha1.CapacityPool, now time.Time) time.Time {
	figures := FiguresAt(pool, now)
	status := &pool.Status
	status.Trust, status.Free, status.TrustChangeTime = figures.Trust, nil, nil
	if free, ok := figures.Free(); ok {
		status.Free = &free
	}
	if figures.Trust == v1alpha1.TrustDisputed {
		return time.Time{}
	}
	next, ok := NextTrustChange(figures.ConfirmedTime, now, Interval(pool))
	if ok {
		status.TrustChangeTime = &metav1.Time{Time: next}
	}
	return next
}
