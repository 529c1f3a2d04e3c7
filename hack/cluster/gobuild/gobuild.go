// Package gobuild builds Go programs with a word on how far it is, and puts them in place only when they are whole.
package gobuild

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// Target is one program to build.
type Target struct {
	// Title starts each line of progress, for example "building etcd (1 of 3)".
	Title string
	// Module is the folder to build in, Package the package there, for example "./etcd".
	Module, Package string
	// Output is the path of the executable. It is replaced in one step, when the build has succeeded.
	Output string
	// Flags for `go build`.
	Flags []string
}

// State is how far a build is.
type State struct {
	// Title of the target.
	Title string
	// Downloaded is the number of modules fetched so far.
	Downloaded int
	// Built is the number of packages compiled so far, Packages how many the target is made of; 0 while that is counted.
	// Packages that were built before are not built again, so a build may end early.
	Built, Packages int
	// Elapsed is the time since the start of the build.
	Elapsed time.Duration
	// Ended is set in the last state of a build.
	Ended bool
}

// Progress is told the state of a build each second and at its end.
type Progress func(State)

// Tool is the path of the Go command.
func Tool() (string, error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return "", errors.New("the go command is missing from PATH; see https://go.dev/doc/install")
	}
	return tool, nil
}

// Build builds the target without cgo, so that no C compiler is needed.
func Build(ctx context.Context, t Target, progress Progress) error {
	tool, err := Tool()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(t.Output), 0o755); err != nil {
		return fmt.Errorf("%s: %w", t.Title, err)
	}
	unfinished := fmt.Sprintf("%s.unfinished-%d", t.Output, os.Getpid())
	defer func() { _ = os.Remove(unfinished) }() // gone already when all went well
	started := time.Now()
	watch := &watch{target: t, progress: progress, started: started}
	arguments := append([]string{"build", "-v", "-o", unfinished}, t.Flags...)
	said, err := watch.run(ctx, command(ctx, tool, t, append(arguments, t.Package)...), func() int { return count(ctx, tool, t) })
	if err != nil {
		return explain(t, said, err)
	}
	if err := os.Rename(unfinished, t.Output); err != nil {
		return fmt.Errorf("%s: %w", t.Title, err)
	}
	return nil
}

func command(ctx context.Context, tool string, t Target, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, tool, arguments...)
	cmd.Dir = t.Module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	cmd.SysProcAttr = attributes()
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// count is the number of packages the target is made of, or 0 when that cannot be told; the build will say why.
func count(ctx context.Context, tool string, t Target) int {
	list, err := command(ctx, tool, t, "list", "-deps", t.Package).Output()
	if err != nil {
		return 0
	}
	return strings.Count(string(list), "\n")
}

// watch follows one build.
type watch struct {
	target   Target
	progress Progress
	started  time.Time

	downloaded, built, packages atomic.Int64
}

// run runs the build and returns what it said that was not the name of a package.
func (w *watch) run(ctx context.Context, build *exec.Cmd, count func() int) ([]string, error) {
	output, err := build.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := build.Start(); err != nil {
		return nil, err
	}
	stop := make(chan struct{})
	told := make(chan struct{})
	go func() { defer close(told); w.tell(stop) }()
	go func() { w.packages.Store(int64(count())) }()
	said := w.follow(output)
	err = build.Wait()
	close(stop)
	<-told
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return said, err
}

func (w *watch) tell(stop <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ended := false; !ended; {
		select {
		case <-tick.C:
		case <-stop:
			ended = true
		}
		w.progress(State{
			Title:      w.target.Title,
			Downloaded: int(w.downloaded.Load()),
			Built:      int(w.built.Load()),
			Packages:   int(w.packages.Load()),
			Elapsed:    time.Since(w.started),
			Ended:      ended,
		})
	}
}

func (w *watch) follow(output io.Reader) (said []string) {
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		switch line := lines.Text(); {
		case isPackage(line):
			w.built.Add(1)
		case strings.HasPrefix(line, "go: downloading "):
			w.downloaded.Add(1)
		default:
			said = append(said, line)
		}
	}
	return said
}

// isPackage tells the lines of `go build -v` that name a package from those that complain.
func isPackage(line string) bool { return line != "" && !strings.ContainsAny(line, " :\t") }

// saidLines is how many lines of the compiler's complaint are shown.
const saidLines = 20

func explain(t Target, said []string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	text := strings.Join(said[:min(len(said), saidLines)], "\n  ")
	if strings.Contains(text, "no space left on device") {
		return fmt.Errorf("%s: the disk is full (no space left on device); the Go build cache needs about 3 GB "+
			"(`go env GOCACHE`)", t.Title)
	}
	return fmt.Errorf("%s: %w\n  %s", t.Title, err, text)
}
