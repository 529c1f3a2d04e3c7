// Command test runs `go test` in the Go modules named as arguments and sums up:
//
//	go run ./hack/dev/test . hack/bench
//
// It runs with the race detector where there is a C compiler, shows the output of tests that fail, and at the end which packages
// took longest, what was skipped and why, and the names of what failed. With CI set to true nothing may be skipped, and the race
// detector must run.
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
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := flag.String("run", "", "only the tests that match, as for go test")
	packages := flag.String("packages", everything, "only these packages of each module")
	flag.Parse()
	tests := &tests{out: os.Stdout, continuous: os.Getenv("CI") == "true", only: *run, packages: strings.Fields(*packages)}
	if err := tests.run(ctx, flag.Args()); err != nil {
		fmt.Println("FAIL:", err)
		os.Exit(1)
	}
}

// everything are all packages of a module.
const everything = "./..."

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

// parallelPackages bounds how many packages are tested at a time: many start a control plane of 400 MB. It is one more than there
// are processors, since the longest wait for something half of the time.
const parallelPackages = 4

func atOnce() int { return min(runtime.NumCPU()+1, parallelPackages) }

// longest are the packages that take longest, in any module. They are begun with: whatever is left at the end then takes a few
// seconds, and no package goes on for minutes while nothing runs beside it.
var longest = []string{
	"operator", "api/mesh/delivery", "api/store", "hack/dev", "charts", "operator/placement", "policies", "api/casework",
}

// uninstrumented are packages of C that was translated to Go: SQLite, and what it needs of the C library. Its memory is not Go's,
// so that the race detector finds nothing in it, and makes it several times slower. The driver around it is watched as all else.
var uninstrumented = []string{"modernc.org/sqlite/lib", "modernc.org/libc/...", "modernc.org/memory"}

func (t *tests) arguments(module string, race bool) []string {
	arguments := []string{
		"test", "-json", "-timeout=20m", "-p=" + strconv.Itoa(atOnce()),
	}
	if race {
		arguments = append(arguments, "-race")
		for _, pattern := range uninstrumented {
			arguments = append(arguments, "-gcflags="+pattern+"=-race=false")
		}
	}
	if t.only != "" {
		arguments = append(arguments, "-run="+t.only)
	}
	return append(arguments, t.inOrder(module)...)
}

// inOrder are the packages to test, those that take longest first. What is named twice is tested once.
func (t *tests) inOrder(module string) (packages []string) {
	if slices.Contains(t.packages, everything) {
		for _, folder := range longest {
			if found, err := filepath.Glob(filepath.Join(module, folder, "*_test.go")); err == nil && len(found) > 0 {
				packages = append(packages, "./"+folder)
			}
		}
	}
	return append(packages, t.packages...)
}

func (t *tests) module(ctx context.Context, module string, race bool) error {
	cmd := exec.CommandContext(ctx, "go", t.arguments(module, race)...)
	cmd.Dir = module
	// By default a program that the race detector watches stands still for a second when it ends, and so does each child of a test.
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=100 "+os.Getenv("GORACE"))
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

// conclude prints which packages took longest, what was skipped and a last line in the manner of go test.
func (t *tests) conclude(failed bool, elapsed time.Duration) error {
	t.tally.slowest(t.out)
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
