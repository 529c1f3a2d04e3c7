package storetest_test

import (
	"crypto/rand"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"lifeline.scot/api/store"
	"lifeline.scot/api/store/postgrestest"
	"lifeline.scot/api/store/storetest"
	"lifeline.scot/api/vault"
)

// Two stores, each with keys of its own, open two databases that were made one like the other.
func TestEachDatabaseTakesTheKeysOfItsStore(t *testing.T) {
	server, err := postgrestest.Start()
	server = postgrestest.Require(t, server, err)
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	for name, place := range map[string]func(t *testing.T) store.Options{
		"SQLite": func(t *testing.T) store.Options {
			path := filepath.Join(t.TempDir(), "a folder", "referrals.db")
			storetest.File(t, path)
			return store.Options{File: path}
		},
		"PostgreSQL": func(t *testing.T) store.Options { return store.Options{DatabaseURL: storetest.Database(t, server)} },
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				opened := open(t, place(t))
				if found, err := opened.Undelivered(t.Context(), 0, 1); err != nil || len(found) != 0 {
					t.Errorf("%v %v", found, err)
				}
			}
		})
	}
}

func open(t *testing.T, o store.Options) *store.Store {
	t.Helper()
	key, index, err := vault.OpenFolder(t.TempDir(), vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := note.GenerateKey(rand.Reader, "tests")
	if err != nil {
		t.Fatal(err)
	}
	if o.Signer, err = note.NewSigner(secret); err != nil {
		t.Fatal(err)
	}
	o.Vault, o.Index = vault.New(key), index
	opened, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return opened
}
