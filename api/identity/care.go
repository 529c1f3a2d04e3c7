package identity

import "slices"

// CareRole is the part somebody takes in a person's care, in the words of the rules of sharing. It bounds what they may see of
// a person, whatever else holds; what may be done in Lifeline at all follows from [Role].
type CareRole string

// The care roles.
const (
	Practitioner        CareRole = "practitioner"
	Clinician           CareRole = "clinician"
	Clerk               CareRole = "clerk"
	PeerWorker          CareRole = "peer_worker"
	SafeguardingOfficer CareRole = "safeguarding_officer"
	Analyst             CareRole = "analyst"
	// OverdoseResponder answers near-fatal overdoses.
	OverdoseResponder CareRole = "nfo_responder"
	DeathReviewer     CareRole = "death_reviewer"
	// DataSubject is the person themselves.
	DataSubject CareRole = "data_subject"
)

// AllCareRoles are the care roles there are, in the order they are always listed in.
func AllCareRoles() []CareRole {
	return []CareRole{
		Practitioner, Clinician, Clerk, PeerWorker, SafeguardingOfficer, Analyst, OverdoseResponder, DeathReviewer, DataSubject,
	}
}

// CareRoles is a set of care roles. The zero CareRoles is empty: whoever has none sees nothing of a person.
type CareRoles uint16

// CareRolesOf is the set of the care roles given. What is none of [AllCareRoles] is left out.
func CareRolesOf(roles ...CareRole) (set CareRoles) {
	for i, role := range AllCareRoles() {
		if slices.Contains(roles, role) {
			set |= 1 << i
		}
	}
	return set
}

// Has reports whether the care role is in the set.
func (r CareRoles) Has(role CareRole) bool { return r&CareRolesOf(role) != 0 }

// Both is what is in either set and in the other.
func (r CareRoles) Both(other CareRoles) CareRoles { return r & other }

// List are the care roles in the set, in the order of [AllCareRoles].
func (r CareRoles) List() []CareRole {
	return slices.DeleteFunc(AllCareRoles(), func(role CareRole) bool { return !r.Has(role) })
}
