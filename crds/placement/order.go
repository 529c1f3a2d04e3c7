package placement

import (
	"cmp"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/v1alpha1"
)

// AgeingInterval is how long a claim waits until it counts as one step more pressing: Routine as Urgent after one, as
// Emergency after two. Three weeks is the longest that nine of ten people ought to wait for treatment to start in Scotland
// (Local Delivery Plan standard for drug and alcohol treatment waiting times).
const AgeingInterval = 21 * 24 * time.Hour

// MaximumLapses is how many holds of one claim may expire before the claim ends: a place kept again and again for somebody
// who does not come is a place that others do not get.
const MaximumLapses = 3

// LongestHold is how long a place can be held in all, however often the hold is extended: as long as the longest
// holdPeriodSeconds of a pool.
const LongestHold = 28 * 24 * time.Hour

// Rank is how pressing a claim is at a moment; a smaller one comes first.
type Rank int

// The ranks.
const (
	RankEmergency Rank = iota
	RankUrgent
	RankRoutine
)

// Standing is all that a claim's turn depends on.
type Standing struct {
	// Priority as asked for; Routine once a hold has expired.
	Priority v1alpha1.PlacementPriority
	// Since is since when the claim has waited.
	Since time.Time
	// UID settles ties.
	UID types.UID
}

// StandingOf returns where a claim stands: it has waited since it was made or since its notBeforeTime, whichever is later,
// and after a hold that expired only since then, as Routine.
func StandingOf(claim *v1alpha1.Placement) Standing {
	s := Standing{Priority: claim.Spec.Priority, Since: claim.CreationTimestamp.Time, UID: claim.UID}
	s.Since = later(s.Since, claim.Spec.NotBeforeTime)
	if claim.Status.Lapses > 0 {
		s.Priority, s.Since = v1alpha1.PriorityRoutine, later(s.Since, claim.Status.QueueTime)
	}
	return s
}

func later(t time.Time, other *metav1.Time) time.Time {
	if other != nil && other.After(t) {
		return other.Time
	}
	return t
}

// RankAt is how pressing the claim is at now.
func (s Standing) RankAt(now time.Time) Rank {
	aged := Rank(max(0, now.Sub(s.Since)) / AgeingInterval)
	return max(RankEmergency, rankOf(s.Priority)-aged)
}

func rankOf(p v1alpha1.PlacementPriority) Rank {
	switch p {
	case v1alpha1.PriorityEmergency:
		return RankEmergency
	case v1alpha1.PriorityUrgent:
		return RankUrgent
	default:
		return RankRoutine
	}
}

// Compare orders two claims at now: negative when a comes first. The more pressing rank comes first, then who has waited
// longest, then the smaller UID; so no two claims are equal. Two claims of one priority never change places as time passes.
func Compare(a, b Standing, now time.Time) int {
	return cmp.Or(cmp.Compare(a.RankAt(now), b.RankAt(now)), a.Since.Compare(b.Since), cmp.Compare(a.UID, b.UID))
}

// NextRankChange returns when the claim will count as more pressing, or false when it is as pressing as can be.
func (s Standing) NextRankChange(now time.Time) (time.Time, bool) {
	if s.RankAt(now) == RankEmergency {
		return time.Time{}, false
	}
	steps := int(max(0, now.Sub(s.Since))/AgeingInterval) + 1
	return s.Since.Add(time.Duration(steps) * AgeingInterval), true
}
