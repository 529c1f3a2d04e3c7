// Package identity says who is asking: the organisation they work for, the ADP they act for, and the parts they may take. How
// that is proved is the business of package oidc beside it; what follows from it is decided where it is asked.
package identity

import "context"

// Caller is who is asking. The zero Caller is the public. Callers can be compared with ==.
type Caller struct {
	// Partner is the name of the organisation through whose client they signed in; "" for the public.
	Partner string
	// Partnership is the name of the ADP that a Referrer, Commissioner or DataLead acts for; "" if they act for none.
	Partnership string
	// Roles are what they may do, for Partner or for Partnership.
	Roles Roles
	// Care are the parts they take in people's care: see [CareRole].
	Care CareRoles
	// SecondFactor says that they signed in with one; HealthProfessional that they are registered as one.
	SecondFactor, HealthProfessional bool
	// Software says that nobody signed in: it is the software of Partner that sends something.
	Software bool
	// Subject stands for the person, or the program, that signed in: always the same for the same one, and no name. It is for the
	// record of who did what; it still is about somebody, so no log, metric or error may hold it.
	Subject string
}

// Known reports whether the caller has said who they are.
func (c Caller) Known() bool { return c.Partner != "" }

// Scope tells callers apart whose idempotency keys have nothing to do with each other: people, and for whom they act.
func (c Caller) Scope() string { return c.Partner + "/" + c.Partnership + "/" + c.Subject }

type key struct{}

// With returns a context that says who is asking.
func With(ctx context.Context, c Caller) context.Context { return context.WithValue(ctx, key{}, c) }

// From returns who is asking; the public if nobody has said.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(key{}).(Caller)
	return c
}
