// Package consent is what people said about sharing what is told of them, as events that are only ever added to. What is
// allowed at a moment follows from all of them, and the policy works it out: this package keeps them well-formed.
package consent

import (
	"fmt"
	"slices"
	"time"

	"lifeline.scot/api/record"
)

// Decision is what was said.
type Decision string

// The decisions. They are the words of the policy: a narrowing is a grant that replaces a wider one.
const (
	Grant    Decision = "grant"
	Refuse   Decision = "refuse"
	Withdraw Decision = "withdraw"
)

// Speaker is who said it.
type Speaker string

// The speakers.
const (
	Self   Speaker = "self"
	Parent Speaker = "parent"
	Proxy  Speaker = "proxy"
)

// All stands for every purpose or every recipient. A refusal or a withdrawal may use it; a grant names what it is for.
const All = "*"

// Event is one thing that was said. JSON members are those of the policy's requests.
type Event struct {
	Decision Decision `json:"decision"`
	By       Speaker  `json:"by"`
	// At is when it was said, in UTC. It may be before it was written down, and never after; zero before it is written down: then.
	At time.Time `json:"at"`
	// ExpiresAt is when a grant ends, itself not included; zero if it was given without an end.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// Purposes and Recipients it is about.
	Purposes   []string `json:"purposes"`
	Recipients []string `json:"recipients"`
	// Categories of data that a grant covers.
	Categories []record.Category `json:"categories,omitempty"`
	// CapableWhenGiven is false if the person could not decide at the time; nil if nobody doubted it.
	CapableWhenGiven *bool `json:"capable_when_given,omitempty"`
	// ProxyAuthority says that a proxy showed that they may speak for the person.
	ProxyAuthority bool `json:"proxy_authority,omitempty"`
	// Narrows says that a grant takes something back from the one before it: it is checked to be no wider.
	Narrows bool `json:"narrows,omitempty"`
}

// ForPolicy returns the event as the policy reads it: in whole seconds, each moment brought forward. A withdrawal takes effect
// within its second, and a grant and a withdrawal of one second count as withdrawn.
func (e Event) ForPolicy() Event {
	e.At = e.At.UTC().Truncate(time.Second)
	if !e.ExpiresAt.IsZero() {
		e.ExpiresAt = e.ExpiresAt.UTC().Truncate(time.Second)
	}
	e.Narrows = false
	return e
}

// Bounds of an event.
const (
	mostNames   = 64
	longestName = 63
	// MostEvents is how many events of one referral are kept. After these only what takes back everything is taken, of each sort
	// once: the rules read no more than 500, and deny everybody everything beyond.
	MostEvents = 480
	skew       = 2 * time.Minute
)

// Written returns the event as it is written down at a moment, after others. Whoever sends it may have a clock that is ahead:
// what they say was said later than that was said then. And the clocks of replicas differ a little: nobody who takes something
// back now is overtaken by what was written down before it.
func (e Event) Written(before []Event, now time.Time) Event {
	now = now.UTC().Truncate(time.Microsecond)
	if e.At.IsZero() || e.At.After(now) && !e.At.After(now.Add(skew)) {
		e.At = now
	}
	if e.Decision == Grant || e.At.Before(now.Add(-skew)) {
		return e
	}
	for _, earlier := range before {
		if earlier.At.After(e.At) {
			e.At = earlier.At
		}
	}
	return e
}

// mostObjections bounds what is carried over from one referral to another.
const mostObjections = 200

// Objections are what was refused or taken back, each as it was said last. They go with the person to a referral that follows
// another, and grants do not: what somebody agreed to before they took it back opens nothing there. Of more than 200 they are one
// withdrawal of everything.
func Objections(events []Event) []Event {
	var all []Event
	var latest time.Time
	for _, e := range events {
		if e.Decision == Grant {
			continue
		}
		if e.At.After(latest) {
			latest = e.At
		}
		i := slices.IndexFunc(all, func(other Event) bool { return e.saysAs(other) })
		switch {
		case i < 0:
			all = append(all, e)
		case e.At.After(all[i].At):
			all[i] = e
		}
	}
	if len(all) > mostObjections {
		return []Event{{Decision: Withdraw, By: Self, At: latest, Purposes: []string{All}, Recipients: []string{All}}}
	}
	return all
}

