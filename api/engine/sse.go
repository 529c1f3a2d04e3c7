package engine

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/graphql-go/graphql/language/ast"
)

// serveEvents answers one operation as server-sent events: the distinct connections mode of the protocol of graphql-sse.
// What is wrong with the request as HTTP, and who asks, is answered as HTTP; all else, from the first look at the document on,
// in an event.
func (x *exchange) serveEvents(ctx context.Context) {
	x.media = mediaJSON // until the stream begins
	ctx, end := x.life(ctx)
	defer end(nil)
	q, refused := x.read(time.Now().Add(x.limits.Time))
	if refused != nil {
		x.refuse(refused)
		return
	}
	var identified context.Context
	known := false
	inTime := x.within(end, func() { identified, known = x.identify(ctx) })
	switch {
	case !known:
		return // and told why
	case !inTime:
		x.refuse(&refusal{http.StatusServiceUnavailable, timeoutError()})
		return
	}
	document, failure := read(q, x.limits)
	if failure == nil && x.r.Method == http.MethodGet && document.operation.Operation == ast.OperationTypeMutation {
		x.w.Header().Set("Allow", "POST")
		x.refuse(refuse(http.StatusMethodNotAllowed, "Mutations cannot be sent by GET. Use POST."))
		return
	}
	if !x.enter(TransportEvents) {
		x.crowded()
		return
	}
	defer x.leave(TransportEvents)
	events := x.beginEvents(identified, end)
	defer events.finish()
	if failure != nil {
		_ = events.fail(failures([]byte(q.Text), failure)) // a client that has gone needs no answer
		return
	}
	_ = x.respond(identified, x.r, document, q, events) // as above
}

// eventStream writes server-sent events. Its client is found to be gone when a write takes too long, or fails.
type eventStream struct {
	x       *exchange
	control *http.ResponseController
	end     context.CancelCauseFunc
	// writing is held while an event or a heartbeat is written.
	writing sync.Mutex
	beating sync.WaitGroup
	stop    chan struct{}
	// hurry undoes what shortens the present write when the stream ends.
	hurry func()
}

func (x *exchange) beginEvents(ctx context.Context, end context.CancelCauseFunc) *eventStream {
	s := &eventStream{x: x, control: http.NewResponseController(x.w), end: end, stop: make(chan struct{})}
	header := x.w.Header()
	header.Set("Content-Type", mediaEvents+"; charset=utf-8")
	header.Set("X-Accel-Buffering", "no") // some proxies would otherwise keep events back
	s.deadline()
	x.w.WriteHeader(http.StatusOK)
	if err := s.flush(); err != nil {
		end(err)
	}
	s.beating.Go(func() { s.beat(ctx) })
	s.hurried(ctx)
	return s
}

// hurried shortens a write that is waiting for a slow client when the stream has to end.
func (s *eventStream) hurried(ctx context.Context) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = s.control.SetWriteDeadline(time.Now().Add(farewell)) // a recorder in a test has none
	})
	s.hurry = func() {
		if !stop() {
			<-done
		}
	}
}

// beat writes a comment from time to time, so that proxies keep the connection, and a client that is gone is noticed.
func (s *eventStream) beat(ctx context.Context) {
	ticker := time.NewTicker(s.x.limits.Heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := s.write([]byte(":\n\n")); err != nil {
				return
			}
		}
	}
}

// finish ends the stream. Without a complete event before it, clients open the stream again: that is what they should do
// when it has become too old, or the server stops.
func (s *eventStream) finish() {
	close(s.stop)
	s.beating.Wait()
	s.hurry()
	s.deadline() // for the last chunk, which the server writes
}

func (s *eventStream) next(body []byte) error {
	// The body is one line of JSON.
	return s.write(bytes.Join([][]byte{[]byte("event: next\ndata: "), bytes.TrimSpace(body), []byte("\n\n")}, nil))
}

func (s *eventStream) fail(errs []responseError) error {
	if err := s.next(s.x.failed(errs)); err != nil {
		return err
	}
	return s.complete()
}

func (s *eventStream) complete() error { return s.write([]byte("event: complete\ndata: \n\n")) }

func (s *eventStream) write(text []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.deadline()
	_, err := s.x.w.Write(text)
	if err == nil {
		err = s.flush()
	}
	if err != nil {
		s.end(err)
	}
	return err
}

// deadline gives the next write its time: the server's own bound is for answers that end.
func (s *eventStream) deadline() {
	_ = s.control.SetWriteDeadline(time.Now().Add(s.x.limits.WriteTime)) // a recorder in a test has none
}

func (s *eventStream) flush() error {
	if err := s.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
