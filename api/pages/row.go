package pages

import (
	"strconv"
	"strings"
	"time"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// entry is one pool with what belongs to it, as the directory joins them.
type entry struct {
	Pool     *v1alpha1.CapacityPool
	Service  *v1alpha1.SupportService // nil when the directory does not know it
	Provider *v1alpha1.Partner        // nil when the directory does not know it
	// Area is the name people know the partnership by.
	Area string
	// Figures are as at the moment the page is for. Only what Public gives of their numbers is shown.
	Figures capacity.Figures
	// ConfirmedBy is the name people know whoever counted by; "" when nobody has.
	ConfirmedBy string
}

// row is one line of the board, in words.
type row struct {
	Anchor, Class                          string
	Service, Pool, Operation, Where, Wait  string
	Phone                                  *phone
	For                                    []string
	ForUnknown                             string
	Registered, Open, Occupied, Held, Free number
	Trust                                  trust
	Illustrative                           bool
}

// phone is a number to call.
type phone struct{ Label, Text, Dial string }

// operation says whether the places are in use: an open pool is as open as its service.
func (e entry) operation() v1alpha1.Operation {
	if e.Pool.Spec.Operation == v1alpha1.OperationOpen && e.Service != nil {
		return e.Service.Spec.Operation
	}
	return e.Pool.Spec.Operation
}

// notOffered reports whether there are no places to have, as opposed to nobody knowing whether there are.
func (e entry) notOffered() bool {
	return !e.Figures.Open && e.operation() != v1alpha1.OperationUnknown
}

// number is a figure, or the word that stands in its place.
type number struct {
	Text string
	// Class tells the looks apart: number, zero, word, withheld, last-known.
	Class string
	Note  string
	// Sources are who published the figure, and figures that differ; nil when it is not a published one.
	Sources *sources
}

// trust says how sure a figure is and since when.
type trust struct {
	Class, Text string
	Lines       []string
}

// speaker puts the directory into words, for one moment.
type speaker struct {
	*words
	now time.Time
}

func (s speaker) row(e entry) row {
	public := e.Figures.Public()
	r := row{
		Anchor:       "pool-" + e.Pool.Namespace + "." + e.Pool.Name,
		Service:      serviceName(e),
		Pool:         s.poolName(e),
		Operation:    s.operation(e),
		Where:        s.where(e),
		Wait:         s.wait(e),
		Phone:        s.phone(e),
		Registered:   s.registered(e, public.Registered),
		Open:         s.number(public.Staffed),
		Occupied:     s.number(public.Occupied),
		Held:         s.number(public.Held),
		Free:         s.free(e, public),
		Trust:        s.trust(e),
		Illustrative: e.Figures.Illustrative && e.Figures.Count != nil,
	}
	r.For, r.ForUnknown = s.forWhom(e.Pool)
	r.Class = rowClass(e.Figures)
	for _, n := range []*number{&r.Open, &r.Occupied, &r.Held} {
		s.qualify(n, e)
	}
	return r
}

func rowClass(f capacity.Figures) string {
	switch f.Trust {
	case v1alpha1.TrustConfirmed:
		return ""
	case v1alpha1.TrustAgeing:
		return "row-ageing"
	default:
		return "row-unconfirmed"
	}
}

func serviceName(e entry) string {
	if e.Service == nil {
		return e.Pool.Spec.DisplayName
	}
	return e.Service.Spec.DisplayName
}

// poolName tells pools of one service apart, and names who runs it where the service's name does not.
func (s speaker) poolName(e entry) string {
	var parts []string
	if e.Provider != nil && e.Provider.Spec.DisplayName != serviceName(e) {
		parts = append(parts, e.Provider.Spec.DisplayName)
	}
	if name := e.Pool.Spec.DisplayName; name != serviceName(e) {
		parts = append(parts, name)
	}
	return strings.Join(parts, " · ")
}

// operation says what an open service leaves unsaid: that the service or its places are closed, planned or paused.
func (s speaker) operation(e entry) string {
	if e.Service != nil && e.Service.Spec.Operation == v1alpha1.OperationClosed && e.Service.Spec.ClosedOn != "" {
		return s.say("operation.Closed.on", "date", s.partialDate(e.Service.Spec.ClosedOn))
	}
	operation := e.operation()
	if operation == v1alpha1.OperationOpen || operation == "" {
		return ""
	}
	return s.say("operation." + string(operation))
}

func (s speaker) where(e entry) string {
	if e.Service != nil {
		for _, location := range e.Service.Spec.Locations {
			if location.Town != "" {
				return s.say("where", "area", e.Area, "town", location.Town)
			}
		}
	}
	return e.Area
}

func (s speaker) phone(e entry) *phone {
	text := phoneNumber(e)
	if text == "" {
		return nil
	}
	return &phone{
		Label: s.say("phone.label", "service", serviceName(e)),
		Text:  text,
		Dial:  strings.ReplaceAll(text, " ", ""),
	}
}

// phoneNumber is the service's own number, or else its provider's.
func phoneNumber(e entry) string {
	if e.Service != nil && e.Service.Spec.Contact != nil && e.Service.Spec.Contact.Phone != "" {
		return string(e.Service.Spec.Contact.Phone)
	}
	if e.Provider != nil && e.Provider.Spec.Contact != nil {
		return string(e.Provider.Spec.Contact.Phone)
	}
	return ""
}

func (s speaker) wait(e entry) string {
	if e.Service == nil || e.Service.Spec.Access == nil || !e.Figures.Open {
		return ""
	}
	access := e.Service.Spec.Access
	switch days := access.TypicalWaitDays; {
	case access.Accepting == v1alpha1.KnownNo:
		return s.say("wait.not-accepting")
	case days == nil:
		return ""
	case *days == 0:
		return s.say("wait.none")
	default:
		return s.count("wait.days", int(*days))
	}
}

// number says a public figure; what is not a number is a word, so that nobody reads it as none.
func (s speaker) number(c capacity.Cell) number {
	if n, ok := c.Value(); ok {
		return plain(int(n))
	}
	switch c.State() {
	case capacity.Withheld:
		return number{Text: s.say("number.withheld"), Class: "withheld"}
	case capacity.NotApplicable:
		return number{Text: s.say("number.not-offered"), Class: "word"}
	default:
		return number{Text: s.say("number.not-known"), Class: "word"}
	}
}

func plain(n int) number {
	if n == 0 {
		return number{Text: "0", Class: "zero"}
	}
	return number{Text: strconv.Itoa(n), Class: "number"}
}

func (s speaker) free(e entry, public capacity.PublicFigures) number {
	switch {
	case public.Free.State() == capacity.NotApplicable && !e.notOffered():
		return number{Text: s.say("number.not-known"), Class: "word"}
	case public.Free.State() == capacity.NotApplicable:
		n := s.number(public.Free)
		n.Note = s.whyNot(e)
		return n
	case public.Free.State() != capacity.NotKnown:
		return s.number(public.Free)
	}
	last, ok := public.LastKnownFree.Value()
	if !ok {
		return s.number(public.Free)
	}
	return number{
		Text:  s.say("number.not-confirmed"),
		Class: "word",
		Note:  s.say("number.last-known", "count", last),
	}
}

// qualify says of a count that it is only what was last known, or that there is none because there is nothing to count.
func (s speaker) qualify(n *number, e entry) {
	f := e.Figures
	switch {
	case f.Count == nil && e.notOffered():
		n.Text = s.say("number.not-offered")
	case f.InDoubt() && (n.Class == "number" || n.Class == "zero"):
		n.Class, n.Note = "last-known", s.say("number.last-known.short")
	}
}

func (s speaker) trust(e entry) trust {
	f := e.Figures
	if f.Count == nil && e.notOffered() {
		return trust{Class: "trust-none", Text: s.say("trust.none")}
	}
	if f.Count == nil || f.ConfirmedTime.IsZero() {
		return trust{"trust-unconfirmed", s.say("trust.Unconfirmed"), []string{s.say("trust.never")}}
	}
	at := []any{"clock", s.clock(f.ConfirmedTime), "date", s.date(f.ConfirmedTime), "age", s.age(f.ConfirmedTime, s.now)}
	said := trust{Text: s.say("trust." + string(f.Trust))}
	switch today := s.sameDay(f.ConfirmedTime, s.now); {
	case f.InDoubt():
		said.Class, said.Lines = "trust-unconfirmed", []string{s.say("trust.last", at...)}
	case f.Trust == v1alpha1.TrustAgeing:
		said.Class, said.Lines = "trust-ageing", []string{s.say("trust.when", at...)}
	case today:
		said.Class, said.Text, said.Lines = "trust-confirmed", s.say("trust.Confirmed.today"), []string{s.say("trust.today", at...)}
	default:
		said.Class, said.Lines = "trust-confirmed", []string{s.say("trust.when", at...)}
	}
	if e.ConfirmedBy != "" {
		said.Lines = append(said.Lines, s.say("trust.by", "who", e.ConfirmedBy))
	}
	return said
}

// partialDate says a date as published: a year, a month or a day.
func (w *words) partialDate(d v1alpha1.PartialDate) string {
	if day, err := time.ParseInLocation("2006-01-02", string(d), w.place); err == nil {
		return w.date(day)
	}
	if month, err := time.Parse("2006-01", string(d)); err == nil {
		return w.say("date.month", "month", w.say("month."+strconv.Itoa(int(month.Month()))), "year", month.Year())
	}
	return string(d)
}
