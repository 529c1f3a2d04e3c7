package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
)

// What a decision rests on is the same whether one referral is asked for or many.
func TestDossiersHoldWhatDecisionsRestOn(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		born := person.Date{Year: 1990, Month: time.May, Day: 4}
		first := w.submit(t, func(s *store.Submission) {
			s.Told.Person.DateOfBirth, s.Circumstances = born, referral.Circumstances{Capability: referral.Incapable, Informed: true}
			s.Consents = []consent.Event{{
				Decision: consent.Grant, By: consent.Self, At: noon.Add(-time.Hour), Purposes: []string{"direct_care"}, Recipients: []string{"harbour"},
				Categories: []record.Category{record.Need},
			}}
		})
		second := w.submit(t)
		w.do(t, second, 1, harbour, referral.Acknowledge{}, "")
		is := referral.Circumstances{Deceased: true}
		if _, err := w.Change(t.Context(), store.Step{
			Once: w.once(), By: haven, Referral: second, Read: 2, Change: referral.SetCircumstances{}, Circumstances: &is,
		}); err != nil {
			t.Fatal(err)
		}
		found, err := w.Dossiers(t.Context(), first, second, "r-nobodyhasthisone00")
		if err != nil || len(found) != 2 {
			t.Fatal(found, err)
		}
		a, b := found[first], found[second]
		if a.Born != born || a.Circumstances.Capability != referral.Incapable || len(a.Consents) != 1 || a.Erased {
			t.Errorf("%+v", a.Circumstances)
		}
		if b.Circumstances != is || !b.Born.IsZero() || b.State.Version != 3 || len(b.Consents) != 0 {
			t.Errorf("%+v", b.Circumstances)
		}
		if d := cmp.Diff(w.state(t, second), b.State); d != "" {
			t.Error(d)
		}
		if err := w.Erase(t.Context(), a.State.Person, moray, "RequestOfThePerson"); err != nil {
			t.Fatal(err)
		}
		found, err = w.Dossiers(t.Context(), first, second)
		if gone := found[first]; err != nil || !gone.Erased || !gone.Born.IsZero() || gone.Circumstances != (referral.Circumstances{}) {
			t.Errorf("after the erasure: %v %v", gone.Erased, err)
		}
	})
}

func TestManyAreReadEachAsOfItsVersion(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		first, second := w.submit(t), w.submit(t)
		patch := record.Values{record.Goals: []byte(`"to rest"`), record.Phone: nil}
		if _, err := w.Change(t.Context(), store.Step{
			Once: w.once(), By: haven, Referral: first, Read: 1, Change: referral.Amend{}, Patch: patch,
		}); err != nil {
			t.Fatal(err)
		}
		read, err := w.ReadMany(t.Context(), map[string]store.Wanted{
			first:  {Fields: []record.Field{record.Goals, record.Phone, record.ReferralReason}, Decided: store.Basis{Version: 2}},
			second: {Fields: []record.Field{record.Goals}, Version: 1, Decided: store.Basis{Version: 1}},
		})
		if err != nil || string(read[first][record.Goals]) != `"to rest"` || string(read[second][record.Goals]) != `"to sleep"` ||
			!slices.Equal(read[first].Fields(), []record.Field{record.Goals, record.ReferralReason}) || len(read[second]) != 1 {
			t.Fatal(read, err)
		}
		read, err = w.ReadMany(t.Context(), map[string]store.Wanted{
			first: {Fields: []record.Field{record.Goals, record.Phone}, Version: 1, Decided: store.Basis{Version: 2}},
		})
		if err != nil || string(read[first][record.Goals]) != `"to sleep"` || read[first][record.Phone] == nil {
			t.Error("as of the first version:", read, err)
		}
		page, err := w.History(t.Context(), first, 1, 10, false)
		if err != nil || !slices.Equal(page.Events[0].Change.(referral.Amend).Fields, []string{"goals", "phone"}) {
			t.Error(page, err)
		}
	})
}

