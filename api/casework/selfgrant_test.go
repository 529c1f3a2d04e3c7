package casework_test

import (
	"testing"
	"time"

	"lifeline.scot/api/casework"
	. "lifeline.scot/api/casework/caseworktest" //nolint:revive // the names of those who take part read like a story
	"lifeline.scot/api/consent"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
)

// A partner that was asked and may see nothing can accept; that the person agreed to show it more is not for it to write down. It
// can for others, and for itself less than what others wrote down.
func TestNobodyOpensAReferralByTheirOwnWord(t *testing.T) {
	o := open(t)
	about := o.submit(func(s *casework.Submission) { s.Consents = nil })
	o.do(Provider, &about, referral.Acknowledge{}, "")
	o.do(Provider, &about, referral.Accept{}, "")
	says := func(said consent.Event) refusal.Code {
		t.Helper()
		said.At = time.Time{}
		_, err := o.Desk.Consent(t.Context(), Provider, o.key(), about.Referral, said)
		return codeOf(err)
	}
	both := Grant("harbour")
	both.Recipients = []string{"beacon", "harbour"}
	for name, said := range map[string]consent.Event{"for itself": Grant("harbour"), "for itself among others": both} {
		if code := says(said); code != refusal.Invalid {
			t.Errorf("%s: %q", name, code)
		}
	}
	if got := o.shown(asProvider, about.Referral, record.Phone); got != "Withheld consent_none" {
		t.Errorf("it is shown %s", got)
	}
	if code := says(Grant("beacon")); code != "" {
		t.Errorf("for another: %q", code)
	}
	agreed := Grant("harbour")
	agreed.At = time.Time{}
	if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), about.Referral, agreed); err != nil {
		t.Fatal(err)
	}
	o.Clock.SetTime(Noon().Add(time.Minute))
	less, more := agreed, agreed
	less.Categories = agreed.Categories[:1]
	if code := says(less); code != "" {
		t.Errorf("less than the referrer wrote down: %q", code)
	}
	o.Clock.SetTime(Noon().Add(2 * time.Minute))
	if code := says(more); code != refusal.Invalid {
		t.Errorf("more again: %q", code)
	}
}

// A grant that opens nothing, because of who gave it or how they were, does not begin to by being written down again by whoever
// would see more.
func TestAGrantThatDoesNotCountIsNotMendedByWhoGains(t *testing.T) {
	able := false
	for name, was := range map[string]func(*consent.Event){
		"could not decide": func(e *consent.Event) { e.CapableWhenGiven = &able },
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			about := o.submit(func(s *casework.Submission) { s.Consents = nil })
			given := Grant("harbour")
			was(&given)
			given.At = time.Time{}
			if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), about.Referral, given); err != nil {
				t.Fatal(err)
			}
			o.do(Provider, &about, referral.Acknowledge{}, "")
			o.do(Provider, &about, referral.Accept{}, "")
			o.Clock.SetTime(Noon().Add(time.Minute))
			again := Grant("harbour")
			again.At = time.Time{}
			if _, err := o.Desk.Consent(t.Context(), Provider, o.key(), about.Referral, again); codeOf(err) != refusal.Invalid {
				t.Errorf("it was written down: %v", err)
			}
			if got := o.shown(asProvider, about.Referral, record.Phone); got[:8] != "Withheld" {
				t.Errorf("it is shown %s", got)
			}
		})
	}
}
