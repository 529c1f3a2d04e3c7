package person_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lifeline.scot/api/person"
)

func TestCHI(t *testing.T) {
	for text, want := range map[string]error{
		"1904851231":                      nil,
		"2902201230":                      nil, // a leap day in 2020
		"0101011237":                      nil,
		"0101336489":                      nil,
		"190485 1231":                     nil,
		" 1904 8512 31 ":                  nil,
		"190485-1231":                     nil,
		"0101201234":                      person.ErrCHICheck,
		"1904851232":                      person.ErrCHICheck,
		"9104851231":                      person.ErrCHIDate,
		"3201209999":                      person.ErrCHIDate,
		"0113209999":                      person.ErrCHIDate,
		"0000000000":                      person.ErrCHIDate,
		"3002001230":                      person.ErrCHIDate,
		"123456789":                       person.ErrCHIShape, // a leading 0 may be missing
		"":                                person.ErrCHIShape,
		"19048512311":                     person.ErrCHIShape,
		"190485123X":                      person.ErrCHIShape,
		"١٩٠٤٨٥١٢٣١":                      person.ErrCHIShape,
		strings.Repeat(" ", 100) + "1904": person.ErrCHIShape,
	} {
		chi, err := person.ParseCHI(text)
		if !errors.Is(err, want) || (want == nil) != (chi.Digits() != "") {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

// The century is not in the number: 29 February of 00 was a day in 2000 and none in 1900, and that of 01 was none in either.
func TestTheCenturyIsNotAssumed(t *testing.T) {
	for digits, want := range map[string]bool{"290200": true, "290204": true, "290201": false, "310499": false, "300499": true} {
		found := false
		for serial := range 1000 {
			for check := range 10 {
				_, err := person.ParseCHI(fmt.Sprintf("%s%03d%d", digits, serial, check))
				found = found || err == nil
				if !want && !errors.Is(err, person.ErrCHIDate) {
					t.Fatalf("%s: %v", digits, err)
				}
			}
		}
		if found != want {
			t.Errorf("%s: %t", digits, found)
		}
	}
}

// One digit written wrongly, or two neighbours swapped, never makes another valid number with the same date.
func TestCheckDigitFindsSlips(t *testing.T) {
	valid := []string{"1904851231", "2902201230", "0101011237", "0101336489"}
	rapid.Check(t, func(t *rapid.T) {
		digits := []byte(rapid.SampledFrom(valid).Draw(t, "number"))
		at := rapid.IntRange(0, 9).Draw(t, "at")
		if rapid.Bool().Draw(t, "swap") {
			next := (at + 1) % 10
			if next == 0 || digits[at] == digits[next] {
				t.Skip("nothing to swap")
			}
			digits[at], digits[next] = digits[next], digits[at]
		} else {
			digits[at] = '0' + (digits[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		}
		if _, err := person.ParseCHI(string(digits)); err == nil {
			t.Fatalf("%s passes", digits)
		}
	})
}

func TestCHIPrintsMasked(t *testing.T) {
	chi, err := person.ParseCHI("1904851231")
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("found", "chi", chi)
	holder := struct{ CHI person.CHI }{chi}
	for _, text := range []string{
		fmt.Sprint(chi), fmt.Sprintf("%v %+v %#v %s %q %x %d", chi, chi, chi, chi, chi, chi, chi), fmt.Sprintf("%v %+v %#v", holder, holder, holder), log.String(),
	} {
		if strings.Contains(text, "1904851231") {
			t.Error(text)
		}
	}
}

func TestCHIAsJSON(t *testing.T) {
	var p person.Person
	if err := json.Unmarshal([]byte(`{"chi":"0101011237"}`), &p); err != nil || p.CHI.Digits() != "0101011237" {
		t.Fatal(p.CHI.Digits(), err)
	}
	if text, err := json.Marshal(p); err != nil || string(text) != `{"chi":"0101011237"}` {
		t.Errorf("%s %v", text, err)
	}
	for _, text := range []string{`{"chi":"0101011238"}`, `{"chi":101011237}`, `{"chi":"` + strings.Repeat("1", 10000) + `"}`} {
		if err := json.Unmarshal([]byte(text), &p); err == nil || strings.Contains(err.Error(), "010101") {
			t.Error(err)
		}
	}
}

func FuzzCHI(f *testing.F) {
	for _, text := range []string{"1904851231", "190485 1231", "3201209999", "123456789", "", "०१"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		chi, err := person.ParseCHI(text)
		if err != nil {
			if len(text) > 3 && strings.Contains(err.Error(), text) {
				t.Errorf("the error repeats what was given: %v", err)
			}
			return
		}
		again, err := person.ParseCHI(chi.Digits())
		if err != nil || again != chi || len(chi.Digits()) != 10 {
			t.Errorf("%q is not read the same again: %v", text, err)
		}
	})
}
