package geography

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

//go:embed districts.csv
var districtsCSV string

// outward matches the first half of a postcode, with or without the second half after it.
var outward = regexp.MustCompile(`^([A-Z]{1,2}[0-9][A-Z0-9]?)( ?[0-9][A-Z]{2})?$`)

// District is a postcode district and the mean position of its postcodes.
type District struct {
	// Code is the first half of a postcode, for example "G4".
	Code   string
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

// DistrictOf finds a district by its code, such as "G4". False if no postcode of Scotland's postcode areas is in it.
func DistrictOf(code string) (District, bool) {
	district, ok := districts()[code]
	return district, ok
}

// districts reads the embedded table once.
//
//nolint:gochecknoglobals // a constant that needs work to be read
var districts = sync.OnceValue(func() map[string]District {
	table := map[string]District{}
	for line := range strings.Lines(districtsCSV) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		if len(fields) != 3 {
			continue
		}
		latitude, errLatitude := strconv.ParseInt(fields[1], 10, 32)
		longitude, errLongitude := strconv.ParseInt(fields[2], 10, 32)
		if errLatitude == nil && errLongitude == nil {
			table[fields[0]] = District{fields[0], Microdegrees(int32(latitude), int32(longitude))}
		}
	}
	return table
})