func TestNothingIsReadByADecisionThatRestedOnSomethingElse(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		basis := func() store.Basis {
			found, err := w.Dossiers(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return found[id].Basis
		}
		reads := func(on store.Basis) error {
			_, err := w.ReadMany(t.Context(), map[string]store.Wanted{id: {Fields: []record.Field{record.Goals}, Decided: on}})
			_, told := w.HistoryAsDecided(t.Context(), id, on, 0, 10, true)
			if !errors.Is(err, told) && !errors.Is(told, err) {
				t.Errorf("values: %v; story: %v", err, told)
			}
			return err
		}
		for name, happens := range map[string]func() error{
			"a change": func() error {
				_, err := w.Change(t.Context(), w.step(id, basis().Version, harbour, referral.Message{}, "hello"))
				return err
			},
			"a withdrawal": func() error {
				_, err := w.Said(t.Context(), store.Statement{Once: w.once(), By: haven, Referral: id, Said: consent.Event{
					Decision: consent.Withdraw, By: consent.Self, At: noon, Purposes: []string{consent.All}, Recipients: []string{consent.All},
				}})
				return err
			},
			"a review of an emergency": func() error {
				done, err := w.Declare(t.Context(), w.once(), store.Emergency{
					Referral: id, By: harbour, Reason: "life_at_risk", Purpose: "direct_care", Role: "clinician", Justification: "at once",
				})
				if err != nil {
					return err
				}
				_, err = w.CloseEmergency(t.Context(), w.once(), id, done.Version, store.Review{By: moray, Outcome: store.NotJustified})
				return err
			},
		} {
			before := basis()
			if err := reads(before); err != nil {
				t.Fatalf("before %s: %v", name, err)
			}
			if err := happens(); err != nil {
				t.Fatal(name, err)
			}
			if err := reads(before); !errors.Is(err, store.ErrMoved) {
				t.Errorf("after %s: %v", name, err)
			}
			if err := reads(basis()); err != nil {
				t.Errorf("decided anew after %s: %v", name, err)
			}
		}
	})
}

func TestAPatchHasToFitWhatItIsPutInto(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		for name, patch := range map[string]record.Values{
			"no reason":              {record.ReferralReason: nil},
			"an overdose at no time": {record.OverdoseContext: []byte(`{"place":"a stair"}`)},
			"too long":               {record.Goals: []byte(`"` + strings.Repeat("x", 2001) + `"`)},
		} {
			_, err := w.Change(t.Context(), store.Step{Once: w.once(), By: haven, Referral: id, Read: 1, Change: referral.Amend{}, Patch: patch})
			var invalid record.Invalid
			if !errors.As(err, &invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s := w.state(t, id); s.Version != 1 {
			t.Errorf("version %d", s.Version)
		}
	})
}

func emergencyBy(id string, by referral.Actor) store.Emergency {
	return store.Emergency{
		Referral: id, By: by, Reason: "life_at_risk", Purpose: "direct_care", Role: "clinician", Justification: "Found unconscious, xylophone.",
	}
}

func TestEmergenciesStayAndAreReviewedOnce(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		once := w.once()
		declared, err := w.Declare(t.Context(), once, emergencyBy(id, harbour))
		if err != nil || declared.Version != 1 {
			t.Fatal(declared, err)
		}
		if again, err := w.Declare(t.Context(), once, emergencyBy(id, harbour)); err != nil || !again.Replayed || again.Version != 1 {
			t.Error(again, err)
		}
		if second, err := w.Declare(t.Context(), w.once(), emergencyBy(id, harbour)); err != nil || second.Version != 2 {
			t.Error(second, err)
		}
		if _, err := w.Declare(t.Context(), w.once(), emergencyBy("r-nobodyhasthisone00", harbour)); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
		mine := store.Emergencies{Subject: harbour.ID, Partner: harbour.Partner, Words: true}
		found, err := w.Emergencies(t.Context(), mine, 10)
		if err != nil || len(found) != 2 || found[0].Justification != "Found unconscious, xylophone." || found[0].Partnership == "" || found[0].Review != nil {
			t.Fatal(found, err)
		}
		mine.Since = noon.Add(time.Second)
		if late, err := w.Emergencies(t.Context(), mine, 10); err != nil || len(late) != 0 {
			t.Error(late, err)
		}
		review := store.Review{By: moray, Outcome: "Justified", Words: "The ward confirmed it."}
		if _, err := w.CloseEmergency(t.Context(), w.once(), id, 1, review); err != nil {
			t.Fatal(err)
		}
		var senseless *store.InvalidError
		if _, err := w.CloseEmergency(t.Context(), w.once(), id, 1, review); !errors.As(err, &senseless) {
			t.Error("reviewed twice:", err)
		}
		open, err := w.Emergencies(t.Context(), store.Emergencies{Partnership: found[0].Partnership, Open: true}, 10)
		if err != nil || len(open) != 1 || open[0].Number != 2 || open[0].Justification != "" {
			t.Error(open, err)
		}
		all, err := w.Emergencies(t.Context(), store.Emergencies{Referral: id}, 10)
		if err != nil || len(all) != 2 || all[0].Review == nil || all[0].Review.Outcome != "Justified" || all[0].Review.By.ID != moray.ID {
			t.Error(all, err)
		}
		if _, err := w.Emergencies(t.Context(), store.Emergencies{}, 10); !errors.As(err, &senseless) {
			t.Error("everybody's:", err)
		}
		w.staysAsItIs(t)
	})
}

