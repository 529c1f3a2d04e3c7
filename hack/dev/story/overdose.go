package story

import (
	"fmt"
	"time"

	"lifeline.scot/api/mesh/event"
)

// answersWithin is the time that each responder has on the pathway of the sample data, counted from the notice; almost is how
// much of it has gone when the referral is made, so that nobody has to wait four hours for the story to go on.
const (
	answersWithin = 4 * time.Hour
	almost        = answersWithin - 6*time.Second
)

// anOverdose is how somebody who nearly died is reached the next day.
func (s *stage) anOverdose() (referral string) {
	s.begins("A near-fatal overdose")
	notice := time.Now().Add(-almost).UTC()
	at := notice.Add(-time.Hour).Format(time.RFC3339)
	referral = s.makes(pia, "referralSubmit", fmt.Sprintf(`urgency: URGENT, told: {
		fullName: {chosen: "Isla Sample"}, ageBand: FROM_35_TO_44, phone: "0141 496 0123", safeContact: {may: [TEXT], saying: NOTHING},
		overdoseTime: %q, overdoseContext: {naloxoneGiven: YES, place: "at a friend's"}, naloxone: NEEDS_KIT,
		referralReason: "Isla was brought round with naloxone and did not want to go to hospital."},
		circumstances: {capability: CAPABLE, informed: true},
		pathway: {name: "after-an-overdose", incidentTime: %q, incidentArea: "S12000049", noticeTime: %q}`,
		at, at, notice.Format(time.RFC3339)))
	s.says(pia.name, "of the ambulance service brought Isla round with naloxone. Isla did not want to go to hospital; she was told "+
		"that somebody will look in on her, and did not object. Pia refers her (%s) along the pathway that Glasgow has for it.",
		referral)
	due := s.due(referral)
	s.says("Lifeline", "asks %s first, who has until %s to say that they have it.", due.Responder.DisplayName, due.clock())
	s.nobodyAnswers(referral)
	s.isReached(referral)
	return referral
}

// due is what has to be done next for a referral.
type due struct {
	InWords   string
	ByTime    time.Time
	Responder struct{ Name, DisplayName string }
}

// clock is until when, as a clock in Scotland shows it.
func (d due) clock() string {
	scotland, err := time.LoadLocation("Europe/London")
	if err != nil {
		scotland = time.UTC
	}
	return d.ByTime.In(scotland).Format("15:04:05")
}

func (s *stage) due(referral string) (d due) {
	var answer struct{ Referral *struct{ Due *due } }
	s.asks(pia, fmt.Sprintf(`{ referral(%s) { due { inWords byTime responder { name displayName } } } }`, pia.of(referral)), &answer)
	switch {
	case s.err != nil:
	case answer.Referral == nil || answer.Referral.Due == nil:
		s.fail(fmt.Errorf("nothing is due for the referral %s", referral))
	default:
		d = *answer.Referral.Due
	}
	return d
}

// nobodyAnswers is how a referral moves on by itself.
func (s *stage) nobodyAnswers(referral string) {
	s.tells("Nobody answers.")
	next := due{}
	s.awaits("the next responder was asked", func() bool {
		next = s.due(referral)
		return next.Responder.Name != firstAsked
	})
	s.says("Lifeline", "asks the next one, %s, who has until %s. Nobody had to notice.", next.Responder.DisplayName, next.clock())
	s.isTold(ofTurningPoint, referral, event.PassedOn)
	s.isTold(ofHSCP, referral, event.PassedOn)
	s.isTold(ofAmbulance, referral, event.PassedOn)
	s.story(pia, referral)
}

// story shows what happened to a referral.
func (s *stage) story(who player, referral string) {
	var answer struct {
		Referral *struct {
			Story *struct{ Events []struct{ InWords string } }
		}
	}
	s.asks(who, fmt.Sprintf(`{ referral(%s) { story { events { inWords } } } }`, who.of(referral)), &answer)
	if s.err != nil || answer.Referral == nil || answer.Referral.Story == nil {
		return
	}
	s.says(who.name, "sees what became of it:")
	for _, event := range answer.Referral.Story.Events {
		s.lists("· ", "%s", event.InWords)
	}
}

// isReached is how the responder who was asked next finds her.
func (s *stage) isReached(referral string) {
	views := s.views(caring(pia), referral, []viewer{{hscp, "Rory", "NFO_RESPONDER", "OVERDOSE_RESPONSE"}})
	s.moves(rory, "referralAcknowledge", referral, "")
	s.says(rory.name, "of Glasgow City HSCP says that he has it. He is shown what he needs for this, and no more:")
	s.showViews([]viewer{{called: "Rory sees"}}, views)
	s.moves(rory, "referralAccept", referral, "")
	s.moves(rory, "referralStepSettle", referral, "task: NALOXONE, outcome: DONE")
	s.says(rory.name, "finds Isla, and gives her a take-home naloxone kit.")
}
