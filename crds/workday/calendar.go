package workday

import (
	"bufio"
	_ "embed"
	"fmt"
	"strings"
	"time"
)

//go:embed scotland.csv
var published string

// Day is a day of the calendar.
type Day struct {
	Year  int
	Month time.Month
	// Of the month, from 1.
	Of int
}

// DayOf is the day that it is in Scotland at a moment.
func DayOf(t time.Time) Day {
	year, month, of := t.In(Scotland()).Date()
	return Day{year, month, of}
}

// utc is a moment of the day by which days can be reckoned: days in UTC are all as long.
func (d Day) utc() time.Time { return time.Date(d.Year, d.Month, d.Of, 12, 0, 0, 0, time.UTC) }

func dayAt(t time.Time) Day { return Day{t.Year(), t.Month(), t.Day()} }

// Plus is the day so many days later.
func (d Day) Plus(days int) Day { return dayAt(d.utc().AddDate(0, 0, days)) }

// Weekday is which day of the week it is.
func (d Day) Weekday() time.Weekday { return d.utc().Weekday() }

// Before reports whether the day is before another.
func (d Day) Before(other Day) bool { return d.utc().Before(other.utc()) }

// String writes the day as 2026-11-30.
func (d Day) String() string { return d.utc().Format(time.DateOnly) }

// weekend reports whether it is a Saturday or a Sunday.
func (d Day) weekend() bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }

// Works reports whether people in Scotland work on the day.
func (d Day) Works() bool {
	_, holiday := Holiday(d)
	return !holiday && !d.weekend()
}

// Holiday is which bank holiday Scotland has on the day, if any. On its weekend day a holiday that has a substitute day is none.
func Holiday(d Day) (name string, holiday bool) {
	if days, known := inFile[d.Year]; known {
		name, holiday = days[d]
		return name, holiday
	}
	name, holiday = byRule(d.Year)[d]
	return name, holiday
}

// inFile are the days of scotland.csv, by year.
var inFile = mustRead(published)

// mustRead reads the file that is compiled in; it is wrong only if the program was built from a broken one.
func mustRead(text string) map[int]map[Day]string {
	years := map[int]map[Day]string{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		date, name, _ := strings.Cut(lines.Text(), ",")
		at, err := time.Parse(time.DateOnly, date)
		if err != nil || name == "" {
			panic(fmt.Sprintf("workday: scotland.csv has a line that is no bank holiday: %q", lines.Text()))
		}
		if years[at.Year()] == nil {
			years[at.Year()] = map[Day]string{}
		}
		years[at.Year()][dayAt(at)] = name
	}
	return years
}

// byRule are the bank holidays of a year as they follow from the Banking and Financial Dealings Act 1971, schedule 1, the St
// Andrew's Day Bank Holiday (Scotland) Act 2007 and what is proclaimed each year (the first Monday in May; the first Monday in
// August and Boxing Day). One that falls on a weekend is taken on the next day that is neither a weekend nor another holiday.
func byRule(year int) map[Day]string {
	days := map[Day]string{
		easter(year).Plus(-2):                  "Good Friday",
		firstMonday(Day{year, time.May, 1}):    "Early May bank holiday",
		firstMonday(Day{year, time.May, 25}):   "Spring bank holiday",
		firstMonday(Day{year, time.August, 1}): "Summer bank holiday",
	}
	fixed := []struct {
		day  Day
		name string
	}{
		{Day{year, time.January, 1}, "New Year's Day"},
		{Day{year, time.January, 2}, "2nd January"},
		{Day{year, time.November, 30}, "St Andrew's Day"},
		{Day{year, time.December, 25}, "Christmas Day"},
		{Day{year, time.December, 26}, "Boxing Day"},
	}
	for _, f := range fixed { // those on their own day first: a substitute does not push them away
		if !f.day.weekend() {
			days[f.day] = f.name
		}
	}
	for _, f := range fixed {
		if f.day.weekend() {
			days[substitute(f.day, days)] = f.name
		}
	}
	return days
}

func substitute(day Day, taken map[Day]string) Day {
	for day.weekend() || taken[day] != "" {
		day = day.Plus(1)
	}
	return day
}

// firstMonday is the first Monday from a day on.
func firstMonday(day Day) Day {
	for day.Weekday() != time.Monday {
		day = day.Plus(1)
	}
	return day
}

// easter is Easter Sunday in the Gregorian calendar, by the anonymous computus that Butcher's Ecclesiastical Calendar (1876)
// gave.
func easter(year int) Day {
	golden, century, of := year%19, year/100, year%100
	moon := (19*golden + century - century/4 - (century-(century+8)/25+1)/3 + 15) % 30
	week := (32 + 2*(century%4) + 2*(of/4) - moon - of%4) % 7
	late := (golden + 11*moon + 22*week) / 451
	days := moon + week - 7*late + 114
	return Day{year, time.Month(days / 31), days%31 + 1}
}
