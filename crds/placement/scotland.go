package placement

import (
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // days are days in Scotland on machines without a time zone database, too
)

// scotland is the time that days and years are reckoned in.
var scotland = sync.OnceValue(func() *time.Location {
	place, err := time.LoadLocation("Europe/London")
	if err != nil {
		return time.UTC // the time zones are built in
	}
	return place
})

// FinancialYear returns the financial year, from 1 April to 31 March in Scottish local time, that a moment lies in, as
// "2026-27".
func FinancialYear(at time.Time) string {
	year := firstYear(at)
	return fmt.Sprintf("%d-%02d", year, (year+1)%100)
}

// firstYear is the calendar year in which the financial year began that a moment lies in.
func firstYear(at time.Time) int {
	at = at.In(scotland())
	if at.Month() < time.April {
		return at.Year() - 1
	}
	return at.Year()
}

// nextFinancialYear is the moment at which the next financial year begins.
func nextFinancialYear(at time.Time) time.Time {
	return time.Date(firstYear(at)+1, time.April, 1, 0, 0, 0, 0, scotland())
}

// day is a date as people say it, in Scottish local time.
func day(at time.Time) string { return at.In(scotland()).Format("2 January") }
