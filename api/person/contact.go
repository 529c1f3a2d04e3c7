package person

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"lifeline.scot/api/record"
)

// Way is a way to reach somebody.
type Way string

// The ways.
const (
	ByCall      Way = "Call"
	ByVoicemail Way = "Voicemail"
	ByText      Way = "Text"
	ByEmail     Way = "Email"
	ByLetter    Way = "Letter"
	// InPerson is to look for them where they are, as outreach does.
	InPerson Way = "InPerson"
	// ThroughWorker is to ask the worker who referred them.
	ThroughWorker Way = "ThroughWorker"
)

// Ways are all ways.
func Ways() []Way {
	return []Way{ByCall, ByVoicemail, ByText, ByEmail, ByLetter, InPerson, ThroughWorker}
}

// Saying is what may be said of who is asking for the person.
type Saying string

// The values.
const (
	// SayNothing means neither the service nor why it calls may be named to anybody but the person.
	SayNothing Saying = "Nothing"
	// SayNameOnly means a worker may give their own name, not that of the service.
	SayNameOnly Saying = "NameOnly"
	// SayService means the service may be named.
	SayService Saying = "Service"
)

// Bounds of how to reach somebody.
const (
	longestPhone = 32
	longestEmail = 254
	longestRule  = 500
)

// SafeContact are the person's rules for being reached. What they did not allow is not safe.
type SafeContact struct {
	// May are the ways the person agreed to. Empty means none but in person or through their worker is known to be safe.
	May []Way `json:"may,omitempty"`
	// Saying is what may be said to somebody else who answers. Default: Nothing.
	Saying Saying `json:"saying,omitempty"`
	// When it is safe, in the person's words, for example "weekdays before 3".
	When string `json:"when,omitempty"`
	// Beware is what a worker has to know first, for example that somebody else reads the messages on the phone.
	Beware string `json:"beware,omitempty"`
}

// Allows reports whether it is safe to reach the person that way. Rules that were not given allow nothing but what goes
// through people the person knows.
func (s *SafeContact) Allows(way Way) bool {
	if s == nil || len(s.May) == 0 {
		return way == ThroughWorker || way == InPerson
	}
	return slices.Contains(s.May, way)
}

func (s SafeContact) check(problems *record.Invalid) {
	for i, way := range s.May {
		if !slices.Contains(Ways(), way) || slices.Contains(s.May[:i], way) {
			problems.Add(record.SafeContact, "names a way that is not known, or one twice: use each of Call, Voicemail, Text, Email, "+
				"Letter, InPerson and ThroughWorker once at most.")
			break
		}
	}
	switch s.Saying {
	case "", SayNothing, SayNameOnly, SayService:
	default:
		problems.Add(record.SafeContact, "has a saying that is not known: use Nothing, NameOnly or Service.")
	}
	for _, text := range []string{s.When, s.Beware} {
		if wrong := record.Words(text, longestRule); wrong != "" {
			problems.Add(record.SafeContact, wrong)
			break
		}
	}
}

var phoneShape = regexp.MustCompile(`^(\+[1-9][0-9]{6,14}|0[1-9][0-9]{8,9})$`)

// normalPhone takes out spaces, brackets, dots and hyphens, and writes a British number as it is dialled in Britain.
func normalPhone(text string) string {
	if len(text) > longestPhone {
		return text
	}
	digits := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "\u00a0", "").Replace(text)
	for _, british := range []string{"+440", "+44", "00440", "0044"} {
		if rest, ok := strings.CutPrefix(digits, british); ok {
			return "0" + rest
		}
	}
	return digits
}

func checkPhone(text string, problems *record.Invalid) {
	if text != "" && !phoneShape.MatchString(text) {
		problems.Add(record.Phone, "is no telephone number: write it with its area code, such as 0141 496 0123, or with + and "+
			"the country.")
	}
}

func checkEmail(text string, problems *record.Invalid) {
	if text == "" {
		return
	}
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text || len(text) > longestEmail {
		problems.Add(record.Email, "is no email address: it looks like name@example.org, without anything around it.")
	}
}
