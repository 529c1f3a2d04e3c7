package story

import (
	"fmt"
	"strings"

	"lifeline.scot/api/mesh/event"
)

// viewers are those who could see something of a referral: whoever made it, whoever is asked, and somebody it does not concern.
func viewers(origin, target viewer) []viewer {
	return []viewer{origin, target, {firstAsked, "Turning Point Scotland", "PRACTITIONER", "DIRECT_CARE"}}
}

var (
	atHSCP    = viewer{hscp, "Glasgow City HSCP", "PRACTITIONER", "DIRECT_CARE"}
	atPhoenix = viewer{rehab, "Phoenix Futures", "PRACTITIONER", "DIRECT_CARE"}
)

// aWithdrawal is how somebody takes back what they agreed to, and who sees what before and after.
func (s *stage) aWithdrawal(stay, aftercare string) {
	s.begins("What each can see, and a withdrawal")
	before := s.explains(stay, aftercare)
	s.tells("Now:")
	before()
	s.does(worker, "consentWithdraw", fmt.Sprintf(`referral: %q`, stay))
	s.does(pavel, "consentWithdraw", fmt.Sprintf(`referral: %q`, aftercare))
	s.says("Isla", "wants nothing more to be shared, and says so to Rory and Pavel. They write it down.")
	s.isTold(ofPhoenix, stay, event.SharingChanged)
	s.isTold(ofHSCP, aftercare, event.SharingChanged)
	s.moves(pavel, "referralMessage", aftercare, `words: "Isla has moved out of our building."`)
	s.says(pavel.name, "writes a message to the second referral all the same. It is for nobody else any more:")
	s.isNotTold(ofHSCP, aftercare, event.MessageWritten)
	s.isToldNothingAfter(ofHSCP, aftercare, event.SharingChanged)
	after := s.explains(stay, aftercare)
	s.tells("After it:")
	after()
	s.sawWhat(stay)
}

// explains works out what each partner would see of the stay and of the aftercare; the call shows it.
func (s *stage) explains(stay, aftercare string) (show func()) {
	ofStay, ofAftercare := viewers(atHSCP, atPhoenix), viewers(atPhoenix, atHSCP)
	seenOfStay, seenOfAftercare := s.views(caring(worker), stay, ofStay), s.views(caring(pavel), aftercare, ofAftercare)
	return func() {
		s.lists("", "Of the referral to rehab:")
		s.showViews(ofStay, seenOfStay)
		s.lists("", "Of the referral to support afterwards:")
		s.showViews(ofAftercare, seenOfAftercare)
	}
}

// caring is somebody who asks in order to support the person.
func caring(p player) player {
	p.purpose = "DIRECT_CARE"
	return p
}

// mostShown bounds how much of a trail is told.
const mostShown = 8

// sawWhat shows who was shown what, from the audit log. What is the same as the line before is counted.
func (s *stage) sawWhat(referral string) {
	var answer struct {
		WhoSawWhat *struct{ Entries []struct{ Sentence string } }
	}
	s.asks(davina, fmt.Sprintf(`{ whoSawWhat(referral: %q, first: 100) { entries { sentence } } }`, referral), &answer)
	if s.err != nil {
		return
	}
	if answer.WhoSawWhat == nil {
		s.fail(fmt.Errorf("%s cannot look at who saw what", davina.name))
		return
	}
	s.says(davina.name, "the ADP's data lead, looks at who saw and did what, the latest first:")
	last, times, shown := "", 0, 0
	tell := func() {
		switch {
		case times == 0 || shown >= mostShown:
			return
		case times > 1:
			last += fmt.Sprintf(" (%d times)", times)
		}
		s.lists("· ", "%s", last)
		shown++
	}
	for _, entry := range answer.WhoSawWhat.Entries {
		switch {
		case strings.Contains(entry.Sentence, "looked up what"): // the story itself, just now
			continue
		case entry.Sentence == last:
			times++
			continue
		}
		tell()
		last, times = entry.Sentence, 1
	}
	tell()
}
