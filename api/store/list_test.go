package store_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
)

// filters are those of worklists, and of some who ask for odd things.
var filters = map[string]store.Filter{
	"what is open, of a partner": {Partner: "harbour", Statuses: open(), Urgencies: []referral.Urgency{referral.Routine}},
	"what is open, of an ADP":    {Partnership: "moray", Statuses: open(), Urgencies: []referral.Urgency{referral.Emergency}},
	"everything of a partner":    {Partner: "haven"},
	"everything of an ADP":       {Partnership: "moray"},
	"a few statuses": {
		Partner: "haven", Statuses: []referral.Status{referral.Submitted, referral.CannotBeOffered, referral.Withdrawn},
	},
	"what is open and has ended": {
		Partner: "harbour", Statuses: append(open(), referral.Completed), Urgencies: []referral.Urgency{referral.Urgent, referral.Routine},
	},
	"what waits for a partner": {Partner: "harbour", Statuses: open(), Waits: true},
	"what waits for a partner or its ADP": {
		Partner: "haven", Statuses: open(), Waits: true, Also: store.Holder{Partnership: "moray"},
	},
	"what waits for an ADP or its partner": {
		Partnership: "moray", Statuses: open(), Waits: true, Also: store.Holder{Partner: "harbour"},
	},
	"what waits for an ADP": {Partnership: "moray", Statuses: open(), Waits: true},
	"the most urgent first, of a partner": {
		Partner: "harbour", Statuses: open(), Urgencies: referral.Urgencies(), ByUrgency: true,
	},
	"the most urgent first, of an ADP, a few": {
		Partnership: "moray", Statuses: []referral.Status{referral.Submitted, referral.Withdrawn}, Waits: true, ByUrgency: true,
		Urgencies: []referral.Urgency{referral.Emergency, referral.Routine}, Also: store.Holder{Partner: "harbour"},
	},
}

func open() []referral.Status {
	return slices.DeleteFunc(referral.Statuses(), referral.Status.Ended)
}

// model is whether a referral that stands so is in a list.
func model(f store.Filter, s referral.State) bool {
	list := store.Holder{Partner: f.Partner, Partnership: f.Partnership}
	mine := s.Origin == f.Partner || s.Target == f.Partner || s.Partnership == f.Partnership
	waits := waitsFor(s, list) || waitsFor(s, f.Also)
	return mine && (len(f.Statuses) == 0 || slices.Contains(f.Statuses, s.Status)) &&
		(len(f.Urgencies) == 0 || slices.Contains(f.Urgencies, s.Urgency)) && (!f.Waits || waits)
}

func waitsFor(s referral.State, h store.Holder) bool {
	return s.Origin == h.Partner && s.WaitsFor(referral.SideOrigin) || s.Target == h.Partner && s.WaitsFor(referral.SideTarget) ||
		s.Partnership == h.Partnership && s.WaitsFor(referral.SidePartnership)
}

func TestListsHoldWhatTheHistoriesSay(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(7, 11))
		ids := make([]string, 30)
		for i := range ids {
			w.clock.SetTime(noon.Add(time.Duration(random.IntN(20)) * time.Minute)) // many at the same moment
			ids[i] = w.submit(t, func(s *store.Submission) {
				s.Submit.Partnership = pick(random, "moray", "moray", "fife")
				s.Submit.Target = pick(random, "harbour", "harbour", "beacon", "haven")
				s.Submit.Urgency = pick(random, referral.Urgencies()...)
				s.Submit.Route = pick(random, referral.Direct, referral.Funded)
			})
		}
		w.clock.SetTime(noon.Add(time.Hour))
		for range 150 {
			w.tries(t, random, pick(random, ids...))
		}
		states := make([]referral.State, len(ids))
		for i, id := range ids {
			states[i] = w.state(t, id)
		}
		slices.SortFunc(states, func(a, b referral.State) int {
			return cmp.Or(a.SubmittedAt.Compare(b.SubmittedAt), strings.Compare(a.ID, b.ID))
		})
		w.listsAre(t, random, states, model)
		w.listAnew(t)
		w.listsAre(t, random, states, func(f store.Filter, s referral.State) bool {
			f.Waits = f.Waits && s.Status.Ended() // of what is open nobody knew before for whom it waits
			return model(f, s)
		})
	})
}

