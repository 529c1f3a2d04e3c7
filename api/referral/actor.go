package referral

import "slices"

// Actor is who makes a change.
type Actor struct {
	// ID is an opaque name of the person or program, the same each time, that tells nobody who it is.
	ID string `json:"id"`
	// Partner is the organisation they act for; "" for none.
	Partner string `json:"partner,omitempty"`
	// Partnership is the ADP they act for; "" for none.
	Partnership string `json:"partnership,omitempty"`
	// Capacity is in what capacity they act. Default: as a worker.
	Capacity Capacity `json:"capacity,omitempty"`
}

// Capacity is in what capacity somebody acts.
type Capacity string

// The capacities.
const (
	// AsWorker is at work for a partner or an ADP.
	AsWorker Capacity = ""
	// AsPerson is the person who is referred, for themselves.
	AsPerson Capacity = "Person"
	// AsProgram is Lifeline itself: what the binder of places did, a time that ran out.
	AsProgram Capacity = "Program"
)

// Side is a part that somebody has in a referral.
type Side string

// The sides.
const (
	// SideOrigin is the partner that made the referral.
	SideOrigin Side = "Origin"
	// SideTarget is the partner that is asked now.
	SideTarget Side = "Target"
	// SidePartnership is the ADP whose area the person is supported by.
	SidePartnership Side = "Partnership"
	// SidePerson is the person themselves.
	SidePerson Side = "Person"
	// SideProgram is Lifeline.
	SideProgram Side = "Program"
)

// SidesOf are the parts somebody has in the referral; none if it is not theirs.
func (s State) SidesOf(a Actor) []Side {
	switch a.Capacity {
	case AsPerson:
		if a.ID != "" && a.ID == s.Person {
			return []Side{SidePerson}
		}
		return nil
	case AsProgram:
		return []Side{SideProgram}
	case AsWorker:
	default:
		return nil
	}
	var sides []Side
	if a.Partner != "" && a.Partner == s.Origin {
		sides = append(sides, SideOrigin)
	}
	if a.Partner != "" && a.Partner == s.Target {
		sides = append(sides, SideTarget)
	}
	if a.Partnership != "" && a.Partnership == s.Partnership {
		sides = append(sides, SidePartnership)
	}
	return sides
}

// isOn reports whether the actor is on one of the sides.
func (s State) isOn(a Actor, sides ...Side) bool {
	return slices.ContainsFunc(s.SidesOf(a), func(side Side) bool { return slices.Contains(sides, side) })
}
