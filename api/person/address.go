package person

import (
	"slices"
	"strings"

	"lifeline.scot/api/record"
)

// Abode says whether somebody has a place to live.
type Abode string

// The values.
const (
	// Fixed means there is an address.
	Fixed Abode = "Fixed"
	// NoFixedAbode means the person has no place of their own now.
	NoFixedAbode Abode = "NoFixedAbode"
)

// Bounds of an address.
const (
	mostLines   = 5
	longestLine = 100
	longestHint = 300
)

// Address is where somebody lives, or that they have no fixed abode. Both are whole answers.
type Address struct {
	Abode Abode `json:"abode"`
	// Lines and Postcode of somebody with a fixed abode.
	Lines    []string `json:"lines,omitempty"`
	Postcode string   `json:"postcode,omitempty"`
	// Found says where somebody with no fixed abode can usually be found or left word, if they want to tell.
	Found string `json:"found,omitempty"`
}

func (a Address) normal() Address {
	a.Lines = slices.Clone(a.Lines)
	for i := range a.Lines {
		a.Lines[i] = strings.TrimSpace(a.Lines[i])
	}
	a.Lines = slices.DeleteFunc(a.Lines, func(line string) bool { return line == "" })
	if postcode, err := ParsePostcode(a.Postcode); err == nil {
		a.Postcode = postcode
	}
	return a
}

func (a Address) check(problems *record.Invalid) {
	switch a.Abode {
	case Fixed:
		if len(a.Lines) == 0 && a.Postcode == "" {
			problems.Add(record.Address, "is empty: write it, or say NoFixedAbode, or leave it out.")
		}
		if a.Found != "" {
			problems.Add(record.Address, "says where somebody with no fixed abode can be found: use lines and postcode for an address.")
		}
	case NoFixedAbode:
		if len(a.Lines) > 0 || a.Postcode != "" {
			problems.Add(record.Address, "has lines or a postcode and says NoFixedAbode: leave one of them out.")
		}
	default:
		problems.Add(record.Address, "has no abode: say Fixed or NoFixedAbode.")
	}
	if len(a.Lines) > mostLines {
		problems.Add(record.Address, "has too many lines: use 5 at most.")
	}
	for _, line := range a.Lines {
		if wrong := record.Line(line, longestLine); wrong != "" {
			problems.Add(record.Address, wrong)
			break
		}
	}
	if a.Postcode != "" {
		if _, err := ParsePostcode(a.Postcode); err != nil {
			problems.Add(record.Address, "has no valid postcode: "+err.Error()+".")
		}
	}
	if wrong := record.Words(a.Found, longestHint); wrong != "" {
		problems.Add(record.Address, wrong)
	}
}
