// Package referrals measures what a worklist and a search cost when many referrals are kept, encrypted, in SQLite and
// PostgreSQL: through casework.Desk, with the rules of sharing, decryption, and the signed audit log, beside the same with few
// and beside a bare indexed select of as many rows in the same database.
package referrals

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/store/postgrestest"
	"lifeline.scot/hack/bench/measure"
)

// Options say how much to measure.
type Options struct {
	// Few and Many are how many referrals are kept, first and then; two in three of them have ended.
	Few, Many int
	// Asked is how often each thing is asked.
	Asked int
	// Compared is how often somebody is looked for who may not be seen, and how often nobody is, to see whether these can be told
	// apart: a fifth of a second for each.
	Compared int
}

// page is how many are asked for at once.
const page = 20

// shown are the fields that are read of each.
var shown = []record.Field{record.FullName, record.Phone, record.Status}

// Run measures in both engines; without PostgreSQL on this machine, in SQLite alone. say is told what is being done.
func Run(ctx context.Context, o Options, say func(string)) ([]measure.Row, error) {
	if o.Few < page || o.Many < o.Few || o.Asked < 1 || o.Compared < 1 {
		return nil, fmt.Errorf("at least %d referrals first, and no fewer then, and one question", page)
	}
	var rows []measure.Row
	for _, engine := range []string{sqlite, postgres} {
		measured, err := runIn(ctx, engine, o, func(line string) { say(engine + ": " + line) })
		if errors.Is(err, postgrestest.ErrAbsent) {
			say(err.Error())
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("in %s: %w", engine, err)
		}
		rows = append(rows, measured...)
	}
	return rows, nil
}

// runIn fills two stores, and asks the same of both in turn: whatever else the machine does meanwhile slows either.
func runIn(ctx context.Context, engine string, o Options, say func(string)) (rows []measure.Row, err error) {
	few, err := open(ctx, engine)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, few.close()) }()
	many, err := open(ctx, engine)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, many.close()) }()
	bare, err := many.bare(ctx, o.Many)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bare.db.Close()) }()
	if err := few.fill(ctx, o.Few, say); err != nil {
		return nil, err
	}
	if err := many.fill(ctx, o.Many, say); err != nil {
		return nil, err
	}
	if err := bare.rest(ctx); err != nil {
		return nil, err
	}
	of, err := measureIn(ctx, o, few, many, bare)
	if err != nil {
		return nil, err
	}
	say(fmt.Sprintf("looking %d times for somebody who may not be seen, and for nobody", o.Compared))
	quiet, err := many.measureQuiet(ctx, o.Many, o.Compared)
	if err != nil {
		return nil, err
	}
	return rowsOf(engine, o, of[0], of[1], quiet), nil
}

// figures are how long things took with so many referrals.
type figures struct{ first, deep, number, name, bare measure.Times }

// measureIn returns the figures with few, and with many.
func measureIn(ctx context.Context, o Options, few, many *world, bare *bare) (of [2]figures, err error) {
	worlds, kept := [2]*world{few, many}, [2]int{o.Few, o.Many}
	var deep [2]string
	for i, w := range worlds {
		if deep[i], err = w.halfWay(ctx, kept[i]); err != nil {
			return of, err
		}
	}
	warmUp := o.Asked / 10
	for n := range warmUp + o.Asked {
		for i, w := range worlds {
			took, err := w.ask(ctx, n, kept[i], deep[i], bare)
			if err != nil {
				return of, err
			}
			if n >= warmUp {
				of[i].add(took)
			}
		}
	}
	return of, nil
}

// ask asks everything once.
func (w *world) ask(ctx context.Context, n, kept int, deep string, bare *bare) (took [5]time.Duration, err error) {
	sought := (n*7919*withheldEvery + 1) % kept // somebody who agreed
	for i, do := range []func() error{
		func() error { return w.page(ctx, "") },
		func() error { return w.page(ctx, deep) },
		func() error { return w.find(ctx, person.Sought{CHI: chiOf(sought)}) },
		func() error { return w.find(ctx, person.Sought{Name: nameOf(sought), Born: bornOf(sought)}) },
		func() error { return bare.read(ctx, n) },
	} {
		began := time.Now()
		if err := do(); err != nil {
			return took, err
		}
		took[i] = time.Since(began)
	}
	return took, nil
}

