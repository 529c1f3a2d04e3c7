package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations
var migrations embed.FS

// migratePostgres brings the tables up to date. Replicas that start at once wait for one another.
func migratePostgres(ctx context.Context, db *sql.DB) error {
	// Asked for once a second, for as long as Open may take.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120))
	if err != nil {
		return fmt.Errorf("prepare to bring the tables up to date: %w", err)
	}
	if err := migrate(ctx, goose.DialectPostgres, db, "postgres", goose.WithSessionLocker(locker)); err != nil {
		return err
	}
	turn, err := db.BeginTx(ctx, nil)
	if err != nil {
		return told("wait for the store", err)
	}
	_, err = turn.ExecContext(ctx, "SELECT pg_advisory_xact_lock(1, 2)")
	if err == nil {
		err = migrateQueue(ctx, riverdatabasesql.New(db))
	}
	if err == nil {
		_, err = db.ExecContext(ctx, dropUnused)
	}
	return errors.Join(told("bring the tables of the queue up to date", err), told("let others have the store", turn.Rollback()))
}

// dropUnused drops indexes of River's by which people look for jobs by what they say. Nobody does here: a job says the number of
// a delivery, and each write to one costs twice as much with them.
const dropUnused = `DROP INDEX IF EXISTS river_job_args_index, river_job_metadata_index`

// migrateSQLite brings the tables up to date. Programs that start at once on one file wait for one another: a second file beside
// it is the lock, because a migration is several transactions on the first.
func migrateSQLite(ctx context.Context, db *sql.DB, file string) error {
	if err := ownFile(file + ".lock"); err != nil {
		return err
	}
	turn, err := sql.Open("sqlite", lockAddress(file+".lock"))
	if err != nil {
		return told("wait for the store", err)
	}
	turn.SetMaxOpenConns(1)
	defer func() { _ = turn.Close() }()
	tx, err := turn.BeginTx(ctx, nil)
	if err != nil {
		return told("wait for the store", err)
	}
	err = migrate(ctx, goose.DialectSQLite3, db, "sqlite")
	if err == nil {
		err = told("bring the tables of the queue up to date", migrateQueue(ctx, riversqlite.New(db)))
	}
	return errors.Join(err, told("let others have the store", tx.Rollback()))
}

// lockAddress is that of a file whose only use is that one transaction at a time can write to it.
func lockAddress(file string) string {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", openTimeout.Milliseconds())}}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + query.Encode()
}

func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, folder string, options ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, "migrations/"+folder)
	if err != nil {
		return fmt.Errorf("find the migrations: %w", err)
	}
	provider, err := goose.NewProvider(dialect, db, files, append(options, goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return fmt.Errorf("prepare to bring the tables up to date: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return told("bring the tables up to date", err)
	}
	return refuseNewer(ctx, provider)
}

// migrateQueue brings the tables of the queue of deliveries up to date, which are River's own. It takes no lock itself.
func migrateQueue(ctx context.Context, driver riverdriver.Driver[*sql.Tx]) error {
	quiet := slog.New(slog.DiscardHandler)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// refuseNewer keeps a release from writing to the tables of a later one.
func refuseNewer(ctx context.Context, provider *goose.Provider) error {
	now, known, err := provider.GetVersions(ctx)
	if err != nil {
		return told("ask for the version of the tables", err)
	}
	if now > known {
		return fmt.Errorf("the tables are of version %d, of a later release than this one, which knows %d: run that one", now, known)
	}
	return nil
}
