package person

import (
	"errors"
	"regexp"
	"strings"
)

// ErrPostcode is text that does not look like a postcode.
var ErrPostcode = errors.New("a postcode looks like G4 0UP: check it, or leave it out")

var postcodeShape = regexp.MustCompile(`^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$`)

// longestPostcode bounds the text that is looked at.
const longestPostcode = 16

// ParsePostcode writes a postcode as everybody does: capitals, one space before the last three characters (the pc8 of Public
// Health Scotland). The shape is checked, not whether there is such a postcode: they end, and are used again elsewhere.
func ParsePostcode(text string) (string, error) {
	if len(text) > longestPostcode {
		return "", ErrPostcode
	}
	together := strings.ToUpper(strings.Join(strings.Fields(text), ""))
	if !postcodeShape.MatchString(together) {
		return "", ErrPostcode
	}
	inward := len(together) - 3
	return together[:inward] + " " + together[inward:], nil
}
