package casework_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/casework"
	. "lifeline.scot/api/casework/caseworktest" //nolint:revive // the names of those who take part read like a story
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
)

// hiddenFrom makes a referral without consent: harbour may not see it.
func hiddenFrom(urgency referral.Urgency) func(*casework.Submission) {
	return func(s *casework.Submission) { s.Consents, s.Urgency = nil, urgency }
}

func TestALongListOfWhatMayNotBeSeenIsGoneThroughInPages(t *testing.T) {
	o := open(t)
	o.Desk.MostScanned = 5
	var want []string
	for i := range 30 {
		o.Clock.SetTime(Noon().Add(time.Duration(i) * time.Second))
		if i == 12 || i == 28 {
			want = append(want, o.submit().Referral)
			continue
		}
		o.submit(hiddenFrom([]referral.Urgency{referral.Routine, referral.Urgent}[i%2]))
	}
	var found []string
	pages, after := 0, ""
	for more := true; more; pages++ {
		page, err := o.Desk.Worklist(t.Context(), asClerk, casework.Filter{}, []record.Field{record.FullName}, 3, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, cut := range page.Cuts {
			found = append(found, cut.ID())
		}
		if more = page.More; more && page.End == "" {
			t.Fatal("there is more, and nobody knows where to go on")
		}
		after = page.End
	}
	if !slices.Equal(found, want) {
		t.Errorf("found %v, want %v", found, want)
	}
	if pages < 2 || pages > 30 {
		t.Errorf("%d pages", pages)
	}
}

func TestWhereAPageCameShortTellsNothing(t *testing.T) {
	o := open(t)
	o.Desk.MostScanned = 1
	var ends []string
	for _, urgency := range referral.Urgencies() {
		hidden := o.submit(hiddenFrom(urgency))
		filter := casework.Filter{Urgencies: []referral.Urgency{urgency}}
		page, err := o.Desk.Worklist(t.Context(), asClerk, filter, nil, 1, "")
		if err != nil || !page.More || len(page.Cuts) != 0 {
			t.Fatalf("%s: %+v %v", urgency, page, err)
		}
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(page.End, "h."))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{hidden.Referral, string(urgency)} {
			if strings.Contains(string(raw), secret) {
				t.Errorf("the cursor tells %q", secret)
			}
		}
		ends = append(ends, page.End)
	}
	for _, end := range ends[1:] {
		if len(end) != len(ends[0]) {
			t.Errorf("cursors of %d and %d characters tell urgencies apart", len(end), len(ends[0]))
		}
	}
	elsewhere := asClerk
	elsewhere.Caller.Subject = "u-somebody-else"
	for name, try := range map[string]struct {
		after string
		of    bool
	}{
		"changed":       {"h." + strings.ToUpper(ends[0][2:]), false},
		"of somebody":   {ends[0], true},
		"no cursor":     {"h.", false},
		"much too long": {"h." + strings.Repeat("A", 2000), false},
	} {
		asking := asClerk
		if try.of {
			asking = elsewhere
		}
		if _, err := o.Desk.Worklist(t.Context(), asking, casework.Filter{}, nil, 1, try.after); codeOf(err) != refusal.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
