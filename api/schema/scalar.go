package schema

import (
	"fmt"
	"time"

	"lifeline.scot/api/engine"
	"lifeline.scot/api/person"
)

// scalars are the leaf types besides GraphQL's own.
type scalars struct{ date, dateTime, url, email, phone, partialDate, clockTime *engine.Scalar }

func newScalars() scalars {
	return scalars{
		date: engine.NewScalar("Date", "A day, such as 1990-05-04.", "https://scalars.graphql.org/andimarek/local-date.html", parseDay).
			Formatted(writeDay),
		dateTime: engine.NewScalar("DateTime", "An instant in UTC, such as 2026-11-22T21:00:00Z.",
			"https://scalars.graphql.org/andimarek/date-time.html", parseInstant),
		url: engine.NewScalar("URL", "A full https:// address.", "https://url.spec.whatwg.org/", nil),
		email: engine.NewScalar("EmailAddress", "The address of a shared mailbox.",
			"https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address", nil),
		phone: engine.NewScalar("PhoneNumber", "A telephone number as one would dial it in Scotland, such as 0808 800 0000.",
			"https://www.itu.int/rec/T-REC-E.123", nil),
		partialDate: engine.NewScalar("PartialDate", "A date as its source gives it: a year, a year and month, or a full "+
			"date, such as 2020, 2020-05 or 2020-05-31.", "https://www.loc.gov/standards/datetime/", nil),
		clockTime: engine.NewScalar("ClockTime", "A time of day in 24 hours, Scottish local time, from 00:00 to 24:00.",
			"https://www.rfc-editor.org/rfc/rfc3339#section-5.6", nil),
	}
}

func parseDay(text string) (any, error) {
	day, err := person.ParseDate(text)
	if err != nil {
		return nil, fmt.Errorf("is not a day such as 1990-05-04")
	}
	return day, nil
}

func writeDay(value any) (string, error) {
	switch day := value.(type) {
	case person.Date:
		return day.Time().Format(time.DateOnly), nil
	case *person.Date:
		return day.Time().Format(time.DateOnly), nil
	}
	return "", fmt.Errorf("a day of type %T", value)
}

func parseInstant(text string) (any, error) {
	instant, err := time.Parse(time.RFC3339, text)
	if err != nil || instant.IsZero() { // which would read as not given
		return nil, fmt.Errorf("is not an instant such as 2026-11-22T21:00:00Z")
	}
	return instant, nil
}
