package capacity

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"lifeline.scot/crds/v1alpha1"
)

// Figures are what is known of a pool at a moment, exact. They are for those who may see every number; the public sees
// Public.
type Figures struct {
	Kind v1alpha1.PoolKind
	// Open reports whether the pool's places can be offered at all: the pool is open, and what it names is there and open
	// too, such as its service and the organisation that runs it.
	Open bool
	// Registered is nil when no source gives a number.
	Registered *int32
	// Count is nil when nobody has counted.
	Count *Count
	// Trust at the moment asked about.
	Trust v1alpha1.Trust
	// ConfirmedTime is the moment of the count; zero when nobody has counted.
	ConfirmedTime time.Time
	// ConfirmedBy is the Partner or Partnership that counted.
	ConfirmedBy v1alpha1.ObjectName
	// Illustrative reports whether the count was invented to show how the directory works.
	Illustrative bool
}

// FiguresAt returns what the pool's status says at now. Trust is worked out afresh: it changes as time passes, whether or
// not anybody has written since.
func FiguresAt(pool *v1alpha1.CapacityPool, now time.Time) Figures {
	f := Figures{
		Kind:         pool.Spec.Kind,
		Open:         open(pool),
		ConfirmedBy:  pool.Status.ConfirmedBy,
		Illustrative: pool.Status.Provenance == v1alpha1.CountIllustrative,
	}
	if pool.Spec.Registered != nil {
		f.Registered = pool.Spec.Registered.Places
	}
	if pool.Status.ConfirmedTime != nil {
		f.ConfirmedTime = pool.Status.ConfirmedTime.Time
	}
	if pool.Status.Staffed != nil {
		f.Count = &Count{*pool.Status.Staffed, orZero(pool.Status.Occupied), orZero(pool.Status.Held)}
	}
	f.Trust = TrustAt(f.ConfirmedTime, now, Interval(pool))
	if disputed(&pool.Status) {
		f.Trust = v1alpha1.TrustDisputed
	}
	return f
}

// disputed reports whether a provider said since the count that there was no free place after all.
func disputed(status *v1alpha1.CapacityPoolStatus) bool {
	return status.DisputedTime != nil && status.ConfirmedTime != nil && !status.ConfirmedTime.After(status.DisputedTime.Time)
}

// open reports whether the pool's places can be offered. A pool the operator has not looked at yet has no count either, so
// only a plain no from it closes a pool.
func open(pool *v1alpha1.CapacityPool) bool {
	return pool.Spec.Operation == v1alpha1.OperationOpen && pool.DeletionTimestamp.IsZero() &&
		!meta.IsStatusConditionFalse(pool.Status.Conditions, v1alpha1.ConditionReferencesResolved)
}

// Counted reports whether the pool's figures may be added to a total: it is open, and somebody has confirmed them in time.
func (f Figures) Counted() bool {
	return f.Open && f.Count != nil && !f.InDoubt()
}

// InDoubt reports whether the count is only what was last known: nobody has confirmed it in time, or a provider has said
// since that there was no free place after all.
func (f Figures) InDoubt() bool {
	return f.Trust == v1alpha1.TrustUnconfirmed || f.Trust == v1alpha1.TrustDisputed
}

// Free returns the places free now. It is false when that is not known: the pool is not open, or nobody has confirmed the
// count in time. A place nobody has confirmed is not a free place.
func (f Figures) Free() (int32, bool) {
	if !f.Counted() {
		return 0, false
	}
	return f.Count.Free(), true
}

// Sum adds up pools of one kind, as a Partnership's status shows them. Pools that are not open are left out; pools that
// nobody has confirmed in time are counted and otherwise left out.
func Sum(kind v1alpha1.PoolKind, pools []Figures) v1alpha1.PlaceTotals {
	var open, unconfirmed, registered, free int32
	var count Count
	for _, f := range pools {
		if f.Kind != kind || !f.Open {
			continue
		}
		open++
		registered += orZero(f.Registered)
		if !f.Counted() {
			unconfirmed++
			continue
		}
		count.Staffed += f.Count.Staffed
		count.Occupied += f.Count.Occupied
		count.Held += f.Count.Held
		free += f.Count.Free()
	}
	return v1alpha1.PlaceTotals{
		Kind: kind, Pools: &open, UnconfirmedPools: &unconfirmed, Registered: &registered,
		Staffed: &count.Staffed, Occupied: &count.Occupied, Held: &count.Held, Free: &free,
	}
}
