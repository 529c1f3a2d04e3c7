package apart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"lifeline.scot/policies"
)

// Rules are stricter rules that run in a process of their own. It is started again when it ends.
type Rules struct {
	program Program
	files   policies.Bundle
	logger  *slog.Logger
	// turn is held by whoever talks to the process, or replaces it.
	turn chan struct{}
	// running is the process; nil while there is none.
	running *process
	ended   chan struct{}
	end     func()
}

// Narrow is an engine that decides and rules as plain does, and then denies what the rules of files deny, which run in a process
// of their own, and the rules, which are to be ended once that engine is asked no more. An empty bundle gives plain itself, and
// no rules. Rules that cannot be used are refused with a [policies.NarrowingError].
func (p Program) Narrow(
	ctx context.Context, plain *policies.Engine, files policies.Bundle, logger *slog.Logger,
) (*policies.Engine, *Rules, error) {
	if len(files) == 0 {
		return plain, nil, nil
	}
	p, err := p.withDefaults()
	if err != nil {
		return nil, nil, err
	}
	running, about, err := p.start(ctx, files, false)
	if err != nil {
		return nil, nil, err
	}
	r := &Rules{
		program: p, files: files, logger: logger, turn: make(chan struct{}, 1), running: running, ended: make(chan struct{}),
	}
	r.end = sync.OnceFunc(r.close)
	return plain.NarrowedElsewhere(files, about, r), r, nil
}

var (
	errBusy     = errors.New("the stricter rules are still busy with other questions")
	errStarting = errors.New("the process of the stricter rules has ended, and is being started again")
	errEnded    = errors.New("the stricter rules are no longer in force")
)

// Reasons implements [policies.Elsewhere].
func (r *Rules) Reasons(ctx context.Context, about policies.Narrows, list []json.RawMessage) ([][]string, error) {
	if err := r.take(ctx); err != nil {
		return nil, err
	}
	defer r.leave()
	if r.running == nil {
		return nil, errStarting
	}
	var said answered
	err := r.running.ask(asked{about, list}, &said, r.program.Limit+2*grace)
	if errors.Is(err, errNotWritten) {
		return nil, fmt.Errorf("ask the stricter rules: %w", err)
	}
	if err != nil {
		r.running.stop()
		exit := r.running.exit()
		r.running = nil
		r.logger.Error("stricter rules took too long or too much about a question, which is denied; they are started again",
			"exit", exit, "error", err)
		go r.startAgain() //nolint:contextcheck // it is started again for those who ask later, too
		return nil, fmt.Errorf("ask the stricter rules: %w", err)
	}
	if said.Failed != "" {
		return nil, fmt.Errorf("ask the stricter rules: %s", said.Failed)
	}
	return said.Reasons, nil
}

// take waits for its turn, for as long as the rules may think about one list.
func (r *Rules) take(ctx context.Context) error {
	waited := time.NewTimer(r.program.Limit)
	defer waited.Stop()
	select {
	case <-r.ended:
		return errEnded
	default:
	}
	select {
	case r.turn <- struct{}{}:
		return nil
	case <-r.ended:
		return errEnded
	case <-waited.C:
		return errBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Rules) leave() { <-r.turn }

// How long it is waited before a process is started again that could not be started.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 30 * time.Second
)

// startAgain starts another process, until it can be asked or the rules are ended.
func (r *Rules) startAgain() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-r.ended:
			cancel() // nobody will ask what is being started
		case <-ctx.Done():
		}
	}()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		running, _, err := r.program.start(ctx, r.files, true)
		if err == nil {
			r.replace(running)
			return
		}
		if ctx.Err() != nil {
			return
		}
		r.logger.Error("the stricter rules cannot be started again; what they are about is denied", "error", err)
		select {
		case <-r.ended:
			return
		case <-time.After(pause):
		}
	}
}

// replace has the rules run in a process from now on.
func (r *Rules) replace(running *process) {
	select {
	case r.turn <- struct{}{}:
		r.running = running
		r.leave()
	case <-r.ended:
		running.stop()
	}
}

// End ends the process. What is being asked is answered first; whatever is asked later fails. Whoever ends them once more changes
// nothing.
func (r *Rules) End() {
	if r != nil {
		r.end()
	}
}

func (r *Rules) close() {
	close(r.ended)
	r.turn <- struct{}{} // for good
	if r.running != nil {
		r.running.stop()
		r.running = nil
	}
}
