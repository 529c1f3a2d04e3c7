package schema

import (
	"fmt"
	"time"

	"lifeline.scot/api/engine"
)

// scalars are the leaf types besides GraphQL's own.
type scalars struct{ dateTime, url, email, phone, partialDate, clockTime *engine.Scalar }

func newScalars() scalars {
	return scalars{
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

func parseInstant(text string) (any, error) {
	instant, err := time.Parse(time.RFC3339, text)
	if err != nil || instant.IsZero() { // which would read as not given
		return nil, fmt.Errorf("is not an instant such as 2026-11-22T21:00:00Z")
	}
	return instant, nil
}
