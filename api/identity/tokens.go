package identity

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
)

// Bounds of a file of development tokens.
const (
	mostTokens    = 64
	shortestToken = 32
	longestToken  = 512
	mostFileBytes = 64 << 10
)

// ErrUnknownToken is a bearer token that nobody was given.
var ErrUnknownToken = errors.New("the bearer token is not known")

// ErrNotBearer is an Authorization header of another kind.
var ErrNotBearer = errors.New("the Authorization header is not a bearer token: send Authorization: Bearer <token>")

// DevelopmentToken is one entry of a file of tokens. Whoever has the token is the caller.
type DevelopmentToken struct {
	Token string `json:"token"`
	Role  Role   `json:"role"`
	// Partnership is for a Referrer, Commissioner or DataLead, and Partner for a Provider.
	Partnership string `json:"partnership,omitempty"`
	Partner     string `json:"partner,omitempty"`
}

// Tokens are the development tokens that are known. They never expire, so they are for trying things out on one machine.
type Tokens struct {
	// callers are kept by the hash of the token, so that looking one up takes as long for a near miss as for any other.
	callers map[[sha256.Size]byte]Caller
}

// ReadTokens reads a JSON file, {"tokens": [{"token", "role", "partnership" or "partner"}, …]}. The file must be readable by its
// owner only.
func ReadTokens(path string) (*Tokens, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read development tokens: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read development tokens: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("read development tokens: others than its owner can read %s: chmod 600 it", path)
	}
	return ParseTokens(file)
}

// ParseTokens reads tokens as [ReadTokens] does.
func ParseTokens(from io.Reader) (*Tokens, error) {
	decoder := json.NewDecoder(io.LimitReader(from, mostFileBytes))
	decoder.DisallowUnknownFields()
	var file struct {
		Tokens []DevelopmentToken `json:"tokens"`
	}
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("read development tokens (at most %d bytes of JSON): %w", mostFileBytes, withoutText(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read development tokens: there is more after the object {\"tokens\": […]}")
	}
	if len(file.Tokens) > mostTokens {
		return nil, fmt.Errorf("read development tokens: %d are too many, at most %d", len(file.Tokens), mostTokens)
	}
	t := &Tokens{callers: map[[sha256.Size]byte]Caller{}}
	for i, entry := range file.Tokens {
		if err := entry.check(); err != nil {
			return nil, fmt.Errorf("read development tokens: entry %d: %w", i+1, err)
		}
		hash := sha256.Sum256([]byte(entry.Token))
		if _, twice := t.callers[hash]; twice {
			return nil, fmt.Errorf("read development tokens: entry %d: its token is in the file twice", i+1)
		}
		t.callers[hash] = Caller{Role: entry.Role, Partnership: entry.Partnership, Partner: entry.Partner}
	}
	return t, nil
}

// withoutText keeps what the file holds out of an error: what is taken for the name of a field may be a token.
func withoutText(err error) error {
	if strings.Contains(err.Error(), "unknown field") {
		return errors.New("it has a field that is none of tokens, token, role, partnership and partner")
	}
	return err
}

// check never repeats the token.
func (d DevelopmentToken) check() error {
	if len(d.Token) < shortestToken || len(d.Token) > longestToken {
		return fmt.Errorf("a token has %d to %d characters", shortestToken, longestToken)
	}
	switch d.Role {
	case Referrer, Commissioner, DataLead:
		if d.Partnership == "" || d.Partner != "" {
			return fmt.Errorf("a %s has a partnership and no partner", d.Role)
		}
	case Provider:
		if d.Partner == "" || d.Partnership != "" {
			return errors.New("a Provider has a partner and no partnership")
		}
	case Public:
		return errors.New("name a role: the public needs no token")
	default:
		return fmt.Errorf("there is no such role: use %s, %s, %s or %s", Referrer, Commissioner, DataLead, Provider)
	}
	return nil
}

// OnlyThisMachine reports whether a host:port is a loopback address. Whoever reads a token that never expires could use it for
// ever, so such tokens are for one machine alone.
func OnlyThisMachine(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && address.IsLoopback())
}

// Caller returns who has the token. The error is ErrUnknownToken.
func (t *Tokens) Caller(token string) (Caller, error) {
	if t != nil {
		if c, ok := t.callers[sha256.Sum256([]byte(token))]; ok {
			return c, nil
		}
	}
	return Caller{}, ErrUnknownToken
}

// FromAuthorization returns who an Authorization header speaks for; the public if it is empty. The error is ErrUnknownToken or
// ErrNotBearer: a token that does not count is never taken for none.
func (t *Tokens) FromAuthorization(header string) (Caller, error) {
	if header == "" {
		return Caller{}, nil
	}
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return Caller{}, ErrNotBearer
	}
	return t.Caller(token)
}
