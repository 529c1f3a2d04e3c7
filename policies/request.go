package policies

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// What one request may hold at most. A request that holds more is denied as unreadable.
const (
	MaxConsents      = 500
	MaxNames         = 200  // entries of one list: fields, purposes, recipients, categories, areas
	MaxName          = 256  // bytes of one code or identifier
	MaxJustification = 4000 // characters
	MaxAge           = 150  // years
)

// Request asks what of one referral may be disclosed. A zero value is "not given", and opens nothing.
type Request struct {
	// Now is the only clock there is.
	Now time.Time
	// Action is read or onward_disclose.
	Action  string
	Purpose string
	Actor   Actor
	// Referral is the one asked about.
	Referral Referral
	// Recipient is the partner that an onward disclosure goes to; a read goes to the partner of the actor.
	Recipient string
	// Consents are all that was said about sharing, in any order.
	Consents []Consent
	// Fields are those asked for, and what is asked for beside them by its name in sharing/beside.json; nil asks for all, an empty
	// list for none.
	Fields []string
	// StatutoryRequest is what a public body asks by law, or nil.
	StatutoryRequest *StatutoryRequest
	// BreakGlass is the emergency that the actor declared, or nil.
	BreakGlass *BreakGlass
}

// Actor is who asks.
type Actor struct {
	ID      string
	Partner string
	Role    string
	Active  bool
	// Assigned: works with this person.
	Assigned bool
	// SecondFactor: signed in with one.
	SecondFactor       bool
	HealthProfessional bool
	// KeepsRecord: acts for those whose record it is, the partner that made the referral or its ADP.
	KeepsRecord bool
}

// Referral is what the decision needs to know of a referral; nothing that a field of it says.
type Referral struct {
	ADP string
	// TransferredTo is the ADP that has taken it over, or empty.
	TransferredTo string
	Origin        string
	Target        string
	Status        string
	Anonymous     bool
	// Unreadable: something of it that decisions rest on cannot be read.
	Unreadable bool
	// DisclosedTime is when the target was given it.
	DisclosedTime time.Time
	// Given are the categories that the target was given when it accepted; nil where nobody says, for all of them.
	Given []string
	// OverdoseTime is when a near-fatal overdose happened.
	OverdoseTime time.Time
	Subject      Subject
}

// Subject is the person referred.
type Subject struct {
	ID string
	// Age in whole years, nil when not known.
	Age *int
	// OlderTime is the first moment at which they are a year older; zero when not known.
	OlderTime time.Time
	// Capacity is capable, incapable or not_assessed.
	Capacity string
	// Understanding is shown, lacking, or empty for what is presumed at that age.
	Understanding string
	Deceased      bool
	// Informed: was told about this sharing, and could object.
	Informed    bool
	AdultAtRisk bool
	ChildAtRisk bool
}

// Consent is one thing said about sharing.
type Consent struct {
	// Decision is grant, refuse or withdraw.
	Decision string
	// By is self, parent or proxy.
	By string
	// Time is when it was said.
	Time time.Time
	// ExpiresTime is when a grant ends, itself no longer covered; zero: no end was agreed.
	ExpiresTime time.Time
	Purposes    []string
	Recipients  []string
	Categories  []string
	// Incapable: whoever said it was not capable of deciding then.
	Incapable bool
	// ProxyAuthority: the proxy has shown authority to decide.
	ProxyAuthority bool
}

// StatutoryRequest is a request by law.
type StatutoryRequest struct {
	Act       string
	Section   string
	Reference string
}

// BreakGlass is a declared emergency.
type BreakGlass struct {
	Reason        string
	Justification string
	DeclaredTime  time.Time
}

// errBounds is wrapped by every complaint about a request that holds too much.
var errBounds = errors.New("out of bounds")

// check says what is wrong with a request that cannot be decided about.
func (r *Request) check() error {
	if r.longest() > MaxName {
		return fmt.Errorf("%w: request: a name of more than %d bytes", errBounds, MaxName)
	}
	if b := r.BreakGlass; b != nil && utf8.RuneCountInString(b.Justification) > MaxJustification {
		return fmt.Errorf("%w: the justification is longer than %d characters", errBounds, MaxJustification)
	}
	if age := r.Referral.Subject.Age; age != nil && (*age < 0 || *age > MaxAge) {
		return fmt.Errorf("%w: an age is from 0 to %d", errBounds, MaxAge)
	}
	for what, list := range map[string][]string{"fields": r.Fields, "given": r.Referral.Given} {
		if err := boundList(what, list); err != nil {
			return err
		}
	}
	if len(r.Consents) > MaxConsents {
		return fmt.Errorf("%w: more than %d consents", errBounds, MaxConsents)
	}
	for i := range r.Consents {
		if err := r.Consents[i].check(); err != nil {
			return fmt.Errorf("consent %d: %w", i, err)
		}
	}
	return nil
}

// longest is the length in bytes of the longest code or identifier outside lists.
func (r *Request) longest() int {
	a, f, s := &r.Actor, &r.Referral, &r.Referral.Subject
	n := max(
		len(r.Action), len(r.Purpose), len(r.Recipient), len(a.ID), len(a.Partner), len(a.Role), len(f.ADP), len(f.TransferredTo),
		len(f.Origin), len(f.Target), len(f.Status), len(s.ID), len(s.Capacity), len(s.Understanding),
	)
	if s := r.StatutoryRequest; s != nil {
		n = max(n, len(s.Act), len(s.Section), len(s.Reference))
	}
	if b := r.BreakGlass; b != nil {
		n = max(n, len(b.Reason))
	}
	return n
}

func (c *Consent) check() error {
	if len(c.Decision) > MaxName || len(c.By) > MaxName {
		return fmt.Errorf("%w: consent: a name of more than %d bytes", errBounds, MaxName)
	}
	for _, list := range [...][]string{c.Purposes, c.Recipients, c.Categories} {
		if err := boundList("consent", list); err != nil {
			return err
		}
	}
	if c.Decision != "grant" && c.Time.IsZero() {
		return errors.New("a refusal or withdrawal has to say when it was made")
	}
	return nil
}

func boundList(what string, list []string) error {
	if len(list) > MaxNames {
		return fmt.Errorf("%w: %s: a list of more than %d", errBounds, what, MaxNames)
	}
	return boundNames(what, list...)
}

func boundNames(what string, names ...string) error {
	for _, name := range names {
		if len(name) > MaxName {
			return fmt.Errorf("%w: %s: a name of more than %d bytes", errBounds, what, MaxName)
		}
	}
	return nil
}
