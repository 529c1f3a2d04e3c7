// Command test runs `go test` in the Go modules named as arguments and sums up:
//
//	go run ./hack/dev/test . hack/bench
//
// It runs with the race detector where there is a C compiler, shows the output of tests that fail, and at the end what was
// skipped and why. With CI set to true nothing may be skipped, and the race detector must run.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := flag.String("run", "", "only the tests that match, as for go test")
	packages := flag.String("packages", "./...", "only these packages of each module")
	flag.Parse()
	tests := &tests{out: os.Stdout, continuous: os.Getenv("CI") == "true", only: *run, packages: strings.Fields(*packages)}
	if err := tests.run(ctx, flag.Args()); err != nil {
		fmt.Println("FAIL:", err)
		os.Exit(1)
	}
}

// tests is a run over some modules.
type tests struct {
	out        io.Writer
	continuous bool // continuous integration: nothing may be left out
	only       string
	packages   []string
	tally      tally
}

func (t *tests) run(ctx context.Context, modules []string) error {
	started := time.Now()
	race, err := t.race(ctx)
	if err != nil {
		return err
	}
	failed := false
	for _, module := range modules {
		if err := t.module(ctx, module, race); err != nil {
			fmt.Fprintf(t.out, "go test in %s: %v\n", module, err)
			failed = true
		}
	}
	return t.conclude(failed || ctx.Err() != nil, time.Since(started))
}

// race tells whether the race detector can run, which takes a C compiler.
func (t *tests) race(ctx context.Context) (bool, error) {
	compiler, err := exec.CommandContext(ctx, "go", "env", "CC").Output()
	if err != nil {
		return false, fmt.Errorf("go env CC: %w", err)
	}
	name, _, _ := strings.Cut(strings.TrimSpace(string(compiler)), " ")
	if _, err := exec.LookPath(name); err == nil {
		return true, nil
	}
	if t.continuous {
		return false, fmt.Errorf("there is no C compiler (%s), so the race detector cannot run", name)
	}
	fmt.Fprintf(t.out, "without the race detector: there is no C compiler (%s)\n", name)
	return false, nil
}

// parallelPackages bounds how many packages are tested at a time: many start a control plane of 400 MB.
const parallelPackages = 4

func (t *tests) arguments(race bool) []string {
	arguments := []string{
		"test", "-json", "-timeout=20m", "-p=" + strconv.Itoa(min(runtime.NumCPU(), parallelPackages)),
	}
	if race {
		arguments = append(arguments, "-race")
	}
	if t.only != "" {
		arguments = append(arguments, "-run="+t.only)
	}
	return append(arguments, t.packages...)
}

func (t *tests) module(ctx context.Context, module string, race bool) error {
	cmd := exec.CommandContext(ctx, "go", t.arguments(race)...)
	cmd.Dir = module
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	output, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		t.tally.take(t.out, lines.Bytes())
	}
	return errors.Join(lines.Err(), cmd.Wait())
}

// conclude prints what was skipped and a last line in the manner of go test.
func (t *tests) conclude(failed bool, elapsed time.Duration) error {
	if n := len(t.tally.skipped); n > 0 {
		fmt.Fprintf(t.out, "\nskipped, and why:\n")
		for _, s := range t.tally.skipped {
			fmt.Fprintf(t.out, "  %s %s: %s\n", s.Package, s.Test, s.reason)
		}
	}
	sum := fmt.Sprintf("%d tests passed, %d failed, %d skipped, in %d packages",
		t.tally.passed, len(t.tally.failed), len(t.tally.skipped), t.tally.packages)
	for _, name := range t.tally.failed {
		fmt.Fprintln(t.out, "--- FAIL:", name)
	}
	switch {
	case failed || len(t.tally.failed) > 0:
		return errors.New(sum)
	case t.continuous && len(t.tally.skipped) > 0:
		return errors.New(sum + "; nothing may be skipped here")
	case t.tally.passed == 0:
		return errors.New("no test ran")
	}
	fmt.Fprintf(t.out, "\nPASS\nok  \tlifeline.scot\t%.1fs\t%s\n", elapsed.Seconds(), sum)
	return nil
}
