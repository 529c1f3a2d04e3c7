package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/vault"
)

// shelf is a store in a folder, with one referral in it.
type shelf struct {
	file, keys       string
	referral, person string
}

func newShelf(t *testing.T) shelf {
	t.Helper()
	t.Setenv("DATABASE_URL", "")
	x := shelf{file: filepath.Join(t.TempDir(), "referrals.db"), keys: filepath.Join(t.TempDir(), "keys")}
	s := x.open(t, vault.Owned)
	made, err := s.Submit(t.Context(), store.Submission{
		Once: store.Once{Scope: "test", Key: "12345678"}, By: referral.Actor{ID: "u-1", Partner: "haven"}, Words: "hello",
		Submit: referral.Submit{Partnership: "moray", Target: "harbour", Urgency: referral.Routine, Route: referral.Direct},
		Told: referral.Told{
			Person: person.Person{Name: &person.Name{Chosen: "Sorcha"}}, Details: referral.Details{Reason: "support"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.State(t.Context(), made.Referral)
	if err != nil {
		t.Fatal(err)
	}
	x.referral, x.person = made.Referral, state.Person
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x shelf) open(t *testing.T, source vault.Source) *store.Store {
	t.Helper()
	key, index, err := vault.OpenFolder(x.keys, source)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := audit.OpenKey(filepath.Join(x.keys, audit.KeyFile), source)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{File: x.file, Vault: vault.New(key), Index: index, Signer: signer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// run carries out a command as it is written.
func (x shelf) run(t *testing.T, command string, more ...string) (exit int, output string) {
	t.Helper()
	var out bytes.Buffer
	args := append(strings.Fields(command), "--store", x.file, "--keys", x.keys)
	exit, ok := storeCommand(t.Context(), append(args, more...), &out, &out)
	if !ok {
		t.Fatalf("%s is no command", command)
	}
	return exit, out.String()
}

func (x shelf) readable(t *testing.T) bool {
	t.Helper()
	values, err := x.open(t, vault.Existing).Values(t.Context(), x.referral, record.FullName)
	return err == nil && string(values[record.FullName]) == `{"chosen":"Sorcha"}`
}

func TestKeysRotateAndNobodyIsLost(t *testing.T) {
	x := newShelf(t)
	before, err := os.ReadFile(filepath.Join(x.keys, vault.PeopleKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ command, says string }{
		{"keys rotate", "the keys of 1 of 1 people were wrapped anew"},
		{"keys rewrap", "the keys of 0 of 1 people"},
		{"keys drop", "dropped"},
		{"keys rotate --only index", "the blind index was written anew for 1 people"},
		{"keys add --only people", "a new key wraps"},
		{"keys rewrap --only people", "the keys of 1 of 1 people"},
	} {
		exit, output := x.run(t, step.command)
		if exit != storeDone || !strings.Contains(output, step.says) || !x.readable(t) {
			t.Errorf("%s: %d %s", step.command, exit, output)
		}
	}
	// With the keys of before nothing can be read.
	if err := os.WriteFile(filepath.Join(x.keys, vault.PeopleKeyFile), before, 0o600); err != nil {
		t.Fatal(err)
	}
	if exit, output := x.run(t, "keys rewrap"); exit != storeFailed || !strings.Contains(output, "not the one that this database") {
		t.Errorf("%d %s", exit, output)
	}
}

func TestAPersonIsErased(t *testing.T) {
	x := newShelf(t)
	for range 2 {
		exit, output := x.run(t, "person erase --by u-lead --reason Retention --person "+x.person)
		if exit != storeDone || !strings.Contains(output, "erased") || strings.Contains(output, x.person) {
			t.Errorf("%d %s", exit, output)
		}
	}
	if x.readable(t) {
		t.Error("they can still be read")
	}
	look := store.Look{By: audit.Actor{Subject: "u-auditor"}, Person: x.person}
	trail, err := x.open(t, vault.Existing).Trail(t.Context(), look, 0, 10)
	if err != nil || len(trail) != 2 || trail[0].What != audit.Erased || trail[0].By.Subject != "u-lead" {
		t.Errorf("%+v %v", trail, err)
	}
}

func TestCommandsThatCannotBeCarriedOut(t *testing.T) {
	x := newShelf(t)
	nowhere := filepath.Join(t.TempDir(), "none")
	for _, tc := range []struct{ command, says string }{
		{"keys", "api keys rotate"},
		{"keys burn", "api keys rotate"},
		{"keys rotate now", "unexpected argument"},
		{"keys rotate --only both", "people or index"},
		{"keys rotate --keys-from-secret", "change the Secret"},
		{"keys shut", "--keys-kms"},
		{"keys shut --keys-kms unix:///nowhere/kms.sock", "cannot be reached now"},
		{"keys rotate --keys-kms kms.sock", "unix:///run/kms/kms.sock"},
		{"person", "api person erase"},
		{"person erase", "say whom"},
		{"person erase --person Sorcha_Smith", "say whom"},
		{"person erase --person p-nobody00", "no such thing"},
		{"person erase --reason because --by u+1 --person " + x.person, "opaque name"},
	} {
		if exit, output := x.run(t, tc.command); exit != storeFailed || !strings.Contains(output, tc.says) {
			t.Errorf("%s: %d %s", tc.command, exit, output)
		}
	}
	for _, more := range [][]string{{"--store", nowhere}, {"--keys", nowhere}} {
		exit, output := x.run(t, "person erase --person "+x.person, more...)
		if exit != storeFailed || !strings.Contains(output, nowhere) {
			t.Errorf("%v: %d %s", more, exit, output)
		}
	}
	if _, err := os.Stat(nowhere); err == nil {
		t.Error("a command made a store, or keys")
	}
	if !x.readable(t) {
		t.Error("something was changed all the same")
	}
	if exit, ok := storeCommand(t.Context(), []string{"--listen", "127.0.0.1:0"}, nil, nil); ok {
		t.Error("flags of the server are taken for a command", exit)
	}
	if exit, output := x.run(t, "keys add --help"); exit != storeDone || !strings.Contains(output, "-only") {
		t.Errorf("%d %s", exit, output)
	}
}
