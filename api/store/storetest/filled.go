// Package storetest makes databases for tests in which the tables are there already: to make them takes longer than most tests
// do.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"lifeline.scot/api/store"
	"lifeline.scot/api/store/postgrestest"
	"lifeline.scot/api/vault"
)

// Database makes a database of PostgreSQL for a test, with the tables of a store and nothing in them, and returns its address.
func Database(t testing.TB, server *postgrestest.Server) string {
	t.Helper()
	return server.Copy(t, func(ctx context.Context, address string) error {
		return fill(ctx, store.Options{DatabaseURL: address}, "pgx", address)
	})
}

// File makes a SQLite file with the tables of a store and nothing in them, and the folder for it.
func File(t testing.TB, path string) {
	t.Helper()
	content, err := filled()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// filled is the content of such a file.
var filled = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "store")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "referrals.db")
	address := "file:" + (&url.URL{Path: path}).EscapedPath()
	if err := fill(context.Background(), store.Options{File: path}, "sqlite", address); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// fill has a store make its tables, and forgets which keys that store had.
func fill(ctx context.Context, o store.Options, driver, address string) (err error) {
	keys, err := os.MkdirTemp("", "keys")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(keys)) }()
	key, index, err := vault.OpenFolder(keys, vault.Owned)
	if err != nil {
		return err
	}
	secret, _, err := note.GenerateKey(rand.Reader, "tests")
	if err != nil {
		return err
	}
	if o.Signer, err = note.NewSigner(secret); err != nil {
		return err
	}
	o.Vault, o.Index = vault.New(key), index
	made, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	if err := made.Close(); err != nil {
		return err
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }() // of SQLite, that writes what was written ahead to the file
	if _, err := db.ExecContext(ctx, "DELETE FROM key_check"); err != nil {
		return fmt.Errorf("forget the keys: %w", err)
	}
	return nil
}
