package workday

import (
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // a container may have no time zones of its own
)

// Scotland is the time zone of Scotland.
var Scotland = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil { // it is compiled in
		panic(fmt.Sprintf("workday: %v", err))
	}
	return zone
})

// Within is how long something may take: hours on the clock, nights and weekends included, or working days. One of them is given;
// the zero Within is no limit.
type Within struct {
	Hours       int32 `json:"hours,omitempty"`
	WorkingDays int32 `json:"workingDays,omitempty"`
}

// IsZero reports whether there is no limit.
func (w Within) IsZero() bool { return w == Within{} }

// String says it in words.
func (w Within) String() string {
	switch {
	case w.WorkingDays == 1:
		return "1 working day"
	case w.WorkingDays > 1:
		return fmt.Sprintf("%d working days", w.WorkingDays)
	case w.Hours == 1:
		return "1 hour"
	default:
		return fmt.Sprintf("%d hours", w.Hours)
	}
}

// From is when the time is over that begins at a moment, in UTC: zero if there is no limit. The day on which working days begin
// does not count, whatever the hour, and the last one counts to its end, which is midnight in Scotland: one working day from a
// Friday evening is over at the end of Monday, or of Tuesday if Monday is a bank holiday.
func (w Within) From(start time.Time) time.Time {
	switch {
	case w.WorkingDays > 0:
		day := DayOf(start)
		for range w.WorkingDays {
			day = nextWorking(day)
		}
		end := day.Plus(1)
		return time.Date(end.Year, end.Month, end.Of, 0, 0, 0, 0, Scotland()).UTC()
	case w.Hours > 0:
		return start.Add(time.Duration(w.Hours) * time.Hour).UTC()
	default:
		return time.Time{}
	}
}

func nextWorking(day Day) Day {
	for {
		if day = day.Plus(1); day.Works() {
			return day
		}
	}
}

// DaysBetween counts the working days after the day of one moment, up to and with the day of another. 0 if it is not later.
func DaysBetween(from, to time.Time) int {
	last, n := DayOf(to), 0
	for day := DayOf(from).Plus(1); !last.Before(day); day = day.Plus(1) {
		if day.Works() {
			n++
		}
	}
	return n
}
