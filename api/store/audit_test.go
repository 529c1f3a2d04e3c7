package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/vault"
)

var auditor = audit.Actor{Partner: "council", Role: "Auditor", Subject: "u-auditor"}

// saw is an entry of somebody at a partner who was shown a referral.
func saw(partner, person, referral string) audit.Entry {
	return audit.Entry{
		What: audit.Read, By: audit.Actor{Partner: partner, Role: "practitioner", Subject: "u-" + partner}, Person: person, Referral: referral,
		Purpose: "direct_care", Decision: &audit.Decision{Effect: "allow", Ground: "consent", Fields: []string{"full_name"}},
	}
}

func (w *world) record(t testing.TB, entries ...audit.Entry) {
	t.Helper()
	if err := w.Record(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
}

// kinds are what happened, in short.
func kinds(entries []audit.Entry) (all []string) {
	for _, e := range entries {
		all = append(all, strings.TrimSpace(string(e.What)+" "+e.Detail))
	}
	return all
}

// Whatever changes is in the audit log, after the decisions that allowed it, and once however often it is sent.
func TestEachChangeIsInTheAuditLogOnce(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		refusal := consent.Event{
			Decision: consent.Refuse, By: consent.Self, At: noon, Purposes: []string{"direct_care"}, Recipients: []string{"harbour"},
		}
		made := w.submission(func(s *store.Submission) {
			s.Consents, s.Because = []consent.Event{refusal}, []audit.Entry{decided(""), decided("")}
		})
		first, err := w.Submit(t.Context(), made)
		if err != nil {
			t.Fatal(err)
		}
		st := w.step(first.Referral, 1, harbour, referral.Acknowledge{}, "")
		st.Because = []audit.Entry{decided(first.Referral)}
		say := store.Statement{Once: w.once(), By: haven, Referral: first.Referral, Said: refusal, Because: []audit.Entry{decided(first.Referral)}}
		for range 2 {
			again, failed := w.Submit(t.Context(), made)
			_, err := w.Change(t.Context(), st)
			_, unsaid := w.Said(t.Context(), say)
			if err := errors.Join(err, failed, unsaid); err != nil || !again.Replayed {
				t.Fatal(err)
			}
		}
		stale := w.step(first.Referral, 1, harbour, referral.Accept{}, "")
		stale.Because = st.Because
		if _, err := w.Change(t.Context(), stale); err == nil {
			t.Fatal("stale, and accepted")
		}
		w.whole(t, 8)
		all := w.trail(t, store.Look{})
		want := []string{
			"Decided", "Decided", "Changed Submit", "Changed consent.refuse", "Decided", "Changed Acknowledge", "Decided", "Changed consent.refuse",
		}
		if got := kinds(all); !slices.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
		wantEntry := audit.Entry{
			Seq: 5, Time: noon.Truncate(time.Microsecond), What: audit.Changed, By: audit.Actor{Partner: "harbour", Subject: "u-harbour"},
			Person: w.state(t, first.Referral).Person, Referral: first.Referral, Version: 2, Detail: "Acknowledge",
		}
		if !reflect.DeepEqual(all[5], wantEntry) {
			t.Errorf("%+v, want %+v", all[5], wantEntry)
		}
		for _, i := range []int{0, 1, 4, 6} { // of what was only being made too
			if all[i].Referral != first.Referral || all[i].Person != wantEntry.Person {
				t.Errorf("decision %d is about %q of %q", i, all[i].Referral, all[i].Person)
			}
		}
		if all[7].Version != 2 || all[3].Version != 1 || all[3].Person != wantEntry.Person {
			t.Errorf("what was said: %+v %+v", all[3], all[7])
		}
	})
}

