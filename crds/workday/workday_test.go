package workday

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// proclaimed are the days that no rule gives: what was added, and what was moved away, in the years of the file.
var proclaimed = map[int]struct{ added, moved []string }{
	2020: {[]string{"2020-05-08"}, []string{"2020-05-04"}},
	2022: {[]string{"2022-06-02", "2022-06-03", "2022-09-19"}, []string{"2022-05-30"}},
	2023: {[]string{"2023-05-08"}, nil},
	2026: {[]string{"2026-06-15"}, nil},
}

func names(days map[Day]string) []string {
	var all []string
	for day := range days {
		all = append(all, day.String())
	}
	slices.Sort(all)
	return all
}

// The published years are what the rules give, but for what was proclaimed for one year alone: so later years can be believed.
func TestTheRulesGiveEveryPublishedYear(t *testing.T) {
	if first, last := slices.Min(slices.Collect(maps.Keys(inFile))), slices.Max(slices.Collect(maps.Keys(inFile))); first > 2025 || last < 2028 {
		t.Errorf("the file is from %d to %d", first, last)
	}
	for year, days := range inFile {
		want := slices.DeleteFunc(names(byRule(year)), func(d string) bool { return slices.Contains(proclaimed[year].moved, d) })
		want = append(want, proclaimed[year].added...)
		slices.Sort(want)
		if diff := cmp.Diff(want, names(days)); diff != "" {
			t.Errorf("%d by the rules, and as published:\n%s", year, diff)
		}
		for day, name := range byRule(year) {
			if said, there := days[day]; there && said != name {
				t.Errorf("%s is published as %q, and by the rules %q", day, said, name)
			}
		}
	}
}

func TestBankHolidays(t *testing.T) {
	for date, want := range map[string]string{
		"2025-11-30": "", // a Sunday
		"2025-12-01": "St Andrew's Day",
		"2026-06-15": "World Cup",
		"2026-04-06": "", // Easter Monday is none in Scotland
		"2026-08-31": "", // the summer bank holiday is in early August
		"2027-01-02": "",
		"2027-01-04": "2nd January",
		"2028-04-14": "Good Friday",
		"2029-03-30": "Good Friday", // from here on by the rules
		"2030-12-02": "St Andrew's Day",
		"2033-01-03": "New Year's Day", // 1 January is a Saturday, 2 January a Sunday
		"2033-01-04": "2nd January",
		"2034-01-02": "2nd January", // it keeps its own day, and New Year's Day comes after it
		"2034-01-03": "New Year's Day",
		"2038-04-23": "Good Friday", // Easter is as late as it can be
		"2033-12-26": "Boxing Day",
		"2033-12-27": "Christmas Day",
	} {
		at, err := time.Parse(time.DateOnly, date)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := Holiday(dayAt(at)); got != want {
			t.Errorf("%s is %q, want %q", date, got, want)
		}
	}
}

// Every year has its nine holidays, each on a day that would be worked.
func TestEveryYearHasNineHolidays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		year := rapid.IntRange(1950, 2500).Draw(t, "year")
		days := byRule(year)
		if len(days) != 9 {
			t.Fatalf("%d has %d: %v", year, len(days), days)
		}
		for day, name := range days {
			if day.weekend() || day.Year != year {
				t.Fatalf("%s is on %s, a %s", name, day, day.Weekday())
			}
		}
		if sunday := easter(year); sunday.Weekday() != time.Sunday ||
			sunday.Before(Day{year, time.March, 22}) || (Day{year, time.April, 25}).Before(sunday) {
			t.Fatalf("Easter would be on %s, a %s", sunday, sunday.Weekday())
		}
	})
}

