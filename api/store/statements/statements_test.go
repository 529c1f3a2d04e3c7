package statements_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"modernc.org/sqlite"

	"lifeline.scot/api/store/statements"
)

// counted counts what is prepared on its connections.
type counted struct {
	driver.Connector
	prepared *atomic.Int64
}

func (c counted) Connect(ctx context.Context) (driver.Conn, error) {
	made, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &counting{made.(statements.Connection), c.prepared}, nil
}

type counting struct {
	statements.Connection
	prepared *atomic.Int64
}

func (c *counting) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.prepared.Add(1)
	return c.Connection.PrepareContext(ctx, query)
}

// open is a database of one connection, and how many statements were prepared on it.
func open(t testing.TB, most int) (*sql.DB, *atomic.Int64) {
	t.Helper()
	base, err := sqlite.NewConnector(filepath.Join(t.TempDir(), "some.db") + "?_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	prepared := &atomic.Int64{}
	db := sql.OpenDB(statements.Kept(counted{base, prepared}, most))
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE things (id INTEGER PRIMARY KEY, word TEXT) STRICT`); err != nil {
		t.Fatal(err)
	}
	return db, prepared
}

func put(t testing.TB, db *sql.DB, id int, word any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), `INSERT INTO things (id, word) VALUES ($1, $2)`, id, word); err != nil {
		t.Fatal(err)
	}
}

func word(t testing.TB, db *sql.DB, id int) (word sql.NullString) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), `SELECT word FROM things WHERE id = $1`, id).Scan(&word); err != nil {
		t.Fatal(err)
	}
	return word
}

func TestAStatementIsPreparedOnce(t *testing.T) {
	db, prepared := open(t, 10)
	before := prepared.Load()
	for id := range 100 {
		var is any = fmt.Sprint("word ", id)
		if id%7 == 0 {
			is = nil // nothing is left of what was said the time before
		}
		put(t, db, id, is)
		if got := word(t, db, id); got.Valid != (is != nil) || got.Valid && got.String != is {
			t.Fatalf("%d reads %v, want %v", id, got, is)
		}
	}
	if n := prepared.Load() - before; n != 2 {
		t.Errorf("%d statements were prepared, want 2", n)
	}
}

// A statement that is refused is carried out the next time as if it had not been.
func TestAStatementThatWasRefusedIsUsedAgain(t *testing.T) {
	db, prepared := open(t, 10)
	put(t, db, 1, "first")
	before := prepared.Load()
	for id := 2; id < 20; id++ {
		if _, err := db.ExecContext(t.Context(), `INSERT INTO things (id, word) VALUES ($1, $2)`, 1, "twice"); err == nil {
			t.Fatal("what is there already was put there twice")
		}
		put(t, db, id, "more")
	}
	if n := prepared.Load() - before; n != 0 {
		t.Errorf("%d statements were prepared anew", n)
	}
	if got := word(t, db, 1).String; got != "first" {
		t.Errorf("1 reads %q", got)
	}
}

// While the rows of a statement are read, the same one is carried out besides, and neither disturbs the other.
func TestAStatementInUseIsCarriedOutBesides(t *testing.T) {
	db, _ := open(t, 10)
	for id := range 5 {
		put(t, db, id, fmt.Sprint(id))
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	pairs := 0
	read := func(each func(id int)) {
		found, err := tx.QueryContext(t.Context(), `SELECT id FROM things ORDER BY id`)
		if err != nil {
			t.Fatal(err)
		}
		defer found.Close()
		want := 0
		for ; found.Next(); want++ {
			var id int
			if err := found.Scan(&id); err != nil || id != want {
				t.Fatalf("%d comes where %d should: %v", id, want, err)
			}
			each(id)
		}
		if err := found.Err(); err != nil || want != 5 {
			t.Fatalf("%d came: %v", want, err)
		}
	}
	read(func(int) { read(func(int) { pairs++ }) })
	if pairs != 25 {
		t.Errorf("%d pairs were read, want 25", pairs)
	}
}

// No more are kept than were asked for, and one that is dropped while its rows are read is read to its end.
func TestNoMoreAreKeptThanAskedFor(t *testing.T) {
	db, prepared := open(t, 2)
	for id := range 3 {
		put(t, db, id, "word")
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	found, err := tx.QueryContext(t.Context(), `SELECT id FROM things`)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for i := range 5 {
		var n int
		if err := tx.QueryRowContext(t.Context(), fmt.Sprintf(`SELECT count(*) + %d FROM things`, i)).Scan(&n); err != nil || n != 3+i {
			t.Fatalf("it counted %d: %v", n, err)
		}
	}
	rows := 0
	for found.Next() {
		rows++
	}
	if err := found.Err(); err != nil || rows != 3 {
		t.Errorf("%d rows were read: %v", rows, err)
	}
	_ = found.Close()
	before := prepared.Load()
	if err := tx.QueryRowContext(t.Context(), `SELECT id FROM things`).Scan(&rows); err != nil || prepared.Load() != before+1 {
		t.Errorf("a statement that was dropped is kept: %v", err)
	}
}

// A statement goes on when its table has another column than when it was prepared.
func TestAStatementSeesWhatTablesHaveBecome(t *testing.T) {
	db, _ := open(t, 10)
	put(t, db, 1, "word")
	columns := func() int {
		found, err := db.QueryContext(t.Context(), `SELECT * FROM things`)
		if err != nil {
			t.Fatal(err)
		}
		defer found.Close()
		names, err := found.Columns()
		if err != nil || !found.Next() {
			t.Fatal(err, found.Err())
		}
		return len(names)
	}
	if n := columns(); n != 2 {
		t.Fatalf("there are %d columns", n)
	}
	if _, err := db.ExecContext(t.Context(), `ALTER TABLE things ADD COLUMN more INTEGER`); err != nil {
		t.Fatal(err)
	}
	if n := columns(); n != 3 {
		t.Errorf("there are %d columns after one was added", n)
	}
}

// A PRAGMA does what it says each time: some do it when they are prepared.
func TestASettingIsMadeEachTime(t *testing.T) {
	db, _ := open(t, 10)
	for _, want := range []int{5, 7, 5, 7} {
		var got int
		if err := db.QueryRowContext(t.Context(), fmt.Sprintf(`PRAGMA busy_timeout = %d`, want)).Scan(&got); err != nil || got != want {
			t.Errorf("it is set to %d, want %d: %v", got, want, err)
		}
	}
}

// BenchmarkQuery asks for a row by a statement that is kept, and by one that the driver prepares each time.
func BenchmarkQuery(b *testing.B) {
	kept, _ := open(b, 10)
	plain, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "some.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = plain.Close() })
	if _, err := plain.ExecContext(b.Context(), `CREATE TABLE things (id INTEGER PRIMARY KEY, word TEXT) STRICT`); err != nil {
		b.Fatal(err)
	}
	for name, db := range map[string]*sql.DB{"kept": kept, "prepared each time": plain} {
		b.Run(name, func(b *testing.B) {
			put(b, db, 1, "word")
			for b.Loop() {
				word(b, db, 1)
			}
			b.StopTimer()
			if _, err := db.ExecContext(b.Context(), `DELETE FROM things`); err != nil {
				b.Fatal(err)
			}
		})
	}
}
