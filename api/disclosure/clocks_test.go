package disclosure_test

import (
	"testing"
	"time"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/record"
	"lifeline.scot/api/rights/rightstest"
)

// What is on record was said: whoever reads it may have a clock that is behind that of whoever wrote it down.
func TestAWithdrawalCountsWhateverTheClockOfWhoeverReads(t *testing.T) {
	b := rules(t)
	for _, tc := range []struct {
		name   string
		ahead  time.Duration
		said   consent.Decision
		opened bool
	}{
		{"a withdrawal 10 ms ahead", 10 * time.Millisecond, consent.Withdraw, false},
		{"a withdrawal 3 s ahead", 3 * time.Second, consent.Withdraw, false},
		{"a withdrawal 2 min ahead", 2 * time.Minute, consent.Withdraw, false},
		{"a refusal 2 min ahead", 2 * time.Minute, consent.Refuse, false},
		{"a withdrawal before", -time.Minute, consent.Withdraw, false},
		{"no withdrawal", 0, "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := kept()
			s.dossier.Consents = []consent.Event{granted(record.Identity, record.Contact)}
			if tc.said != "" {
				s.dossier.Consents = append(s.dossier.Consents, consent.Event{
					Decision: tc.said, By: consent.Self, At: noon.Add(tc.ahead), Purposes: []string{consent.All},
					Recipients: []string{consent.All},
				})
			}
			cutter := &disclosure.Cutter{Kept: s, Rules: b, Rights: rightstest.Rules(), Clock: func() time.Time { return noon }}
			cuts, err := cutter.Cut(t.Context(), harbour(), []record.Field{record.Phone}, s.dossier.State.ID)
			if err != nil {
				t.Fatal(err)
			}
			if cuts[0].Permits(record.Phone) != tc.opened {
				t.Errorf("the phone number is shown: %v", !tc.opened)
			}
		})
	}
}

// A grant of a moment that has not come here yet waits for it.
func TestAGrantWaitsForItsTime(t *testing.T) {
	s := kept()
	ahead := granted(record.Contact)
	ahead.At = noon.Add(time.Second)
	s.dossier.Consents = []consent.Event{ahead}
	now := noon
	cutter := &disclosure.Cutter{Kept: s, Rules: rules(t), Rights: rightstest.Rules(), Clock: func() time.Time { return now }}
	for _, opened := range []bool{false, true} {
		cuts, err := cutter.Cut(t.Context(), harbour(), []record.Field{record.Phone}, s.dossier.State.ID)
		if err != nil || cuts[0].Permits(record.Phone) != opened {
			t.Errorf("at %s: %v %v", now, cuts[0].Permits(record.Phone), err)
		}
		now = now.Add(time.Second)
	}
}