// A referral that follows another changes that one, too.
func TestALinkIsInTheAuditLog(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		w.do(t, id, 1, harbour, referral.Acknowledge{}, "")
		w.submit(t, func(s *store.Submission) {
			s.By, s.Submit.Target, s.FromVersion = harbour, "beacon", 2
			s.Submit.From = &referral.Link{Kind: referral.Onward, Referral: id}
		})
		if got := kinds(w.trail(t, store.Look{Referral: id})); !slices.Equal(got, []string{"Changed Submit", "Changed Acknowledge", "Changed MakeLink"}) {
			t.Errorf("%q", got)
		}
	})
}

func TestWhatIsRecordedByItself(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		w.record(t, decided(id), saw("haven", "p-1", id))
		w.record(t)
		w.whole(t, 3)
		if n := checkpoints(t, w); n != 2 {
			t.Errorf("%d checkpoints of two transactions", n)
		}
		var wrong *store.InvalidError
		for _, what := range []audit.What{audit.Changed, audit.Erased, audit.KeysRotated, ""} {
			e := decided(id)
			e.What = what
			if err := w.Record(t.Context(), saw("haven", "p-1", id), e); !errors.As(err, &wrong) {
				t.Errorf("%q by itself: %v", what, err)
			}
			if _, err := w.Change(t.Context(), func() store.Step {
				st := w.step(id, 1, harbour, referral.Acknowledge{}, "")
				st.Because = []audit.Entry{e}
				return st
			}()); !errors.As(err, &wrong) {
				t.Errorf("%q as a reason: %v", what, err)
			}
		}
		e := decided(id)
		e.Detail = "Xylophone asked for it"
		if err := w.Record(t.Context(), e); !errors.Is(err, audit.ErrUnfit) || strings.Contains(err.Error(), "Xylophone") {
			t.Errorf("free text: %v", err)
		}
		w.whole(t, 3)
	})
}

// An entry that names a referral alone is found by the person, too; of a referral that is not there it names nobody.
func TestEveryEntryAboutAReferralNamesThePerson(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		person := w.state(t, id).Person
		looked := audit.Entry{What: audit.Viewed, By: audit.Actor{Partnership: "moray", Subject: "u-moray"}, Referral: id, Detail: "late"}
		w.record(t, looked, decided("r-nobody00"))
		of := w.trail(t, store.Look{Person: person})
		if !slices.ContainsFunc(of, func(e audit.Entry) bool { return e.What == audit.Viewed && e.Detail == "late" && e.Referral == id }) {
			t.Errorf("not among what is found of the person: %+v", of)
		}
		for _, e := range w.trail(t, store.Look{Referral: "r-nobody00"}) {
			if e.Person != "" {
				t.Errorf("nobody is %s", e.Person)
			}
		}
	})
}

func checkpoints(t *testing.T, w *world) (n int) {
	t.Helper()
	if err := w.raw(t).QueryRowContext(t.Context(), `SELECT count(*) FROM audit_checkpoints`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhoSawWhatOfAPerson(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		for i := range 5 {
			w.record(t, saw("haven", "p-1", fmt.Sprintf("r-%d", i)), saw("harbour", "p-1", "r-0"), saw("haven", "p-2", "r-9"))
		}
		places := func(look store.Look, before int64, limit int) (all []int64) {
			t.Helper()
			look.By = auditor
			page, err := w.Trail(t.Context(), look, before, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				all = append(all, e.Seq)
			}
			return all
		}
		for name, tc := range map[string]struct {
			look   store.Look
			before int64
			limit  int
			want   []int64
		}{
			"of a person":                {store.Look{Person: "p-2"}, 0, 10, []int64{14, 11, 8, 5, 2}},
			"the newest":                 {store.Look{Person: "p-1", Referral: "r-0"}, 0, 2, []int64{13, 10}},
			"the page after":             {store.Look{Person: "p-1", Referral: "r-0"}, 10, 2, []int64{7, 4}},
			"the last page":              {store.Look{Person: "p-1", Referral: "r-0"}, 4, 2, []int64{1, 0}},
			"after the last page":        {store.Look{Person: "p-1", Referral: "r-0"}, 0, 1, []int64{13}},
			"of a referral":              {store.Look{Referral: "r-3"}, 0, 10, []int64{9}},
			"by a partner":               {store.Look{Partner: "harbour"}, 0, 3, []int64{13, 10, 7}},
			"by a partner, of a person":  {store.Look{Partner: "haven", Person: "p-1"}, 5, 10, []int64{3, 0}},
			"by somebody who saw nobody": {store.Look{Partner: "quay"}, 0, 10, nil},
		} {
			// Those who look are in the log as well: what they look at here is older.
			if tc.before == 0 {
				tc.before = 15
			}
			if got := places(tc.look, tc.before, tc.limit); !slices.Equal(got, tc.want) {
				t.Errorf("%s: %v, want %v", name, got, tc.want)
			}
		}
		if _, err := w.Trail(t.Context(), store.Look{By: auditor, Person: "p-1' OR '1'='1"}, 0, 10); !errors.Is(err, audit.ErrUnfit) {
			t.Errorf("of a person that cannot be: %v", err)
		}
	})
}