func TestDeadlines(t *testing.T) {
	for name, tc := range map[string]struct{ from, within, want string }{
		"hours go on at night":                        {"2026-11-28T23:30:00Z", "4h", "2026-11-29T03:30:00Z"},
		"hours go on over a bank holiday":             {"2026-12-24T12:00:00Z", "48h", "2026-12-26T12:00:00Z"},
		"an hour is an hour when clocks go back":      {"2026-10-25T00:30:00Z", "1h", "2026-10-25T01:30:00Z"},
		"an hour is an hour when clocks go forward":   {"2026-03-29T00:30:00Z", "1h", "2026-03-29T01:30:00Z"},
		"one working day, early in the week":          {"2026-11-24T09:00:00Z", "1d", "2026-11-26T00:00:00Z"},
		"the day it begins never counts":              {"2026-11-24T00:00:00Z", "1d", "2026-11-26T00:00:00Z"},
		"on Friday evening":                           {"2026-11-20T20:00:00Z", "1d", "2026-11-24T00:00:00Z"},
		"on Friday before St Andrew's Day":            {"2026-11-27T20:00:00Z", "1d", "2026-12-02T00:00:00Z"},
		"on a Sunday":                                 {"2026-11-22T03:00:00Z", "1d", "2026-11-24T00:00:00Z"},
		"over Christmas and New Year":                 {"2027-12-24T10:00:00Z", "3d", "2028-01-01T00:00:00Z"},
		"over New Year":                               {"2027-12-31T10:00:00Z", "1d", "2028-01-06T00:00:00Z"},
		"midnight in Scotland is 23:00 UTC in summer": {"2026-07-14T09:00:00Z", "1d", "2026-07-15T23:00:00Z"},
		"late in the evening it is tomorrow already":  {"2026-07-14T23:30:00Z", "1d", "2026-07-16T23:00:00Z"},
		"over the change to winter time":              {"2026-10-23T09:00:00Z", "1d", "2026-10-27T00:00:00Z"},
		"over the change to summer time":              {"2026-03-27T09:00:00Z", "1d", "2026-03-30T23:00:00Z"},
		"over Good Friday, and not Easter Monday":     {"2026-04-02T09:00:00Z", "1d", "2026-04-06T23:00:00Z"},
		"over the day off for the World Cup":          {"2026-06-12T09:00:00Z", "1d", "2026-06-16T23:00:00Z"},
		"in a year that nobody has published":         {"2029-11-29T09:00:00Z", "1d", "2029-12-04T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			from, err := time.Parse(time.RFC3339, tc.from)
			if err != nil {
				t.Fatal(err)
			}
			if got := within(t, tc.within).From(from).Format(time.RFC3339); got != tc.want {
				t.Errorf("%s from %s is over at %s, want %s", tc.within, tc.from, got, tc.want)
			}
		})
	}
	if got := (Within{}).From(time.Now()); !got.IsZero() {
		t.Errorf("no limit is over at %s", got)
	}
}

func within(t *testing.T, text string) Within {
	t.Helper()
	n := int32(0)
	for _, r := range text[:len(text)-1] {
		n = n*10 + r - '0'
	}
	if text[len(text)-1] == 'd' {
		return Within{WorkingDays: n}
	}
	return Within{Hours: n}
}

// A deadline in working days is a midnight in Scotland after exactly so many days that were worked; a later start never gives an
// earlier end, and a day more gives a later one.
func TestWorkingDaysAreCountedWhereverTheyBegin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(rapid.Int64Range(1_577_836_800, 2_208_988_800).Draw(t, "start"), 0)
		n := rapid.Int32Range(1, 40).Draw(t, "days")
		end := Within{WorkingDays: n}.From(start)
		if local := end.In(Scotland()); local.Hour() != 0 || local.Minute() != 0 || local.Second() != 0 {
			t.Fatalf("it is over at %s", local)
		}
		last := DayOf(end.Add(-time.Second))
		if !last.Works() {
			t.Fatalf("it is over on %s, when nobody works", last)
		}
		if worked := DaysBetween(start, end.Add(-time.Second)); worked != int(n) {
			t.Fatalf("%d days were worked from %s to %s, want %d", worked, start, end, n)
		}
		later := start.Add(time.Duration(rapid.Int64Range(0, 1_000_000).Draw(t, "later")) * time.Second)
		if (Within{WorkingDays: n}).From(later).Before(end) {
			t.Fatalf("a start at %s is over before one at %s", later, start)
		}
		if !end.Before(Within{WorkingDays: n + 1}.From(start)) {
			t.Fatalf("%d working days are over no earlier than %d", n, n+1)
		}
	})
}

func TestHowLongSomethingMayTakeIsSaidInWords(t *testing.T) {
	for w, want := range map[Within]string{
		{Hours: 1}: "1 hour", {Hours: 4}: "4 hours", {WorkingDays: 1}: "1 working day", {WorkingDays: 10}: "10 working days",
	} {
		if got := w.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if !(Within{}).IsZero() || (Within{Hours: 1}).IsZero() {
		t.Error("no limit is the zero Within, and nothing else")
	}
}