// listsAre makes sure that each list has those that it should have, in order.
func (w *world) listsAre(t *testing.T, random *rand.Rand, states []referral.State, has func(store.Filter, referral.State) bool) {
	t.Helper()
	for name, f := range filters {
		var want []referral.State
		for _, s := range states {
			if has(f, s) {
				want = append(want, s)
			}
		}
		if f.ByUrgency {
			slices.SortStableFunc(want, func(a, b referral.State) int {
				return slices.Index(f.Urgencies, a.Urgency) - slices.Index(f.Urgencies, b.Urgency)
			})
		}
		got := w.all(t, f, 1+random.IntN(7))
		if !slices.EqualFunc(got, want, func(r store.Summary, s referral.State) bool {
			return r.ID == s.ID && r.Version == s.Version && r.Status == s.Status && r.Urgency == s.Urgency
		}) {
			t.Errorf("%s: %d listed, want %d:\n%v\n%v", name, len(got), len(want), got, want)
		}
	}
}

// listAnew has the lists made as they are made of what an earlier release kept.
func (w *world) listAnew(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("migrations", w.Kind, "00012_parts.sql"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "INSERT INTO parts")
	statement, _, _ := strings.Cut(rest, ";")
	for _, statement := range []string{"DELETE FROM parts", "INSERT INTO parts" + statement} {
		if _, err := w.raw(t).ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// tries does one of the things that can be done with a referral; what does not go now is left.
func (w *world) tries(t *testing.T, random *rand.Rand, id string) {
	t.Helper()
	s := w.state(t, id)
	origin, target := referral.Actor{ID: "u", Partner: s.Origin}, referral.Actor{ID: "u", Partner: s.Target}
	adp := referral.Actor{ID: "u", Partnership: s.Partnership}
	type try struct {
		by     referral.Actor
		change referral.Change
	}
	a := pick(
		random,
		try{target, referral.Acknowledge{}}, try{target, referral.Accept{}}, try{target, referral.StartSupport{}},
		try{target, referral.CannotOffer{Reason: referral.CannotOfferNoPlace, Possible: referral.PossibleLater}},
		try{origin, referral.Redirect{Target: pick(random, "beacon", "harbour")}}, try{origin, referral.Ask{Of: referral.SideTarget}},
		try{adp, referral.SetUrgency{Urgency: pick(random, referral.Urgencies()...)}},
		try{origin, referral.Escalate{Reason: referral.EscalateNoAnswer}}, try{adp, referral.SettleEscalation{}},
		try{adp, referral.SettleStage{Stage: referral.StageContact, Outcome: referral.StageDone}},
		try{origin, referral.Withdraw{Reason: referral.WithdrawChoice}},
		try{target, referral.Complete{Outcome: referral.OutcomeAsPlanned}},
	)
	if _, err := w.Change(t.Context(), w.step(id, s.Version, a.by, a.change, "said")); err != nil && codeOf(err) == "" {
		t.Fatalf("%s: %v", a.change.Kind(), err)
	}
}

func pick[T any](random *rand.Rand, of ...T) T { return of[random.IntN(len(of))] }

// all reads a list to its end, in pages.
func (w *world) all(t *testing.T, f store.Filter, pages int) []store.Summary {
	t.Helper()
	var all []store.Summary
	for next := store.Cursor(""); ; {
		page, err := w.List(t.Context(), f, next, pages)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Referrals...)
		if next = page.Next; next == "" {
			return all
		}
		if f.ByUrgency {
			f.Urgencies = f.Urgencies[slices.Index(f.Urgencies, all[len(all)-1].Urgency):]
		}
	}
}

func TestNobodyReadsReferralsOfEverybody(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		for name, f := range map[string]store.Filter{
			"nobody's":         {Statuses: open()},
			"of two":           {Partner: "haven", Partnership: "moray"},
			"a status twice":   {Partner: "haven", Statuses: append(referral.Statuses(), referral.Submitted)},
			"in no order":      {Partner: "haven", ByUrgency: true},
			"a person's":       {Person: "p-1", Urgencies: referral.Urgencies(), ByUrgency: true},
			"an urgency twice": {Partner: "haven", Urgencies: append(referral.Urgencies(), referral.Urgent)},
		} {
			if _, err := w.List(t.Context(), f, "", 10); err == nil || !strings.Contains(err.Error(), "ame") && !strings.Contains(err.Error(), "Say") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestAListIsReadInItsOwnOrder asks each engine how it would read the lists of somebody who has 30,000 referrals: from an index, from
// where the page begins, and never through a table or a sort of more than the page.
func TestAListIsReadInItsOwnOrder(t *testing.T) {
	for name, make := range engines {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, make(t))
			db := w.crowded(t)
			after := store.CursorAfter(time.UnixMicro(15_000), "r-15000")
			for name, f := range filters {
				query, args, err := store.QueryOf(f, after, 50)
				if err != nil {
					t.Fatal(err)
				}
				rows, err := db.QueryContext(t.Context(), explain[w.Kind]+query, args...)
				if err != nil {
					t.Fatal(err)
				}
				plan := planOf(t, rows)
				for _, line := range strings.Split(plan, "\n") {
					if through := strings.TrimSpace(line); throughTable(through) {
						t.Errorf("%s goes through a table: %q in\n%s", name, through, plan)
					}
				}
				if !strings.Contains(plan, "parts_open") && !strings.Contains(plan, "parts_by_status") {
					t.Errorf("%s does not use an index of lists:\n%s", name, plan)
				}
			}
		})
	}
}

