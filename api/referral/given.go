package referral

import (
	"slices"

	"lifeline.scot/api/record"
)

// Given is what a partner was given for a purpose, in the words of the policy.
type Given struct {
	Purpose    string            `json:"purpose"`
	Categories []record.Category `json:"categories"`
}

// Bounds of what is given.
const (
	mostPurposes   = 16
	longestPurpose = 63
)

func (c Accept) check() error {
	if len(c.Given) > mostPurposes {
		return refuse(CodeInvalid, "There are more than %d purposes that something was given for.", mostPurposes)
	}
	for _, g := range c.Given {
		known := func(c record.Category) bool { return slices.Contains(record.Categories(), c) }
		if g.Purpose == "" || len(g.Purpose) > longestPurpose || len(g.Categories) > len(record.Categories()) ||
			slices.ContainsFunc(g.Categories, func(c record.Category) bool { return !known(c) }) {
			return refuse(CodeInvalid, "What was given is categories of data, for a purpose.")
		}
	}
	return nil
}

// Gave is what the partner was given for a purpose when it accepted; none if it was given nothing.
func (t Turn) Gave(purpose string) []record.Category {
	for _, g := range t.Given {
		if g.Purpose == purpose {
			return g.Categories
		}
	}
	return nil
}
