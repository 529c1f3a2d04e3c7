package identity

import "slices"

// Role is a part that somebody may take, in words of the field.
type Role string

// The roles.
const (
	// Referrer works for an ADP, or for a service on its behalf, and claims places for people who agreed to it.
	Referrer Role = "Referrer"
	// Commissioner decides for an ADP what is paid for and what is most pressing.
	Commissioner Role = "Commissioner"
	// DataLead looks after the data of an ADP. Reads, and decides nothing.
	DataLead Role = "DataLead"
	// Provider works for an organisation that runs services: counts, accepts, admits and discharges.
	Provider Role = "Provider"
	// Auditor checks afterwards what was done. There is nothing yet that only an auditor may see.
	Auditor Role = "Auditor"
	// PlatformAdmin looks after the platform, which is done with kubectl. Through the API they may do what the public may.
	PlatformAdmin Role = "PlatformAdmin"
)

// AllRoles are the roles there are, in the order they are always listed in.
func AllRoles() []Role {
	return []Role{Referrer, Commissioner, DataLead, Provider, Auditor, PlatformAdmin}
}

// Roles is a set of roles. The zero Roles is empty: what the public has.
type Roles uint16

// RolesOf is the set of the roles given. What is none of [AllRoles] is left out.
func RolesOf(roles ...Role) (set Roles) {
	for i, role := range AllRoles() {
		if slices.Contains(roles, role) {
			set |= 1 << i
		}
	}
	return set
}

// HasAny reports whether one of the roles is in the set.
func (r Roles) HasAny(roles ...Role) bool { return r&RolesOf(roles...) != 0 }

// Both is what is in either set and in the other.
func (r Roles) Both(other Roles) Roles { return r & other }

// List are the roles in the set, in the order of [AllRoles].
func (r Roles) List() []Role {
	return slices.DeleteFunc(AllRoles(), func(role Role) bool { return !r.HasAny(role) })
}
