package referral

import (
	"fmt"
	"slices"
	"time"

	"lifeline.scot/api/record"
)

// longestWords of an event, in characters.
const longestWords = 4000

// MostEvents is how many events a referral can have. The last of them are kept for what ends it, and some before these for what
// brings it on: however much is written, somebody can still be admitted.
const (
	MostEvents   = 1100
	keptForSteps = 110
	keptForEnds  = 10
	longestActor = 128
)

// Begin makes the first event of a referral.
func Begin(id string, c Submit, by Actor, words string, now time.Time) (State, Event, error) {
	return State{ID: id}.Decide(0, c, by, words, now)
}

// Decide judges a change by how the referral stands. The version is the one that whoever decides has read: if it is not the
// latest, the change is [Stale]; a change that may not be made is [Refused]. Otherwise it returns how the referral stands after
// it, and the event.
func (s State) Decide(read int64, c Change, by Actor, words string, now time.Time) (State, Event, error) {
	if read != s.Version {
		return s, Event{}, &Stale{Read: read, Now: s.Version}
	}
	at := now.UTC().Truncate(time.Microsecond)
	if at.Before(s.ChangedAt) { // the clocks of replicas differ a little, and history has one order
		at = s.ChangedAt
	}
	if later, ok := c.(dated); ok {
		c = later.dated(s, at)
	}
	e := Event{Referral: s.ID, Version: s.Version + 1, At: at, By: by, Change: c, Words: words}
	after, err := s.After(e)
	if err != nil {
		return s, Event{}, err
	}
	if err := checkWords(c, words); err != nil {
		return s, Event{}, err
	}
	return after, e, nil
}

// After returns how the referral stands after an event. It refuses an event that the rules do not allow, so that a history
// that was tampered with does not replay.
func (s State) After(e Event) (State, error) {
	if err := s.follows(e); err != nil {
		return s, err
	}
	rule, ok := rules[e.kind()]
	if !ok {
		return s, refuse(CodeInvalid, "There is no such change.")
	}
	if err := checkEvent(e); err != nil {
		return s, err
	}
	if err := s.allows(e, rule); err != nil {
		return s, err
	}
	if judged, ok := e.Change.(judged); ok {
		if err := judged.judge(s, e); err != nil {
			return s, err
		}
	}
	after := s.clone()
	after.Version, after.ChangedAt = e.Version, e.At
	e.Change.apply(&after, e)
	after.involve(e)
	if rule.to != "" {
		after.Status = rule.to
	}
	return after, nil
}

// follows reports whether the event is the next one of this referral.
func (s State) follows(e Event) error {
	switch {
	case !Opaque(e.Referral) || e.Referral != s.ID:
		return fmt.Errorf("an event of another referral, or of none, follows version %d", s.Version)
	case e.Version != s.Version+1:
		return fmt.Errorf("version %d of referral %s does not follow version %d", e.Version, s.ID, s.Version)
	case e.At.Before(s.ChangedAt) || !e.At.Equal(e.At.Truncate(time.Microsecond)):
		return fmt.Errorf("version %d of referral %s is before the one it follows, or not in whole microseconds", e.Version, s.ID)
	case (s.Version == 0) != (e.kind() == KindSubmit):
		return refuse(CodeWrongStatus, "A referral begins by being submitted, once.")
	default:
		return nil
	}
}

func checkEvent(e Event) error {
	if e.By.ID == "" || len(e.By.ID) > longestActor {
		return refuse(CodeInvalid, "Nobody is named who makes the change.")
	}
	return e.Change.check()
}

// checkWords looks at what is written with a change. Replay does not: words are gone once a person is erased.
func checkWords(c Change, words string) error {
	needed := rules[c.Kind()].words
	switch c := c.(type) {
	case SettleStage:
		needed = c.Outcome != StageDone
	case SettleStep:
		needed = c.Outcome == StepNotNeeded
	}
	if needed && words == "" {
		return refuse(CodeInvalid, "Say in words what, or why.")
	}
	if wrong := record.Words(words, longestWords); wrong != "" {
		return refuse(CodeInvalid, "What is written with it %s", wrong)
	}
	return nil
}

func (s State) allows(e Event, rule rule) error {
	if s.Version == 0 {
		if e.By.Capacity != AsWorker || !Opaque(e.By.Partner) {
			return refuse(CodeNotYours, "A referral is made by a worker of a partner.")
		}
		return nil
	}
	// Who it is not for learns nothing of how it stands.
	if !s.isOn(e.By, rule.by...) {
		return refuse(CodeNotYours, "This is for one of these sides to do: %v.", rule.by)
	}
	if s.Status.Ended() && !rule.evenEnded {
		return refuse(CodeEnded, "The referral is %s: make a new one that follows it.", s.Status)
	}
	if len(rule.from) > 0 && !slices.Contains(rule.from, s.Status) {
		return refuse(CodeWrongStatus, "The referral is %s: this can be done when it is one of %v.", s.Status, rule.from)
	}
	if s.Version >= MostEvents-rule.kept() {
		return refuse(CodeTooMany, "The referral has %d changes: end it, and make a new one that follows it.", s.Version)
	}
	return nil
}

// kept is how many of the last events are not for changes of this kind.
func (r rule) kept() int64 {
	switch {
	case r.to.Ended():
		return 0
	case r.to != "":
		return keptForEnds
	default:
		return keptForSteps
	}
}

// Fold replays a history from the first event, and returns how the referral stands. It fails if the history has a gap, or
// something in it that the rules do not allow.
func Fold(history []Event) (State, error) {
	if len(history) == 0 {
		return State{}, fmt.Errorf("replay a referral: it has no history")
	}
	s := State{ID: history[0].Referral}
	for _, e := range history {
		after, err := s.After(e)
		if err != nil {
			return State{}, fmt.Errorf("replay version %d of referral %s: %w", e.Version, s.ID, err)
		}
		s = after
	}
	return s, nil
}
