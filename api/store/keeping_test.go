package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/vault"
)

// Whoever gets hold of a connection cannot rewrite what happened, what people said, or the audit trail.
func TestWhatIsWrittenDownStays(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t, func(s *store.Submission) {
			s.Consents = []consent.Event{{Decision: consent.Refuse, By: consent.Self, At: noon, Purposes: []string{"direct_care"}, Recipients: []string{"harbour"}}}
		})
		w.do(t, id, 1, harbour, referral.Acknowledge{}, "")
		db := w.raw(t)
		statements := []string{
			`UPDATE history SET kind = 'Accept'`,
			`UPDATE history SET words = NULL WHERE version = 1`,
			`DELETE FROM history WHERE version = 2`,
			`DELETE FROM history`,
			`INSERT INTO history SELECT referral_id, version, at, actor, kind, change, words FROM history WHERE version = 2`,
			`INSERT INTO history SELECT referral_id, 4, at, actor, kind, change, words FROM history WHERE version = 2`,
			`INSERT INTO history SELECT referral_id, 0, at, actor, kind, change, words FROM history WHERE version = 2`,
			`INSERT INTO history SELECT 'r-nobody00', 1, at, actor, kind, change, words FROM history WHERE version = 1`,
			`UPDATE consents SET event = '{}'`,
			`DELETE FROM consents`,
			`UPDATE consents SET sealed = NULL`,
			`UPDATE consents SET event = '', sealed = (SELECT sealed FROM consents)`,
			`INSERT INTO consents (referral_id, seq, recorded_at, actor, event) SELECT referral_id, 3, recorded_at, actor, event FROM consents`,
			`UPDATE audit_records SET record = '{}'`,
			`UPDATE audit_records SET person_id = 'p-nobody00' WHERE seq = 1`,
			`DELETE FROM audit_records WHERE seq = 1`,
			`INSERT INTO audit_records SELECT 9, record, person_id, referral_id, partner FROM audit_records WHERE seq = 1`,
			`INSERT INTO audit_records SELECT -1, record, person_id, referral_id, partner FROM audit_records WHERE seq = 1`,
			`UPDATE audit_hashes SET hash = (SELECT hash FROM audit_hashes WHERE id = 0)`,
			`DELETE FROM audit_hashes WHERE id = 0`,
			`INSERT INTO audit_hashes SELECT id, hash FROM audit_hashes WHERE id = 1`,
			`UPDATE audit_checkpoints SET note = ''`,
			`DELETE FROM audit_checkpoints`,
			`INSERT INTO audit_checkpoints VALUES (9, '')`,
			`INSERT INTO audit_checkpoints VALUES (1, '')`,
		}
		if w.Kind == "sqlite" {
			statements = append(statements,
				`INSERT OR REPLACE INTO history SELECT referral_id, version, at, actor, 'Accept', change, words FROM history WHERE version = 2`,
				`REPLACE INTO consents (referral_id, seq, recorded_at, actor, event) SELECT referral_id, seq, recorded_at, actor, '{}' FROM consents`,
				`INSERT OR REPLACE INTO audit_records SELECT seq, '{}', person_id, referral_id, partner FROM audit_records WHERE seq = 1`,
				`REPLACE INTO audit_hashes SELECT 0, hash FROM audit_hashes WHERE id = 1`,
				`REPLACE INTO audit_checkpoints SELECT size, '' FROM audit_checkpoints`)
			if _, err := db.ExecContext(t.Context(), `PRAGMA foreign_keys = 1`); err != nil {
				t.Fatal(err)
			}
			db.SetMaxOpenConns(1)
		} else {
			statements = append(statements, `TRUNCATE history CASCADE`, `TRUNCATE consents`, `TRUNCATE audit_records`,
				`TRUNCATE audit_hashes`, `TRUNCATE audit_checkpoints`)
		}
		for _, statement := range statements {
			if _, err := db.ExecContext(t.Context(), statement); err == nil {
				t.Errorf("%s: was carried out", statement)
			}
		}
		if s := w.state(t, id); s.Version != 2 {
			t.Errorf("version %d", s.Version)
		}
		w.whole(t, 3)
	})
}

// Nothing that is told or written of people can be read in the database, and neither can their numbers be tried.
func TestNothingOfPeopleIsInTheDatabase(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t, withCHI(chi(t, "1904851231")))
		w.do(t, id, 1, harbour, referral.Acknowledge{}, "Xylophone phoned")
		found := 0
		for _, table := range kept(t, w) {
			found += lookInTable(t, w, table, "Xylophone", "07700900123", "1904851231", "to sleep")
		}
		if found < 15 {
			t.Errorf("only %d rows were looked at", found)
		}
		lookInFiles(t, w.place, "Xylophone", "07700900123", "1904851231")
	})
}

