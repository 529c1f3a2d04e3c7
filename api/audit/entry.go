package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// What happened.
type What string

const (
	// Decided means that somebody asked to see or share something, and what the policy answered.
	Decided What = "Decided"
	// Read means that fields of a referral were shown.
	Read What = "Read"
	// Changed means that a referral, or what the person agreed to, was changed. Detail says how.
	Changed What = "Changed"
	// Sent means that an event leaves for a partner: it is written down before the first byte. Entries that count no Attempt are of
	// an earlier release, and were written down after the partner had taken it.
	Sent What = "Sent"
	// NotTaken means that a partner did not take what was sent, as far as is known: Detail says why. It may have it all the same.
	NotTaken What = "NotTaken"
	// Viewed means that the log itself was looked at.
	Viewed What = "Viewed"
	// Exported means that the log was copied out.
	Exported What = "Exported"
	// Erased means that a person's key was destroyed.
	Erased What = "Erased"
	// KeysRotated means that keys were replaced.
	KeysRotated What = "KeysRotated"
)

var known = []What{Decided, Read, Changed, Sent, NotTaken, Viewed, Exported, Erased, KeysRotated}

// Actor is who did it.
type Actor struct {
	// Partner is the organisation; empty for the platform itself.
	Partner string `json:"partner,omitempty"`
	// Partnership is the ADP they acted for; empty for none.
	Partnership string `json:"partnership,omitempty"`
	// Role they acted in.
	Role string `json:"role,omitempty"`
	// Subject is the person at the partner, under the name its issuer gave them. Never their own name.
	Subject string `json:"subject,omitempty"`
}

// Decision is what the policy answered.
type Decision struct {
	// Effect is allow or deny.
	Effect string `json:"effect"`
	// Ground it rests on; empty when denied.
	Ground string `json:"ground,omitempty"`
	// Fields that may be seen, by name and never by value.
	Fields      []string `json:"fields,omitempty"`
	Obligations []string `json:"obligations,omitempty"`
	// Reasons for a denial, as codes.
	Reasons []string `json:"reasons,omitempty"`
	// Revision of the policy and of the agreements that were asked.
	Revision string `json:"revision,omitempty"`
	// Until is when it has to be decided anew; absent when nothing it rests on ends.
	Until *time.Time `json:"until,omitempty"`
}

// Entry is one record. All its words are codes and identifiers: letters, digits and . _ : / @ - + =, and no spaces, so that
// no name or free text can be put there by mistake.
type Entry struct {
	// Seq is the place in the log, from 0. Append gives it.
	Seq  int64     `json:"seq"`
	Time time.Time `json:"time"`
	What What      `json:"what"`
	By   Actor     `json:"by"`
	// Person and Referral it is about, by their opaque identifiers.
	Person   string `json:"person,omitempty"`
	Referral string `json:"referral,omitempty"`
	// Version is the one that the referral has after a change; of what somebody said about sharing, its number.
	Version int64 `json:"version,omitempty"`
	// To is the partner that was shown or sent something, when that is not who asked.
	To      string `json:"to,omitempty"`
	Purpose string `json:"purpose,omitempty"`
	// Detail is the kind of change, as a code.
	Detail string `json:"detail,omitempty"`
	// Attempt is which attempt it was to send the same, from 1 each time that it is begun anew.
	Attempt  int64     `json:"attempt,omitempty"`
	Decision *Decision `json:"decision,omitempty"`
	// LeftOut are referrals that were looked at and not shown, of somebody's look through many. Whoever may see the trail of one of
	// them may not know of the others.
	LeftOut []LeftOut `json:"leftOut,omitempty"`
}

// LeftOut are referrals that somebody was not shown for the same reasons.
type LeftOut struct {
	// Reasons as codes, and the Revision of the rules and of the agreements that were asked.
	Reasons  []string `json:"reasons,omitempty"`
	Revision string   `json:"revision,omitempty"`
	// Referrals by their opaque identifiers.
	Referrals []string `json:"referrals"`
}

