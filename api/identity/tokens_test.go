package identity_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lifeline.scot/api/identity"
)

const (
	token = "a-secret-token-of-thirty-two-characters"
	other = "another-secret-token-of-enough-characters"
)

// entries is a file of tokens.
func entries(texts ...string) string { return `{"tokens":[` + strings.Join(texts, ",") + `]}` }

func entry(token, rest string) string { return fmt.Sprintf(`{"token":%q,%s}`, token, rest) }

func TestTokens(t *testing.T) {
	tokens, err := identity.ParseTokens(strings.NewReader(entries(
		entry(token, `"role":"Commissioner","partnership":"moray"`),
		entry(other, `"role":"Provider","partner":"harbour"`),
	)))
	if err != nil {
		t.Fatal(err)
	}
	moray := identity.Caller{Role: identity.Commissioner, Partnership: "moray"}
	for header, want := range map[string]struct {
		caller identity.Caller
		err    error
	}{
		"":                                 {identity.Caller{}, nil},
		"Bearer " + token:                  {moray, nil},
		"bearer " + token:                  {moray, nil},
		"Bearer " + other:                  {identity.Caller{Role: identity.Provider, Partner: "harbour"}, nil},
		"Bearer " + token + "x":            {identity.Caller{}, identity.ErrUnknownToken},
		"Bearer " + token[1:]:              {identity.Caller{}, identity.ErrUnknownToken},
		"Bearer  " + token:                 {identity.Caller{}, identity.ErrUnknownToken},
		"Bearer x, Bearer " + other:        {identity.Caller{}, identity.ErrUnknownToken},
		"Bearer " + strings.ToUpper(token): {identity.Caller{}, identity.ErrUnknownToken},
		"Bearer ":                          {identity.Caller{}, identity.ErrNotBearer},
		"Bearer":                           {identity.Caller{}, identity.ErrNotBearer},
		" ":                                {identity.Caller{}, identity.ErrNotBearer},
		token:                              {identity.Caller{}, identity.ErrNotBearer},
		"Basic " + token:                   {identity.Caller{}, identity.ErrNotBearer},
		"Bearer\t" + token:                 {identity.Caller{}, identity.ErrNotBearer},
	} {
		got, err := tokens.FromAuthorization(header)
		if got != want.caller || !errors.Is(err, want.err) {
			t.Errorf("%q: %+v, %v", header, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error has the token in it: %v", err)
		}
	}
	var none *identity.Tokens
	if _, err := none.FromAuthorization("Bearer " + token); !errors.Is(err, identity.ErrUnknownToken) {
		t.Errorf("without a file: %v", err)
	}
	if c, err := none.FromAuthorization(""); err != nil || c.Known() {
		t.Errorf("without a file, the public: %+v %v", c, err)
	}
}

func TestFilesOfTokensThatAreNotTaken(t *testing.T) {
	many := make([]string, 65)
	for i := range many {
		many[i] = entry(fmt.Sprintf("%s-%d", token, i), `"role":"Referrer","partnership":"moray"`)
	}
	for name, tc := range map[string]struct{ text, says string }{
		"nothing":                       {"", "EOF"},
		"no JSON":                       {token, "invalid character"},
		"a name that is too long":       {entries(entry(token, `"role":"Referrer","partnership":"`+strings.Repeat("m", 1<<16)+`"`)), "at most 65536 bytes"},
		"more behind it":                {entries() + entries(), "more after"},
		"too many":                      {entries(many...), "at most 64"},
		"an unknown field":              {entries(entry(token, `"role":"Referrer","partnership":"moray","expires":"never"`)), "has a field that is none of"},
		"a token for a field":           {`{"` + token + `":"Referrer"}`, "has a field that is none of"},
		"a token for a role":            {entries(entry(other, `"role":"`+token+`"`)), "no such role"},
		"a number for a token":          {entries(`{"token":5,"role":"Referrer"}`), "cannot unmarshal number"},
		"a token that is too short":     {entries(entry(token[:31], `"role":"Referrer","partnership":"moray"`)), "32 to 512"},
		"a token that is too long":      {entries(entry(strings.Repeat("x", 513), `"role":"Referrer","partnership":"moray"`)), "32 to 512"},
		"no token":                      {entries(`{"role":"Referrer","partnership":"moray"}`), "32 to 512"},
		"a token twice":                 {entries(entry(token, `"role":"Referrer","partnership":"moray"`), entry(token, `"role":"DataLead","partnership":"moray"`)), "entry 2: its token is in the file twice"},
		"no role":                       {entries(entry(token, `"partnership":"moray"`)), "the public needs no token"},
		"an unheard-of role":            {entries(entry(token, `"role":"Admin","partnership":"moray"`)), "no such role"},
		"a role in small letters":       {entries(entry(token, `"role":"referrer","partnership":"moray"`)), "no such role"},
		"a referrer of no ADP":          {entries(entry(token, `"role":"Referrer"`)), "a Referrer has a partnership"},
		"a commissioner with a partner": {entries(entry(token, `"role":"Commissioner","partnership":"moray","partner":"harbour"`)), "no partner"},
		"a provider of no organisation": {entries(entry(token, `"role":"Provider"`)), "has a partner"},
		"a provider with an ADP":        {entries(entry(token, `"role":"Provider","partner":"harbour","partnership":"moray"`)), "no partnership"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := identity.ParseTokens(strings.NewReader(tc.text))
			if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%v, want %q", err, tc.says)
			}
			if strings.Contains(err.Error(), token) || strings.Contains(err.Error(), token[:31]) {
				t.Errorf("the error has the token in it: %v", err)
			}
		})
	}
}

func TestAFileOfTokensIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	text := entries(entry(token, `"role":"DataLead","partnership":"moray"`))
	for mode, taken := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o620: false, 0o601: false, 0o666: false} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		tokens, err := identity.ReadTokens(path)
		if (err == nil) != taken {
			t.Errorf("%o: %v", mode, err)
		}
		if !taken {
			if err == nil || !strings.Contains(err.Error(), "chmod 600") {
				t.Errorf("%o: %v", mode, err)
			}
			continue
		}
		if c, err := tokens.Caller(token); err != nil || c.Role != identity.DataLead {
			t.Errorf("%o: %+v %v", mode, c, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := identity.ReadTokens(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestOnlyThisMachine(t *testing.T) {
	for listen, want := range map[string]bool{
		"127.0.0.1:8080": true, "127.9.9.9:1": true, "[::1]:8080": true, "localhost:8080": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:8080": false, "192.0.2.1:80": false, "127.0.0.1": false,
		"localhost.example.org:80": false, "127.0.0.1.example.org:80": false, "": false,
	} {
		if got := identity.OnlyThisMachine(listen); got != want {
			t.Errorf("%q: %t", listen, got)
		}
	}
}

func TestTheContextSaysWhoAsks(t *testing.T) {
	if c := identity.From(t.Context()); c.Known() {
		t.Errorf("%+v", c)
	}
	is := identity.Caller{Role: identity.Provider, Partner: "harbour"}
	if c := identity.From(identity.With(t.Context(), is)); c != is {
		t.Errorf("%+v", c)
	}
}
