package referral

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
)

// Told is what a referral tells: who the person is, and what they need. What one referral tells is its own: another referral of
// the same person neither reads nor changes it.
type Told struct {
	Person  person.Person
	Details Details
}

// String implements fmt.Stringer with nobody's data.
func (Told) String() string { return "what a referral tells" }

// GoString implements fmt.GoStringer with nobody's data.
func (Told) GoString() string { return "what a referral tells" }

// LogValue implements slog.LogValuer with nobody's data.
func (Told) LogValue() slog.Value { return slog.StringValue("what a referral tells") }

// Values checks what is told and returns it field by field, in the one way it is kept. It fails with a [record.Invalid] that
// says what to change.
func (t Told) Values(now time.Time) (record.Values, error) {
	t.Person = t.Person.Normal(now)
	var problems record.Invalid
	for _, err := range []error{t.Person.Check(now), t.Details.Check(now)} {
		var found record.Invalid
		if err != nil && !errors.As(err, &found) {
			return nil, err
		}
		problems = append(problems, found...)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return record.Split(t.Person, t.Details)
}

// ToldOf puts together what values tell.
func ToldOf(values record.Values) (Told, error) {
	var t Told
	if err := record.Join(values, &t.Person); err != nil {
		return Told{}, err
	}
	if err := record.Join(values, &t.Details); err != nil {
		return Told{}, err
	}
	return t, nil
}

// Amended checks what is told from now on beside what was told before, and returns the values that differ, nil for a field that
// is told no longer, with the change that says so. There is no change if nothing differs.
func Amended(before record.Values, after Told, now time.Time) (record.Values, Amend, error) {
	values, err := after.Values(now)
	if err != nil {
		return nil, Amend{}, err
	}
	differ := record.Values{}
	for f, value := range values {
		if string(before[f]) != string(value) {
			differ[f] = value
		}
	}
	for f := range before {
		if _, ok := values[f]; !ok {
			differ[f] = nil
		}
	}
	var names []string
	for _, f := range differ.Fields() {
		names = append(names, string(f))
	}
	return differ, Amend{Fields: slices.Clip(names)}, nil
}
