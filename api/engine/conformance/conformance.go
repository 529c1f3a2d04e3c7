// Package conformance asks other implementations of GraphQL what they think of a server: the audits of the npm package
// graphql-http, graphql-js reading and validating the schema, and the clients of graphql-sse and graphql-ws. It needs Node
// and, once, `npm ci` in its folder.
package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience is how long one run of Node may take.
const patience = 2 * time.Minute

// Audit runs all audits of GraphQL over HTTP against endpoint, a URL whose path must be /graphql. Each that does not
// pass fails the test, those that are optional (MAY) too: no server of this project needs an exception.
func Audit(t testing.TB, endpoint string) {
	t.Helper()
	var audits []struct{ ID, Name, Status, Reason string }
	run(t, &audits, "", "audit.mjs", endpoint)
	for _, audit := range audits {
		if audit.Status != "ok" {
			t.Errorf("%s %s: %s %s", audit.ID, audit.Name, audit.Status, audit.Reason)
		}
	}
	const known = 61
	if len(audits) < known {
		t.Errorf("%d audits ran, want %d", len(audits), known)
	}
}

// CheckSchema reads the schema at endpoint by introspection with each set of options that graphql-js has, validates
// it, and compares it with sdl: the same types, descriptions, defaults and order.
func CheckSchema(t testing.TB, endpoint, sdl string) {
	t.Helper()
	var problems []string
	run(t, &problems, sdl, "schema.mjs", endpoint)
	for _, problem := range problems {
		t.Error(problem)
	}
}

// Operation is an operation and what it leads to.
type Operation struct {
	Query string `json:"query"`
	// Results are what it leads to, in order: the data of an answer, or the codes of its errors as a list.
	Results []any `json:"results"`
	// Most is after how many results the client cancels it; 0 for never.
	Most int `json:"most,omitempty"`
}

// Operations are what the reference clients of streams ask.
type Operations struct {
	// Token is what they say who they are with: in the header Authorization, or as the parameter authorization.
	Token string `json:"token"`
	// Plain are any operations; the first must be a subscription that ends.
	Plain []Operation `json:"plain"`
	// Endless is a subscription that leads to its results, and then waits for ever.
	Endless Operation `json:"endless"`
	// Cutting is the endpoint of a server that lets streams last for a moment only.
	Cutting string `json:"cutting"`
}

// Streams asks a server with the clients of graphql-sse and graphql-ws: they follow, cancel, are cut and come again, keep alive,
// and are turned away without the token.
func Streams(t testing.TB, endpoint string, asked Operations) {
	t.Helper()
	input, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	var problems []string
	run(t, &problems, string(input), "streams.mjs", endpoint)
	for _, problem := range problems {
		t.Error(problem)
	}
}

// run executes a script of this folder and decodes what it writes.
func run(t testing.TB, result any, input, script, endpoint string) {
	t.Helper()
	folder := Folder(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, "node", filepath.Join(folder, script), endpoint)
	command.Dir = folder
	command.Stdin = strings.NewReader(input)
	var output, problems bytes.Buffer
	command.Stdout, command.Stderr = &output, &problems
	if err := command.Run(); err != nil {
		t.Fatalf("running %s: %v\n%s", script, err, problems.String())
	}
	if err := json.Unmarshal(output.Bytes(), result); err != nil {
		t.Fatalf("reading the answer of %s: %v\n%s", script, err, output.String())
	}
}

// Folder is where the scripts are. Without Node or its packages it skips the test, but in CI (CI=true) it fails it.
func Folder(t testing.TB) string {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	folder := filepath.Dir(file)
	Require(t, folder)
	return folder
}

// Require skips the test, or fails it in CI, unless there are Node and the packages that folder's package.json names.
func Require(t testing.TB, folder string) {
	t.Helper()
	missing := ""
	if _, err := exec.LookPath("node"); err != nil {
		missing = "Node is not installed"
	} else if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		missing = "run `npm ci` in " + folder
	}
	switch {
	case missing == "":
	case os.Getenv("CI") == "true":
		t.Fatal(missing)
	default:
		t.Skip(missing)
	}
}