// MostLeftOut is how many referrals one entry leaves out at most: several entries take what is more.
const MostLeftOut = 200

// LeavesOut are the referrals that the entry leaves out, sorted, each once.
func (e Entry) LeavesOut() []string {
	all := []string{}
	for _, l := range e.LeftOut {
		all = append(all, l.Referrals...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// deny is the effect of a decision that shows nothing.
const deny = "deny"

// LeavingOut are entries that tell of each of these referrals that the entry leaves it out, as if it left out no other.
func (e Entry) LeavingOut(referrals []string) []Entry {
	var all []Entry
	for _, l := range e.LeftOut {
		for _, referral := range l.Referrals {
			if !slices.Contains(referrals, referral) {
				continue
			}
			one := e
			one.LeftOut, one.Person, one.Referral = nil, "", referral
			one.Decision = &Decision{Effect: deny, Reasons: l.Reasons, Revision: l.Revision}
			all = append(all, one)
		}
	}
	return all
}

// Heading is under what an entry is found.
type Heading struct {
	// Person and Referral it is about, and the Partner that did it.
	Person, Referral, Partner string
}

// Heading is under what the entry is to be found. It follows from the entry, and Verify makes sure that it does.
func (e Entry) Heading() Heading {
	return Heading{Person: e.Person, Referral: e.Referral, Partner: e.By.Partner}
}

const (
	longestWord = 253
	mostWords   = 64
	// LongestRecord is how long the text of a record can be. Unit: bytes.
	LongestRecord = 1 << 16
)

// ErrUnfit is the cause of an entry that the log does not take.
var ErrUnfit = errors.New("unfit for the audit log")

// text returns the entry as it is stored and hashed: one line of JSON.
func (e Entry) text() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	e.Time = e.Time.UTC().Truncate(time.Microsecond)
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write down an audit entry: %w", err)
	}
	if len(text) > LongestRecord {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrUnfit, len(text), LongestRecord)
	}
	return text, nil
}

// Parse reads a record as it is stored.
func Parse(text []byte) (Entry, error) {
	var e Entry
	if len(text) > LongestRecord {
		return e, fmt.Errorf("%w: %d bytes, at most %d", ErrUnfit, len(text), LongestRecord)
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return e, fmt.Errorf("read an audit entry: %w", err)
	}
	return e, e.check()
}

func (e Entry) check() error {
	if !slices.Contains(known, e.What) {
		return fmt.Errorf("%w: what happened is none of the known codes", ErrUnfit)
	}
	if e.Time.IsZero() {
		return fmt.Errorf("%w: no time", ErrUnfit)
	}
	words := []string{
		e.By.Partner, e.By.Partnership, e.By.Role, e.By.Subject, e.Person, e.Referral, e.To, e.Purpose, e.Detail,
	}
	var lists [][]string
	if d := e.Decision; d != nil {
		words = append(words, d.Effect, d.Ground, d.Revision)
		lists = append(lists, d.Fields, d.Obligations, d.Reasons)
	}
	if left := e.LeavesOut(); len(left) > MostLeftOut || len(e.LeftOut) > MostLeftOut {
		return fmt.Errorf("%w: %d referrals are left out, at most %d", ErrUnfit, len(left), MostLeftOut)
	}
	for _, l := range e.LeftOut {
		words = append(append(words, l.Revision), l.Referrals...)
		lists = append(lists, l.Reasons)
	}
	for _, list := range lists {
		if len(list) > mostWords {
			return fmt.Errorf("%w: a list of %d, at most %d", ErrUnfit, len(list), mostWords)
		}
		words = append(words, list...)
	}
	for _, word := range words {
		if !isCode(word) {
			return fmt.Errorf("%w: a word is longer than %d bytes or is no code", ErrUnfit, longestWord)
		}
	}
	return nil
}

func isCode(word string) bool {
	if len(word) > longestWord {
		return false
	}
	for _, c := range []byte(word) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !slices.Contains([]byte("._:/@-+="), c) {
			return false
		}
	}
	return true
}
