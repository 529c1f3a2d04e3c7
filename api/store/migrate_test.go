package store_test

import (
	"database/sql"
	"io/fs"
	"path"
	"slices"
	"testing"

	"github.com/pressly/goose/v3"

	"lifeline.scot/api/store"
)

// TestDeliveriesOfAnEarlierReleaseAreKept brings a database up to date in which something is to be delivered and was tried.
func TestDeliveriesOfAnEarlierReleaseAreKept(t *testing.T) {
	for name, make := range bare {
		t.Run(name, func(t *testing.T) {
			at := make(t)
			if at.File != "" {
				at.File = t.TempDir() + "/referrals.db"
			}
			db := (&world{place: at}).raw(t)
			db.SetMaxOpenConns(1)
			dialect := goose.DialectPostgres
			if at.Kind == "sqlite" {
				dialect = goose.DialectSQLite3
				run(t, db, `PRAGMA foreign_keys = 1`)
			}
			provider := providerOf(t, dialect, at.Kind, db)
			if _, err := provider.UpTo(t.Context(), 30); err != nil {
				t.Fatal(err)
			}
			for _, statement := range []string{
				`INSERT INTO persons (id, created_at) VALUES ('p-1', 1)`,
				`INSERT INTO referrals VALUES ('r-1', 'p-1', 2, 'Submitted', 'DecideOnRehab', 'Routine', 'moray', 'haven', 'harbour', 0, 1, 1)`,
				`INSERT INTO outbox (referral_id, version, partner, kind, created_at) VALUES ('r-1', 1, 'harbour', 'Submit', 1)`,
				`INSERT INTO outbox (referral_id, version, partner, kind, created_at, state, attempts) VALUES ('r-1', 2, 'harbour', 'Message', 2, 'Waiting', 1)`,
				`INSERT INTO delivery_attempts VALUES (2, 0, 1, 3, 4, 'Failed', 500, 'STATUS')`,
			} {
				run(t, db, statement)
			}
			if _, err := provider.Up(t.Context()); err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, at)
			all, err := w.Undelivered(t.Context(), 0, 10)
			if err != nil || len(all) != 2 || all[0].Kind != "Submit" || all[1].Attempts != 1 || all[1].ID != 2 || all[1].Said != 0 {
				t.Errorf("%+v %v", all, err)
			}
			var attempts int
			if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM delivery_attempts a JOIN outbox o ON o.id = a.delivery_id
				WHERE a.status = 500`).Scan(&attempts); err != nil || attempts != 1 {
				t.Errorf("%d attempts %v", attempts, err)
			}
			if _, err := db.ExecContext(t.Context(), `INSERT INTO delivery_attempts VALUES (7, 0, 1, 3, 4, 'Failed', 500, 'STATUS')`); err == nil {
				t.Error("an attempt of nothing was taken")
			}
			run(t, db, `INSERT INTO outbox (referral_id, version, said, partner, kind, created_at) VALUES ('r-1', 2, 1, 'harbour', 'Sharing', 5)`)
		})
	}
}

func providerOf(t *testing.T, dialect goose.Dialect, kind string, db *sql.DB) *goose.Provider {
	t.Helper()
	files, err := fs.Sub(store.Migrations, "migrations/"+kind)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(dialect, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	return provider
}

func run(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// TestMigrationsOfBothEnginesAreTheSame: each has a version of its own, and each engine the same ones.
func TestMigrationsOfBothEnginesAreTheSame(t *testing.T) {
	names := map[string][]string{}
	for _, kind := range []string{"sqlite", "postgres"} {
		files, err := fs.Glob(store.Migrations, "migrations/"+kind+"/*.sql")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		had := map[int64]string{}
		for _, file := range files {
			version, err := goose.NumericComponent(file)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if other, twice := had[version]; twice {
				t.Errorf("%s and %s have the same version", other, file)
			}
			had[version] = file
			names[kind] = append(names[kind], path.Base(file))
		}
	}
	if !slices.Equal(names["sqlite"], names["postgres"]) {
		t.Errorf("SQLite has %v, PostgreSQL %v", names["sqlite"], names["postgres"])
	}
}
