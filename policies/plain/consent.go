package plain

import (
	"slices"
	"time"

	"lifeline.scot/policies"
)

// said is what the effective things said last about the purpose and the recipient come to.
type said struct {
	at                 time.Time
	something, refused bool
	// expired: a grant among them no longer holds.
	expired bool
	granted categories
}

// last finds what was said last; of what was said by capable people alone if that is asked.
func (a *asked) last(whileCapable bool) (last said) {
	for i := range a.Consents {
		c := &a.Consents[i]
		if c.Time.IsZero() || c.Time.After(a.Now) || last.something && c.Time.Before(last.at) || whileCapable && c.Incapable ||
			!a.about(c) || !a.mayDecide(c) {
			continue
		}
		if !last.something || c.Time.After(last.at) {
			last = said{at: c.Time, something: true, granted: all}
		}
		last.refused = last.refused || c.Decision != "grant"
		last.expired = last.expired || !c.ExpiresTime.IsZero() && !a.Now.Before(c.ExpiresTime)
		last.granted &= setOf(c.Categories)
	}
	return last
}

// consented are the categories of the grant in force, and whether there is one.
func (a *asked) consented() (categories, bool) {
	last := a.last(false)
	return last.granted, last.something && !last.refused && !last.expired
}

func (a *asked) objected(whileCapable bool) bool { return a.last(whileCapable).refused }

func (a *asked) about(c *policies.Consent) bool {
	objects := c.Decision != "grant"
	return (slices.Contains(c.Purposes, a.Purpose) || objects && slices.Contains(c.Purposes, "*")) &&
		(slices.Contains(c.Recipients, a.recipient) || objects && slices.Contains(c.Recipients, "*"))
}

func (a *asked) mayDecide(c *policies.Consent) bool {
	s := &a.Referral.Subject
	if c.Decision == "grant" && c.Incapable {
		return false
	}
	understands := s.Understanding == "shown" || s.Age != nil && *s.Age >= 12 && s.Understanding != "lacking"
	switch c.By {
	case "self":
		return c.Decision != "grant" || understands
	case "parent":
		return s.Age != nil && *s.Age < 16 && !understands
	case "proxy":
		return s.Age != nil && *s.Age >= 16 && s.Capacity == "incapable" && c.ProxyAuthority
	default:
		return false
	}
}
