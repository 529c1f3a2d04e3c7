// Package identity says who is asking: a role, and the ADP or organisation on whose behalf. Until partners sign in through
// an OpenID Connect issuer, a caller is known by one of the development tokens of a file: see [Tokens].
package identity

import "context"

// Role is what somebody may do, in words of the field.
type Role string

// The roles. Each is bound to one ADP or one organisation, apart from Public.
const (
	// Public is anybody: nobody has said who they are.
	Public Role = ""
	// Referrer works for an ADP, or for a service on its behalf, and claims places for people who agreed to it.
	Referrer Role = "Referrer"
	// Commissioner decides for an ADP what is paid for and what is most pressing.
	Commissioner Role = "Commissioner"
	// DataLead looks after the data of an ADP. Reads, and decides nothing.
	DataLead Role = "DataLead"
	// Provider works for an organisation that runs services: counts, accepts, admits and discharges.
	Provider Role = "Provider"
)

// Caller is who is asking. The zero Caller is the public.
type Caller struct {
	Role Role
	// Partnership is the name of the ADP that a Referrer, Commissioner or DataLead works for; "" for others.
	Partnership string
	// Partner is the name of the organisation that a Provider works for; "" for others.
	Partner string
}

// Known reports whether the caller has said who they are.
func (c Caller) Known() bool { return c.Role != Public }

// Scope tells callers apart whose idempotency keys have nothing to do with each other.
func (c Caller) Scope() string { return string(c.Role) + "/" + c.Partnership + "/" + c.Partner }

// ForPartnership reports whether the caller works for the ADP, in one of the roles.
func (c Caller) ForPartnership(partnership string, roles ...Role) bool {
	for _, role := range roles {
		if c.Role == role && partnership != "" && c.Partnership == partnership {
			return true
		}
	}
	return false
}

// ForPartner reports whether the caller works for the organisation as a provider.
func (c Caller) ForPartner(partner string) bool {
	return c.Role == Provider && partner != "" && c.Partner == partner
}

type key struct{}

// With returns a context that says who is asking.
func With(ctx context.Context, c Caller) context.Context { return context.WithValue(ctx, key{}, c) }

// From returns who is asking; the public if nobody has said.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(key{}).(Caller)
	return c
}