// Nobody looks at the log without being in it.
func TestALookAtTheAuditLogIsInIt(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.record(t, saw("haven", "p-1", "r-1"))
		if _, err := w.Trail(t.Context(), store.Look{Person: "p-1"}, 0, 10); err == nil {
			t.Error("nobody looked")
		}
		look := store.Look{By: auditor, Because: []audit.Entry{decided("")}, Person: "p-1", Partner: "haven", Purpose: "audit"}
		page, err := w.Trail(t.Context(), look, 0, 10)
		if err != nil || len(page) != 1 {
			t.Fatal(page, err)
		}
		page, err = w.Trail(t.Context(), store.Look{By: auditor, Person: "p-1"}, 0, 10)
		if err != nil || len(page) != 2 {
			t.Fatal(page, err)
		}
		want := audit.Entry{
			Seq: 2, Time: noon.Truncate(time.Microsecond), What: audit.Viewed, By: auditor, Person: "p-1", Purpose: "audit", Detail: "by:haven",
		}
		if !reflect.DeepEqual(page[0], want) {
			t.Errorf("%+v, want %+v", page[0], want)
		}
		w.whole(t, 4)
	})
}

func TestKeysThatAreReplacedAreInTheAuditLog(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		_, rewrapped := w.RewrapKeys(t.Context(), moray)
		_, tagged := w.Retag(t.Context(), moray)
		person := w.state(t, id).Person
		if err := errors.Join(rewrapped, tagged, w.RenewKey(t.Context(), person, moray), w.Erase(t.Context(), person, moray, "Retention")); err != nil {
			t.Fatal(err)
		}
		all := w.trail(t, store.Look{})
		want := []string{"Changed Submit", "KeysRotated people", "KeysRotated index", "KeysRotated person", "Erased Retention"}
		if got := kinds(all); !slices.Equal(got, want) {
			t.Fatalf("%q", got)
		}
		if all[3].Person != person || all[4].Person != person || all[1].By != (audit.Actor{Partnership: "moray", Subject: "u-moray"}) {
			t.Errorf("%+v", all)
		}
	})
}

// Many write at once through two replicas, changes and reads alike: there is one log, and it is whole.
func TestManyWritersAtOnceKeepOneLog(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		const writers, rounds = 12, 5
		replicas := []*world{w, w.again(t)}
		var submissions [writers][rounds]store.Submission
		var steps [writers][rounds]store.Once
		for i := range writers {
			for j := range rounds {
				submissions[i][j], steps[i][j] = w.submission(), w.once()
			}
		}
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				for j := range rounds {
					if err := write(t.Context(), replicas[(i+j)%2], submissions[i][j], steps[i][j]); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		w.whole(t, writers*rounds*4)
		if n := checkpoints(t, w); n != writers*rounds*3 {
			t.Errorf("%d checkpoints of %d transactions", n, writers*rounds*3)
		}
	})
}

