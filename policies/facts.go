package policies

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Facts are all that the rules see of a request: the input of package sharing, described by schemas/facts.json. They hold no
// identifier and no time, so two requests that differ in nothing that could matter have equal facts, and one decision.
type Facts struct {
	Action  string
	Purpose string
	// Role is the care role of who asks.
	Role string
	// Reach are the categories that what is asked for turns on, and to which role and purpose reach; Asked those of them of which
	// a field is asked for, Given those that the target was given when it accepted.
	Reach, Asked, Given Categories
	// Beside is what is asked for beside fields, and within reach of role and purpose.
	Beside marks
	// Is is what is true.
	Is Is
	// Reached are the ages of settings.json that the person has reached, Open its windows that are open now.
	Reached, Open marks
	// RecipientKind is what kind of partner it goes to.
	RecipientKind string
	Consents      []ConsentFacts
	Agreements    []AgreementFacts
	BreakGlass    BreakGlassFacts
}

// marks are a set of things that settings.json names, in the order of their names.
type marks uint32

func (m marks) has(i int) bool { return m&(1<<i) != 0 }

// How a consent covers the purpose and the recipient of a request.
const (
	coversByName = "named"
	coversAll    = "all" // with *
)

// How the end of a consent lies to now.
const (
	endNone  = "none"
	endAhead = "ahead"
	endPast  = "past" // now is no longer covered
)

// ConsentFacts are one thing said by now about the purpose and the recipient of the request.
type ConsentFacts struct {
	Decision string
	By       string
	// Order is 0 for what was said last, and the same for what was said at one instant.
	Order          int
	Purpose        string
	Recipient      string
	End            string
	Capable        bool
	ProxyAuthority bool
	Categories     Categories // within reach
}

// AgreementFacts are one agreement that discloser and recipient are parties to for the purpose of the request.
type AgreementFacts struct {
	Status     string
	Started    bool
	Ended      bool
	NamesArea  bool
	CrossADP   bool
	Onward     bool
	Categories Categories // within reach
}

// BreakGlassFacts are what matters of an emergency that was declared; zero when none was.
type BreakGlassFacts struct {
	Reason              string
	JustificationLength int // characters
}

// clock tells what has come by now, and keeps the next moment at which it would tell otherwise.
type clock struct{ now, next time.Time }

// reached says whether a moment has come; one that is not given never has.
func (c *clock) reached(moment time.Time) bool {
	if moment.IsZero() || c.now.IsZero() {
		return false
	}
	if !moment.After(c.now) {
		return true
	}
	if c.next.IsZero() || moment.Before(c.next) {
		c.next = moment
	}
	return false
}

// factsOf states the facts of a request, and until when they stay as they are; zero is for good.
func (m *measures) factsOf(w *World, r *Request) (Facts, time.Time) {
	var s stater
	until := s.state(m, w, r)
	return s.Facts, until
}

// stater states facts of one request after the other, in the same memory.
type stater struct {
	Facts

	said []said
}

// state states the facts of a request in place of what was stated before, and says until when they stay as they are.
func (s *stater) state(m *measures, w *World, r *Request) (until time.Time) {
	c := clock{now: r.Now}
	discloser, recipient := r.parties()
	ceiling := m.role[r.Actor.Role] & m.purpose[r.Purpose]
	asked, beside := m.requested(r.Fields)&ceiling, m.besideOf(r)
	reach := asked | m.turnsOn(beside)&ceiling
	from, fromKnown := w.partner(discloser)
	to, toKnown := w.partner(recipient)
	by, byKnown := w.partner(r.Actor.Partner)
	s.Facts = Facts{
		Action:        r.Action,
		Purpose:       r.Purpose,
		Role:          r.Actor.Role,
		Reach:         reach,
		Asked:         asked,
		Given:         r.Referral.given() & reach,
		Beside:        beside,
		Reached:       m.reached(&r.Referral.Subject, &c),
		RecipientKind: to.Kind,
		Consents:      s.consents(r, recipient, reach, &c),
		Agreements:    s.agreements(w, r, reach, &c),
		Open:          m.openWindows(r, &c),
		BreakGlass:    r.BreakGlass.facts(),
	}
	held := slices.Contains(m.settings.Held, r.Referral.Status) && c.reached(r.Referral.DisclosedTime)
	s.Is = IsTimeGiven.when(!r.Now.IsZero()) | r.Actor.facts(&r.Referral) |
		IsActorPartnerKnown.when(byKnown) | IsActorPartnerActive.when(by.Status == activeStatus) |
		disclosing(&from, fromKnown, discloser, held, &r.Referral) | receiving(&to, toKnown, recipient, held, &r.Referral) |
		IsRecipientElsewhere.when(recipient != discloser) | m.allowed(r, to.Kind) |
		r.Referral.facts(&c) | m.asked(r.StatutoryRequest) |
		IsBreakGlassDeclared.when(r.BreakGlass != nil) |
		IsBreakGlassBegun.when(r.BreakGlass != nil && c.reached(r.BreakGlass.DeclaredTime))
	return c.next
}

