package person

import (
	"regexp"
	"time"

	"lifeline.scot/api/record"
)

// Gender is what somebody says of their own gender.
type Gender string

// The values.
const (
	Woman     Gender = "Woman"
	Man       Gender = "Man"
	NonBinary Gender = "NonBinary"
	// InOwnWords means the person says it in words of their own.
	InOwnWords Gender = "InOwnWords"
	// ChoseNotToSay means the person was asked and chose not to say.
	ChoseNotToSay Gender = "ChoseNotToSay"
)

// GenderSaid is what the person said of their gender. It is asked, and never worked out from anything else.
type GenderSaid struct {
	Is Gender `json:"is"`
	// Words of their own, with InOwnWords only.
	Words string `json:"words,omitempty"`
}

const longestGender = 60

func (g GenderSaid) check(problems *record.Invalid) {
	switch g.Is {
	case Woman, Man, NonBinary, ChoseNotToSay, InOwnWords:
	default:
		problems.Add(record.Gender, "is not known: use Woman, Man, NonBinary, InOwnWords or ChoseNotToSay.")
	}
	if (g.Words != "") != (g.Is == InOwnWords) {
		problems.Add(record.Gender, "has words exactly when it is InOwnWords.")
	}
	if wrong := record.Line(g.Words, longestGender); wrong != "" {
		problems.Add(record.Gender, wrong)
	}
}

// AgeBand is roughly how old somebody is, for use without a date of birth.
type AgeBand string

// The bands. Understanding is presumed from 12 in Scotland, and services for adults take people from 16.
const (
	Under12 AgeBand = "Under12"
	From12  AgeBand = "From12To15"
	From16  AgeBand = "From16To17"
	From18  AgeBand = "From18To24"
	From25  AgeBand = "From25To34"
	From35  AgeBand = "From35To44"
	From45  AgeBand = "From45To54"
	From55  AgeBand = "From55To64"
	From65  AgeBand = "From65"
)

var bands = []struct {
	from int
	band AgeBand
}{{65, From65}, {55, From55}, {45, From45}, {35, From35}, {25, From25}, {18, From18}, {16, From16}, {12, From12}, {0, Under12}}

// AgeBandOf is the band of somebody born on a date, on a day.
func AgeBandOf(born Date, day time.Time) AgeBand {
	age := born.AgeOn(day)
	for _, b := range bands {
		if age >= b.from {
			return b.band
		}
	}
	return Under12
}

// From is the least age of the band, in years; false for no band.
func (b AgeBand) From() (int, bool) {
	for _, known := range bands {
		if known.band == b {
			return known.from, true
		}
	}
	return 0, false
}

func (b AgeBand) known() bool {
	for _, known := range bands {
		if known.band == b {
			return true
		}
	}
	return false
}

// NoFixedAbodeArea is the code of Public Health Scotland for people who have no fixed abode.
const NoFixedAbodeArea = "S08200002"

var areaShape = regexp.MustCompile(`^S(12|37|08)[0-9]{6}$`)

// Locality is roughly where somebody is from or wants to go back to: an area, never an address.
type Locality struct {
	// Area is the code of a council (S12), partnership (S37) or health board (S08), or [NoFixedAbodeArea].
	Area string `json:"area,omitempty"`
	// ReturnArea is where the person will live afterwards, if that is another one: aftercare is best there.
	ReturnArea string `json:"returnArea,omitempty"`
}

func (l Locality) check(problems *record.Invalid) {
	if l.Area == "" && l.ReturnArea == "" {
		problems.Add(record.Locality, "is empty: give the code of an area, or leave it out.")
	}
	for _, area := range []string{l.Area, l.ReturnArea} {
		if area != "" && !areaShape.MatchString(area) {
			problems.Add(record.Locality, "is no code of an area: use that of a council, such as S12000049, or "+NoFixedAbodeArea+
				" for no fixed abode.")
			break
		}
	}
}
