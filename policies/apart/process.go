package apart

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"lifeline.scot/policies"
)

// Program is how rules are run, and what they may take. The zero Program is this program, with the limits below.
type Program struct {
	// Path is the program to start with [Command]. Default: the one that is running.
	Path string
	// Limit is how long the rules may think about one list, and about each of their tests. Default: [policies.NarrowingLimit].
	Limit time.Duration
	// Start is how long it may take until they have been compiled, tested and tried. Default: 30 s.
	Start time.Duration
	// Memory is how much their process may take. Unit: bytes. Default: 192 MiB.
	Memory uint64
}

// The defaults of a Program.
const (
	DefaultStart  = 30 * time.Second
	DefaultMemory = 192 << 20
)

func (p Program) withDefaults() (Program, error) {
	if p.Limit == 0 {
		p.Limit = policies.NarrowingLimit
	}
	if p.Start == 0 {
		p.Start = DefaultStart
	}
	if p.Memory == 0 {
		p.Memory = DefaultMemory
	}
	if p.Path != "" {
		return p, nil
	}
	var err error
	if p.Path, err = os.Executable(); err != nil {
		return p, fmt.Errorf("find this program: %w", err)
	}
	return p, nil
}

// process is a process that runs rules. One goroutine at a time talks to it.
type process struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     io.ReadCloser
}

// start starts a process and has it take up rules, for as long as ctx does not end. That they cannot be used is a
// [policies.NarrowingError].
func (p Program) start(ctx context.Context, files policies.Bundle) (*process, policies.Narrows, error) {
	command := exec.Command(p.Path, Command)   //nolint:gosec,noctx // it is this program, and outlives the request
	command.Env, command.Dir = []string{}, "/" // what is secret here is none of theirs
	started := &process{command: command}
	var err error
	if started.in, err = command.StdinPipe(); err != nil {
		return nil, policies.Narrows{}, fmt.Errorf("start a process for stricter rules: %w", err)
	}
	if started.out, err = command.StdoutPipe(); err != nil {
		return nil, policies.Narrows{}, fmt.Errorf("start a process for stricter rules: %w", err)
	}
	if err := command.Start(); err != nil {
		return nil, policies.Narrows{}, fmt.Errorf("start a process for stricter rules: %w", err)
	}
	defer context.AfterFunc(ctx, started.kill)()
	var was found
	rules := given{Files: files, Limit: p.Limit, Start: p.Start, Memory: p.Memory}
	if err := started.ask(rules, &was, p.Start+grace); err != nil {
		return nil, policies.Narrows{}, p.why(started.stop(), err)
	}
	if was.Refused != "" {
		started.stop()
		return nil, policies.Narrows{}, &policies.NarrowingError{Reason: was.Refused, Err: errors.New(was.Says)}
	}
	return started, was.About, nil
}

// ask asks something, and reads the answer. If there is none after so long the process is ended, which is an error.
func (p *process) ask(question, answer any, within time.Duration) error {
	defer time.AfterFunc(within, p.kill).Stop()
	if err := write(p.in, question, mostAsked); err != nil {
		return err
	}
	return read(p.out, answer, mostAnswered)
}

// kill ends the process at once.
func (p *process) kill() { _ = p.command.Process.Kill() } // it may have ended already

// stop ends the process, and gives what it ended with.
func (p *process) stop() (exit int) {
	p.kill()
	_ = p.in.Close()
	_ = p.command.Wait() // which closes the other end
	return p.command.ProcessState.ExitCode()
}

// why says why rules cannot be used whose process ended.
func (p Program) why(exit int, err error) error {
	switch exit {
	case exitSlow, exitKilled:
		return &policies.NarrowingError{
			Reason: policies.NarrowingTooSlow, Err: fmt.Errorf("they were not compiled, tested and tried after %s", p.Start),
		}
	case exitLarge, exitPanicked:
		return &policies.NarrowingError{
			Reason: policies.NarrowingTooLarge, Err: fmt.Errorf("they take more than %d MiB of memory", p.Memory>>20),
		}
	default:
		return &policies.NarrowingError{
			Reason: policies.NarrowingFailed, Err: fmt.Errorf("their process ended with %d: %w", exit, err),
		}
	}
}

// What a process ends with that does not end itself.
const (
	exitKilled   = -1 // by a signal, such as that of kill
	exitPanicked = 2  // it had no more memory, or stack
)
