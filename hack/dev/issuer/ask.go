package issuer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"lifeline.scot/hack/dev/folder"
)

// access is what whoever may read the folder of a run needs to get tokens.
type access struct {
	Address string `json:"address"`
	Secret  string `json:"secret"`
}

func accessFile(dir string) string { return filepath.Join(dir, "development-issuer.json") }

// WriteAccess lets whoever may read a folder's files as their owner get tokens, until the issuer ends.
func (i *Issuer) WriteAccess(dir string) error {
	text, err := json.Marshal(access{i.address, i.secret})
	if err != nil {
		return fmt.Errorf("write access to the issuer: %w", err)
	}
	if err := folder.WritePrivate(accessFile(dir), text); err != nil {
		return fmt.Errorf("write access to the issuer: %w", err)
	}
	return nil
}

var errNotUp = errors.New("make run is not up, or listens where others could reach it: start it first")

// Token gets a token for the person with a role, or with a part in people's care, from the issuer of the run in a folder.
func Token(ctx context.Context, dir, role string) (string, error) {
	p, ok := inRole(role)
	if !ok {
		var roles []string
		for _, p := range people() {
			roles = append(roles, p.called())
		}
		return "", fmt.Errorf("there is no role %q: use ROLE=%s", role, strings.Join(roles, ", or ROLE="))
	}
	text, err := os.ReadFile(accessFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return "", errNotUp
	}
	if err != nil {
		return "", fmt.Errorf("read access to the issuer: %w", err)
	}
	var to access
	if err := json.Unmarshal(text, &to); err != nil {
		return "", fmt.Errorf("read access to the issuer: %w", err)
	}
	return to.ask(ctx, p)
}

// ask sends what RFC 6749, section 4.3.2, says, without a password: there are none.
func (a access) ask(ctx context.Context, p person) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	form := url.Values{"grant_type": {"password"}, "username": {p.username}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Address+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("ask the issuer: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(p.client, a.Secret)
	response, err := http.DefaultClient.Do(request)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "", errNotUp
	}
	if err != nil {
		return "", fmt.Errorf("ask the issuer: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	var answer struct {
		granted
		failure
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&answer); err != nil {
		return "", fmt.Errorf("ask the issuer: it answers %s", response.Status)
	}
	if response.StatusCode != http.StatusOK || answer.Token == "" {
		return "", fmt.Errorf("ask the issuer: it answers %s: %s", response.Status, answer.Description)
	}
	return answer.Token, nil
}