// Carried are the [Objections] as they are written down at a moment of a referral that follows: none was said after it was made,
// whatever clock said when.
func Carried(events []Event, now time.Time) []Event {
	all := Objections(events)
	for i, e := range all {
		if e.At.After(now) {
			all[i].At = now
		}
	}
	return all
}

// saysAs reports whether an event says the same as another refusal or withdrawal, whenever.
func (e Event) saysAs(other Event) bool {
	capable := func(e Event) bool { return e.CapableWhenGiven == nil || *e.CapableWhenGiven }
	return e.Decision == other.Decision && e.By == other.By && e.ProxyAuthority == other.ProxyAuthority &&
		capable(e) == capable(other) && slices.Equal(e.Purposes, other.Purposes) && slices.Equal(e.Recipients, other.Recipients)
}

// earliest is before any consent that could count.
var earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Refused is an event that makes no sense, and what to change.
type Refused struct{ Message string }

// Error implements error.
func (r *Refused) Error() string { return r.Message }

func refuse(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

// Normal returns the event in the one way it is kept: times in UTC to the microsecond, lists sorted, each name once.
func (e Event) Normal() Event {
	e.At = e.At.UTC().Truncate(time.Microsecond)
	if !e.ExpiresAt.IsZero() {
		e.ExpiresAt = e.ExpiresAt.UTC().Truncate(time.Microsecond)
	}
	e.Purposes, e.Recipients, e.Categories = normal(e.Purposes), normal(e.Recipients), normal(e.Categories)
	return e
}

func normal[T ~string](names []T) []T {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

// Check says what has to be changed in an event that is said after others, at a moment. It returns a [*Refused], or nil.
func (e Event) Check(before []Event, now time.Time) error {
	for _, check := range []func() error{e.checkWho, e.checkScope, func() error { return e.checkTimes(now) }} {
		if err := check(); err != nil {
			return err
		}
	}
	if err := e.room(before); err != nil || !e.Narrows {
		return err
	}
	if e.Decision != Grant {
		return refuse("Only a grant narrows another one: a withdrawal or refusal takes all of it back.")
	}
	return e.narrower(before)
}

// room refuses what there is no room for. There always is for somebody who takes everything back.
func (e Event) room(before []Event) error {
	switch {
	case len(before) < MostEvents:
		return nil
	case e.Decision == Grant:
		return refuse("There are %d decisions already: make a new referral that follows this one.", len(before))
	case !slices.Contains(e.Purposes, All) || !slices.Contains(e.Recipients, All):
		return refuse("There are %d decisions already: take back all of it, for every purpose and recipient.", len(before))
	case slices.ContainsFunc(before[MostEvents:], func(b Event) bool {
		return b.Decision == e.Decision && b.By == e.By && b.ProxyAuthority == e.ProxyAuthority
	}):
		return refuse("All of it has been taken back already.")
	default:
		return nil
	}
}

func (e Event) checkWho() error {
	switch e.Decision {
	case Grant, Refuse, Withdraw:
	default:
		return refuse("Say whether it is grant, refuse or withdraw.")
	}
	switch e.By {
	case Self, Parent:
		if e.ProxyAuthority {
			return refuse("Only a proxy shows authority: leave proxy_authority out.")
		}
	case Proxy:
		if !e.ProxyAuthority && e.Decision == Grant {
			return refuse("A proxy who grants has to show that they may: check their authority first.")
		}
	default:
		return refuse("Say who said it: self, parent or proxy.")
	}
	return nil
}

func (e Event) checkScope() error {
	for what, names := range map[string][]string{"purposes": e.Purposes, "recipients": e.Recipients} {
		if len(names) == 0 || len(names) > mostNames {
			return refuse("Name 1 to %d %s.", mostNames, what)
		}
		for _, name := range names {
			if name == "" || len(name) > longestName {
				return refuse("Each of the %s has 1 to %d characters.", what, longestName)
			}
			if name == All && e.Decision == Grant {
				return refuse("A grant names its %s: * is for refusals and withdrawals.", what)
			}
		}
	}
	if e.Decision != Grant {
		if len(e.Categories) > 0 {
			return refuse("A refusal or withdrawal is about all categories: leave them out, or grant fewer.")
		}
		return nil
	}
	if len(e.Categories) == 0 {
		return refuse("A grant names the categories of data it covers.")
	}
	for _, c := range e.Categories {
		if !slices.Contains(record.Categories(), c) {
			return refuse("There is no such category: use some of %v.", record.Categories())
		}
	}
	return nil
}

func (e Event) checkTimes(now time.Time) error {
	switch {
	case e.At.Before(earliest) || e.At.After(now.Add(skew)):
		return refuse("Say when it was said: a moment that has been, from 2000 on.")
	case e.ExpiresAt.IsZero():
		return nil
	case e.Decision != Grant:
		return refuse("A refusal or withdrawal has no end: leave expires_at out.")
	case !e.ExpiresAt.After(e.At):
		return refuse("A grant ends after it is given: change expires_at.")
	default:
		return nil
	}
}

// NoWider refuses a grant that is wider than what was in force before for the same purposes and recipients, or that somebody else
// gave, or the person at a time when they could and had not been able to before: where whoever records it would be the one that
// sees more by it.
func (e Event) NoWider(before []Event) error {
	if e.narrower(before) == nil && e.saidAlike(before) {
		return nil
	}
	return refuse("This would show your own organisation more. The partner that made the referral, or the ADP, records what the " +
		"person agreed to: send them a message.")
}

// narrower refuses a narrowing that is wider than what was in force before for the same purposes and recipients: something
// new is a grant of its own.
func (e Event) narrower(before []Event) error {
	for _, purpose := range e.Purposes {
		for _, recipient := range e.Recipients {
			was := Latest(before, purpose, recipient)
			if was == nil || was.Decision != Grant || !e.At.After(was.At) || !e.within(*was) {
				return refuse("This is wider than the grant before it, or there is none before it: give it as a grant of its own.")
			}
		}
	}
	return nil
}

// saidAlike reports whether what was said last for the same purposes and recipients was said by the same speaker, able to in the
// same way: a grant that did not count does not begin to by being said again.
func (e Event) saidAlike(before []Event) bool {
	able := func(e Event) bool { return e.CapableWhenGiven == nil || *e.CapableWhenGiven }
	for _, purpose := range e.Purposes {
		for _, recipient := range e.Recipients {
			was := Latest(before, purpose, recipient)
			if was == nil || was.By != e.By || able(*was) != able(e) || was.ProxyAuthority != e.ProxyAuthority {
				return false
			}
		}
	}
	return true
}

func (e Event) within(was Event) bool {
	for _, c := range e.Categories {
		if !slices.Contains(was.Categories, c) {
			return false
		}
	}
	return was.ExpiresAt.IsZero() || (!e.ExpiresAt.IsZero() && !e.ExpiresAt.After(was.ExpiresAt))
}

// Latest is what was said last for a purpose and a recipient, whoever said it and whether or not it counts; nil if nothing was.
// At one instant a withdrawal comes before a refusal, and that before a grant, as in the policy. Only the policy decides what
// follows.
func Latest(events []Event, purpose, recipient string) *Event {
	var last *Event
	for i, e := range events {
		if !about(e.Purposes, purpose) || !about(e.Recipients, recipient) {
			continue
		}
		if last == nil || e.At.After(last.At) || (e.At.Equal(last.At) && weight(e.Decision) >= weight(last.Decision)) {
			last = &events[i]
		}
	}
	return last
}

func about(names []string, name string) bool {
	return slices.Contains(names, name) || slices.Contains(names, All)
}

func weight(d Decision) int { return slices.Index([]Decision{Grant, Refuse, Withdraw}, d) }
