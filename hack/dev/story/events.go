package story

import (
	"fmt"
	"slices"
	"strings"

	"lifeline.scot/api/mesh/event"
	"lifeline.scot/hack/dev/partners"
)

// software is what receives events for a partner.
type software struct{ partner, called string }

// Those whose software receives events on this machine.
var (
	ofAmbulance    = software{"scottish-ambulance-service", "the Scottish Ambulance Service"}
	ofTurningPoint = software{firstAsked, "Turning Point Scotland"}
	ofHSCP         = software{hscp, "Glasgow City HSCP"}
	ofPhoenix      = software{rehab, "Phoenix Futures"}
)

// inbox is what a partner's software got of a referral, in the order in which it came.
func (s *stage) inbox(of software, referral string) (got []partners.Event) {
	if s.err != nil {
		return nil
	}
	if s.partners == nil {
		var err error
		if s.partners, err = partners.NewAsk(s.options.Dir); err != nil {
			s.fail(err)
			return nil
		}
	}
	inbox, err := s.partners.Inbox(s.ctx, of.partner)
	if err != nil {
		s.fail(err)
	}
	return slices.DeleteFunc(inbox.Events, func(e partners.Event) bool { return e.Referral != referral })
}

// is finds events of a type.
func is(of event.Type) func(partners.Event) bool {
	return func(e partners.Event) bool { return e.Type == string(of) }
}

// isTold waits until a partner's software has an event of a referral, and says what it got of it that was not told yet.
func (s *stage) isTold(of software, referral string, last event.Type) {
	var got []partners.Event
	s.awaits(fmt.Sprintf("the software of %s was told %s", of.called, saidBy(last)), func() bool {
		got = s.inbox(of, referral)
		return slices.ContainsFunc(got, is(last))
	})
	var fresh []string
	for _, e := range got {
		if !s.toldOf[e.ID] {
			s.toldOf[e.ID] = true
			fresh = append(fresh, saidBy(event.Type(e.Type)))
		}
	}
	s.lists("» ", "The software of %s is told %s.", of.called, strings.Join(fresh, ", "))
}

// inWords is what the events of the story say.
func inWords() map[event.Type]string {
	return map[event.Type]string{
		event.Submitted: "that it is asked", event.PassedOn: "that the referral was passed on",
		event.Acknowledged: "that somebody has it", event.Accepted: "that it is accepted",
		event.WaitingForPlace: "that a place is looked for", event.PlaceHeld: "that a place is held",
		event.Admitted: "that she has moved in", event.Completed: "that the stay is over",
		event.SharingChanged: "that what may be shared has changed", event.MessageWritten: "that a message was written",
	}
}

// saidBy is what an event says, in words.
func saidBy(of event.Type) string {
	if words := inWords()[of]; words != "" {
		return words
	}
	return "that there is something new"
}

// isNotTold waits until it was decided that an event is not for a partner, and says why.
func (s *stage) isNotTold(of software, referral string, what event.Type) {
	why := ""
	s.awaits(fmt.Sprintf("it was decided that %s is not told %s", of.called, saidBy(what)), func() bool {
		var answer struct {
			Deliveries struct {
				Deliveries []struct{ Referral, Event, InWords string }
			}
		}
		s.asks(davina, fmt.Sprintf(`{ deliveries(partner: %q, state: NOT_SENT) { deliveries { referral event inWords } } }`,
			of.partner), &answer)
		for _, d := range answer.Deliveries.Deliveries {
			if d.Referral == referral && d.Event == string(what) {
				why = d.InWords
			}
		}
		return why != ""
	})
	if slices.ContainsFunc(s.inbox(of, referral), is(what)) {
		s.fail(fmt.Errorf("the software of %s got what was not for it: %s", of.called, what))
	}
	s.lists("» ", "The software of %s is not told %s. %s", of.called, saidBy(what), why)
}

// isToldNothingAfter makes sure that nothing of a referral came to a partner's software after an event, which tells it that
// sharing has changed.
func (s *stage) isToldNothingAfter(of software, referral string, last event.Type) {
	got := s.inbox(of, referral)
	at := slices.IndexFunc(got, is(last))
	switch {
	case s.err != nil:
	case at < 0 || at != len(got)-1:
		s.fail(fmt.Errorf("the software of %s was told more of %s after it was told %s", of.called, referral, saidBy(last)))
	default:
		s.lists("» ", "Nothing more of it came to the software of %s after it was told %s.", of.called, saidBy(last))
	}
}
