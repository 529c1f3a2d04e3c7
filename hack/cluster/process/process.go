// Package process runs a program as a child that never outlives its parent, with its output in a log file.
package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Program is what to run.
type Program struct {
	// Name is what messages call it, for example "etcd".
	Name string
	// Path of the executable, and its arguments without the name.
	Path string
	Args []string
	// Env is added to the environment of the parent.
	Env []string
	// Log is the file that output is appended to; its folder must exist.
	Log string
}

// Process is a program that runs, or has run.
type Process struct {
	program Program
	pid     int
	log     int64 // where in the log file this run begins
	done    chan struct{}
	err     error // how it ended; read only after done is closed
}

// Start runs the program in a process group of its own, so that a Ctrl-C at the terminal reaches the parent alone, which
// then ends its children in order. On Linux the kernel kills the child if the parent dies in any way.
func Start(p Program) (*Process, error) {
	if err := executable(p); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", p.Name, err)
	}
	at, err := log.Seek(0, 2)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("log of %s: %w", p.Name, err), log.Close())
	}
	process := &Process{program: p, log: at, done: make(chan struct{})}
	started := make(chan error)
	go process.run(log, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Name, err)
	}
	return process, nil
}

func executable(p Program) error {
	info, err := os.Stat(p.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is missing: there is no file %s", p.Name, p.Path)
	case err != nil:
		return fmt.Errorf("%s: %w", p.Name, err)
	case info.IsDir() || info.Mode()&0o111 == 0:
		return fmt.Errorf("%s cannot be run: %s is not an executable file", p.Name, p.Path)
	}
	return nil
}

// run starts the program and waits for it on one thread: the kernel ties the child's life to the thread that made it, so
// that thread must last as long as the child.
func (p *Process) run(log *os.File, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer func() { _ = log.Close() }() // the child has a copy of its own
	cmd := exec.Command(p.program.Path, p.program.Args...)
	cmd.Env = append(os.Environ(), p.program.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes()
	if err := cmd.Start(); err != nil {
		started <- err
		return
	}
	p.pid = cmd.Process.Pid
	started <- nil
	p.err = cmd.Wait()
	close(p.done)
}

// Name is what messages call the program.
func (p *Process) Name() string { return p.program.Name }

// Log is the path of the file its output goes to.
func (p *Process) Log() string { return p.program.Log }

// Pid is the process id.
func (p *Process) Pid() int { return p.pid }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ended is nil while the program runs; after that it says how it ended and shows the last lines of its log.
func (p *Process) Ended() error {
	select {
	case <-p.done:
	default:
		return nil
	}
	return &EndedError{Name: p.program.Name, How: p.how(), Log: p.program.Log, Lines: p.LastLines(8)}
}

// how the program ended; only for one that has.
func (p *Process) how() string {
	if p.err != nil {
		return "with " + p.err.Error()
	}
	return "with status 0"
}

// EndedError says that a program that should be running is not.
type EndedError struct {
	Name, How, Log string
	// Lines are the last lines the program wrote.
	Lines []string
}

func (e *EndedError) Error() string {
	text := fmt.Sprintf("%s ended %s; the end of %s:", e.Name, e.How, relative(e.Log))
	for _, line := range e.Lines {
		text += "\n  " + line
	}
	return text
}

// relative shortens a path for messages when it lies under the working folder.
func relative(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	short, err := filepath.Rel(here, path)
	if err != nil || !filepath.IsLocal(short) {
		return path
	}
	return short
}

// Stop asks the program to end and waits for it; after the grace period it is killed. Stopping twice is fine.
func (p *Process) Stop(grace time.Duration) error {
	if err := signal(p.pid, syscall.SIGTERM, p.done); err != nil {
		return fmt.Errorf("stop %s: %w", p.program.Name, err)
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(grace):
	}
	if err := signal(p.pid, syscall.SIGKILL, p.done); err != nil {
		return fmt.Errorf("kill %s: %w", p.program.Name, err)
	}
	<-p.done
	return nil
}

func signal(pid int, s syscall.Signal, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	default:
	}
	if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// WaitFor polls ready until it answers nil. It gives up with the last answer when ctx ends, and with the program's own
// last words when the program ends first.
func (p *Process) WaitFor(ctx context.Context, ready func(context.Context) error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.Ended()
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w (its log is %s)", p.program.Name, err, relative(p.program.Log))
		case <-tick.C:
		}
	}
}
