package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/graphql-go/graphql/language/ast"
)

// NewHandler serves an engine over HTTP, as the GraphQL over HTTP specification says: GET and POST, queries only by
// GET, application/json and application/graphql-response+json.
func NewHandler(e *Engine, o Options) http.Handler {
	o.Limits = o.Limits.withDefaults()
	if o.Root == nil {
		o.Root = func(*http.Request) any { return nil }
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &handler{
		engine: e, options: o, limits: o.Limits, stopping: until(o.Done),
		working: make(chan struct{}, o.Limits.Concurrent), pushing: make(chan struct{}, o.Limits.Concurrent),
	}
}

// until ends when done is closed.
func until(done <-chan struct{}) context.Context {
	if done == nil {
		return context.Background()
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer stop()
		<-done
	}()
	return ctx
}

type handler struct {
	engine  *Engine
	options Options
	limits  Limits
	// working holds an entry for each request that is being worked on, pushing one for each event of a subscription.
	working, pushing chan struct{}
	// streams is how many are open.
	streams atomic.Int64
	// stopping ends when streams must.
	stopping context.Context
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{handler: h, w: w, r: r, media: mediaJSON}
	defer func() {
		if recovered := recover(); recovered != nil {
			if err, ok := recovered.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(recovered)
			}
			x.fail(http.StatusInternalServerError, h.internal(panicked("handler", recovered)))
		}
	}()
	x.serve(r.Context())
}

// exchange is one request and its answer.
type exchange struct {
	*handler
	w     http.ResponseWriter
	r     *http.Request
	media string
	// ready is called when the answer is, before it is sent; nil before work has begun.
	ready func()
}

func (x *exchange) serve(ctx context.Context) {
	header := x.w.Header()
	header.Set("Vary", "Accept")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if upgrades(x.r) {
		x.serveSocket(ctx)
		return
	}
	media, ok := negotiate(x.r.Header.Values("Accept"))
	if !ok {
		x.refuse(refuse(http.StatusNotAcceptable,
			"Answers are application/json, application/graphql-response+json or text/event-stream."))
		return
	}
	x.media = media
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodPost {
		header.Set("Allow", "GET, POST")
		x.refuse(refuse(http.StatusMethodNotAllowed, "Use GET or POST."))
		return
	}
	if x.r.Method == http.MethodGet {
		ctx = context.WithValue(ctx, inURL{}, true)
	}
	if media == mediaEvents {
		x.serveEvents(ctx)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, x.limits.Time)
	defer cancel()
	q, refused := x.read(time.Now().Add(x.limits.Time))
	if refused != nil {
		x.refuse(refused)
		return
	}
	ctx, ok = x.identify(ctx)
	if !ok {
		return
	}
	if !begin(ctx, x.working) {
		header.Set("Retry-After", "1")
		x.refuse(&refusal{http.StatusServiceUnavailable, overloaded()})
		return
	}
	leave := sync.OnceFunc(func() { <-x.working })
	defer leave()
	ctx, hold := x.paced(ctx)
	x.ready = func() { hold(x.r.Context(), leave) } //nolint:contextcheck // the answer may wait longer than work on it may take
	x.run(ctx, q)
}

// inURL is the key of whether a query came in a URL.
type inURL struct{}

// InURL reports whether the query that is answered came in a URL, which proxies and browsers keep: what is personal does not
// belong there.
func InURL(ctx context.Context) bool {
	is, _ := ctx.Value(inURL{}).(bool)
	return is
}

