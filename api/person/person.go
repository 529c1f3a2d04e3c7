// Package person says who somebody is, how they may be reached, and roughly where they are from. All of it is optional: a
// person can be referred without a CHI number, under a name of their choice, with no fixed abode.
//
// What is here is somebody's own. It prints without anything of them, and problems never repeat what was given.
package person

import (
	"log/slog"
	"time"

	"lifeline.scot/api/record"
)

// Person is somebody as one referral tells of them. JSON members are named as their fields.
type Person struct {
	Name        *Name        `json:"full_name,omitempty"`
	DateOfBirth Date         `json:"date_of_birth,omitzero"`
	CHI         CHI          `json:"chi,omitzero"`
	Address     *Address     `json:"address,omitempty"`
	Phone       string       `json:"phone,omitempty"`
	Email       string       `json:"email,omitempty"`
	SafeContact *SafeContact `json:"safe_contact,omitempty"`
	// AgeBand is worked out from the date of birth where that is known.
	AgeBand  AgeBand     `json:"age_band,omitempty"`
	Gender   *GenderSaid `json:"gender,omitempty"`
	Locality *Locality   `json:"locality,omitempty"`
}

// String implements fmt.Stringer with nobody's data.
func (Person) String() string { return "a person" }

// GoString implements fmt.GoStringer with nobody's data.
func (Person) GoString() string { return "a person" }

// LogValue implements slog.LogValuer with nobody's data.
func (Person) LogValue() slog.Value { return slog.StringValue("a person") }

// oldest is the greatest age that is believed, in years.
const oldest = 120

// Normal returns the person with names, numbers and postcode written in the one way they are kept, and the age band that
// follows from the date of birth on that day.
func (p Person) Normal(day time.Time) Person {
	if p.Name != nil {
		name := p.Name.normal()
		p.Name = &name
	}
	if p.Address != nil {
		address := p.Address.normal()
		p.Address = &address
	}
	p.Phone = normalPhone(p.Phone)
	if !p.DateOfBirth.IsZero() && p.DateOfBirth.Valid() {
		p.AgeBand = AgeBandOf(p.DateOfBirth, day)
	}
	return p
}

// Check says what has to be changed in a person that is [Person.Normal], on a day. It returns a [record.Invalid], or nil.
func (p Person) Check(day time.Time) error {
	var problems record.Invalid
	if p.Name != nil {
		p.Name.check(&problems)
	}
	p.checkBirth(day, &problems)
	if p.Address != nil {
		p.Address.check(&problems)
	}
	checkPhone(p.Phone, &problems)
	checkEmail(p.Email, &problems)
	if p.SafeContact != nil {
		p.SafeContact.check(&problems)
	}
	if p.Gender != nil {
		p.Gender.check(&problems)
	}
	if p.Locality != nil {
		p.Locality.check(&problems)
	}
	return problems.Err()
}

func (p Person) checkBirth(day time.Time, problems *record.Invalid) {
	if p.AgeBand != "" && !p.AgeBand.known() {
		problems.Add(record.AgeBand, "is not known: use one such as From25To34.")
	}
	if p.DateOfBirth.IsZero() {
		return
	}
	if age := p.DateOfBirth.AgeOn(day); !p.DateOfBirth.Valid() || age < 0 || age > oldest {
		problems.Add(record.DateOfBirth, "is no day in the last 120 years: check it, or leave it out and give the age band.")
	}
}

// Doubts are reasons to ask again that are no reason to refuse, for whoever writes the referral.
func (p Person) Doubts() record.Invalid {
	var doubts record.Invalid
	if !p.CHI.AgreesWith(p.DateOfBirth) {
		doubts.Add(record.CHI, "does not begin with the date of birth: check both. Some people rightly have one that does not.")
	}
	return doubts
}