func (f *figures) add(took [5]time.Duration) {
	for i, into := range []*measure.Times{&f.first, &f.deep, &f.number, &f.name, &f.bare} {
		*into = append(*into, took[i])
	}
}

func (w *world) page(ctx context.Context, after string) error {
	got, err := w.desk.Worklist(ctx, asking(), casework.Filter{}, shown, page, after)
	if err == nil && len(got.Cuts) == 0 {
		err = errors.New("the worklist is empty")
	}
	return err
}

// halfWay is the cursor in the middle of the worklist.
func (w *world) halfWay(ctx context.Context, kept int) (string, error) {
	const most = 100
	after := ""
	for left := kept / openEvery / 2; left > 0; left -= most {
		got, err := w.desk.Worklist(ctx, asking(), casework.Filter{}, nil, min(left, most), after)
		if err != nil {
			return "", fmt.Errorf("go through the worklist: %w", err)
		}
		if got.End == "" {
			break
		}
		after = got.End
	}
	return after, nil
}

func (w *world) find(ctx context.Context, who person.Sought) error {
	found, err := w.desk.Find(ctx, asking(), who, shown)
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("found %d of one referral", len(found))
	}
	return err
}

// bare is a table of as many rows in the same database, with an index and nothing around it.
type bare struct {
	db     *sql.DB
	driver string
	rows   int
}

func (w *world) bare(ctx context.Context, rows int) (*bare, error) {
	db, err := sql.Open(w.driver, w.address)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	b := &bare{db, w.driver, rows}
	for _, statement := range []string{
		`CREATE TABLE bare (list TEXT NOT NULL, at BIGINT NOT NULL, text TEXT NOT NULL)`,
		fmt.Sprintf(`INSERT INTO bare WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			SELECT 'harbour', i, '%0120d' FROM n`, rows, 0),
		`CREATE INDEX bare_of ON bare (list, at)`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return nil, errors.Join(fmt.Errorf("make a bare table: %w", err), db.Close())
		}
	}
	return b, nil
}

// rest has the database do at once what it does by itself in time, so that what filled it is not measured.
func (b *bare) rest(ctx context.Context) error {
	for _, statement := range settling[b.driver] {
		if _, err := b.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("have the database tidy up: %w", err)
		}
	}
	return nil
}

var settling = map[string][]string{
	"sqlite": {"ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"},
	"pgx":    {"VACUUM ANALYZE", "CHECKPOINT"},
}

func (b *bare) read(ctx context.Context, i int) error {
	rows, err := b.db.QueryContext(ctx, `SELECT at, text FROM bare WHERE list = $1 AND at > $2 ORDER BY at LIMIT $3`, "harbour",
		int64(i*7919%b.rows), int64(page))
	if err != nil {
		return fmt.Errorf("read a bare table: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var at int64
		var text string
		if err := rows.Scan(&at, &text); err != nil {
			return fmt.Errorf("read a bare table: %w", err)
		}
	}
	return rows.Err()
}

func rowsOf(engine string, o Options, few, many figures, q quiet) []measure.Row {
	var rows []measure.Row
	for _, thing := range []struct {
		what      string
		few, many measure.Times
	}{
		{"first page of 20 of a worklist", few.first, many.first},
		{"page of 20 in the middle of it", few.deep, many.deep},
		{"search by CHI number", few.number, many.number},
		{"search by name and date of birth", few.name, many.name},
	} {
		for _, p := range []float64{50, 99} {
			at := func(t measure.Times) float64 { return measure.Milliseconds(t.Percentile(p)) }
			what := fmt.Sprintf("%s, p%.0f", thing.what, p)
			rows = append(rows,
				measure.Against(what, "ms", at(thing.many), at(thing.few), fmt.Sprintf("with %d referrals", o.Few)),
				measure.Against(what, "ms", at(thing.many), at(many.bare), "a bare indexed select of 20 rows"))
		}
	}
	rows = append(rows, q.rows()...)
	return measure.Of("referrals", fmt.Sprintf("%d referrals, encrypted, in %s", o.Many, engine), rows...)
}
