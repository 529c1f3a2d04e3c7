package decision

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"lifeline.scot/hack/bench/measure"
	"lifeline.scot/hack/cluster"
	"lifeline.scot/hack/cluster/process"
)

// server is `opa run --server`, which serves the rules on this machine alone.
type server struct {
	*process.Process

	url    string
	client *http.Client
}

const (
	startLimit = time.Minute
	stopGrace  = 5 * time.Second
)

// startOPA serves a copy of the rules, without their tests, made in folder.
func startOPA(ctx context.Context, root, folder string) (*server, error) {
	program, err := buildOPA(ctx, root)
	if err != nil {
		return nil, err
	}
	rules := filepath.Join(folder, "rules")
	if err := copyRules(filepath.Join(root, "policies", "sharing"), rules); err != nil {
		return nil, err
	}
	address, err := cluster.FreePort()
	if err != nil {
		return nil, fmt.Errorf("start OPA: %w", err)
	}
	child, err := process.Start(process.Program{
		Name: "opa", Path: program, Log: filepath.Join(folder, "opa.log"),
		Args: []string{"run", "--server", "--addr", address, "--log-level", "error", "--disable-telemetry", rules},
	})
	if err != nil {
		return nil, err
	}
	s := &server{child, "http://" + address, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := child.WaitFor(ctx, s.healthy); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// buildOPA is the path of the program, built from its pinned module.
func buildOPA(ctx context.Context, root string) (string, error) {
	command := exec.CommandContext(ctx, "go", "tool", "-n", "-modfile=hack/tools/opa/go.mod", "opa")
	command.Dir = root
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("build OPA: %w: %s", err, said.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
}

func copyRules(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return fmt.Errorf("copy the rules: %w", err)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return fmt.Errorf("copy the rules: %w", err)
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), "_test.rego") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(from, entry.Name()))
		if err != nil {
			return fmt.Errorf("copy the rules: %w", err)
		}
		if err := os.WriteFile(filepath.Join(to, entry.Name()), text, 0o600); err != nil {
			return fmt.Errorf("copy the rules: %w", err)
		}
	}
	return nil
}

func (s *server) healthy(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/health", http.NoBody)
	if err != nil {
		return err
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("opa is not ready: %s", answer.Status)
	}
	return nil
}

func (s *server) stop() error {
	s.client.CloseIdleConnections()
	return s.Stop(stopGrace)
}

// ask has a rule evaluated about an input, and reads the answer to its end without looking at it.
func (s *server) ask(ctx context.Context, rule string, body []byte) error {
	return measure.Post(ctx, s.client, s.url+"/v1/data/"+rule, body, func(answer io.Reader) error {
		n, err := io.Copy(io.Discard, answer)
		if err == nil && n == 0 {
			err = errors.New("opa answered nothing")
		}
		return err
	})
}

// decided is what the rules say in OPA.
type decided struct {
	Effect      string          `json:"effect"`
	Ground      string          `json:"ground"`
	Categories  map[string]bool `json:"categories"`
	Obligations []string        `json:"obligations"`
	Reasons     []string        `json:"reasons"`
}

func (s *server) decide(ctx context.Context, body []byte) (d decided, err error) {
	err = measure.Post(ctx, s.client, s.url+"/v1/data/sharing/decision", body, func(answer io.Reader) error {
		var got struct {
			Result *decided `json:"result"`
		}
		if err := json.NewDecoder(answer).Decode(&got); err != nil {
			return fmt.Errorf("read the answer of OPA: %w", err)
		}
		if got.Result == nil {
			return errors.New("opa knows no rule data.sharing.decision")
		}
		d = *got.Result
		return nil
	})
	return d, err
}
