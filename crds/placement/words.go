package placement

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"lifeline.scot/crds/v1alpha1"
)

// explanationLimit is the longest Explanation, in bytes.
const explanationLimit = 1024

// because finishes "1 pool …" and "2 pools …" for each reason.
var because = map[v1alpha1.WaitingReason][2]string{
	v1alpha1.WaitingPoolNotFound: {"does not exist", "do not exist"},
	v1alpha1.WaitingNotClaimable: {
		"is not for people referred by this partnership",
		"are not for people referred by this partnership",
	},
	v1alpha1.WaitingOtherKind: {"is of another kind", "are of another kind"},
	v1alpha1.WaitingNotOpen:   {"is not open", "are not open"},
	v1alpha1.WaitingSaidCannotOffer: {
		"has said that it cannot offer a place",
		"have said that they cannot offer a place",
	},
	v1alpha1.WaitingNoAnswer: {
		"let a hold end without an answer and has not counted since: ask",
		"let a hold end without an answer and have not counted since: ask",
	},
	v1alpha1.WaitingGenderNotTaken: {"is for another gender", "are for another gender"},
	v1alpha1.WaitingGenderNotKnown: {
		"may be for some genders only: say the gender needed, or ask",
		"may be for some genders only: say the gender needed, or ask",
	},
	v1alpha1.WaitingNotSingleGender:  {"is not for one gender alone", "are not for one gender alone"},
	v1alpha1.WaitingAgeNotTaken:      {"is for other ages", "are for other ages"},
	v1alpha1.WaitingChildrenNotTaken: {"does not take children", "do not take children"},
	v1alpha1.WaitingChildrenNotKnown: {
		"does not say whether children can come: ask",
		"do not say whether children can come: ask",
	},
	v1alpha1.WaitingTooManyChildren: {"has no room for so many children", "have no room for so many children"},
	v1alpha1.WaitingNotStepFree:     {"is not step-free", "are not step-free"},
	v1alpha1.WaitingStepFreeNotKnown: {
		"does not say whether it is step-free: ask",
		"do not say whether they are step-free: ask",
	},
	v1alpha1.WaitingNoDetoxOnSite: {"gives no detox on site", "give no detox on site"},
	v1alpha1.WaitingDetoxOnSiteNotKnown: {
		"does not say whether it gives detox on site: ask",
		"do not say whether they give detox on site: ask",
	},
	v1alpha1.WaitingNoStayingOnMAT: {
		"does not let people stay on medication assisted treatment", "do not let people stay on medication assisted treatment",
	},
	v1alpha1.WaitingStayingOnMATNotKnown: {
		"does not say whether people can stay on medication assisted treatment: ask",
		"do not say whether people can stay on medication assisted treatment: ask",
	},
	v1alpha1.WaitingLanguageNotSpoken: {"gives no support in that language", "give no support in that language"},
	v1alpha1.WaitingLanguageNotKnown: {
		"does not say in which languages it gives support: ask",
		"do not say in which languages they give support: ask",
	},
	v1alpha1.WaitingRouteNotTaken: {"cannot be paid for by this route", "cannot be paid for by this route"},
	v1alpha1.WaitingUnconfirmed: {
		"has not confirmed its count in time: ask",
		"have not confirmed their counts in time: ask",
	},
	v1alpha1.WaitingDisputed: {"has a count in dispute: ask", "have a count in dispute: ask"},
}

