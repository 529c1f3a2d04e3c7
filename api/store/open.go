package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"golang.org/x/mod/sumdb/note"
	"k8s.io/utils/clock"
	"modernc.org/sqlite"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/store/statements"
	"lifeline.scot/api/vault"
)

// Options say where referrals are kept.
type Options struct {
	// DatabaseURL is a PostgreSQL address, as in DATABASE_URL. Empty: SQLite.
	DatabaseURL string
	// File is the SQLite file; it is made when it is missing. Not used with DatabaseURL.
	File  string
	Vault *vault.Vault
	Index *vault.Index
	// Signer signs checkpoints of the audit log; see audit.OpenKey.
	Signer note.Signer
	// Clock tells the time. Default: the real one.
	Clock clock.PassiveClock
	// Sending is called before each statement is sent, many at once: what is asked of the database can be counted by it. Default:
	// nobody is told.
	Sending func()
}

// Store keeps referrals.
type Store struct {
	write, read database
	engine      engine
	vault       *vault.Vault
	index       *vault.Index
	log         audit.Log
	clock       clock.PassiveClock
	carrier     atomic.Pointer[Carrier]
	connect     *pgx.ConnConfig // of PostgreSQL
	// grown is how many records the audit log had when something was last added here: it is only ever guessed by it what to ask.
	grown atomic.Int64
	// sending is called before each statement.
	sending func()
	// before is called before each statement of a change. Tests end the program there; nil otherwise.
	before func(doing string)
}

// engine is where PostgreSQL and SQLite differ.
type engine struct {
	name string
	// lockKey makes rows of person_keys that are read stay until the transaction ends.
	lockKey string
	// takeKey is the same for a row that is going to be replaced.
	takeKey string
	// lockPerson makes transactions that write the tags of one person take turns. Keys are always locked before people.
	lockPerson string
	// lockReferral makes transactions that count what belongs to one referral take turns.
	lockReferral string
	// lockTag makes transactions that look for one tag take turns; empty where there is one writer anyway.
	lockTag string
	// lockLog makes transactions that append to the audit log take turns, until each of them ends; empty where there is one writer.
	lockLog string
	// now is the time by the clock of the database, in milliseconds since 1970.
	now string
	// number follows a value in a list that would be taken for text.
	number string
	// snapshot is how a transaction begins that sees everything as it is at one moment.
	snapshot *sql.TxOptions
	// forget are statements after an erasure that make what was deleted harder to find in files.
	forget []string
	// emptyLog does so with what was written ahead, and says first whether something was in its way; empty where there is none.
	emptyLog string
}

var (
	postgresEngine = engine{
		name: "postgres", lockKey: " FOR SHARE", takeKey: " FOR UPDATE", lockPerson: " FOR NO KEY UPDATE",
		lockReferral: " FOR NO KEY UPDATE",
		lockTag:      "SELECT pg_advisory_xact_lock($1)", lockLog: "SELECT pg_advisory_xact_lock(1, 1)", // of two numbers: no tag's
		number:   "::bigint",
		now:      "(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
		snapshot: &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		forget:   []string{"VACUUM person_keys", "VACUUM consents", "VACUUM history"},
	}
	sqliteEngine = engine{
		name: "sqlite", now: "CAST(unixepoch('subsec') * 1000 AS INTEGER)", emptyLog: "PRAGMA wal_checkpoint(TRUNCATE)",
	}
)

// Bounds of what runs at once and how long it waits.
const (
	connections   = 16
	sqliteReaders = 8
	// mostPrepared is how many statements each connection of SQLite keeps prepared: the store and the queue have about as many.
	mostPrepared = 200
	busyTimeout  = 10 * time.Second
	openTimeout  = 2 * time.Minute
)

// Open opens the store, brings its tables up to date, and makes sure that the keys are those it was written with.
func Open(ctx context.Context, o Options) (*Store, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Sending == nil {
		o.Sending = func() {}
	}
	if o.Signer == nil {
		return nil, errors.New("the audit log needs a key to be signed with")
	}
	s := &Store{
		sending: o.Sending, vault: o.Vault, index: o.Index, log: audit.Log{Signer: o.Signer, Now: o.Clock.Now}, clock: o.Clock,
	}
	open := s.openSQLite
	from := o.File
	if o.DatabaseURL != "" {
		open, from = s.openPostgres, o.DatabaseURL
	}
	if err := open(ctx, from); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.checkKeys(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Engine is "sqlite" or "postgres".
func (s *Store) Engine() string { return s.engine.name }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return told("ask the store", s.read.PingContext(ctx))
}

// Close ends all connections.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []database{s.write, s.read} {
		if db.DB != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

func (s *Store) openPostgres(ctx context.Context, address string) error {
	config, err := postgresConfig(address)
	if err != nil {
		return err
	}
	s.engine, s.connect = postgresEngine, config
	s.write = database{stdlib.OpenDB(*config), s.sending}
	s.write.SetMaxOpenConns(connections)
	s.write.SetMaxIdleConns(connections)
	s.write.SetConnMaxIdleTime(5 * time.Minute)
	s.read = s.write
	return migratePostgres(ctx, s.write.DB)
}

func postgresConfig(address string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil { // it may quote the password
		return nil, errors.New("DATABASE_URL cannot be read: it looks like postgres://user:password@host:5432/name")
	}
	return config, nil
}

func (s *Store) openSQLite(ctx context.Context, file string) error {
	if file == "" {
		return errors.New("say where the SQLite file is, or set DATABASE_URL")
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("make the folder of the store: %w", err)
	}
	if err := ownFile(file); err != nil {
		return err
	}
	s.engine = sqliteEngine
	writes, err := openPrepared(sqliteAddress(file, false))
	if err != nil {
		return err
	}
	s.write = database{writes, s.sending}
	s.write.SetMaxOpenConns(1)
	if err := migrateSQLite(ctx, writes, file); err != nil {
		return err
	}
	reads, err := openPrepared(sqliteAddress(file, true))
	if err != nil {
		return err
	}
	s.read = database{reads, s.sending}
	s.read.SetMaxOpenConns(sqliteReaders)
	return nil
}

// openPrepared opens SQLite at an address, with statements that are not read and planned each time.
func openPrepared(address string) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(address)
	if err != nil {
		return nil, told("open the store", err)
	}
	return sql.OpenDB(statements.Kept(connector, mostPrepared)), nil
}

// ownFile makes the file before SQLite does, so that nobody but its owner may read it; its log takes over the mode.
func ownFile(file string) error {
	made, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make the file of the store: %w", err)
	}
	if err := made.Close(); err != nil {
		return fmt.Errorf("make the file of the store: %w", err)
	}
	return nil
}

func sqliteAddress(file string, readOnly bool) string {
	query := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "recursive_triggers(1)", "secure_delete(1)",
		"temp_store(2)", // in memory: what is sorted is never written to a file that nobody encrypts or deletes
	}}
	if readOnly {
		query["_pragma"] = append(query["_pragma"], "query_only(1)")
	} else {
		query.Set("_txlock", "immediate")
	}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + query.Encode()
}
