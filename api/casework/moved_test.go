package casework_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"lifeline.scot/api/audit"
	. "lifeline.scot/api/casework/caseworktest" //nolint:revive // the names of those who take part read like a story
	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
)

// meanwhile does something between what is decided and what is read because of it.
type meanwhile struct {
	*store.Store
	do func()
}

func (m *meanwhile) ReadMany(ctx context.Context, wanted map[string]store.Wanted) (map[string]record.Values, error) {
	m.do()
	return m.Store.ReadMany(ctx, wanted)
}

func (m *meanwhile) HistoryAsDecided(
	ctx context.Context, id string, on store.Basis, after int64, limit int, words bool,
) (store.Events, error) {
	m.do()
	return m.Store.HistoryAsDecided(ctx, id, on, after, limit, words)
}

// first does something the first time alone.
func first(do func()) func() {
	done := false
	return func() {
		if !done {
			done = true
			do()
		}
	}
}

func withdrawal() consent.Event {
	return consent.Event{
		Decision: consent.Withdraw, By: consent.Self, Purposes: []string{consent.All}, Recipients: []string{consent.All},
	}
}

func TestWhatIsTakenBackWhileItIsReadIsNotShown(t *testing.T) {
	for name, do := range map[string]func(*office, string){
		"consent": func(o *office, id string) {
			if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), id, withdrawal()); err != nil {
				t.Fatal(err)
			}
		},
		"the person was erased": func(o *office, id string) {
			person := o.stateOf(id).Person
			if err := o.Store.Erase(t.Context(), person, referral.Actor{ID: "u-lead"}, "RequestOfThePerson"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			about := o.submit()
			o.do(Provider, &about, referral.Acknowledge{}, "")
			if got := o.shown(asProvider, about.Referral, record.FullName); got == "" || got[0] != '{' {
				t.Fatalf("before, harbour sees %s", got)
			}
			o.Desk.Cutter.Kept = &meanwhile{o.Store, first(func() { do(o, about.Referral) })}
			if got := o.shown(asProvider, about.Referral, record.FullName); got != "" && got[0] == '{' {
				t.Errorf("harbour sees %s", got)
			}
			if reads := o.reads(about.Referral); reads != 1 {
				t.Errorf("it is written down that the name was shown %d times, and it was once", reads)
			}
		})
	}
}

func TestWhatNeverStandsStillIsNotShown(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.do(Provider, &about, referral.Acknowledge{}, "")
	o.Desk.Cutter.Kept = &meanwhile{o.Store, func() { o.do(Provider, &about, referral.Message{}, "hello") }}
	_, err := o.Desk.Cutter.Cut(t.Context(), asProvider, []record.Field{record.FullName}, about.Referral)
	if !errors.Is(err, disclosure.ErrNotDecided) {
		t.Errorf("%v", err)
	}
}

func TestAStoryThatIsTakenBackWhileItIsReadIsNotTold(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.do(Provider, &about, referral.Acknowledge{}, "")
	cut := o.see(asProvider, about.Referral, record.FullName)
	if story, err := o.Desk.Cutter.Story(t.Context(), cut, 0, 10); err != nil || !story.Words {
		t.Fatalf("%+v %v", story, err)
	}
	if _, err := o.Desk.Consent(t.Context(), Referrer, o.key(), about.Referral, withdrawal()); err != nil {
		t.Fatal(err)
	}
	if story, err := o.Desk.Cutter.Story(t.Context(), cut, 0, 10); !errors.Is(err, disclosure.ErrNotDecided) {
		t.Errorf("after the withdrawal it is told by the decision before it: %+v %v", story, err)
	}
}

// reads is how often it is written down that harbour was shown the name.
func (o *office) reads(id string) (n int) {
	for _, e := range o.entries(id) {
		if e.What == audit.Read && e.By.Partner == Provider.Partner && slices.Contains(e.Decision.Fields, string(record.FullName)) {
			n++
		}
	}
	return n
}

func (o *office) stateOf(id string) referral.State {
	o.t.Helper()
	state, err := o.Store.State(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	return state
}
