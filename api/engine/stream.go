package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/graphql-go/graphql/language/ast"
)

// Why a stream ends that its client has not ended.
var (
	errOld      = errors.New("the stream is as old as one may be")
	errStopping = errors.New("the server stops")
	errLate     = errors.New("what was to be done first took too long")
)

// The names by which [Options].Streams is told of streams.
const (
	TransportEvents    = "sse"
	TransportWebsocket = "websocket"
)

// enter takes in a stream, which must leave in the end; false if there are as many as may be, or the server stops.
func (h *handler) enter(transport string) bool {
	if h.stopping.Err() != nil {
		return false
	}
	if h.streams.Add(1) > int64(h.limits.Streams) {
		h.streams.Add(-1)
		return false
	}
	if h.options.Streams != nil {
		h.options.Streams(transport, 1)
	}
	return true
}

func (h *handler) leave(transport string) {
	h.streams.Add(-1)
	if h.options.Streams != nil {
		h.options.Streams(transport, -1)
	}
}

// crowded is the answer to a stream that cannot be taken in.
func (x *exchange) crowded() {
	x.w.Header().Set("Retry-After", "5")
	x.refuse(&refusal{http.StatusServiceUnavailable, &Error{
		Code: CodeOverloaded, Message: "Too many streams are open. Try again later, or ask with a query from time to time.",
	}})
}

// life is the context of a stream. It ends with ctx, when the stream is as old as it may be, and when the server stops;
// its cause tells which.
func (h *handler) life(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, end := context.WithCancelCause(ctx)
	old := time.AfterFunc(h.limits.StreamTime, func() { end(errOld) })
	stopped := context.AfterFunc(h.stopping, func() { end(errStopping) })
	return ctx, func(cause error) {
		old.Stop()
		stopped()
		end(cause)
	}
}

// within ends a stream whose step takes longer than a request may. What the step has made of the context is not limited.
func (h *handler) within(end context.CancelCauseFunc, step func()) (inTime bool) {
	late := time.AfterFunc(h.limits.Time, func() { end(errLate) })
	defer late.Stop()
	step()
	return late.Stop()
}

// receiver is the client of one operation on a stream. An error of one of its methods means that the client is gone.
type receiver interface {
	// next sends an answer.
	next(body []byte) error
	// fail sends what went wrong, and complete that there is no more. Either is the last word.
	fail(errs []responseError) error
	complete() error
}

// respond answers one operation: with one answer, or with one for each event of a subscription. It returns when there will
// be no more, or ctx has ended; an error is that of the receiver.
func (h *handler) respond(ctx context.Context, r *http.Request, s *selected, q Query, to receiver) (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = to.fail(h.internal(panicked(s.operation.Operation, recovered)))
		}
	}()
	if errs := h.recheck(ctx); errs != nil {
		return to.fail(errs)
	}
	ready, body, hold, errs := h.first(ctx, r, s, q)
	if ready != nil && ready.follows() {
		return h.follow(ctx, r, ready, to)
	}
	hold(ctx, nothing) // it works on nothing any more
	switch {
	case errs != nil && gone(ctx, s):
		return nil
	case errs != nil:
		return to.fail(errs)
	}
	if err := to.next(body); err != nil {
		return err
	}
	return to.complete()
}

// gone tells whether there is nobody to tell what went wrong. A mutation is told, if that can be done: it may have happened.
func gone(ctx context.Context, s *selected) bool {
	return ctx.Err() != nil && s.operation.Operation != ast.OperationTypeMutation
}

// first prepares an operation and, unless it is a subscription, answers it: the answer is held before it is sent. The body is nil
// for a subscription.
func (h *handler) first(
	ctx context.Context, r *http.Request, s *selected, q Query,
) (ready *prepared, body []byte, hold hold, errs []responseError) {
	ctx, cancel := context.WithTimeout(ctx, h.limits.Time)
	defer cancel()
	if !begin(ctx, h.working) {
		return nil, nil, atOnce, failures(nil, overloaded())
	}
	defer func() { <-h.working }()
	ctx, hold = h.paced(ctx)
	ready, errs = h.engine.prepare(ctx, s, q, h.options)
	switch {
	case ctx.Err() != nil:
		return nil, nil, hold, failures(nil, timeoutError())
	case errs != nil:
		return nil, nil, hold, errs
	case ready.follows():
		return ready, nil, hold, nil
	}
	done, failure := h.outcome(ctx, r, ready, nil)
	if failure != nil {
		return nil, nil, hold, failures(nil, failure)
	}
	return ready, done.body, hold, nil
}

// follow answers each event of a subscription until there are no more, each at a moment that is counted from when it was opened.
// It asks for an event only once the answer to the last one has been written, so that a slow client takes no memory.
func (h *handler) follow(ctx context.Context, r *http.Request, ready *prepared, to receiver) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	ctx, hold := h.paced(ctx)
	events, errs := h.open(ctx, end, r, ready)
	if errs != nil {
		hold(ctx, nothing)
		return to.fail(errs)
	}
	defer h.closed(events)
	for {
		value, err := events.next(ctx)
		if err != nil {
			hold(ctx, nothing)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, io.EOF):
			return to.complete()
		case err != nil:
			return to.fail(h.ended(err))
		}
		if errs := h.recheck(ctx); errs != nil {
			return to.fail(errs)
		}
		body := h.happened(ctx, r, ready, value)
		hold(ctx, nothing)
		if ctx.Err() != nil {
			return nil
		}
		if err := to.next(body); err != nil {
			return err
		}
	}
}

// open opens the source of a subscription.
func (h *handler) open(
	ctx context.Context, end context.CancelCauseFunc, r *http.Request, ready *prepared,
) (feed, []responseError) {
	var errs []responseError
	opened := &opening{root: h.options.Root(r)}
	inTime := h.within(end, func() {
		done := h.engine.run(ctx, ready, opened, opened.root, &ration{limits: h.limits})
		if opened.feed != nil {
			return // that the field has no value yet is no error
		}
		if done.spent != nil {
			errs = failures(nil, done.spent)
			return
		}
		errs = h.told(done.errors)
	})
	switch {
	case opened.feed != nil && inTime:
		return opened.feed, nil
	case opened.feed != nil:
		h.closed(opened.feed)
		return nil, failures(nil, timeoutError())
	case len(errs) == 0:
		return nil, h.internal(errors.New("a subscription was opened without a source and without an error"))
	}
	return nil, errs
}

// closed closes a source. Its panic is not the client's affair, who has had the last word already.
func (h *handler) closed(events feed) {
	defer func() {
		if recovered := recover(); recovered != nil {
			h.incident(panicked("Close", recovered))
		}
	}()
	events.close()
}

// happened is the answer to an event. It waits for its turn: many events may come at once, and queries must not wait for
// them all.
func (h *handler) happened(ctx context.Context, r *http.Request, ready *prepared, value any) []byte {
	if !begin(ctx, h.pushing) {
		return nil // ctx has ended
	}
	defer func() { <-h.pushing }()
	ctx, cancel := context.WithTimeout(ctx, h.limits.Time)
	defer cancel()
	done, failure := h.outcome(ctx, r, ready, &event{value})
	if failure != nil {
		return h.failed(failures(nil, failure))
	}
	return done.body
}

// ended is what a client is told of the error with which a source, or its right to be there, ended.
func (h *handler) ended(err error) []responseError {
	var told *Error
	if errors.As(err, &told) {
		return failures(nil, told)
	}
	return h.internal(err)
}
