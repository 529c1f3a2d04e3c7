package disclosure

import (
	"slices"
	"strings"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/record"
	"lifeline.scot/policies"
)

// LeavingOut are entries like one of a look through many referrals, which say of some that they were decided about and not shown,
// why, and by which rules. They were wanted only where all key fields may be seen. There is one entry at least, and each says so
// of at most [audit.MostLeftOut]: what it costs to write them down is bounded by what was looked at.
func LeavingOut(look audit.Entry, keys []record.Field, leftOut ...Cut) []audit.Entry {
	look.LeftOut = []audit.LeftOut{} // a list, also if it leaves nothing out
	entries := []audit.Entry{look}
	for some := range slices.Chunk(leftOut, audit.MostLeftOut) {
		look.LeftOut = grouped(keys, some)
		entries = append(entries, look)
	}
	if len(entries) > 1 {
		return entries[1:]
	}
	return entries
}

// grouped puts those together that are left out for the same reasons, in the order in which they come.
func grouped(keys []record.Field, cuts []Cut) []audit.LeftOut {
	var groups []audit.LeftOut
	at := map[string]int{}
	for _, cut := range cuts {
		reasons, revision := cut.leftOutFor(keys), cut.decision.Revision
		kind := revision + " " + strings.Join(reasons, " ")
		group, there := at[kind]
		if !there {
			group = len(groups)
			at[kind] = group
			groups = append(groups, audit.LeftOut{Reasons: reasons, Revision: revision})
		}
		groups[group].Referrals = append(groups[group].Referrals, cut.id)
	}
	return groups
}

// leftOutFor says why a referral is left out, in full: for those who look after data, and not for whoever asked.
func (c Cut) leftOutFor(keys []record.Field) []string {
	if c.decision.Effect != policies.Allow {
		return c.decision.Reasons
	}
	for _, f := range keys {
		if !c.Permits(f) {
			return c.WhyNot(f)
		}
	}
	return []string{ReasonNotLookedFor}
}