// activeStatus is the status of a partner that takes part.
const activeStatus = "active"

func (a *Actor) facts(of *Referral) Is {
	return IsActorActive.when(a.Active) | IsAssigned.when(a.Assigned) | IsSecondFactor.when(a.SecondFactor) |
		either(a.HealthProfessional, IsHealthProfessional, IsNotHealthProfessional) |
		IsOwnData.when(a.ID != "" && a.ID == of.Subject.ID) | IsKeepsRecord.when(a.KeepsRecord)
}

// disclosing are the facts of the partner that what is disclosed comes from; held says that a target would hold the referral.
func disclosing(p *Partner, known bool, name string, held bool, of *Referral) Is {
	origin, target := known && name == of.Origin, known && name == of.Target
	return IsDiscloserKnown.when(known) | IsDiscloserActive.when(p.Status == activeStatus) | IsDiscloserIsOrigin.when(origin) |
		either(p.Statutory, IsDiscloserStatutory, IsDiscloserNotStatutory) | IsHoldsRecord.when(origin || target && held)
}

// receiving are the facts of the partner that it goes to.
func receiving(p *Partner, known bool, name string, held bool, of *Referral) Is {
	target := known && name == of.Target
	return IsRecipientNamed.when(name != "") | IsRecipientKnown.when(known) | IsRecipientActive.when(p.Status == activeStatus) |
		IsRecipientStatutory.when(p.Statutory) | either(known && name == of.Origin, IsOwnRecord, IsNotOwnRecord) |
		IsTarget.when(target) | IsTargetHoldsRecord.when(target && held) |
		IsAreaServed.when(of.area() != "" && slices.Contains(p.ADPs, of.area()))
}

func (r *Referral) facts(c *clock) Is {
	s := &r.Subject
	return IsReadable.when(!r.Unreadable) | either(r.Anonymous, IsAnonymous, IsNamed) | either(s.Deceased, IsDeceased, IsAlive) |
		IsInformed.when(s.Informed) | IsCapable.when(s.Capacity == "capable") | IsIncapable.when(s.Capacity == "incapable") |
		IsUnderstandingShown.when(s.Understanding == "shown") | IsUnderstandingLacking.when(s.Understanding == "lacking") |
		IsAgeKnown.when(s.Age != nil) | IsAdultFlagged.when(s.AdultAtRisk) | IsChildAtRisk.when(s.ChildAtRisk) |
		IsOverdoseOnRecord.when(!r.OverdoseTime.IsZero()) | IsOverdoseRecorded.when(c.reached(r.OverdoseTime))
}

// onwardDisclose is the action of telling somebody else.
const onwardDisclose = "onward_disclose"

// given are the categories that the target was given; all of them where nobody says.
func (r *Referral) given() Categories {
	if r.Given == nil {
		return 1<<len(categoryNames) - 1
	}
	return categoriesOf(r.Given)
}

// parties are the partners that what is disclosed comes from and goes to.
func (r *Request) parties() (discloser, recipient string) {
	if r.Action == onwardDisclose {
		return r.Actor.Partner, r.Recipient
	}
	return r.Referral.Origin, r.Actor.Partner
}

// area is the ADP that the referral is in now.
func (r *Referral) area() string { return cmp.Or(r.TransferredTo, r.ADP) }

// partner finds a partner by its name; nobody has none.
func (w *World) partner(name string) (Partner, bool) {
	if name == "" {
		return Partner{}, false
	}
	p, known := w.partners[name]
	return p, known
}

