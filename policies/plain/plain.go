// Package plain decides about disclosure in plain Go: a second opinion on the rules in Rego, written from the description of the
// worked decisions and not from the rules, and what the speed of the rules is measured against. Nothing in Lifeline decides by
// it.
package plain

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"lifeline.scot/policies"
)

// Reference is the tables that come with the worked decisions: which category a field is of, what roles and purposes reach to.
type Reference struct {
	FieldCategory     map[string]string   `json:"field_category"`
	RoleCategories    map[string][]string `json:"role_categories"`
	PurposeCategories map[string][]string `json:"purpose_categories"`
	PurposeRoles      map[string][]string `json:"purpose_roles"`
	BreakGlass        struct {
		Roles      []string `json:"roles"`
		Purposes   []string `json:"purposes"`
		Reasons    []string `json:"reasons"`
		Categories []string `json:"categories"`
	} `json:"break_glass"`
}

// Rules decide among partners by agreements. They never change, and many may use them at once.
type Rules struct {
	partners map[string]policies.Partner
	// between finds the agreements of two partners, the lesser name first.
	between   map[[2]string][]agreement
	fields    []field
	role      map[string]categories
	purpose   map[string]categories
	roles     map[string][]string // that a purpose allows
	tables    Reference
	emergency categories
}

type agreement struct {
	*policies.Agreement

	categories categories
}

type field struct {
	name     string
	category categories
}

// New makes the rules ready. It keeps what it is given: leave it unchanged afterwards.
func New(partners map[string]policies.Partner, agreements map[string]policies.Agreement, reference Reference) *Rules {
	p := &Rules{
		partners: partners, between: map[[2]string][]agreement{}, role: map[string]categories{}, purpose: map[string]categories{},
		roles: reference.PurposeRoles, tables: reference, emergency: setOf(reference.BreakGlass.Categories),
	}
	for name, category := range reference.FieldCategory {
		p.fields = append(p.fields, field{name, setOf([]string{category})})
	}
	slices.SortFunc(p.fields, func(a, b field) int { return cmp.Compare(a.name, b.name) })
	for name, list := range reference.RoleCategories {
		p.role[name] = setOf(list)
	}
	for name, list := range reference.PurposeCategories {
		p.purpose[name] = setOf(list)
	}
	for _, a := range agreements {
		parties := slices.Compact(slices.Sorted(slices.Values(a.Parties)))
		for i, one := range parties {
			for _, other := range parties[i+1:] {
				p.between[[2]string{one, other}] = append(p.between[[2]string{one, other}], agreement{&a, setOf(a.Categories)})
			}
		}
	}
	return p
}

// Decision is what may be disclosed, on which ground, and what that obliges to; Ground, Fields and Beside are empty on denial. It
// gives no reasons.
type Decision struct {
	Ground                      string
	Fields, Beside, Obligations []string
}

// Decide decides about one request.
func (p *Rules) Decide(r *policies.Request) Decision {
	a := asked{Rules: p, Request: r, discloser: r.Referral.Origin, recipient: r.Actor.Partner}
	if r.Action == "onward_disclose" {
		a.discloser, a.recipient = r.Actor.Partner, r.Recipient
	}
	a.area = cmp.Or(r.Referral.TransferredTo, r.Referral.ADP)
	a.from, a.to = p.partners[a.discloser], p.partners[a.recipient]
	denied := Decision{Obligations: []string{"audit"}}
	if !a.open() {
		return denied
	}
	a.ceiling = p.role[r.Actor.Role] & p.purpose[r.Purpose]
	for i := range grounds {
		g := &grounds[i]
		if g.onward != (r.Action == "onward_disclose") || !slices.Contains(g.purposes, r.Purpose) || !g.holds(&a) {
			continue
		}
		released := g.releases(&a) & a.ceiling
		if fields, besides := a.names(released), a.besides(released); len(fields)+len(besides) > 0 {
			return Decision{g.name, fields, besides, a.obligations(g)}
		}
	}
	return denied
}

// names are the fields asked for that are of some categories.
func (a *asked) names(of categories) []string {
	var names []string
	for _, f := range a.fields {
		if f.category&of != 0 && (a.Fields == nil || slices.Contains(a.Fields, f.name)) {
			if names == nil {
				names = make([]string, 0, len(a.fields))
			}
			names = append(names, f.name)
		}
	}
	return names
}

func (a *asked) obligations(g *ground) []string {
	if a.Request.BreakGlass == nil || g.name == "break_glass" {
		return g.obligations
	}
	more := append(slices.Clone(g.obligations), "break_glass_not_needed")
	slices.Sort(more)
	return more
}

// asked is one request with its parties.
type asked struct {
	*Rules
	*policies.Request

	discloser, recipient, area string
	from, to                   policies.Partner
	ceiling                    categories
}

func (a *asked) open() bool {
	_, fromKnown := a.partners[a.discloser]
	_, toKnown := a.partners[a.recipient]
	return !a.Now.IsZero() && !a.Referral.Unreadable && a.Actor.Active && fromKnown && toKnown && a.to.Status == "active" &&
		a.partners[a.Actor.Partner].Status == "active" &&
		(a.Action == "read" || a.Action == "onward_disclose" && a.recipient != a.discloser) &&
		slices.Contains(a.roles[a.Purpose], a.Actor.Role)
}

func (a *asked) served() bool { return a.area != "" && slices.Contains(a.to.ADPs, a.area) }

func (a *asked) within(event time.Time, long time.Duration) bool {
	return !event.IsZero() && !event.After(a.Now) && a.Now.Before(event.Add(long))
}

func (a *asked) holds(partner string) bool {
	at := a.Referral.DisclosedTime
	return partner == a.Referral.Target && (a.Referral.Status == "accepted" || a.Referral.Status == "closed") &&
		!at.IsZero() && !at.After(a.Now)
}

func (a *asked) emergencyHolds() bool {
	b, rules := a.Request.BreakGlass, &a.tables.BreakGlass
	return b != nil && a.Actor.SecondFactor && slices.Contains(rules.Purposes, a.Purpose) &&
		slices.Contains(rules.Roles, a.Actor.Role) && slices.Contains(rules.Reasons, b.Reason) &&
		(b.Reason != "life_at_risk" || a.Referral.Subject.Capacity != "capable") &&
		utf8.RuneCountInString(strings.TrimSpace(b.Justification)) >= 20 && a.within(b.DeclaredTime, time.Hour)
}

// agreed are the categories of all agreements in force, and whether there is one.
func (a *asked) agreed() (covered categories, found bool) {
	if a.discloser == a.recipient {
		return 0, false
	}
	pair := [2]string{min(a.discloser, a.recipient), max(a.discloser, a.recipient)}
	for _, g := range a.between[pair] {
		if slices.Contains(g.Purposes, a.Purpose) &&
			g.Status == "active" && !g.FromTime.IsZero() && !g.FromTime.After(a.Now) && a.Now.Before(g.ToTime) &&
			a.area != "" && slices.Contains(g.ADPs, a.area) && (g.CrossADP || a.served()) &&
			(a.Action == "read" || a.discloser == a.Referral.Origin || g.Onward) {
			covered, found = covered|g.categories, true
		}
	}
	return covered, found
}