// lookInTable looks for texts in a table, and returns how many rows it has.
func lookInTable(t *testing.T, w *world, table string, secrets ...string) (found int) {
	t.Helper()
	rows, err := w.raw(t).QueryContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for ; rows.Next(); found++ {
		row := make([]any, len(columns))
		for i := range row {
			row[i] = new(any)
		}
		if err := rows.Scan(row...); err != nil {
			t.Fatal(err)
		}
		for i := range row {
			text := fmt.Sprintf("%s", *row[i].(*any))
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("%q is in %s.%s", secret, table, columns[i])
				}
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// lookInFiles looks for texts in the files of SQLite.
func lookInFiles(t *testing.T, p place, secrets ...string) {
	t.Helper()
	if p.File == "" {
		return
	}
	files, err := filepath.Glob(filepath.Dir(escapeGlob(p.File)) + "/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%q is in %s", secret, filepath.Base(file))
			}
		}
		info, err := os.Stat(file)
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v", filepath.Base(file), info.Mode())
		}
	}
}

func escapeGlob(path string) string {
	return strings.NewReplacer("?", "\\?", "*", "\\*", "[", "\\[").Replace(path)
}

// SQLite overwrites what it deletes: a wrapped key is in none of its files after an erasure.
func TestAnErasedKeyIsInNoFile(t *testing.T) {
	w := newWorld(t, engines["SQLite"](t))
	s := w.state(t, w.submit(t))
	var wrapped []byte
	db := w.raw(t)
	if err := db.QueryRowContext(t.Context(), `SELECT wrapped FROM person_keys WHERE person_id = $1`, s.Person).Scan(&wrapped); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Erase(t.Context(), s.Person, moray, "Retention"); err != nil {
		t.Fatal(err)
	}
	lookInFiles(t, w.place, string(wrapped))
}

// SQLite leaves what was written ahead where it is while somebody reads it, and says so only to those who look.
func TestAnErasureThatLeavesSomethingBehindSaysSo(t *testing.T) {
	w := newWorld(t, engines["SQLite"](t))
	s := w.state(t, w.submit(t))
	w.EmptyLogBy("SELECT 1, 7, 3")
	if err := w.Erase(t.Context(), s.Person, moray, "Retention"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("it says %v", err)
	}
	w.EmptyLogBy("PRAGMA wal_checkpoint(TRUNCATE)")
	if err := w.Erase(t.Context(), s.Person, moray, "Retention"); err != nil {
		t.Errorf("the second time: %v", err)
	}
}

// Ciphertext that is moved in the database, to another person, referral, field or version, does not open.
func TestCiphertextThatIsMovedDoesNotOpen(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		one, two := w.submit(t), w.submit(t)
		db := w.raw(t)
		for _, statement := range []string{
			`UPDATE referral_fields SET ciphertext = (SELECT f.ciphertext FROM referral_fields f WHERE f.referral_id = '` + two + `'
				AND f.field = 'phone') WHERE referral_id = '` + one + `' AND field = 'phone'`,
			`UPDATE referral_fields SET field = 'email' WHERE referral_id = '` + two + `' AND field = 'goals'`,
		} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Values(t.Context(), one, record.Phone); !errors.Is(err, vault.ErrUnreadable) {
			t.Errorf("another person's: %v", err)
		}
		if _, err := w.Values(t.Context(), two, record.Email); !errors.Is(err, vault.ErrUnreadable) {
			t.Errorf("another field's: %v", err)
		}
		if values, err := w.Values(t.Context(), one, record.Goals); err != nil || len(values) != 1 {
			t.Errorf("what stayed: %v %v", values, err)
		}
	})
}

