// Package tokens makes the bearer tokens with which `make run` can be tried in each role.
package tokens

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lifeline.scot/api/identity"
)

// Who the roles are, in the Scottish data: an ADP, and an organisation that runs places its people can be placed in.
const (
	partnership = "glasgow-city"
	provider    = "phoenix-futures"
)

// File is where the tokens of a run are kept, in its folder.
func File(dir string) string { return filepath.Join(dir, "development-tokens.json") }

type file struct {
	Tokens []identity.DevelopmentToken `json:"tokens"`
}

// Ensure makes a token for each role, readable by their owner only, unless there are some already.
func Ensure(dir string) error {
	path := File(dir)
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var made file
	for _, role := range []identity.Role{identity.Referrer, identity.Commissioner, identity.DataLead} {
		made.Tokens = append(made.Tokens, identity.DevelopmentToken{Token: secret(), Role: role, Partnership: partnership})
	}
	made.Tokens = append(made.Tokens, identity.DevelopmentToken{Token: secret(), Role: identity.Provider, Partner: provider})
	text, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return fmt.Errorf("write development tokens: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write development tokens: %w", err)
	}
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return fmt.Errorf("write development tokens: %w", err)
	}
	return os.Rename(path+".new", path)
}

// MayBeUsed reports whether an address can be reached from this machine alone: only there does the API take such tokens.
func MayBeUsed(listen string) bool { return identity.OnlyThisMachine(listen) }

// secret has 260 bits of randomness.
func secret() string { return rand.Text() + rand.Text() }

// Find returns the token of a role, whose name may be written in small letters and with dashes.
func Find(dir, role string) (string, error) {
	text, err := os.ReadFile(File(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return "", errors.New("there are no tokens yet: start `make run` first")
	}
	if err != nil {
		return "", fmt.Errorf("read development tokens: %w", err)
	}
	var known file
	if err := json.Unmarshal(text, &known); err != nil {
		return "", fmt.Errorf("read development tokens: %w", err)
	}
	var roles []string
	for _, entry := range known.Tokens {
		if strings.EqualFold(string(entry.Role), strings.ReplaceAll(role, "-", "")) {
			return entry.Token, nil
		}
		roles = append(roles, strings.ToLower(string(entry.Role)))
	}
	return "", fmt.Errorf("there is no role %q: use ROLE=%s", role, strings.Join(roles, ", or ROLE="))
}
