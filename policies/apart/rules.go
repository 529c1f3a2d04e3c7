package apart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"lifeline.scot/policies"
)

// Rules are stricter rules that run in a process of their own. It is started again when it ends.
type Rules struct {
	program Program
	files   policies.Bundle
	logger  *slog.Logger
	// turn is held by whoever talks to the process, or replaces it. It guards running, blame and deaths.
	turn chan struct{}
	// running is the process; nil while there is none.
	running *process
	// blame is which questions processes ended on.
	blame *blame
	// deaths is how many processes have ended that nobody ended.
	deaths int
	// answers is whether there is a process, for those who do not wait for their turn.
	answers atomic.Bool
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
		program: p, files: files, logger: logger, turn: make(chan struct{}, 1), blame: newBlame(), ended: make(chan struct{}),
	}
	r.end = sync.OnceFunc(r.close)
	r.replace(running)
	return plain.NarrowedElsewhere(files, about, r), r, nil
}

var (
	errBusy     = errors.New("the stricter rules are still busy with other questions")
	errStarting = errors.New("the process of the stricter rules has ended, and is being started again")
	errEnded    = errors.New("the stricter rules are no longer in force")
)

// Running reports whether there is a process that can be asked. Without rules there is none.
func (r *Rules) Running() bool { return r != nil && r.answers.Load() }

// Reasons implements [policies.Elsewhere]. What ended the process before, twice or more and the last time alone, is not asked
// again, and taken back.
func (r *Rules) Reasons(ctx context.Context, about policies.Narrows, list []json.RawMessage) ([][]string, error) {
	if err := r.take(ctx); err != nil {
		return nil, err
	}
	reasons := make([][]string, len(list))
	parts := r.blame.parts(about, list, reasons)
	r.leave()
	for _, part := range parts {
		answer, err := r.ask(ctx, about, list, part)
		if err != nil {
			return nil, fmt.Errorf("ask the stricter rules: %w", err)
		}
		for i, of := range part {
			reasons[of] = answer[i]
		}
	}
	return reasons, nil
}

// ask asks about a part of a list when it is its turn. If the process ends of it, it is blamed for that; not if somebody else
// killed the process.
func (r *Rules) ask(ctx context.Context, about policies.Narrows, list []json.RawMessage, part []int) ([][]string, error) {
	if err := r.take(ctx); err != nil {
		return nil, err
	}
	defer r.leave()
	if r.running == nil || r.running.ended() {
		r.lost("it was ended while nobody asked it") //nolint:contextcheck // the next process outlives the question
		return nil, errStarting
	}
	question := asked{About: about}
	for _, i := range part {
		question.List = append(question.List, list[i])
	}
	var said answered
	switch err := r.running.ask(question, &said, r.program.Limit+2*grace); {
	case errors.Is(err, errNotWritten):
		return nil, err
	case err != nil:
		r.running.stop()
		if r.running.exit() != exitKilled {
			r.blame.put(about, question.List)
		}
		r.lost("they took too long or too much about a question") //nolint:contextcheck // the next process outlives the question
		return nil, err
	case said.Failed != "":
		r.blame.take(about, question.List)
		return nil, errors.New(said.Failed)
	case len(said.Reasons) != len(part):
		return nil, fmt.Errorf("no answer to each of %d", len(part))
	default:
		r.blame.take(about, question.List)
		return said.Reasons, nil
	}
}

// waits is how many times as long as the rules may think about one list it is waited at most until others have been answered.
const waits = 5

// take waits for its turn, until ctx ends and no longer than a few lists take.
func (r *Rules) take(ctx context.Context) error {
	waited := time.NewTimer(waits * r.program.Limit)
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

// lost has the process started again that has ended, or is of no more use, and says why. Whoever calls it has the turn.
func (r *Rules) lost(because string) {
	if r.running == nil {
		return // it is being started
	}
	r.running.stop()
	r.deaths++
	r.logger.Error("the process of the stricter rules has ended, and is started again; what it was asked is denied",
		"because", because, "exit", r.running.exit(), "times", r.deaths)
	if r.program.Ended != nil {
		r.program.Ended(r.deaths)
	}
	r.running = nil
	r.answers.Store(false)
	go r.startAgain()
}

// mind notices that a process ends that nobody asks.
func (r *Rules) mind(running *process) {
	<-running.gone
	select {
	case r.turn <- struct{}{}:
		defer r.leave()
		if r.running == running {
			r.lost("it was ended while nobody asked it")
		}
	case <-r.ended:
	}
}

// How long it is waited before a process is started again that could not be started.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 30 * time.Second
)

// startAgain starts another process, until it can be asked or the rules are ended. What is tested and tried stays so.
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
		r.answers.Store(true)
		go r.mind(running)
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
	r.answers.Store(false)
	if r.running != nil {
		r.running.stop()
		r.running = nil
	}
}
