package referral

// Status says how a referral stands.
type Status string

// The statuses.
const (
	// Submitted: sent to a partner that has not said yet that it has it.
	Submitted Status = "Submitted"
	// Acknowledged: the partner has it, and has not answered yet.
	Acknowledged Status = "Acknowledged"
	// Accepted: the partner will support the person.
	Accepted Status = "Accepted"
	// CannotBeOffered: the partner cannot offer what is needed, and said why and what would make it possible.
	CannotBeOffered Status = "CannotBeOffered"
	// Redirected: sent on to another partner that has not said yet that it has it.
	Redirected Status = "Redirected"
	// PlacementWaiting: accepted, and a place is claimed that is not free yet.
	PlacementWaiting Status = "PlacementWaiting"
	// PlacementHeld: accepted, and a place is held in the person's name.
	PlacementHeld Status = "PlacementHeld"
	// Admitted: the person has moved in.
	Admitted Status = "Admitted"
	// InSupport: support without a place has begun.
	InSupport Status = "InSupport"
	// Completed: stay or support has ended. Nothing comes after it; aftercare is a new referral that points here.
	Completed Status = "Completed"
	// Withdrawn: the person, or somebody for them, chose not to go on before a stay or support began, or during it.
	Withdrawn Status = "Withdrawn"
)

// Statuses are all statuses, in the order of the journey.
func Statuses() []Status {
	return []Status{
		Submitted, Acknowledged, Accepted, CannotBeOffered, Redirected, PlacementWaiting, PlacementHeld, Admitted, InSupport,
		Completed, Withdrawn,
	}
}

// Ended reports whether nothing comes after the status.
func (s Status) Ended() bool { return s == Completed || s == Withdrawn }

// Urgency is how pressing a referral is, in the words that claims on places use.
type Urgency string

// The urgencies.
const (
	Emergency Urgency = "Emergency"
	Urgent    Urgency = "Urgent"
	Routine   Urgency = "Routine"
)

// Urgencies are all urgencies, the most pressing first.
func Urgencies() []Urgency { return []Urgency{Emergency, Urgent, Routine} }

// Route says whether somebody else has to approve the money.
type Route string

// The routes.
const (
	// Direct means that nobody has to approve funding: community support, crisis response, an NHS ward.
	Direct Route = "Direct"
	// Funded means a placement that an ADP pays for, in the stages of the Scottish funded journey: see [Stage].
	Funded Route = "Funded"
)

// LinkKind is how two referrals belong together.
type LinkKind string

// The kinds.
const (
	// Aftercare is support after a stay.
	Aftercare LinkKind = "Aftercare"
	// Onward is support by another partner beside, or instead of, this one.
	Onward LinkKind = "Onward"
)

// Link is another referral of the same person.
type Link struct {
	Kind LinkKind `json:"kind"`
	// Referral is the other one.
	Referral string `json:"referral"`
}