// write makes a referral, changes and reads it.
func write(ctx context.Context, w *world, s store.Submission, once store.Once) error {
	made, err := w.Submit(ctx, s)
	if err != nil {
		return err
	}
	_, err = w.Change(ctx, store.Step{Once: once, By: harbour, Referral: made.Referral, Read: 1, Change: referral.Acknowledge{}})
	return errors.Join(err, w.Record(ctx, decided(made.Referral), saw("harbour", "p-1", made.Referral)))
}

// The log is read in pages, and ends where it ended when it was begun.
func TestTheLogIsReadWhileItGrows(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		const first = 700 // more than a page
		w.record(t, slices.Repeat([]audit.Entry{saw("haven", "p-1", "r-1")}, first)...)
		w.record(t, saw("haven", "p-1", "r-2"))
		records, signed := 0, 0
		for item, err := range w.Log(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if records == 0 && item.Record != nil {
				w.record(t, saw("haven", "p-1", "r-3"))
			}
			if item.Record != nil {
				records++
			} else {
				signed++
			}
		}
		if records != first+1 || signed != 2 {
			t.Errorf("%d records and %d checkpoints", records, signed)
		}
		w.whole(t, first+2)
		for _, err := range w.Log(t.Context()) { // whoever stops early leaves nothing behind
			if err != nil {
				t.Error(err)
			}
			break
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range w.Log(ctx) {
			if err == nil {
				t.Error("a log that nobody waits for was read")
			}
		}
	})
}

