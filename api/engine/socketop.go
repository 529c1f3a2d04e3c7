package engine

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

// operation is one operation on a websocket, and the receiver of its answers.
type operation struct {
	socket *socket
	id     string
	cancel context.CancelFunc
}

// errCompleted is what an operation gets that has something to send although either side has completed it.
var errCompleted = errors.New("the operation has been completed")

func (o *operation) work(ctx context.Context, r *http.Request, q Query) {
	defer func() { <-o.socket.places }()
	defer o.cancel()
	defer o.over()
	document, failure := read(q, o.socket.limits)
	if failure != nil {
		_ = o.fail(failures([]byte(q.Text), failure)) // nobody is left to be told
		return
	}
	_ = o.socket.respond(ctx, r.WithContext(ctx), document, q, o) // as above
}

func (o *operation) next(body []byte) error { return o.send(messageNext, body) }

func (o *operation) fail(errs []responseError) error { return o.last(o.error(errs)) }

func (o *operation) complete() error { return o.last(written(messageComplete, o.id, nil)) }

// error is the message of what went wrong.
func (o *operation) error(errs []responseError) []byte {
	var answer struct {
		Errors json.RawMessage `json:"errors"`
	}
	if err := json.Unmarshal(o.socket.failed(errs), &answer); err != nil {
		panic(err) // the engine has written it
	}
	return written(messageError, o.id, answer.Errors)
}

// send sends a message unless the operation is over: a client may then have begun another one with its id.
func (o *operation) send(kind string, payload []byte) error {
	o.socket.writing.Lock()
	defer o.socket.writing.Unlock()
	if !o.open() {
		return errCompleted
	}
	return o.socket.deliver(written(kind, o.id, payload))
}

// last sends the last message. From then on the client may use the id again.
func (o *operation) last(text []byte) error {
	o.socket.writing.Lock()
	defer o.socket.writing.Unlock()
	if !o.over() {
		return errCompleted
	}
	return o.socket.deliver(text)
}

func (o *operation) open() bool {
	o.socket.mutex.Lock()
	defer o.socket.mutex.Unlock()
	return o.socket.operations[o.id] == o
}

// over takes the operation off the list; false if it was not there any more.
func (o *operation) over() bool {
	o.socket.mutex.Lock()
	defer o.socket.mutex.Unlock()
	if o.socket.operations[o.id] != o {
		return false
	}
	delete(o.socket.operations, o.id)
	return true
}
