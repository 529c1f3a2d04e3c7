package person_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
)

var today = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func chi(t testing.TB, text string) person.CHI {
	t.Helper()
	c, err := person.ParseCHI(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func date(t testing.TB, text string) person.Date {
	t.Helper()
	d, err := person.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPeopleAreReferredAsTheyAre(t *testing.T) {
	for name, p := range map[string]person.Person{
		"nothing is known":             {},
		"under a chosen name, no more": {Name: &person.Name{Chosen: "Moth", Pronouns: "they/them"}},
		"no fixed abode":               {Address: &person.Address{Abode: person.NoFixedAbode, Found: "the Simon Community hub, most mornings"}},
		"no fixed abode as an area":    {Locality: &person.Locality{Area: person.NoFixedAbodeArea, ReturnArea: "S12000049"}},
		"no CHI, a rough age":          {AgeBand: person.From35, Gender: &person.GenderSaid{Is: person.ChoseNotToSay}},
		"gender in their own words":    {Gender: &person.GenderSaid{Is: person.InOwnWords, Words: "agender"}},
		"all of it": {
			Name: &person.Name{Chosen: "Sorcha", Recorded: "Sarah NicDhòmhnaill"}, DateOfBirth: date(t, "1985-04-19"),
			CHI: chi(t, "1904851231"), Address: &person.Address{Abode: person.Fixed, Lines: []string{"1 Example Street"}, Postcode: "G4 0UP"},
			Phone: "0141 496 0123", Email: "sorcha@example.org",
			SafeContact: &person.SafeContact{May: []person.Way{person.ByText}, Saying: person.SayNothing, When: "before 3", Beware: "shared phone"},
			Gender:      &person.GenderSaid{Is: person.Woman}, Locality: &person.Locality{Area: "S12000049"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := p.Normal(today).Check(today); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatHasToBeChanged(t *testing.T) {
	for name, tc := range map[string]struct {
		p    person.Person
		f    record.Field
		says string
	}{
		"no name in a name":          {person.Person{Name: &person.Name{Pronouns: "she"}}, record.FullName, "wants to be called"},
		"a name of lines":            {person.Person{Name: &person.Name{Chosen: "A", Recorded: "B\x00"}}, record.FullName, "control"},
		"a long name":                {person.Person{Name: &person.Name{Chosen: strings.Repeat("a", 121)}}, record.FullName, "120"},
		"born tomorrow":              {person.Person{DateOfBirth: date(t, "2026-11-30")}, record.DateOfBirth, "120 years"},
		"born too long ago":          {person.Person{DateOfBirth: date(t, "1899-01-01")}, record.DateOfBirth, "120 years"},
		"born on no day":             {person.Person{DateOfBirth: person.Date{Year: 1985, Month: 2, Day: 30}}, record.DateOfBirth, "120 years"},
		"an address without a kind":  {person.Person{Address: &person.Address{Lines: []string{"1 A St"}}}, record.Address, "NoFixedAbode"},
		"an empty address":           {person.Person{Address: &person.Address{Abode: person.Fixed}}, record.Address, "empty"},
		"an abode that is not fixed": {person.Person{Address: &person.Address{Abode: person.NoFixedAbode, Lines: []string{"1 A St"}}}, record.Address, "leave one"},
		"found at an address":        {person.Person{Address: &person.Address{Abode: person.Fixed, Lines: []string{"1 A St"}, Found: "there"}}, record.Address, "no fixed abode"},
		"six lines": {
			person.Person{Address: &person.Address{Abode: person.Fixed, Lines: strings.Split("abcdef", "")}}, record.Address, "5 at most",
		},
		"no postcode":             {person.Person{Address: &person.Address{Abode: person.Fixed, Postcode: "GLASGOW"}}, record.Address, "G4 0UP"},
		"no telephone number":     {person.Person{Phone: "ask Jean"}, record.Phone, "area code"},
		"a number without a code": {person.Person{Phone: "496 0123"}, record.Phone, "area code"},
		"no email":                {person.Person{Email: "jean at example"}, record.Email, "name@example.org"},
		"a name around an email":  {person.Person{Email: "Jean <jean@example.org>"}, record.Email, "without anything"},
		"an unknown way":          {person.Person{SafeContact: &person.SafeContact{May: []person.Way{"Pigeon"}}}, record.SafeContact, "Voicemail"},
		"a way twice":             {person.Person{SafeContact: &person.SafeContact{May: []person.Way{"Text", "Text"}}}, record.SafeContact, "twice"},
		"an unknown saying":       {person.Person{SafeContact: &person.SafeContact{Saying: "Everything"}}, record.SafeContact, "NameOnly"},
		"an unknown gender":       {person.Person{Gender: &person.GenderSaid{Is: "F"}}, record.Gender, "Woman"},
		"words with a gender":     {person.Person{Gender: &person.GenderSaid{Is: person.Man, Words: "x"}}, record.Gender, "InOwnWords"},
		"a gender without words":  {person.Person{Gender: &person.GenderSaid{Is: person.InOwnWords}}, record.Gender, "InOwnWords"},
		"an unknown band":         {person.Person{AgeBand: "Young"}, record.AgeBand, "From25To34"},
		"a locality that is none": {person.Person{Locality: &person.Locality{Area: "Govan"}}, record.Locality, "S12000049"},
		"an empty locality":       {person.Person{Locality: &person.Locality{}}, record.Locality, "leave it out"},
	} {
		t.Run(name, func(t *testing.T) {
			var invalid record.Invalid
			if err := tc.p.Normal(today).Check(today); !errors.As(err, &invalid) {
				t.Fatal(err)
			}
			if len(invalid) != 1 || invalid[0].Field != tc.f || !strings.Contains(invalid[0].Message, tc.says) {
				t.Errorf("%v", invalid)
			}
		})
	}
}

// Whatever is given, neither a problem nor a person that is printed or logged repeats any of it.
func TestNothingGivenIsRepeated(t *testing.T) {
	const mark = "Zx9qq" // nothing of it is in any message
	text := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{mark, mark + "\n", strings.Repeat(mark, 200), mark + "\x00", mark + "\xff"}).Draw(t, "text")
	})
	rapid.Check(t, func(t *rapid.T) {
		p := person.Person{
			Name:    &person.Name{Chosen: text.Draw(t, "chosen"), Recorded: text.Draw(t, "recorded")},
			Address: &person.Address{Abode: person.Abode(text.Draw(t, "abode")), Lines: []string{text.Draw(t, "line")}, Postcode: text.Draw(t, "postcode"), Found: text.Draw(t, "found")},
			Phone:   text.Draw(t, "phone"), Email: text.Draw(t, "email"),
			SafeContact: &person.SafeContact{May: []person.Way{person.Way(text.Draw(t, "way"))}, Saying: person.Saying(text.Draw(t, "saying")), Beware: text.Draw(t, "beware")},
			AgeBand:     person.AgeBand(text.Draw(t, "band")), Gender: &person.GenderSaid{Is: person.Gender(text.Draw(t, "gender")), Words: text.Draw(t, "words")},
			Locality: &person.Locality{Area: text.Draw(t, "area")},
		}
		err := p.Normal(today).Check(today)
		if err == nil {
			t.Fatal("passes")
		}
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("seen", "who", p, "wrong", err)
		for _, printed := range []string{err.Error(), fmt.Sprintf("%v %+v %#v", p, p, p), log.String()} {
			if strings.Contains(printed, mark[:3]) {
				t.Fatalf("repeats what was given: %s", printed)
			}
		}
	})
}

func TestWaysOfWriting(t *testing.T) {
	for given, want := range map[string]string{
		"0141 496 0123": "01414960123", "(0141) 496-0123": "01414960123", "+44 141 496 0123": "01414960123",
		"0044 (0)141 496 0123": "01414960123", "+44 (0) 7700 900123": "07700900123", "+353 1 496 0123": "+35314960123",
		"07700.900.123": "07700900123",
	} {
		p := person.Person{Phone: given}.Normal(today)
		if p.Phone != want || p.Check(today) != nil {
			t.Errorf("%s: %s %v", given, p.Phone, p.Check(today))
		}
	}
	p := person.Person{
		Name:    &person.Name{Chosen: "  Mairi   Bhàn "},
		Address: &person.Address{Abode: person.Fixed, Lines: []string{" 1 Example Street ", "", "Leith"}, Postcode: "eh6  6aa"},
	}
	got := p.Normal(today)
	if got.Name.Used() != "Mairi Bhàn" || got.Address.Postcode != "EH6 6AA" || !cmp.Equal(got.Address.Lines, []string{"1 Example Street", "Leith"}) {
		t.Errorf("%q %q", *got.Name, *got.Address)
	}
	if p.Name.Chosen != "  Mairi   Bhàn " || p.Address.Lines[0] != " 1 Example Street " {
		t.Error("the original was changed")
	}
}

func TestPostcodes(t *testing.T) {
	for text, want := range map[string]string{
		"G4 0UP": "G4 0UP", "g40up": "G4 0UP", " iv2 3 uj ": "IV2 3UJ", "EH1 1AA": "EH1 1AA", "W1A1AA": "W1A 1AA",
		"": "", "G4": "", "G4 0U": "", "GLA 0UP": "", "G4 0UP X": "", "G4-0UP": "", strings.Repeat("G", 100): "",
	} {
		got, err := person.ParsePostcode(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v", text, got, err)
		}
	}
}

func FuzzPostcode(f *testing.F) {
	f.Add("G4 0UP")
	f.Add("eh66aa")
	f.Fuzz(func(t *testing.T, text string) {
		code, err := person.ParsePostcode(text)
		if err != nil {
			return
		}
		if again, err := person.ParsePostcode(code); err != nil || again != code || len(code) > 8 {
			t.Errorf("%q: %q then %q, %v", text, code, again, err)
		}
	})
}

func TestWhatWasNotAllowedIsNotSafe(t *testing.T) {
	var nobodyAsked *person.SafeContact
	rules := &person.SafeContact{May: []person.Way{person.ByText, person.ByEmail}}
	for way, want := range map[person.Way][2]bool{
		person.ByCall: {false, false}, person.ByVoicemail: {false, false}, person.ByText: {false, true}, person.ByEmail: {false, true},
		person.ByLetter: {false, false}, person.InPerson: {true, false}, person.ThroughWorker: {true, false},
	} {
		if got := [2]bool{nobodyAsked.Allows(way), rules.Allows(way)}; got != want {
			t.Errorf("%s: %v", way, got)
		}
	}
}

func TestAges(t *testing.T) {
	for born, want := range map[string]person.AgeBand{
		"2026-11-29": person.Under12, "2014-11-30": person.Under12, "2014-11-29": person.From12, "2010-11-30": person.From12,
		"2010-11-29": person.From16, "2008-11-29": person.From18, "1961-11-29": person.From65, "1961-11-30": person.From55,
	} {
		if got := (person.Person{DateOfBirth: date(t, born), AgeBand: person.From45}).Normal(today).AgeBand; got != want {
			t.Errorf("%s: %s, want %s", born, got, want)
		}
	}
	leap := date(t, "2004-02-29")
	for day, want := range map[string]int{"2020-02-28": 15, "2020-02-29": 16, "2021-02-28": 16, "2021-03-01": 17} {
		if got := leap.AgeOn(date(t, day).Time()); got != want {
			t.Errorf("on %s: %d, want %d", day, got, want)
		}
	}
}

// A day begins at midnight in Scotland, which is an hour earlier in summer than in UTC.
func TestABirthdayBeginsAtMidnightInScotland(t *testing.T) {
	for born, want := range map[string]string{
		"2010-01-15": "2026-01-15T00:00:00Z", "2010-07-15": "2026-07-14T23:00:00Z", "2008-02-29": "2024-02-29T00:00:00Z",
	} {
		day := date(t, born)
		turns := day.Turns(16)
		if got := turns.Format(time.RFC3339); got != want {
			t.Errorf("born on %s: 16 from %s, want %s", born, got, want)
		}
		if before, from := day.AgeOn(turns.Add(-time.Second)), day.AgeOn(turns); before != 15 || from != 16 {
			t.Errorf("born on %s: %d a second before, and then %d", born, before, from)
		}
	}
	if got := date(t, "2004-02-29").Turns(17).Format(time.DateOnly); got != "2021-03-01" {
		t.Errorf("born on a leap day: 17 from %s", got)
	}
}

// Nothing is worked out from a CHI number: neither when somebody was born nor their gender, and a date that differs is a
// reason to ask, not to refuse.
func TestNothingIsReadFromACHINumber(t *testing.T) {
	p := person.Person{CHI: chi(t, "1904851231")}.Normal(today)
	if !p.DateOfBirth.IsZero() || p.AgeBand != "" || p.Gender != nil || len(p.Doubts()) != 0 {
		t.Errorf("%s %v", p.AgeBand, p.Doubts())
	}
	for born, doubts := range map[string]int{"1985-04-19": 0, "2085-04-19": 0, "1985-04-20": 1} {
		p := person.Person{CHI: chi(t, "1904851231"), DateOfBirth: date(t, born)}
		if got := len(p.Doubts()); got != doubts {
			t.Errorf("%s: %v", born, p.Doubts())
		}
	}
}

func TestAPersonIsReadBackAsItWasKept(t *testing.T) {
	p := person.Person{
		Name: &person.Name{Chosen: "Sorcha"}, DateOfBirth: date(t, "1985-04-19"), CHI: chi(t, "1904851231"),
		Address: &person.Address{Abode: person.NoFixedAbode}, SafeContact: &person.SafeContact{May: []person.Way{person.ByText}},
	}.Normal(today)
	values, err := record.Split(p)
	if err != nil {
		t.Fatal(err)
	}
	var back person.Person
	if err := record.Join(values, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p, back, cmpopts.EquateComparable(person.CHI{})); d != "" {
		t.Error(d)
	}
}

func TestDatesThatAreNone(t *testing.T) {
	for _, text := range []string{`"1985-02-30"`, `"19/04/1985"`, `19850419`, `"1985-04-19T00:00:00Z"`, `""`} {
		var d person.Date
		if err := json.Unmarshal([]byte(text), &d); !errors.Is(err, person.ErrDate) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
