package person

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lifeline.scot/crds/workday"
)

// Date is a day, without a time or a place.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ErrDate is text that is not a date.
var ErrDate = errors.New("write the date as year-month-day, such as 1985-04-19")

// ParseDate reads a date such as 1985-04-19.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, ErrDate
	}
	return dateOf(t), nil
}

func dateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year, month, day}
}

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Time is the start of the day in UTC.
func (d Date) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Valid reports whether the calendar has such a day.
func (d Date) Valid() bool { return dateOf(d.Time()) == d }

// AgeOn is the age in whole years at a moment, by the calendar of Scotland. Somebody born on 29 February becomes a year older on
// 1 March in other years.
func (d Date) AgeOn(day time.Time) int {
	on := dateOf(day.In(workday.Scotland()))
	age := on.Year - d.Year
	if on.Month < d.Month || (on.Month == d.Month && on.Day < d.Day) {
		age--
	}
	return age
}

// MarshalJSON writes year-month-day.
func (d Date) MarshalJSON() ([]byte, error) {
	if !d.Valid() {
		return nil, ErrDate
	}
	return json.Marshal(d.Time().Format(time.DateOnly))
}

// UnmarshalJSON reads year-month-day.
func (d *Date) UnmarshalJSON(text []byte) error {
	var written string
	if err := json.Unmarshal(text, &written); err != nil {
		return fmt.Errorf("%w (%T)", ErrDate, err)
	}
	read, err := ParseDate(written)
	if err != nil {
		return err
	}
	*d = read
	return nil
}

// Turns is the first moment at which somebody born on the day is so many years old: midnight in Scotland.
func (d Date) Turns(years int) time.Time {
	return time.Date(d.Year+years, d.Month, d.Day, 0, 0, 0, 0, workday.Scotland()).UTC()
}
