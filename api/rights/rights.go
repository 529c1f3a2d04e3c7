// Package rights states for the rules who asks: the rules of package policies say what callers may do and see, and know nothing
// of packages here. It decides nothing itself.
package rights

import (
	"context"

	"lifeline.scot/api/identity"
	"lifeline.scot/policies"
)

// Rules say what somebody may do, and what they may see: a [policies.Engine]. On an error the ruling is a denial.
type Rules interface {
	MayAct(ctx context.Context, q policies.Question) (policies.Ruling, error)
	MaySee(ctx context.Context, q policies.Question) (policies.Ruling, error)
}

// Of is the question whether a caller may do or see something that they stand to in these places.
func Of(c identity.Caller, what string, stands policies.Stands) policies.Question {
	return policies.Question{
		What: what, Roles: policies.RoleSet(c.Roles), Stands: stands, // sets of roles have the same bits on both sides
		SignedIn: c.Known(), SecondFactor: c.SecondFactor,
	}
}

// ForADP is where a caller stands to what is an ADP's.
func ForADP(c identity.Caller, partnership string) policies.Stands {
	switch c.Partnership {
	case "":
		return policies.WithoutADP
	case partnership:
		return policies.ForADP
	default:
		return 0
	}
}

// At is the place, if a caller works for the partner; nowhere otherwise.
func At(c identity.Caller, partner string, place policies.Stands) policies.Stands {
	if c.Partner == "" || c.Partner != partner {
		return 0
	}
	return place
}