func TestReplicasThatStartAtOnceMakeTheTablesOnce(t *testing.T) {
	for name, make := range bare {
		t.Run(name, func(t *testing.T) {
			p := make(t)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					w, err := openWorld(context.Background(), p)
					if err != nil {
						t.Error(err)
						return
					}
					if err := errors.Join(w.Ping(context.Background()), w.Close()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			w := newWorld(t, p) // and again, with all of it there
			if w.Store.Engine() != p.Kind {
				t.Errorf("%s", w.Store.Engine())
			}
			w.submit(t)
		})
	}
}

func TestTablesOfALaterReleaseAreLeftAlone(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		if _, err := w.raw(t).ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`); err != nil {
			t.Fatal(err)
		}
		_, err := openWorld(t.Context(), w.place)
		if err == nil || !strings.Contains(err.Error(), "later release") {
			t.Error(err)
		}
	})
}

// A key file that was lost and made anew is noticed before anything is written under it.
func TestTheKeysHaveToBeThoseOfTheDatabase(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		for file, says := range map[string]string{"people.json": "not the one", "index.json": "blind index"} {
			p := w.place
			p.Keys = t.TempDir()
			for _, other := range []string{"people.json", "index.json"} {
				if other == file {
					continue
				}
				text, err := os.ReadFile(filepath.Join(w.Keys, other))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(p.Keys, other), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := openWorld(t.Context(), p); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v", file, err)
			}
		}
	})
}

func TestRotationOfAllKeys(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		number := chi(t, "1904851231")
		id, other := w.submit(t, withCHI(number)), w.submit(t)
		person := w.state(t, id).Person
		erased := w.state(t, w.submit(t)).Person
		if err := w.Erase(t.Context(), erased, moray, "Retention"); err != nil {
			t.Fatal(err)
		}
		readable := func(when string, w *world) {
			t.Helper()
			for _, id := range []string{id, other} {
				if values, err := w.Values(t.Context(), id, record.Phone); err != nil || len(values) != 1 {
					t.Errorf("%s: %v %v", when, values, err)
				}
				if page, err := w.History(t.Context(), id, 0, 10, true); err != nil || page.Events[0].Words != "Xylophone wrote this" {
					t.Errorf("%s: %v", when, err)
				}
			}
			if found, err := w.PersonByCHI(t.Context(), number); err != nil || found != person {
				t.Errorf("%s: %q %v", when, found, err)
			}
		}
		if err := errors.Join(w.kek.Rotate(), w.index.Rotate()); err != nil {
			t.Fatal(err)
		}
		readable("rotated", w)
		for want := range []int{1, 0} {
			done, err := w.RewrapKeys(t.Context(), moray)
			if err != nil || done != (store.Rotation{People: 2, Changed: 2 * (1 - want)}) {
				t.Errorf("%+v %v", done, err)
			}
		}
		if done, err := w.Retag(t.Context(), moray); err != nil || done.People != 2 {
			t.Errorf("%+v %v", done, err)
		}
		if err := errors.Join(w.kek.Prune(), w.index.Prune()); err != nil {
			t.Fatal(err)
		}
		readable("dropped the earlier keys", w)
		readable("started again", w.again(t))
		if err := w.RenewKey(t.Context(), person, moray); err != nil {
			t.Fatal(err)
		}
		readable("renewed a person's key", w)
		w.do(t, id, 1, harbour, referral.Acknowledge{}, "hello")
		if page, err := w.History(t.Context(), id, 1, 10, true); err != nil || page.Events[0].Words != "hello" {
			t.Error(err)
		}
		if err := w.RenewKey(t.Context(), "p-nobody00", moray); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
	})
}

// People are referred, changed and erased while keys rotate: nothing that was written is lost.
func TestRotationWhilePeopleWrite(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		const writers, each = 3, 4
		ids := make(chan string, writers*each)
		person := w.state(t, w.submit(t, withCHI(chi(t, "2902201230")))).Person
		var submissions [writers][each]store.Submission
		for i := range writers {
			for j := range each {
				submissions[i][j] = w.submission(withCHI(chi(t, "2902201230")))
			}
		}
		replica := w.again(t)
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				for j := range each {
					result, err := replica.Submit(t.Context(), submissions[i][j])
					if err != nil {
						t.Error(err)
						return
					}
					ids <- result.Referral
				}
			})
		}
		wg.Go(func() {
			for range 3 {
				_, rewrapped := w.RewrapKeys(t.Context(), moray)
				_, tagged := w.Retag(t.Context(), moray)
				if err := errors.Join(rewrapped, tagged, w.RenewKey(t.Context(), person, moray), w.kek.Rotate(), w.index.Rotate()); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Wait()
		close(ids)
		n := 0
		for id := range ids {
			n++
			if values, err := w.Values(t.Context(), id, record.Fields()...); err != nil || len(values) != 5 {
				t.Errorf("%v %v", values, err)
			}
		}
		if found, err := w.PersonByCHI(t.Context(), chi(t, "2902201230")); err != nil || found != person || n != writers*each {
			t.Errorf("%d referrals, %q %v", n, found, err)
		}
	})
}

func TestDatabasesThatCannotBeOpened(t *testing.T) {
	w := newWorld(t, engines["SQLite"](t))
	open := func(o store.Options) error {
		o.Vault, o.Index, o.Signer = vault.New(w.kek), w.index, w.signer
		s, err := store.Open(t.Context(), o)
		if err == nil {
			return s.Close()
		}
		return err
	}
	for name, tc := range map[string]struct {
		o    store.Options
		says string
	}{
		"nowhere":           {store.Options{}, "DATABASE_URL"},
		"no address":        {store.Options{DatabaseURL: "postgres://u:s3cret@[bad"}, "postgres://user:password"},
		"nobody listens":    {store.Options{DatabaseURL: "postgres://u:s3cret@127.0.0.1:1/x?connect_timeout=2"}, ""},
		"a folder":          {store.Options{File: t.TempDir()}, "file of the store"},
		"another kind file": {store.Options{File: filepath.Join(w.Keys, "people.json")}, ""},
	} {
		err := open(tc.o)
		if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAStoreThatIsAwaySaysSo(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := w.State(t.Context(), id); err == nil {
			t.Error("a store that is closed answers")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		other := w.again(t)
		if _, err := other.Change(ctx, other.step(id, 1, harbour, referral.Acknowledge{}, "")); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("given up: %v", err)
		}
		if s := other.state(t, id); s.Version != 1 {
			t.Errorf("version %d", s.Version)
		}
	})
}
