package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"lifeline.scot/policies"
)

// What `api policy` exits with.
const (
	exitDecided   = 0
	exitUndecided = 2 // it could not read the file, or not ask the rules
)

// policyCommand replays decisions about sharing, without a cluster.
func policyCommand(ctx context.Context, args []string, out, complaints io.Writer) int {
	flags := flag.NewFlagSet("api policy decide", flag.ContinueOnError)
	flags.SetOutput(complaints)
	file := flags.String("scenarios", "", "file of scenarios as policies/testdata/scenarios.json; - is standard input")
	if len(args) == 0 || args[0] != "decide" {
		fmt.Fprintln(complaints, "api policy: say what to do: api policy decide --scenarios FILE")
		return exitUndecided
	}
	if err := flags.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitDecided
		}
		return exitUndecided
	}
	if flags.NArg() > 0 || *file == "" {
		fmt.Fprintln(complaints, "api policy decide: takes --scenarios FILE and nothing else")
		return exitUndecided
	}
	if err := decideScenarios(ctx, *file, out, complaints); err != nil {
		fmt.Fprintln(complaints, "api policy decide:", err)
		return exitUndecided
	}
	return exitDecided
}

// decideScenarios writes the decisions about a file of scenarios, one a line, in its order. What is wrong with a request that
// cannot be read is said to complaints; the request is denied.
func decideScenarios(ctx context.Context, file string, out, complaints io.Writer) error {
	scenarios, err := openScenarios(file)
	if err != nil {
		return err
	}
	for i, s := range scenarios.All {
		if s.Err != nil {
			fmt.Fprintf(complaints, "scenario %d %q is denied, because it cannot be read: %v\n", i+1, s.ID, s.Err)
		}
	}
	engine, err := policies.New(ctx, policies.Limit(time.Minute)) // nobody waits for it in a browser
	if err != nil {
		return err
	}
	answers, err := engine.Replay(ctx, scenarios)
	if err != nil {
		return err
	}
	return writeAnswers(out, answers)
}

func openScenarios(file string) (*policies.Scenarios, error) {
	if file == "-" {
		return policies.ReadScenarios(os.Stdin)
	}
	opened, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	scenarios, err := policies.ReadScenarios(opened)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return scenarios, nil
}

func writeAnswers(out io.Writer, answers []policies.Answer) error {
	var text bytes.Buffer
	for i, answer := range answers {
		line, err := json.Marshal(answer)
		if err != nil {
			return fmt.Errorf("write decision %d: %w", i+1, err)
		}
		if i > 0 {
			text.WriteString(",\n ")
		}
		text.Write(line)
	}
	if _, err := fmt.Fprintf(out, "[%s]\n", text.String()); err != nil {
		return fmt.Errorf("write decisions: %w", err)
	}
	return nil
}
