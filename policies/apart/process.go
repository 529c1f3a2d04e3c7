package apart

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
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
	// Memory is how much their process may take. It is ended once it takes more, and given no more than 64 MiB beyond that. Unit:
	// bytes. Default: 192 MiB.
	Memory uint64
	// Ended is told each time the process has ended that nobody ended, with how often it has since the rules came into force. It
	// must not wait for anything. Default: nobody is told.
	Ended func(times int)
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
	// late is whether it was ended because it did not answer in time.
	late atomic.Bool
	// gone is closed once it has ended; state is what it ended with, from then on.
	gone  chan struct{}
	state *os.ProcessState
}

// start starts a process and has it take up rules, for as long as ctx does not end; again, if they have been tested and tried
// before. That they cannot be used is a [policies.NarrowingError].
func (p Program) start(ctx context.Context, files policies.Bundle, again bool) (*process, policies.Narrows, error) {
	started, err := p.launch()
	if err != nil {
		return nil, policies.Narrows{}, &policies.NarrowingError{Reason: policies.NarrowingNotStarted, Err: err}
	}
	defer context.AfterFunc(ctx, started.kill)()
	var was found
	rules := given{Files: files, Again: again, Limit: p.Limit, Start: p.Start, Memory: p.Memory}
	if err := started.ask(rules, &was, p.Start+grace); err != nil {
		return nil, policies.Narrows{}, p.why(started, err)
	}
	if was.Refused != "" {
		started.stop()
		err := errors.New(was.Says)
		if was.Refused == policies.NarrowingTooSlow {
			err = fmt.Errorf("%w: %w", err, errMayPass)
		}
		return nil, policies.Narrows{}, &policies.NarrowingError{Reason: was.Refused, Err: err}
	}
	return started, was.About, nil
}

// launch starts a process that has been told nothing yet.
func (p Program) launch() (*process, error) {
	command := exec.Command(p.Path, Command)   //nolint:gosec,noctx // it is this program, and outlives the request
	command.Env, command.Dir = []string{}, "/" // what is secret here is none of theirs
	launched := &process{command: command, gone: make(chan struct{})}
	var err error
	if launched.in, err = command.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start a process for stricter rules: %w", err)
	}
	if launched.out, err = command.StdoutPipe(); err != nil {
		return nil, fmt.Errorf("start a process for stricter rules: %w", err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start a process for stricter rules: %w", err)
	}
	go launched.wait()
	return launched, nil
}

// wait waits until the process has ended. What it had said can still be read: unlike [exec.Cmd.Wait] it closes nothing.
func (p *process) wait() {
	p.state, _ = p.command.Process.Wait() // nil tells as much as the error
	close(p.gone)
}

// ask asks something, and reads the answer. If there is none after so long the process is ended, which is an error.
func (p *process) ask(question, answer any, within time.Duration) error {
	defer time.AfterFunc(within, func() {
		p.late.Store(true)
		p.kill()
	}).Stop()
	if err := write(p.in, question, mostAsked); err != nil {
		return err
	}
	return read(p.out, answer, mostAnswered)
}

// kill ends the process at once.
func (p *process) kill() { _ = p.command.Process.Kill() } // it may have ended already

// stop ends the process.
func (p *process) stop() {
	p.kill()
	<-p.gone
	_ = p.in.Close()
	_ = p.out.Close()
}

// ended reports whether the process has ended.
func (p *process) ended() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// exit is what the process ended with, once it has: exitKilled if by a signal, and exitSlow if it was ended for being late.
func (p *process) exit() int {
	switch {
	case p.late.Load():
		return exitSlow
	case p.state == nil:
		return exitKilled
	default:
		return p.state.ExitCode()
	}
}

// worked is how long the processors worked for the process, once it has ended.
func (p *process) worked() time.Duration {
	if p.state == nil {
		return 0
	}
	return p.state.UserTime() + p.state.SystemTime()
}

// why stops a process that did not say what became of the rules, and says why they cannot be used.
func (p Program) why(started *process, err error) error {
	started.stop()
	switch exit := started.exit(); exit {
	case exitSlow:
		err = fmt.Errorf("they were not compiled, tested and tried after %s", p.Start)
		if started.worked() < p.Start/2 {
			err = fmt.Errorf("%w, of which the processors worked on them for %s: %w", err, started.worked(), errMayPass)
		}
		return &policies.NarrowingError{Reason: policies.NarrowingTooSlow, Err: err}
	case exitLarge:
		return &policies.NarrowingError{
			Reason: policies.NarrowingTooLarge, Err: fmt.Errorf("they take more than %d MiB of memory", p.Memory>>20),
		}
	case exitPanicked:
		return &policies.NarrowingError{
			Reason: policies.NarrowingTooLarge,
			Err:    fmt.Errorf("they take more than %d MiB of memory, or there is none: %w", p.Memory>>20, errMayPass),
		}
	case exitKilled:
		return &policies.NarrowingError{
			Reason: policies.NarrowingKilled, Err: fmt.Errorf("their process was ended from outside: %w", err),
		}
	default:
		return &policies.NarrowingError{
			Reason: policies.NarrowingNotStarted, Err: fmt.Errorf("their process ended with %d: %w", exit, err),
		}
	}
}

// What a process ends with that does not end itself.
const (
	exitKilled   = -1 // by a signal
	exitPanicked = 2  // it had no more memory, or stack
)

// errMayPass is in an error that may be due to how busy the machine is.
var errMayPass = errors.New("the machine may be too busy")

// MayPass reports whether rules that were refused with an error may be taken when they are given again as they are: because
// their process could not be started, was ended from outside, or did not get on in time on a busy machine.
func MayPass(err error) bool {
	var refused *policies.NarrowingError
	if !errors.As(err, &refused) || errors.Is(err, errMayPass) {
		return true
	}
	return refused.Reason == policies.NarrowingNotStarted || refused.Reason == policies.NarrowingKilled
}
