package person_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
)

var bornInMay = person.Date{Year: 1990, Month: time.May, Day: 4}

func TestNamesAreFoundHoweverTheyAreWritten(t *testing.T) {
	for written, folded := range map[string]string{
		"Seònaid O’Hara-Reid":      "seonaid ohara reid",
		"  seonaid   o'hara reid":  "seonaid ohara reid",
		"SEO\u0300NAID OHARA REID": "seonaid ohara reid",
		"Łukasz Żak":               "łukasz zak",
		"李 小龙":                     "李 小龙",
		"—":                        "",
	} {
		if got := person.Folded(written); got != folded {
			t.Errorf("%q: %q, want %q", written, got, folded)
		}
	}
}

func TestWhomSomebodyLooksFor(t *testing.T) {
	chi, err := person.ParseCHI("1904851231")
	if err != nil {
		t.Fatal(err)
	}
	told := record.Values{
		record.CHI: []byte(`"1904851231"`), record.FullName: []byte(`{"chosen":"Sorcha Quill","recorded":"Sorcha Mac an Quill"}`),
		record.DateOfBirth: []byte(`"1990-05-04"`),
	}
	for name, tc := range map[string]struct {
		sought person.Sought
		told   record.Values
		is     bool
	}{
		"by their number":           {person.Sought{CHI: chi}, told, true},
		"by their chosen name":      {person.Sought{Name: "sorcha QUILL", Born: bornInMay}, told, true},
		"by their recorded name":    {person.Sought{Name: "Sorcha mac-an-quill", Born: bornInMay}, told, true},
		"born another day":          {person.Sought{Name: "Sorcha Quill", Born: person.Date{Year: 1990, Month: 5, Day: 5}}, told, false},
		"part of a name":            {person.Sought{Name: "Sorcha", Born: bornInMay}, told, false},
		"nothing is told":           {person.Sought{CHI: chi}, record.Values{}, false},
		"told without a birth date": {person.Sought{Name: "Sorcha Quill", Born: bornInMay}, told.Only(record.FullName), false},
	} {
		if is, err := tc.sought.Is(tc.told); err != nil || is != tc.is {
			t.Errorf("%s: %v %v", name, is, err)
		}
		for _, printed := range []string{fmt.Sprint(tc.sought), fmt.Sprintf("%+v %#v %s", tc.sought, tc.sought, tc.sought)} {
			if strings.Contains(strings.ToLower(printed), "sorcha") || strings.Contains(printed, "19048") || strings.Contains(printed, "1990") {
				t.Errorf("%s prints %q", name, printed)
			}
		}
	}
	for name, sought := range map[string]person.Sought{
		"nothing": {}, "both": {CHI: chi, Name: "Sorcha", Born: bornInMay}, "a name alone": {Name: "Sorcha"}, "a day alone": {Born: bornInMay},
		"no name": {Name: "…", Born: bornInMay}, "no day": {Name: "Sorcha", Born: person.Date{Year: 1990, Month: 2, Day: 30}},
		"a long name": {Name: strings.Repeat("a", 1000), Born: bornInMay},
	} {
		if err := sought.Check(); !errors.Is(err, person.ErrSought) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFoldingANameTwiceIsFoldingItOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := person.Folded(rapid.String().Draw(t, "name"))
		if twice := person.Folded(once); twice != once {
			t.Fatalf("%q, then %q", once, twice)
		}
	})
}
