package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	clocktesting "k8s.io/utils/clock/testing"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/person"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/store/postgrestest"
	"lifeline.scot/api/store/storetest"
	"lifeline.scot/api/vault"
)

// The server of all tests of PostgreSQL; started by the first.
var postgres struct {
	sync.Once
	server *postgrestest.Server
	err    error
}

func TestMain(m *testing.M) {
	if text, isChild := os.LookupEnv(errandVariable); isChild {
		if err := runErrand(context.Background(), text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if postgres.server != nil {
		if err := postgres.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// place is a database that is used by a test, or by a child of it.
type place struct {
	Kind, URL, File, Keys string
}

// engines are the databases that every promise is kept in, each with its tables.
var engines = map[string]func(t testing.TB) place{
	"SQLite": func(t testing.TB) place {
		p := bare["SQLite"](t)
		storetest.File(t, p.File)
		return p
	},
	"PostgreSQL": func(t testing.TB) place {
		return place{Kind: "postgres", URL: storetest.Database(t, server(t)), Keys: t.TempDir()}
	},
}

// bare are the same where nothing has been made yet.
var bare = map[string]func(t testing.TB) place{
	"SQLite": func(t testing.TB) place {
		return place{Kind: "sqlite", File: filepath.Join(t.TempDir(), "data", "a folder?", "referrals.db"), Keys: t.TempDir()}
	},
	"PostgreSQL": func(t testing.TB) place {
		return place{Kind: "postgres", URL: server(t).Database(t), Keys: t.TempDir()}
	},
}

func server(t testing.TB) *postgrestest.Server {
	t.Helper()
	postgres.Do(func() { postgres.server, postgres.err = postgrestest.Start() })
	return postgrestest.Require(t, postgres.server, postgres.err)
}

// inBoth runs a test in both engines, each with a database of its own.
func inBoth(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for name, make := range engines {
		t.Run(name, func(t *testing.T) { test(t, newWorld(t, make(t))) })
	}
}

var noon = time.Date(2026, 11, 29, 12, 0, 0, 123456789, time.UTC)

// world is a store and what belongs to it.
type world struct {
	*store.Store
	place
	clock  *clocktesting.FakePassiveClock
	kek    *vault.FileKey
	index  *vault.Index
	signer note.Signer
	keys   int
}

func newWorld(t testing.TB, p place) *world {
	t.Helper()
	w, err := openWorld(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func openWorld(ctx context.Context, p place) (*world, error) {
	kek, err := vault.OpenFileKey(filepath.Join(p.Keys, "people.json"), vault.Owned)
	if err != nil {
		return nil, err
	}
	index, err := vault.OpenIndex(filepath.Join(p.Keys, "index.json"), vault.Owned)
	if err != nil {
		return nil, err
	}
	signer, err := audit.OpenKey(filepath.Join(p.Keys, audit.KeyFile), vault.Owned)
	if err != nil {
		return nil, err
	}
	clock := clocktesting.NewFakePassiveClock(noon)
	s, err := store.Open(ctx, store.Options{
		DatabaseURL: p.URL, File: p.File, Vault: vault.New(kek), Index: index, Signer: signer, Clock: clock,
	})
	if err != nil {
		return nil, err
	}
	return &world{Store: s, place: p, clock: clock, kek: kek, index: index, signer: signer}, nil
}

// again opens the same database once more, as a second replica does.
func (w *world) again(t testing.TB) *world {
	t.Helper()
	again := newWorld(t, w.place)
	if err := again.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	return again
}

// raw is a connection to the database beside the store, as somebody has who gets hold of it.
func (w *world) raw(t testing.TB) *sql.DB {
	t.Helper()
	driver, address := "sqlite", "file:"+(&url.URL{Path: w.File}).EscapedPath()
	if w.URL != "" {
		driver, address = "pgx", w.URL
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (w *world) once() store.Once {
	w.keys++
	return store.Once{Scope: "tests", Key: fmt.Sprintf("%s-%08d", w.Kind, w.keys)}
}

var (
	haven   = referral.Actor{ID: "u-haven", Partner: "haven"}
	harbour = referral.Actor{ID: "u-harbour", Partner: "harbour"}
	moray   = referral.Actor{ID: "u-moray", Partnership: "moray"}
)

func chi(t testing.TB, digits string) person.CHI {
	t.Helper()
	c, err := person.ParseCHI(digits)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// submission is of somebody without a CHI number, in words that are nowhere else.
func (w *world) submission(change ...func(*store.Submission)) store.Submission {
	s := store.Submission{
		Once: w.once(), By: haven, Words: "Xylophone wrote this",
		Submit: referral.Submit{Partnership: "moray", Target: "harbour", Urgency: referral.Routine, Route: referral.Direct},
		Told: referral.Told{
			Person:  person.Person{Name: &person.Name{Chosen: "Xylophone"}, Phone: "07700900123"},
			Details: referral.Details{Reason: "Xylophone asks for support", Goals: "to sleep"},
		},
		Deliver: []string{"harbour"},
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

func (w *world) submit(t testing.TB, change ...func(*store.Submission)) string {
	t.Helper()
	result, err := w.Submit(t.Context(), w.submission(change...))
	if err != nil {
		t.Fatal(err)
	}
	return result.Referral
}

func (w *world) step(id string, read int64, by referral.Actor, c referral.Change, words string) store.Step {
	return store.Step{Once: w.once(), By: by, Referral: id, Read: read, Change: c, Words: words}
}

func (w *world) do(t testing.TB, id string, read int64, by referral.Actor, c referral.Change, words string) {
	t.Helper()
	if _, err := w.Change(t.Context(), w.step(id, read, by, c, words)); err != nil {
		t.Fatalf("%s: %v", c.Kind(), err)
	}
}

func (w *world) state(t testing.TB, id string) referral.State {
	t.Helper()
	state, err := w.State(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func withCHI(c person.CHI) func(*store.Submission) {
	return func(s *store.Submission) { s.Told.Person.CHI = c }
}

// whole makes sure that the audit log is what was signed, and of so many records.
func (w *world) whole(t testing.TB, records int64) {
	t.Helper()
	public, err := audit.PublicKey(filepath.Join(w.Keys, audit.PublicFile))
	if err != nil {
		t.Fatal(err)
	}
	report, err := audit.Verify(w.Log(t.Context()), nil, public)
	if err != nil || !report.Whole() || report.Records != records || report.Proven != records {
		t.Errorf("%d records of %d, %d are proven: %+v %v", report.Records, records, report.Proven, report.Found, err)
	}
}

// trail is the newest of the audit log, about a referral or everything, oldest first.
func (w *world) trail(t testing.TB, look store.Look) []audit.Entry {
	t.Helper()
	look.By = audit.Actor{Subject: "u-auditor"}
	page, err := w.Trail(t.Context(), look, 0, store.LongestPage)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(page)
	return page
}

func codeOf(err error) referral.Code {
	var refused *referral.Refused
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}