// begin waits until there is a place to work; false if the time was over before.
func begin(ctx context.Context, places chan struct{}) bool {
	select {
	case places <- struct{}{}:
		return true
	default:
	}
	select {
	case places <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func overloaded() *Error {
	return &Error{Code: CodeOverloaded, Message: "Too many requests are being answered. Try again in a moment."}
}

// read reads the request; a body that does not arrive by the deadline is given up. The deadline then stays, because
// the server would otherwise wait for the rest of the body before it answers.
func (x *exchange) read(deadline time.Time) (Query, *refusal) {
	control := http.NewResponseController(x.w)
	limited := control.SetReadDeadline(deadline) == nil // a recorder in a test has none
	q, refused := x.queryOf(x.r)
	if refused != nil && refused.Code == CodeTimeout {
		x.w.Header().Set("Connection", "close")
	} else if refused == nil && limited {
		_ = control.SetReadDeadline(time.Time{}) // it was set before, so it can be
	}
	return q, refused
}

func (x *exchange) run(ctx context.Context, q Query) {
	document, failure := read(q, x.limits)
	if failure != nil {
		x.fail(x.requestStatus(), failures([]byte(q.Text), failure))
		return
	}
	if x.r.Method == http.MethodGet && document.operation.Operation != ast.OperationTypeQuery {
		x.w.Header().Set("Allow", "POST")
		x.refuse(refuse(http.StatusMethodNotAllowed, "Only queries can be sent by GET. Use POST."))
		return
	}
	ready, errs := x.engine.prepare(ctx, document, q, x.options)
	if ctx.Err() != nil {
		x.fail(http.StatusServiceUnavailable, failures(nil, timeoutError()))
		return
	}
	if errs != nil {
		x.fail(x.requestStatus(), errs)
		return
	}
	if ready.follows() {
		x.refuse(refuse(http.StatusNotAcceptable, "Follow subscriptions with Accept: text/event-stream, or over a websocket."))
		return
	}
	x.answer(ctx, ready)
}

// requestStatus is the status of a request that was understood but cannot be executed. Clients that take only
// application/json may be older than the specification, which keeps 200 for them.
func (x *exchange) requestStatus() int {
	if x.media == mediaJSON {
		return http.StatusOK
	}
	return http.StatusBadRequest
}

func (x *exchange) answer(ctx context.Context, ready *prepared) {
	done, failure := x.outcome(ctx, x.r, ready, nil)
	switch {
	case failure != nil && failure.Code == CodeTimeout:
		x.fail(http.StatusServiceUnavailable, failures(nil, failure))
		return
	case failure != nil:
		x.fail(x.requestStatus(), failures(nil, failure))
		return
	}
	if x.options.Header != nil {
		x.options.Header(done.root, x.w.Header())
	}
	x.send(http.StatusOK, done.body)
}

// outcome is the answer that an operation led to, and the root that it was made from.
type outcome struct {
	body []byte
	root any
}

// outcome executes an operation, once, and writes its answer. For a subscription that is the answer to one event.
func (h *handler) outcome(ctx context.Context, r *http.Request, ready *prepared, of *event) (outcome, *Error) {
	done, root := h.execute(ctx, r, ready, of)
	switch {
	case ctx.Err() != nil && !ready.changes(): // whether or not some of it was done in time
		return outcome{}, timeoutError()
	case done.spent != nil:
		return outcome{}, done.spent
	}
	result := answer{errors: h.told(done.errors), executed: true, data: done.data}
	if h.options.Extensions != nil {
		result.extensions = h.options.Extensions(root)
	}
	body, failure := h.engine.write(result, ready, h.limits)
	return outcome{body, root}, failure
}

// execute runs an operation. It returns the root that it was answered from, too.
func (h *handler) execute(ctx context.Context, r *http.Request, ready *prepared, of *event) (execution, any) {
	read := func() any { return h.options.Root(r) }
	if ready.changes() {
		kept, cancel := lasting(ctx)
		defer cancel()
		return h.engine.mutate(kept, ready, read, h.limits)
	}
	root := read()
	if of != nil {
		return h.engine.run(ctx, ready, *of, root, &ration{limits: h.limits}), root
	}
	return h.engine.run(ctx, ready, root, root, &ration{limits: h.limits}), root
}

func (x *exchange) refuse(r *refusal) { x.fail(r.status, failures(nil, r.Error)) }

// fail answers without data.
func (x *exchange) fail(status int, errs []responseError) { x.send(status, x.failed(errs)) }

// failed is an answer without data.
func (h *handler) failed(errs []responseError) []byte {
	body, failure := h.engine.write(answer{errors: errs}, nil, h.limits)
	if failure != nil {
		return []byte(`{"errors":[{"message":"Something went wrong on our side.","extensions":{"code":"INTERNAL"}}]}`)
	}
	return body
}

func (x *exchange) send(status int, body []byte) {
	header := x.w.Header()
	header.Set("Content-Type", x.media+"; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if x.ready != nil {
		x.ready()
	}
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // a client that has gone needs no answer
}

// internal is what a client is told of a fault.
func (h *handler) internal(err error) []responseError { return failures(nil, h.internalError(err)) }

func (h *handler) internalError(err error) *Error {
	return &Error{
		Code: CodeInternal, Message: "Something went wrong on our side.",
		Extensions: map[string]any{"incident": h.incident(err)},
	}
}

// incident logs a fault and returns the id under which to find it.
func (h *handler) incident(err error) string {
	id := rand.Text()[:12]
	attributes := []any{slog.String("incident", id), slog.String("error", fmt.Sprint(err))}
	var panicking *panicError
	if errors.As(err, &panicking) {
		attributes = append(attributes, slog.String("stack", string(panicking.stack)))
	}
	h.options.Logger.Error("a GraphQL request met an internal fault", attributes...)
	return id
}
