package person

import (
	"strings"

	"lifeline.scot/api/record"
)

// longestName of one way to name somebody, in characters.
const longestName = 120

// Name is what somebody is called. One of the two is enough, and nobody has to say which name is on their papers.
type Name struct {
	// Chosen is what the person wants to be called. Where there is one, it is the name that is used.
	Chosen string `json:"chosen,omitempty"`
	// Recorded is the name in health records or on papers, where it is another one and the person wants to tell it.
	Recorded string `json:"recorded,omitempty"`
	// Pronouns the person uses, as they say it, for example "they/them".
	Pronouns string `json:"pronouns,omitempty"`
}

// Used is the name to call the person by.
func (n Name) Used() string {
	if n.Chosen != "" {
		return n.Chosen
	}
	return n.Recorded
}

func (n Name) normal() Name {
	one := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	return Name{one(n.Chosen), one(n.Recorded), one(n.Pronouns)}
}

func (n Name) check(problems *record.Invalid) {
	if n.Used() == "" {
		problems.Add(record.FullName, "is empty: write the name the person wants to be called, or leave it out.")
	}
	for _, text := range []string{n.Chosen, n.Recorded, n.Pronouns} {
		if wrong := record.Line(text, longestName); wrong != "" {
			problems.Add(record.FullName, wrong)
			return
		}
	}
}