// said is something said, and when.
type said struct {
	time  time.Time
	facts ConsentFacts
}

// consents are what was said by now about the purpose and the recipient, the latest first. The order in which it was found says
// nothing, nor how often.
func (s *stater) consents(r *Request, recipient string, reach Categories, c *clock) []ConsentFacts {
	s.said = s.said[:0]
	for i := range r.Consents {
		event := &r.Consents[i]
		purpose, to := covers(event.Purposes, r.Purpose), covers(event.Recipients, recipient)
		if purpose != "" && to != "" && c.reached(event.Time) {
			s.said = append(s.said, said{event.Time, ConsentFacts{
				Decision: event.Decision, By: event.By, Purpose: purpose, Recipient: to, End: endOf(event, c),
				Capable: !event.Incapable, ProxyAuthority: event.ProxyAuthority, Categories: categoriesOf(event.Categories) & reach,
			}})
		}
	}
	slices.SortFunc(s.said, func(a, b said) int { return cmp.Or(b.time.Compare(a.time), a.facts.compare(b.facts)) })
	facts := s.Consents[:0]
	order := 0
	for i, now := range s.said {
		if i > 0 && !now.time.Equal(s.said[i-1].time) {
			order++
		}
		if now.facts.Order = order; len(facts) == 0 || facts[len(facts)-1] != now.facts {
			facts = append(facts, now.facts)
		}
	}
	return facts
}

func (f ConsentFacts) compare(other ConsentFacts) int {
	return cmp.Or(
		cmp.Compare(f.Decision, other.Decision), cmp.Compare(f.By, other.By), cmp.Compare(f.Purpose, other.Purpose),
		cmp.Compare(f.Recipient, other.Recipient), cmp.Compare(f.End, other.End), compareBools(f.Capable, other.Capable),
		compareBools(f.ProxyAuthority, other.ProxyAuthority), cmp.Compare(f.Categories, other.Categories),
	)
}

func (f AgreementFacts) compare(other AgreementFacts) int {
	return cmp.Or(
		cmp.Compare(f.Status, other.Status), compareBools(f.Started, other.Started), compareBools(f.Ended, other.Ended),
		compareBools(f.NamesArea, other.NamesArea), compareBools(f.CrossADP, other.CrossADP),
		compareBools(f.Onward, other.Onward), cmp.Compare(f.Categories, other.Categories),
	)
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// covers says how a list of names covers one: by its name, with *, or not at all.
func covers(names []string, name string) string {
	switch {
	case name != "" && name != "*" && slices.Contains(names, name):
		return coversByName
	case slices.Contains(names, "*"):
		return coversAll
	default:
		return ""
	}
}

func endOf(event *Consent, c *clock) string {
	switch {
	case event.ExpiresTime.IsZero():
		return endNone
	case c.reached(event.ExpiresTime):
		return endPast
	default:
		return endAhead
	}
}

// agreements are those of the two for the purpose, ordered by what they say, none of them twice.
func (s *stater) agreements(w *World, r *Request, reach Categories, c *clock) []AgreementFacts {
	discloser, recipient := r.parties()
	facts := s.Agreements[:0]
	if discloser == recipient {
		return facts
	}
	area := r.Referral.area()
	for _, a := range w.agreementsOf(discloser, recipient) {
		if !slices.Contains(a.Purposes, r.Purpose) {
			continue
		}
		facts = append(facts, AgreementFacts{
			Status:     a.Status,
			Started:    c.reached(a.FromTime),
			Ended:      a.ToTime.IsZero() || c.reached(a.ToTime),
			NamesArea:  area != "" && slices.Contains(a.ADPs, area),
			CrossADP:   a.CrossADP,
			Onward:     a.Onward,
			Categories: a.categories & reach,
		})
	}
	slices.SortFunc(facts, AgreementFacts.compare)
	return slices.Compact(facts)
}

func (b *BreakGlass) facts() BreakGlassFacts {
	if b == nil {
		return BreakGlassFacts{}
	}
	return BreakGlassFacts{Reason: b.Reason, JustificationLength: utf8.RuneCountInString(strings.TrimSpace(b.Justification))}
}
