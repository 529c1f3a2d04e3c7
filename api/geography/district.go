package geography

import (
	"regexp"
	"strings"
)

// outward matches the first half of a postcode, with or without the second half after it.
var outward = regexp.MustCompile(`^([A-Z]{1,2}[0-9][A-Z0-9]?)( ?[0-9][A-Z]{2})?$`)

// District is a postcode district.
type District struct {
	// Code is the first half of a postcode, for example "G4".
	Code string
	// Town is the main settlement or part of a city, in words; "" if the table does not say.
	Town string
	// Centre is the approximate middle of Town.
	Centre Point
}

// OutwardCode is the postcode district in text: "G4" of "G4", "g4 0up" and "G40UP". False if text is not the first half
// of a postcode, nor a whole one. The second half is not read further: where a person lives is not needed.
func OutwardCode(text string) (string, bool) {
	text = strings.ToUpper(strings.Join(strings.Fields(text), " "))
	for _, candidate := range []string{text, splitInward(text)} {
		if m := outward.FindStringSubmatch(candidate); m != nil && (m[2] != "" || !strings.Contains(candidate, " ")) {
			return m[1], true
		}
	}
	return "", false
}

// splitInward puts the space before the last three characters, where a whole postcode was written as one word. Shorter
// text may be a district by itself.
func splitInward(text string) string {
	if len(text) < 5 || strings.Contains(text, " ") {
		return text
	}
	return text[:len(text)-3] + " " + text[len(text)-3:]
}
