package story

import (
	"fmt"
	"strings"
)

// viewer is somebody at a partner whose view of a referral is explained.
type viewer struct {
	partner, called string
	as, purpose     string
}

// view is what a viewer would see.
type view struct {
	Effect, InWords string
	Fields          []string
}

// views asks what each viewer would see of a referral now, on behalf of somebody who may explain it.
func (s *stage) views(who player, referral string, of []viewer) []view {
	views := make([]view, len(of))
	for i, v := range of {
		var answer struct{ Referral *struct{ WouldSee *view } }
		s.asks(who, fmt.Sprintf(`{ referral(%s) { wouldSee(partner: %q, as: %s, purpose: %s) { effect inWords fields } } }`,
			who.of(referral), v.partner, v.as, v.purpose), &answer)
		switch {
		case s.err != nil:
		case answer.Referral == nil || answer.Referral.WouldSee == nil:
			s.fail(fmt.Errorf("%s may not explain what %s would see", who.name, v.called))
		default:
			views[i] = *answer.Referral.WouldSee
		}
	}
	return views
}

// personal are fields that tell of a person, in the words of people.
var personal = []struct{ field, called string }{
	{"fullName", "name"},
	{"phone", "phone"},
	{"safeContact", "how to reach her safely"},
	{"referralReason", "why"},
	{"substances", "substances"},
	{"goals", "goals"},
	{"housing", "housing"},
	{"naloxone", "naloxone"},
	{"overdoseTime", "overdose"},
	{"mentalHealth", "mental health"},
}

// showViews shows what each viewer would see.
func (s *stage) showViews(of []viewer, views []view) {
	for i, v := range of {
		if s.err != nil {
			return
		}
		var seen []string
		for _, p := range personal {
			if strings.Contains(" "+strings.Join(views[i].Fields, " ")+" ", " "+p.field+" ") {
				seen = append(seen, p.called)
			}
		}
		sees := "nothing. " + views[i].InWords
		if len(seen) > 0 {
			sees = strings.Join(seen, ", ") + ". " + views[i].InWords
		}
		s.lists(fmt.Sprintf("  %-24s", v.called), "%s", sees)
	}
}
