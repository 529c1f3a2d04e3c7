package tokens

import (
	"os"
	"testing"

	"lifeline.scot/api/identity"
)

func TestEachRoleHasATokenThatTheAPIKnows(t *testing.T) {
	dir := t.TempDir()
	if err := Ensure(dir); err != nil {
		t.Fatal(err)
	}
	known, err := identity.ReadTokens(File(dir))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]identity.Caller{
		"commissioner": {Role: identity.Commissioner, Partnership: partnership},
		"Referrer":     {Role: identity.Referrer, Partnership: partnership},
		"data-lead":    {Role: identity.DataLead, Partnership: partnership},
		"provider":     {Role: identity.Provider, Partner: provider},
	} {
		token, err := Find(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := known.Caller(token); err != nil || got != want {
			t.Errorf("%s is %v, %v; want %v", name, got, err, want)
		}
	}
	if _, err := Find(dir, "nobody"); err == nil {
		t.Error("there is a token for nobody")
	}
}

func TestTokensAreKeptFromOneStartToTheNext(t *testing.T) {
	dir := t.TempDir()
	var before string
	for range 2 {
		if err := Ensure(dir); err != nil {
			t.Fatal(err)
		}
		token, err := Find(dir, "provider")
		if err != nil || (before != "" && token != before) {
			t.Fatalf("the token changed, or %v", err)
		}
		before = token
	}
	info, err := os.Stat(File(dir))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file can be read by others: %v %v", info.Mode(), err)
	}
}

func TestBeforeTheFirstStartThereAreNoTokens(t *testing.T) {
	if _, err := Find(t.TempDir(), "provider"); err == nil {
		t.Error("found one")
	}
}
