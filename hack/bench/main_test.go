package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lifeline.scot/hack/bench/measure"
	"lifeline.scot/hack/bench/pagequery"
)

// TestMain lets the test's own program be the servers of pagequery.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == pagequery.ServeCommand {
		if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestAShortRunPrintsATableAndWritesJSON(t *testing.T) {
	var table strings.Builder
	path := filepath.Join(t.TempDir(), "results.json")
	args := []string{"-short", "-only=pagequery", "-services=200", "-rounds=1", "-round=200ms", "-out=" + path}
	if err := run(t.Context(), args, &table, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(table.String(), "200 services in memory") || !strings.Contains(table.String(), "| ratio |") {
		t.Errorf("the table does not say what was measured on what:\n%s", &table)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var results measure.Results
	if err := json.Unmarshal(text, &results); err != nil {
		t.Fatal(err)
	}
	if len(results.Rows) != strings.Count(table.String(), "| gqlgen |") {
		t.Errorf("the file has %d rows, the table differs:\n%s", len(results.Rows), &table)
	}
}

func TestAFailureIsAnErrorAndNoNumber(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	var table strings.Builder
	err := run(t.Context(), []string{"-only=pagequery", "-services=-1", "-out=" + path}, &table, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "pagequery") {
		t.Errorf("got error %v, want one that names the benchmark", err)
	}
	if table.Len() > 0 {
		t.Errorf("printed a table:\n%s", &table)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("wrote results")
	}
}

func TestFlagsPickBenchmarksAndSizes(t *testing.T) {
	s, err := parse([]string{"-short", "-only=footprint,freshness", "-services=7"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.only, " "); got != "footprint freshness" {
		t.Errorf("picked %s", got)
	}
	if s.services != 7 || s.pools != shortScale().pools {
		t.Errorf("%d services and %d pools, want 7 and those of a short run", s.services, s.pools)
	}
	if _, err := parse([]string{"-only=speed"}, io.Discard); err == nil || !strings.Contains(err.Error(), "pagequery") {
		t.Errorf("an unknown benchmark: %v, want an error that names the known ones", err)
	}
}