// What several say at once about sharing, or declare, is all kept: a withdrawal is never in anybody's way.
func TestWhatIsSaidAtOnceIsAllKept(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		replicas := []*world{w, w.again(t)}
		said := consent.Event{Decision: consent.Withdraw, By: consent.Self, Purposes: []string{consent.All}, Recipients: []string{consent.All}}
		var all sync.WaitGroup
		for i := range 8 {
			statement, emergency := store.Statement{Once: w.once(), By: haven, Referral: id, Said: said}, w.once()
			all.Go(func() {
				if _, err := replicas[i%2].Said(t.Context(), statement); err != nil {
					t.Error("a withdrawal:", err)
				}
				if _, err := replicas[i%2].Declare(t.Context(), emergency, emergencyBy(id, harbour)); err != nil {
					t.Error("an emergency:", err)
				}
			})
		}
		all.Wait()
		if kept, err := w.Consents(t.Context(), id); err != nil || len(kept) != 8 {
			t.Errorf("%d are kept: %v", len(kept), err)
		}
	})
}

// Those that wait for a review are bounded; however many were reviewed, the next one can be declared.
func TestReviewedEmergenciesMakeRoomForOthers(t *testing.T) {
	w := newWorld(t, engines["SQLite"](t))
	id := w.submit(t)
	declare := func() (store.Result, error) { return w.Declare(t.Context(), w.once(), emergencyBy(id, harbour)) }
	for range 200 {
		if _, err := declare(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := declare(); !errors.As(err, new(*store.InvalidError)) {
		t.Errorf("one too many: %v", err)
	}
	for name, other := range map[string]referral.Actor{"somebody else": moray, "their colleague": {ID: "u-colleague", Partner: harbour.Partner}} {
		if _, err := w.Declare(t.Context(), w.once(), emergencyBy(id, other)); err != nil {
			t.Errorf("%s is kept from it: %v", name, err)
		}
	}
	review := store.Review{By: moray, Outcome: store.NotJustified}
	if _, err := w.CloseEmergency(t.Context(), w.once(), id, 7, review); err != nil {
		t.Fatal(err)
	}
	if done, err := declare(); err != nil || done.Version != 203 {
		t.Errorf("%+v %v", done, err)
	}
	one, err := w.Emergencies(t.Context(), store.Emergencies{Referral: id, Number: 7}, 1)
	if err != nil || len(one) != 1 || !one[0].Unjustified() {
		t.Errorf("%v %v", one, err)
	}
}

// staysAsItIs tries to change and to delete what is written down, as somebody who gets hold of the database would.
func (w *world) staysAsItIs(t *testing.T) {
	t.Helper()
	db := w.raw(t)
	for _, statement := range []string{
		`UPDATE emergencies SET reason = 'none'`, `DELETE FROM emergencies`, `UPDATE emergency_reviews SET outcome = 'none'`,
		`DELETE FROM emergency_reviews`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s went through", statement)
		}
	}
	var words []byte
	if err := db.QueryRowContext(t.Context(), `SELECT justification FROM emergencies WHERE number = 1`).Scan(&words); err != nil ||
		strings.Contains(string(words), "xylophone") {
		t.Error("the justification lies open", err)
	}
}
