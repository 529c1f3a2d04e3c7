package policies

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// RoleSet is a set of the roles that the rules of action and directory know. The zero RoleSet is empty.
type RoleSet uint16

// roleNames are the roles, in the order of their bits.
var roleNames = []string{"Referrer", "Commissioner", "DataLead", "Provider", "Auditor", "PlatformAdmin"}

// Names are the roles in the set.
func (r RoleSet) Names() []string { return named(uint16(r), roleNames) }

// Stands is where somebody stands to a thing: a set. It compares organisations, ADPs and people, and says nothing of roles: what
// follows from both is for the rules. The zero Stands is nowhere.
type Stands uint16

// The places.
const (
	// WithoutADP: they act for no ADP.
	WithoutADP Stands = 1 << iota
	// ForADP: they act for the ADP of the thing.
	ForADP
	// AtPartner: they work for the organisation whose thing it is.
	AtPartner
	// AtOrigin: they work for the partner that made the referral.
	AtOrigin
	// AtTarget: they work for the partner that is asked now.
	AtTarget
	// AtAsked: they work for a partner that is asked, or was earlier.
	AtAsked
	// AtAccepted: they work for a partner that accepted the referral, now or earlier.
	AtAccepted
	// Declared: it was they who declared the emergency.
	Declared
	// HoldsPlace: they work for the organisation that holds a place for the claim.
	HoldsPlace
	// RunsPool: they work for the organisation whose pool it is.
	RunsPool
	// MayClaimPool: they act for an ADP whose people may be placed in the pool.
	MayClaimPool
)

// standNames are the places in the words of the rules, in the order of their bits.
var standNames = []string{
	"without_adp", "adp", "partner", "origin", "target", "asked", "accepted", "declared", "holds_place", "runs_pool",
	"may_claim_pool",
}

// Names are the places in the words of the rules.
func (s Stands) Names() []string { return named(uint16(s), standNames) }

func named(bits uint16, all []string) []string {
	names := []string{}
	for i, name := range all {
		if bits&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// RoleSetOf is the set of the roles given; what is none of them is left out.
func RoleSetOf(names ...string) (set RoleSet) {
	for i, name := range roleNames {
		if slices.Contains(names, name) {
			set |= 1 << i
		}
	}
	return set
}

// Question is what somebody wants to do or see: closed facts alone, so that the answer to it is the same for whoever else they
// are true of.
type Question struct {
	// What is a row of the table that is asked: of data.actions for [Engine.MayAct], of data.visible for [Engine.MaySee].
	What   string
	Roles  RoleSet
	Stands Stands
	// SignedIn says that they have said who they are, Suspended that their organisation is, SecondFactor that they signed in with
	// one, InCareRole that the care role they ask in is theirs.
	SignedIn, Suspended, SecondFactor, InCareRole bool
}

// The keys of a question as the rules see it.
var (
	keyInCareRole = ast.StringTerm("in_care_role")
	keyRoles      = ast.StringTerm("roles")
	keySignedIn   = ast.StringTerm("signed_in")
	keyStands     = ast.StringTerm("stands")
	keySuspended  = ast.StringTerm("suspended")
	keyWhat       = ast.StringTerm("what")
)

// value is a question as the rules see it: schemas/standing.json.
func (q Question) value() ast.Value {
	return ast.NewObject(
		member{keyWhat, text(q.What)},
		member{keyRoles, texts(q.Roles.Names())},
		member{keyStands, texts(q.Stands.Names())},
		member{keySignedIn, flag(q.SignedIn)},
		member{keySuspended, flag(q.Suspended)},
		member{keySecondFactor, flag(q.SecondFactor)},
		member{keyInCareRole, flag(q.InCareRole)},
	)
}