// explain says in words where a claim stands, what it waits for and, when nothing fits, why.
func explain(c *claim, look Outlook, offers []Offer) string {
	var says []string
	add := func(s string) {
		if s != "" {
			says = append(says, s)
		}
	}
	switch {
	case look.State == v1alpha1.ReasonNotYet:
		add(fmt.Sprintf("A place can be used from %s; it is looked for then.", day(c.object.Spec.NotBeforeTime.Time)))
	case look.Duplicate:
		add("Another claim for the same referral and kind of place comes first, by its place or its age: this one waits until that " +
			"one has ended.")
	case fundingDeclined(c.object):
		add("The partnership decided not to pay for this placement. It is looked at again when that changes.")
	case FundingAwaited(c.object):
		add("A hold ended before the partnership had decided about the funding. The claim keeps its turn, and a place is held again " +
			"once the funding is approved.")
	case look.State == v1alpha1.ReasonNotFunded:
		add(unfunded(c, offers))
	case len(offers) == 0:
		add("There is no pool of this kind that people referred by this partnership may use.")
	case look.State == v1alpha1.ReasonNothingFits:
		add("Nothing fits yet.")
	default:
		add(fmt.Sprintf("Number %d in the queue for %s in %s.", look.Position, look.Pool.Name, look.Pool.Partnership))
	}
	if c.object.Status.Lapses > 0 {
		add("A hold for this claim ended without an admission, so it counts as routine and has waited since then.")
	}
	if look.State != v1alpha1.ReasonNotYet && !look.Duplicate {
		if n, why := inTheWay(offers, FreeNotOfferable); why != "" {
			add(fmt.Sprintf("%s %s a free place: %s.", pools(n), either(n, "has", "have"), why))
		}
		add(fullOnes(offers))
		if n, why := inTheWay(offers, Unconfirmed, NotOpen); why != "" {
			add(fmt.Sprintf("Of %s that cannot be counted on now: %s.", pools(n), why))
		}
	}
	return clip(strings.Join(says, " "))
}

func unfunded(c *claim, offers []Offer) string {
	for _, o := range offers {
		if slices.Contains(o.Reasons, v1alpha1.WaitingNoFund) {
			return fmt.Sprintf("The partnership has no fund by the route %s for this financial year.", c.object.Spec.FundRoute)
		}
	}
	return fmt.Sprintf("All placements the partnership can pay for by the route %s are promised or used.", c.object.Spec.FundRoute)
}

// inTheWay returns how many of the offers are in one of the states, and what keeps the claim from them.
func inTheWay(offers []Offer, states ...OfferState) (n int, why string) {
	var chosen []Offer
	for _, o := range offers {
		if slices.Contains(states, o.State) {
			chosen = append(chosen, o)
		}
	}
	return len(chosen), reasonsOf(chosen)
}

// reasonsOf says for how many of the offers each reason holds; empty when there is none to speak of.
func reasonsOf(offers []Offer) string {
	var words []string
	for _, n := range count(offers) {
		says, known := because[n.Reason]
		switch {
		case n.Reason == v1alpha1.WaitingOthersFirst:
			words = append(words, fmt.Sprintf("%d for others who come first", n.Pools))
		case !known: // money is spoken of once, for all
		default:
			words = append(words, fmt.Sprintf("%d %s", n.Pools, either(int(n.Pools), says[0], says[1])))
		}
	}
	return strings.Join(words, "; ")
}

// fullOnes speaks of pools that fit and are full, and of those that would not fit anyway.
func fullOnes(offers []Offer) string {
	fit, misfit := 0, []Offer(nil)
	var soonest *time.Time
	for _, o := range offers {
		switch {
		case o.State != Full:
		case !o.Fits:
			misfit = append(misfit, o)
		default:
			fit++
			if o.Expected != nil && (soonest == nil || o.Expected.Before(*soonest)) {
				soonest = o.Expected
			}
		}
	}
	says, until := "", ""
	if soonest != nil {
		until = " One may come free about " + day(*soonest) + "."
	}
	if fit > 0 {
		says = fmt.Sprintf("%s %s full.%s", pools(fit), either(fit, "fits and is", "fit and are"), until)
	}
	if why := reasonsOf(misfit); why != "" {
		full := either(len(misfit), "is full", "are full")
		says = strings.TrimSpace(fmt.Sprintf("%s Of %s that %s: %s.", says, pools(len(misfit)), full, why))
	}
	return says
}

func pools(n int) string { return fmt.Sprintf("%d %s", n, either(n, "pool", "pools")) }

// either returns the words for one, or for any other number.
func either(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// day is a date as people say it.
func day(t time.Time) string { return t.UTC().Format("2 January") }

// clip keeps the text within its limit, whole sentences only.
func clip(text string) string {
	if len(text) <= explanationLimit {
		return text
	}
	cut := text[:explanationLimit]
	if end := strings.LastIndex(cut, ". "); end > 0 {
		return cut[:end+1]
	}
	return strings.ToValidUTF8(cut, "")
}
