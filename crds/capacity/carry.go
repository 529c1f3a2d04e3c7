package capacity

import (
	"slices"
	"time"

	"lifeline.scot/crds/v1alpha1"
)

// Carried is a count brought forward to now: Lifeline's own admissions, discharges and holds are added to what the provider
// counted.
type Carried struct {
	Count
	// KnownIn is how many people Lifeline knows to have been in a place at the moment of the count. When the count says
	// fewer, it contradicts known admissions; the greater number is used, so that nobody's place is given away.
	KnownIn int32
}

// CarryForward brings a count made at the moment `at` forward. An admission at or before that moment, in a place that had been
// given by then, is taken to be in the count, any other is added: one that is dated back frees no place. A discharge after the
// count of somebody who was there then is taken off; every place held by Lifeline is added to those the provider promised itself.
func CarryForward(
	counted Count, at time.Time, allocations []v1alpha1.Allocation, departures []v1alpha1.Departure,
) Carried {
	var knownIn, came, held, left int32
	for i := range allocations {
		switch a := &allocations[i]; {
		case a.State != v1alpha1.AllocationAdmitted:
			held++
		case a.AdmittedTime != nil && Arrival(*a).After(at):
			came++
		default:
			knownIn++
		}
	}
	for _, d := range departures {
		if wasThere(d, at) {
			left++
		}
	}
	knownIn += left
	return Carried{
		Count: Count{
			Staffed:  counted.Staffed,
			Occupied: max(counted.Occupied, knownIn) + came - left,
			Held:     counted.Held + held,
		},
		KnownIn: knownIn,
	}
}

// Arrival is from when on a count can be relied on to have the person of an admitted place in it: when they arrived, or when
// the place was given to them if that was later.
func Arrival(a v1alpha1.Allocation) time.Time {
	if a.AdmittedTime != nil && a.AdmittedTime.After(a.HeldTime.Time) {
		return a.AdmittedTime.Time
	}
	return a.HeldTime.Time
}

func wasThere(d v1alpha1.Departure, at time.Time) bool {
	return !d.AdmittedTime.After(at) && d.DischargedTime.After(at)
}

// Recount works out staffed, occupied and held anew from the count, the allocations and the departures, all of them in the
// status, and forgets departures that no longer matter. Whoever changes one of those three calls it before writing, so
// that the numbers and the allocations of a stored pool always agree. Without a count there are no numbers.
func Recount(status *v1alpha1.CapacityPoolStatus) Carried {
	if status.Counted == nil || status.ConfirmedTime == nil {
		status.Staffed, status.Occupied, status.Held, status.Departures = nil, nil, nil, nil
		return Carried{}
	}
	at := status.ConfirmedTime.Time
	status.Departures = slices.DeleteFunc(status.Departures, func(d v1alpha1.Departure) bool { return !wasThere(d, at) })
	if len(status.Departures) == 0 {
		status.Departures = nil
	}
	counted := Count{orZero(status.Counted.Staffed), orZero(status.Counted.Occupied), orZero(status.Counted.Held)}
	carried := CarryForward(counted, at, status.Allocations, status.Departures)
	status.Staffed, status.Occupied, status.Held = &carried.Staffed, &carried.Occupied, &carried.Held
	return carried
}
