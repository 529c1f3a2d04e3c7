package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
)

// errand is what a child does before it is killed.
type errand struct {
	Place place
	// What it does: the name of a deed.
	What string
	Key  string
	// Referral that it is about, and the version that was read of it. A deed that makes a referral has none.
	Referral string
	Version  int64
	// Statements before the one at which it is killed.
	Statements int
}

const errandVariable = "LIFELINE_STORE_ERRAND"

// carryOut is the same in the child and, after it, in the parent.
func (e errand) carryOut(ctx context.Context, w *world) (store.Result, error) {
	return deeds()[e.What].do(ctx, w, e) //nolint:contextcheck // what is done gets it
}

func (e errand) once() store.Once { return store.Once{Scope: "errands", Key: e.Key} }

// decided is a decision about a referral, which may not be there yet.
func decided(referral string) audit.Entry {
	return audit.Entry{
		What: audit.Decided, By: audit.Actor{Partner: "haven", Role: "practitioner", Subject: "u-haven"}, Referral: referral,
		Purpose: "direct_care", Decision: &audit.Decision{Effect: "allow", Ground: "consent"},
	}
}

// runErrand is the child: it kills itself before a statement, as hard as can be.
func runErrand(ctx context.Context, text string) error {
	var e errand
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return err
	}
	w, err := openWorld(ctx, e.Place)
	if err != nil {
		return err
	}
	left := e.Statements
	w.BeforeEach(func(string) {
		if left--; left < 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until it is dead
		}
	})
	_, err = e.carryOut(ctx, w)
	return errors.Join(err, w.Close())
}

// buildChild builds what children run: these tests, without the race detector. A child does one thing at a time and is soon dead, and
// there are hundreds of them; the detector would take longer to begin than they live.
func buildChild(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "child")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as the programs are built, so that most is built already
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the child: %v: %s", err, said)
	}
	return path
}

// killed runs an errand in a child, and reports whether it was killed on the way.
func killed(t *testing.T, program string, e errand) bool {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), program)
	child.Env = append(os.Environ(), errandVariable+"="+string(text))
	var output bytes.Buffer
	child.Stdout, child.Stderr = &output, &output
	err = child.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
			return true
		}
	}
	if err != nil {
		t.Fatalf("the child ended with %v: %s", err, output.String())
	}
	return false
}

// A program is killed between any two statements of whatever it can write: all of it is there or nothing, the audit log is what was
// signed, and sending the same again settles it. What a child that was not killed answered for is there.
func TestKilledBetweenAnyTwoStatements(t *testing.T) {
	program := buildChild(t)
	for what, d := range deeds() {
		for name, make := range engines {
			if d.alike && name != "SQLite" {
				continue
			}
			t.Run(what+" in "+name, func(t *testing.T) {
				w, statements := newWorld(t, make(t)), 0
				for tried(t, w, d, program, what, statements) {
					statements++
				}
				if statements < d.least {
					t.Errorf("only %d statements: is anything written at all?", statements)
				}
			})
		}
	}
}

// tried kills a deed before a statement, looks at what is left, and does it to the end. It reports whether there was such a statement.
func tried(t *testing.T, w *world, d deed, program, what string, statements int) bool {
	t.Helper()
	e := errand{Place: w.place, What: what, Key: w.once().Key, Statements: statements}
	if d.before != nil {
		e.Referral, e.Version = d.before(t, w)
	}
	before := everything(t, w)
	wasKilled := killed(t, program, e)
	if after := everything(t, w); wasKilled && after != before {
		t.Fatalf("killed before statement %d, and left\n%s\nof\n%s", statements+1, after, before)
	}
	w.whole(t, records(t, w))
	result, err := e.carryOut(t.Context(), w)
	if err != nil || !d.unkeyed && result.Replayed == wasKilled {
		t.Fatalf("sent again after statement %d: %+v %v", statements, result, err)
	}
	d.there(t, w, e, result)
	w.whole(t, records(t, w))
	return wasKilled
}

// kept are all tables but those that say which migrations were carried out, as the database has them.
func kept(t *testing.T, w *world) (tables []string) {
	t.Helper()
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if w.Kind != "sqlite" {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`
	}
	db := w.raw(t)
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			t.Fatal(err)
		}
		if table != "goose_db_version" && table != "river_migration" {
			tables = append(tables, table)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, one := range []string{"history", "parts", "timers", "river_job"} {
		if !slices.Contains(tables, one) {
			t.Fatalf("%s is not among the tables %v", one, tables)
		}
	}
	return tables
}

// everything is all rows of all tables, as text.
func everything(t *testing.T, w *world) string {
	t.Helper()
	db := w.raw(t)
	defer func() { _ = db.Close() }()
	var all []string
	for _, table := range kept(t, w) {
		rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			row := make([]any, len(columns))
			for i := range row {
				row[i] = new(any)
			}
			if err := rows.Scan(row...); err != nil {
				t.Fatal(err)
			}
			line := table
			for i := range row {
				line += fmt.Sprintf("|%v", *row[i].(*any))
			}
			all = append(all, line)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil { //nolint:sqlclosecheck // there are rows of each table, one after the other
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// records is how long the audit log is.
func records(t *testing.T, w *world) (n int64) {
	t.Helper()
	db := w.raw(t)
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM audit_records`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// changedAs makes sure that a change is there with all that it causes: the event with its words, what is to be delivered, what the
// audit log says.
func changedAs(kind referral.Kind) func(*testing.T, *world, errand, store.Result) {
	return func(t *testing.T, w *world, _ errand, r store.Result) {
		t.Helper()
		page, err := w.History(t.Context(), r.Referral, r.Version-1, 10, true)
		if err != nil || w.state(t, r.Referral).Version != r.Version || len(page.Events) != 1 || page.Events[0].Words == "" ||
			page.Events[0].Change.Kind() != kind {
			t.Errorf("version %d, %v: %v", r.Version, page.Events, err)
		}
		waiting, err := w.Undelivered(t.Context(), 0, store.LongestPage)
		if err != nil || !slices.ContainsFunc(waiting, func(d store.Delivery) bool { return d.Referral == r.Referral && d.Version == r.Version }) {
			t.Errorf("nobody is told of it: %v", err)
		}
		said(t, w, r.Referral, "Decided ", "Changed "+string(kind))
	}
}

// said makes sure of what the audit log says last about a referral.
func said(t *testing.T, w *world, referral string, want ...string) {
	t.Helper()
	var all []string
	for _, e := range w.trail(t, store.Look{Referral: referral}) {
		if e.What != audit.Viewed {
			all = append(all, string(e.What)+" "+e.Detail)
		}
	}
	if len(all) < len(want) || !slices.Equal(all[len(all)-len(want):], want) {
		t.Errorf("the audit log has %q, want %q at its end", all, want)
	}
}

// tells makes sure of what a referral tells of a field.
func tells(t *testing.T, w *world, id string, f record.Field, want string) {
	t.Helper()
	values, err := w.Values(t.Context(), id, f)
	if err != nil || string(values[f]) != want {
		t.Errorf("%s is told as %s: %v", f, values[f], err)
	}
}

var anHourLater = noon.Add(time.Hour)
