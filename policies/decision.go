package policies

import "time"

// What a decision can be.
const (
	Allow = "allow"
	Deny  = "deny"
)

// Reasons that this package gives itself; all others are the rules'.
const (
	// ReasonUnreadable: the request is malformed, or holds more than it may.
	ReasonUnreadable = "request_unreadable"
	// ReasonUndecided: the rules could not be asked, or not in time.
	ReasonUndecided = "not_decided"
)

// Decision says which fields of one referral may be disclosed, on which ground.
type Decision struct {
	// Effect is Allow or Deny.
	Effect string
	// Ground is the one that holds; empty on denial.
	Ground string
	// Article6 and Article9 are its basis and condition under UK GDPR, Confidentiality its justification under the duty of
	// confidentiality. Empty on denial.
	Article6, Article9, Confidentiality string
	// Fields are the names of those that may be disclosed, sorted; none on denial.
	Fields []string
	// Beside are the names, in sharing/beside.json, of what may be disclosed beside fields, sorted; none on denial.
	Beside []string
	// Obligations are codes of what whoever discloses has to do, sorted. There is always audit.
	Obligations []string
	// Reasons are codes, sorted: the conditions of the ground that are met, or why it is denied.
	Reasons []string
	// HoldsUntil is when time alone may change the decision, the first moment at which it no longer holds; zero: never.
	HoldsUntil time.Time
	// Revision names the rules, settings and narrowing that decided.
	Revision string
}

// denied is a denial for these reasons.
func denied(reasons ...string) Decision {
	return Decision{Effect: Deny, Fields: []string{}, Obligations: []string{"audit"}, Reasons: reasons}
}