// unguarded is a connection of an administrator who has switched off what keeps the log as it is.
func (w *world) unguarded(t *testing.T) *sql.DB {
	t.Helper()
	db := w.raw(t)
	for _, table := range []string{"audit_records", "audit_hashes", "audit_checkpoints", "audit_left_out"} {
		statements := []string{"ALTER TABLE " + table + " DISABLE TRIGGER USER"}
		if w.Kind == "sqlite" {
			statements = nil
			for _, trigger := range []string{"stay", "remain", "grow"} {
				statements = append(statements, "DROP TRIGGER IF EXISTS "+table+"_"+trigger)
			}
		}
		for _, statement := range statements {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	return db
}

// Whatever an administrator of the database does to the log is found, and nothing is added to what is not as it was signed.
func TestALogThatWasTouchedInTheDatabase(t *testing.T) {
	renamed := `UPDATE audit_records SET record = replace(record, '"partner":"haven"', '"partner":"quay"'), partner = 'quay' WHERE seq = 1`
	for name, tc := range map[string]struct {
		statements []string
		says       string
		// goesOn: what was touched is none of what the next append rests on.
		goesOn bool
	}{
		"a record was changed": {[]string{renamed}, "record 1 is not what was signed", true},
		"a record was changed, and its hash": {[]string{
			renamed, `UPDATE audit_hashes SET hash = (SELECT hash FROM audit_hashes WHERE id = 0) WHERE id = 1`,
		}, "record 1 is not what was signed", true},
		"a record was removed": {[]string{`DELETE FROM audit_records WHERE seq = 2`}, "records 2 to 2 are missing", true},
		"the end was removed":  {[]string{`DELETE FROM audit_records WHERE seq >= 4`}, "after 4 records stands a checkpoint over 6", false},
		"two records are moved": {[]string{
			`UPDATE audit_records SET seq = -seq WHERE seq IN (4, 5)`, `UPDATE audit_records SET seq = 9 + seq WHERE seq < 0`,
		}, "record 4 says of itself that it is 5", true},
		"a record is hidden":      {[]string{`UPDATE audit_records SET person_id = '' WHERE seq = 3`}, "record 3 is kept under another person", true},
		"a record cannot be read": {[]string{`UPDATE audit_records SET record = 'x' WHERE seq = 3`}, "record 3 cannot be read", true},
		"a record was added": {[]string{
			`INSERT INTO audit_records SELECT 6, replace(record, '"seq":5', '"seq":6'), person_id, referral_id, partner FROM audit_records WHERE seq = 5`,
		}, "no checkpoint vouches for the records from 6 on", false},
		"a hash was changed": {[]string{
			`UPDATE audit_hashes SET hash = (SELECT hash FROM audit_hashes WHERE id = 0) WHERE id = 6`,
		}, "the records are what was signed, and the hashes that are stored with record 3", false},
		"a hash was cut short": {[]string{
			`UPDATE audit_hashes SET hash = substr(hash, 1, 3) WHERE id = 6`,
		}, "the records are what was signed, and the hashes that are stored with record 3", false},
		"all hashes were removed":   {[]string{`DELETE FROM audit_hashes`}, "the records are what was signed, and the hashes that are stored with record 0", false},
		"a checkpoint was changed":  {[]string{`UPDATE audit_checkpoints SET note = replace(note, 'lifeline', 'lifelime') WHERE size = 4`}, "the checkpoint after record 3 is not signed", true},
		"the latest was removed":    {[]string{`DELETE FROM audit_checkpoints WHERE size = 6`}, "no checkpoint vouches for the records from 4 on", false},
		"all checkpoints are gone":  {[]string{`DELETE FROM audit_checkpoints`}, "no checkpoint vouches for the records from 0 on", false},
		"one was moved to the end":  {[]string{`DELETE FROM audit_checkpoints WHERE size = 6`, `UPDATE audit_checkpoints SET size = 6 WHERE size = 4`}, "after 6 records stands a checkpoint over 4", false},
		"the log was cut off whole": {[]string{`DELETE FROM audit_records WHERE seq >= 4`, `DELETE FROM audit_hashes WHERE id >= 7`, `DELETE FROM audit_checkpoints WHERE size > 4`}, "the log ends after 4 records", true},
	} {
		t.Run(name, func(t *testing.T) {
			inBoth(t, func(t *testing.T, w *world) {
				for range 3 {
					w.record(t, saw("haven", "p-1", "r-1"), saw("haven", "p-2", "r-2"))
				}
				last, err := w.LatestCheckpoint(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				db := w.unguarded(t)
				for _, statement := range tc.statements {
					if _, err := db.ExecContext(t.Context(), statement); err != nil {
						t.Fatal(err)
					}
				}
				report := w.verify(t, last)
				if report.Whole() || !strings.HasPrefix(report.Found[0].Says, tc.says) {
					t.Errorf("found %+v, want %q", report.Found, tc.says)
				}
				if err := w.Record(t.Context(), saw("haven", "p-1", "r-1")); (err == nil) != tc.goesOn || err != nil && !errors.Is(err, audit.ErrBroken) {
					t.Errorf("something was added, or not: %v", err)
				}
				if report := w.verify(t, last); report.Whole() {
					t.Error("after something was added nothing is found any more")
				}
			})
		})
	}
}

func (w *world) verify(t *testing.T, copies ...[]byte) audit.Report {
	t.Helper()
	public, err := audit.PublicKey(filepath.Join(w.Keys, audit.PublicFile))
	if err != nil {
		t.Fatal(err)
	}
	report, err := audit.Verify(w.Log(t.Context()), copies, public)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// A key that was lost and made anew is noticed before anything is signed with it.
func TestTheAuditKeyHasToBeThatOfTheLog(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.record(t, saw("haven", "p-1", "r-1"))
		other, err := audit.OpenKey(filepath.Join(t.TempDir(), audit.KeyFile), vault.Owned)
		if err != nil {
			t.Fatal(err)
		}
		o := store.Options{DatabaseURL: w.URL, File: w.File, Vault: vault.New(w.kek), Index: w.index, Signer: other}
		if _, err := store.Open(t.Context(), o); !errors.Is(err, audit.ErrOtherKey) {
			t.Errorf("another key: %v", err)
		}
		o.Signer = nil
		if _, err := store.Open(t.Context(), o); err == nil {
			t.Error("a store without a key of the audit log")
		}
	})
}