// throughTable reports whether a line of a plan reads a table from end to end.
func throughTable(line string) bool {
	for _, table := range []string{"parts", "referrals", "r"} {
		if line == "SCAN "+table || strings.HasPrefix(line, "SCAN "+table+" ") || strings.Contains(line, "Seq Scan on "+table+" ") {
			return true
		}
	}
	return false
}

// explain is how an engine is asked for its plan.
var explain = map[string]string{"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN "}

// crowd fills the tables with referrals of one partner and ADP, each of somebody of whom nothing else is known.
var crowd = map[string][]string{
	"sqlite": {
		`CREATE TEMP TABLE n (i INTEGER)`,
		`WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 30000) INSERT INTO n SELECT i FROM c`,
		`INSERT INTO persons (id, created_at) SELECT 'p-' || i, 0 FROM n`,
		`INSERT INTO person_tags SELECT 'name', 1, randomblob(32), 'p-' || i FROM n`,
		`INSERT INTO referrals SELECT 'r-' || i, 'p-' || i, 1, 'Submitted', 'DecideOnRehab', 'Routine', 'moray', 'haven', 'harbour', 0, i, i, 0 FROM n`,
		crowdParts, "ANALYZE",
	},
	"postgres": {
		`CREATE TEMP TABLE n AS SELECT i FROM generate_series(1, 30000) AS s (i)`,
		`INSERT INTO persons (id, created_at) SELECT 'p-' || i, 0 FROM n`,
		`INSERT INTO person_tags SELECT 'name', 1, decode(md5(i::text), 'hex'), 'p-' || i FROM n`,
		`INSERT INTO referrals SELECT 'r-' || i, 'p-' || i, 1, 'Submitted', 'DecideOnRehab', 'Routine', 'moray', 'haven', 'harbour', 0, i, i, 0 FROM n`,
		crowdParts, "ANALYZE",
	},
}

// crowded is a connection to a database with a crowd in it.
func (w *world) crowded(t *testing.T) *sql.DB {
	t.Helper()
	db := w.raw(t)
	db.SetMaxOpenConns(1) // a temporary table is of one connection
	for _, statement := range crowd[w.Kind] {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

const crowdParts = `INSERT INTO parts (holder, referral_id, open, status, urgency, submitted_at, waits)
	SELECT h.holder, r.id, 1, r.status, r.urgency, r.submitted_at, 1 FROM referrals r, (SELECT 'partner/haven' AS holder
	UNION SELECT 'partner/harbour' UNION SELECT 'partnership/moray') h`

func planOf(t *testing.T, rows *sql.Rows) string {
	t.Helper()
	defer func() { _ = rows.Close() }()
	var plan strings.Builder
	for rows.Next() {
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&plan, *values[len(values)-1].(*any))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
