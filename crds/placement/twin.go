package placement

import (
	"cmp"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/v1alpha1"
)

// Firmer names another claim for the same referral and kind of place that keeps its place rather than this one at now; nil if
// there is none. Two have a place only where they were given it without seeing each other: by two binders, or at one moment.
func (q *Queue) Firmer(object *v1alpha1.Placement, now time.Time) *types.NamespacedName {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, other := range q.referrals[referralOf(object)] {
		if YieldsTo(object, other.object, now) {
			key := other.key
			return &key
		}
	}
	return nil
}

// YieldsTo reports whether a claim gives its place back at now since another for the same referral and kind of place has one and
// comes first. One that is about to give its own back comes before nobody: the person would be left with neither.
func YieldsTo(o, other *v1alpha1.Placement, now time.Time) bool {
	return other.UID != o.UID && referralOf(other) == referralOf(o) && placed(other) && !leaving(other, now) && firmer(other, o)
}

// Rivals are the other claims for the same referral and kind of place that are bound to one.
func (q *Queue) Rivals(object *v1alpha1.Placement) []types.NamespacedName {
	q.mu.Lock()
	defer q.mu.Unlock()
	var rivals []types.NamespacedName
	for _, other := range q.referrals[referralOf(object)] {
		if other.object.UID != object.UID && bound(other.object) {
			rivals = append(rivals, other.key)
		}
	}
	return rivals
}

// placed reports whether the claim has a place, as far as it says itself.
func placed(o *v1alpha1.Placement) bool {
	b := o.Status.Binding
	return b != nil && (b.State == v1alpha1.BindingHeld || b.State == v1alpha1.BindingAdmitted)
}

// firmer reports whether claim a keeps its place rather than claim b: the person is in it before anything else, then the provider
// has accepted, then the claim that was made first. Nobody loses a place in which somebody is: two such stay, for people to
// put right, and Verify tells of them.
func firmer(a, b *v1alpha1.Placement) bool {
	if arrived(b) {
		return false
	}
	return cmp.Or(firmness(a)-firmness(b), earlier(a, b)) > 0
}

func firmness(o *v1alpha1.Placement) int {
	switch {
	case arrived(o):
		return 2
	case Accepts(o):
		return 1
	default:
		return 0
	}
}

// arrived reports whether somebody says that the person is in the place.
func arrived(o *v1alpha1.Placement) bool {
	return o.Spec.Admission != nil || (o.Status.Binding != nil && o.Status.Binding.State == v1alpha1.BindingAdmitted)
}

// earlier is above 0 if claim a was made before claim b; within the second that Kubernetes remembers, if its UID is smaller.
func earlier(a, b *v1alpha1.Placement) int {
	return cmp.Or(b.CreationTimestamp.Compare(a.CreationTimestamp.Time), cmp.Compare(b.UID, a.UID))
}
