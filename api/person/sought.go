package person

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"lifeline.scot/api/record"
)

// Sought is whom somebody looks for: whoever has a CHI number, or a name and a date of birth. It prints nobody's data.
type Sought struct {
	CHI  CHI
	Name string
	Born Date
}

// ErrSought is somebody who is looked for by too little, or in two ways at once.
var ErrSought = errors.New("say the CHI number alone, or the name and the date of birth")

// Check refuses what nobody can be found by.
func (s Sought) Check() error {
	byName := s.Name != "" || !s.Born.IsZero()
	switch {
	case s.CHI.IsZero() == !byName:
		return ErrSought
	case byName && (Folded(s.Name) == "" || !s.Born.Valid() || s.Born.IsZero()):
		return ErrSought
	case len(s.Name) > 4*longestName:
		return ErrSought
	default:
		return nil
	}
}

// String implements fmt.Stringer with nobody's data.
func (s Sought) String() string { return "somebody who is looked for by their " + s.Kind() }

// GoString implements fmt.GoStringer with nobody's data.
func (s Sought) GoString() string { return s.String() }

// Format implements fmt.Formatter with nobody's data.
func (s Sought) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// The kinds of what people are found by.
const (
	ByCHI  = "chi"
	ByName = "name"
)

// Kind is what somebody is looked for by.
func (s Sought) Kind() string {
	if !s.CHI.IsZero() {
		return ByCHI
	}
	return ByName
}

// Fields are those that say whether it is them. Whoever may not see all of these finds nobody.
func (s Sought) Fields() []record.Field {
	if !s.CHI.IsZero() {
		return []record.Field{record.CHI}
	}
	return []record.Field{record.FullName, record.DateOfBirth}
}

// Key is the text that they are found by, among those of its kind.
func (s Sought) Key() string {
	if !s.CHI.IsZero() {
		return s.CHI.Digits()
	}
	return nameKey(Folded(s.Name), s.Born)
}

// Is reports whether it is them that a referral tells of.
func (s Sought) Is(told record.Values) (bool, error) {
	keys, err := KeysOf(told)
	return slices.Contains(keys[s.Kind()], s.Key()), err
}

// KeysOf are the texts that whoever a referral tells of is found by, of each kind: the CHI number, and each name with the date of
// birth.
func KeysOf(told record.Values) (map[string][]string, error) {
	keys := map[string][]string{}
	var chi string
	var name Name
	var born Date
	for f, into := range map[record.Field]any{record.CHI: &chi, record.FullName: &name, record.DateOfBirth: &born} {
		if told[f] == nil {
			continue
		}
		if err := json.Unmarshal(told[f], into); err != nil { // which may quote it
			return nil, fmt.Errorf("read what somebody is found by: %T", err)
		}
	}
	if chi != "" {
		keys[ByCHI] = []string{chi}
	}
	for _, text := range []string{name.Chosen, name.Recorded} {
		if folded := Folded(text); folded != "" && !born.IsZero() {
			keys[ByName] = append(keys[ByName], nameKey(folded, born))
		}
	}
	return keys, nil
}

// FindingFields are those that people are found by.
func FindingFields() []record.Field {
	return []record.Field{record.CHI, record.FullName, record.DateOfBirth}
}

func nameKey(folded string, born Date) string {
	return fmt.Sprintf("%04d-%02d-%02d %s", born.Year, born.Month, born.Day, folded)
}

// Folded is a name without capitals, accents, apostrophes and whatever stands between its words, so that Seònaid O’Hara-Reid is
// found by "seonaid ohara reid".
func Folded(name string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’', r == 'ʼ', r == '`':
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		default:
			return ' '
		}
	}, norm.NFKD.String(name))
	return strings.Join(strings.Fields(plain), " ")
}
