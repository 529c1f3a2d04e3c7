package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
)

func born(year int) person.Date { return person.Date{Year: year, Month: time.May, Day: 4} }

// named makes a referral tell a name and a date of birth.
func named(name string, year int) func(*store.Submission) {
	return func(s *store.Submission) {
		s.Told.Person.Name, s.Told.Person.DateOfBirth = &person.Name{Chosen: name}, born(year)
	}
}

func (w *world) found(t *testing.T, who person.Sought, holders ...store.Holder) []string {
	t.Helper()
	found, err := w.Found(t.Context(), who, holders...)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range found {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestPeopleAreFoundInTheReferralsOfWhoeverLooks(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		first := w.submit(t, named("Seonaid O’Hara", 1990))
		w.clock.SetTime(noon.Add(time.Minute))
		second := w.submit(t, named("Seònaid O'Hara", 1990), func(s *store.Submission) { s.Submit.Target = "beacon" })
		w.submit(t, named("Seònaid O'Hara", 1991))
		seonaid := person.Sought{Name: "SEONAID OHARA", Born: born(1990)}
		is := func(why string, want []string, who person.Sought, holders ...store.Holder) {
			t.Helper()
			if got := w.found(t, who, holders...); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", why, got, want)
			}
		}
		haven, harbour, beacon := store.Holder{Partner: "haven"}, store.Holder{Partner: "harbour"}, store.Holder{Partner: "beacon"}
		moray, fife := store.Holder{Partnership: "moray"}, store.Holder{Partnership: "fife"}
		both := []string{second, first}
		is("both were made by haven, of two people for all that is known", both, seonaid, haven)
		is("harbour is asked once", []string{first}, seonaid, harbour)
		is("the ADP has both, and each once", both, seonaid, haven, moray)
		is("fife has none", nil, seonaid, fife)
		is("born in no such year", nil, person.Sought{Name: seonaid.Name, Born: born(1992)}, haven)

		w.do(t, first, 1, referral.Actor{ID: "u", Partner: "haven"}, referral.Redirect{Target: "beacon"}, "")
		is("harbour was asked earlier", []string{first}, seonaid, harbour)
		is("beacon is asked both", both, seonaid, beacon)
		w.do(t, first, 2, referral.Actor{ID: "u", Partner: "haven"}, referral.Redirect{Target: "harbour"}, "")
		is("harbour is asked again", []string{first}, seonaid, harbour)

		if _, err := w.Change(t.Context(), store.Step{
			Once: w.once(), By: referral.Actor{ID: "u", Partner: "haven"}, Referral: first, Read: 3, Change: referral.Amend{},
			Patch: record.Values{record.DateOfBirth: nil, record.AgeBand: nil},
		}); err != nil {
			t.Fatal(err)
		}
		is("a date that is told no longer", []string{second}, seonaid, haven)
		if err := w.Erase(t.Context(), w.state(t, second).Person, referral.Actor{ID: "u"}, "RequestOfThePerson"); err != nil {
			t.Fatal(err)
		}
		is("who was erased", nil, seonaid, haven)
	})
}

func TestPeopleAreFoundWhileKeysRotate(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t, named("Seonaid", 1990))
		seonaid, haven := person.Sought{Name: "Seonaid", Born: born(1990)}, store.Holder{Partner: "haven"}
		for _, step := range []func() error{
			w.index.Rotate,
			func() error { _, err := w.Retag(t.Context(), referral.Actor{ID: "u"}); return err },
			w.index.Prune,
		} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
			if got := w.found(t, seonaid, haven); !slices.Equal(got, []string{id}) {
				t.Fatalf("found %v", got)
			}
		}
	})
}

func TestWhoLooksSaysWhomAndWhere(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		seonaid := person.Sought{Name: "Seonaid", Born: born(1990)}
		for name, try := range map[string]func() error{
			"for nobody": func() error {
				_, err := w.Found(t.Context(), person.Sought{}, store.Holder{Partner: "haven"})
				return err
			},
			"nowhere": func() error { _, err := w.Found(t.Context(), seonaid); return err },
		} {
			if err := try(); err == nil || !strings.HasPrefix(err.Error(), "Say who") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestALookUpGoesFromTagsToPeople asks each engine how it looks for somebody among 30,000 referrals.
func TestALookUpGoesFromTagsToPeople(t *testing.T) {
	for name, make := range engines {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, make(t))
			db := w.crowded(t)
			for i := range 20 {
				w.submit(t, named(fmt.Sprint("Seonaid ", i), 1990))
			}
			query, args, err := w.QueryOfFound(person.Sought{Name: "Seonaid 7", Born: born(1990)}, store.Holder{Partner: "haven"},
				store.Holder{Partnership: "moray"})
			if err != nil {
				t.Fatal(err)
			}
			rows, err := db.QueryContext(t.Context(), explain[w.Kind]+query, args...)
			if err != nil {
				t.Fatal(err)
			}
			plan := planOf(t, rows)
			for line := range strings.SplitSeq(plan, "\n") {
				if throughTable(strings.TrimSpace(line)) || strings.Contains(line, "SCAN p") {
					t.Errorf("it goes through a table: %s\n%s", line, plan)
				}
			}
		})
	}
}
