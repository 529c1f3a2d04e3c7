package engine

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// subprotocol is what is spoken over websockets: that of the npm package graphql-ws.
const subprotocol = "graphql-transport-ws"

// Codes with which a websocket is closed. Clients open it again after the last three, but not after the others.
const (
	closeBadMessage  websocket.StatusCode = 4400
	closeNotAcked    websocket.StatusCode = 4401
	closeSubprotocol websocket.StatusCode = 4406
	closeDuplicateID websocket.StatusCode = 4409
	closeSecondInit  websocket.StatusCode = 4429
	closeInternal    websocket.StatusCode = 4500
	closeForbidden   websocket.StatusCode = 4403
	closeInitTooLate websocket.StatusCode = 4408
	closeTooOld      websocket.StatusCode = 4499
)

// farewell is how long a client has to take leave, before its connection is cut.
const farewell = 2 * time.Second

// closing is why a websocket is closed.
type closing struct {
	code   websocket.StatusCode
	reason string
}

// closeReason is how many bytes of a reason are sent: a frame holds 123.
const closeReason = 120

func closed(code websocket.StatusCode, reason string) *closing {
	if len(reason) > closeReason {
		reason = strings.ToValidUTF8(reason[:closeReason], "")
	}
	return &closing{code, reason}
}

// upgrades tells whether a request asks for a websocket.
func upgrades(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// socket is one websocket. Its goroutines are the one that reads, which began as the HTTP request's, one that watches over the
// time, and one for each operation.
type socket struct {
	*handler
	// r is the request that opened it, with the context of who asks once that is known. It is used by who reads only.
	r          *http.Request
	acked      bool
	connection *websocket.Conn
	// untimed never ends: a read or write that is given up breaks the connection, before the client is told why.
	untimed context.Context
	// below is what connection is made of. Closing it ends whatever waits for the client.
	below net.Conn
	end   context.CancelCauseFunc
	// initialised is set once the client has sent connection_init.
	initialised atomic.Bool
	// writing is held while a message is written, from before it is known that its operation is not over.
	writing sync.Mutex
	// mutex guards operations: those that neither side has completed.
	mutex      sync.Mutex
	operations map[string]*operation
	// places holds an entry for each operation that is at work, which it may be for a moment after it was completed.
	places chan struct{}
	drain  func()
}

// serveSocket speaks graphql-transport-ws over one websocket until either side ends it.
func (x *exchange) serveSocket(ctx context.Context) {
	if !x.enter(TransportWebsocket) {
		x.crowded()
		return
	}
	defer x.leave(TransportWebsocket)
	ctx, end := x.life(ctx)
	defer end(nil)
	held := &hijacked{ResponseWriter: x.w}
	connection, err := websocket.Accept(held, x.r, &websocket.AcceptOptions{
		Subprotocols: []string{subprotocol}, OriginPatterns: x.options.Origins, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return // Accept has told the client why
	}
	connection.SetReadLimit(int64(x.limits.BodyBytes))
	s := &socket{
		handler: x.handler, r: x.r.WithContext(ctx), connection: connection, below: held.connection, end: end,
		untimed:    context.WithoutCancel(ctx),
		operations: map[string]*operation{}, places: make(chan struct{}, x.limits.Operations),
	}
	defer s.cut()
	s.drain = sync.OnceFunc(s.finishOperations)
	s.serve(ctx)
}

// hijacked keeps the connection that a websocket is made of: [websocket.Conn.Close] can wait for ever for a client that
// sends a large frame byte by byte.
type hijacked struct {
	http.ResponseWriter
	connection net.Conn
}

// Hijack implements [http.Hijacker].
func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	connection, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.connection = connection
	return connection, buffered, err
}

func (s *socket) serve(ctx context.Context) {
	if s.connection.Subprotocol() != subprotocol {
		s.close(closed(closeSubprotocol, "Subprotocol not acceptable: speak "+subprotocol))
		return
	}
	var watching sync.WaitGroup
	watching.Go(func() { s.watch(ctx) })
	why := s.read(ctx)
	s.end(nil)
	s.drain()
	s.close(why)
	watching.Wait()
}

// close says why, and waits a moment for the client to take note.
func (s *socket) close(why *closing) {
	cut := time.AfterFunc(farewell, s.cut)
	defer cut.Stop()
	_ = s.connection.Close(why.code, why.reason) // a client that has gone need not be told
}

// cut ends the connection without a word.
func (s *socket) cut() { _ = s.below.Close() } // it may be closed already

// watch closes the websocket when a time is over, and cuts it if the client does not answer pings.
func (s *socket) watch(ctx context.Context) {
	late, beat := time.NewTimer(s.limits.InitTime), time.NewTicker(s.limits.Heartbeat)
	defer late.Stop()
	defer beat.Stop()
	var pinging sync.WaitGroup
	defer pinging.Wait()
	for {
		select {
		case <-ctx.Done():
			s.part(context.Cause(ctx))
			return
		case <-late.C:
			if !s.initialised.Load() {
				s.close(closed(closeInitTooLate, "Connection initialisation timeout"))
				return
			}
		case <-beat.C:
			pinging.Go(s.ping)
		}
	}
}

// ping cuts the connection if the client does not answer.
func (s *socket) ping() {
	ctx, cancel := context.WithTimeout(s.untimed, s.limits.WriteTime)
	defer cancel()
	if s.connection.Ping(ctx) != nil {
		s.cut()
	}
}

// part closes a websocket that has to end though its client does not want to. What changes something is finished first.
func (s *socket) part(cause error) {
	var why *closing
	switch {
	case errors.Is(cause, errOld):
		why = closed(closeTooOld, "The connection is as old as it may be: open another one")
	case errors.Is(cause, errStopping):
		why = closed(websocket.StatusGoingAway, "The server stops: open another connection")
	default:
		return // who reads has ended it
	}
	stuck := time.AfterFunc(s.limits.Time+farewell, s.cut)
	defer stuck.Stop()
	s.drain()
	s.close(why)
}

// finishOperations ends all operations and takes their places, so that no other can begin.
func (s *socket) finishOperations() {
	s.mutex.Lock()
	for _, o := range s.operations {
		o.cancel()
	}
	s.mutex.Unlock()
	for range cap(s.places) {
		s.places <- struct{}{}
	}
}

// read takes messages until the client ends the websocket, or does something for which it is closed.
func (s *socket) read(ctx context.Context) *closing {
	for {
		kind, text, err := s.connection.Read(s.untimed)
		switch {
		case errors.Is(err, websocket.ErrMessageTooBig):
			return closed(websocket.StatusMessageTooBig, "Send shorter messages")
		case err != nil:
			return closed(websocket.StatusNormalClosure, "")
		case kind != websocket.MessageText:
			return closed(closeBadMessage, "Messages are text")
		}
		if why := s.take(ctx, text); why != nil {
			return why
		}
	}
}

// take does what a message asks.
func (s *socket) take(ctx context.Context, text []byte) *closing {
	m, bad := s.message(text)
	if bad != nil {
		return closed(closeBadMessage, bad.Message)
	}
	switch m.kind {
	case messageInit:
		return s.initialise(m)
	case messagePing:
		_ = s.write(written(messagePong, "", m.payload)) // a connection that cannot be written to is closed
	case messageSubscribe:
		return s.subscribe(ctx, m)
	case messageComplete:
		s.completed(m.id)
	}
	return nil
}

// initialise finds out who asks.
func (s *socket) initialise(m message) *closing {
	if s.initialised.Swap(true) {
		return closed(closeSecondInit, "Too many initialisation requests")
	}
	var identified context.Context
	var refused *refusal
	inTime := s.within(s.end, func() { identified, refused = s.whoAsks(s.r, m.parameters()) })
	switch {
	case !inTime || refused != nil && refused.status == http.StatusServiceUnavailable:
		return closed(websocket.StatusTryAgainLater, "Try again in a moment")
	case refused != nil && refused.status == http.StatusInternalServerError:
		return closed(closeInternal, "Internal server error")
	case refused != nil:
		return closed(closeForbidden, "Forbidden: "+refused.Message)
	}
	s.r, s.acked = s.r.WithContext(identified), true
	_ = s.write(written(messageAck, "", nil)) // a connection that cannot be written to is closed
	return nil
}

// subscribe begins an operation, of any kind. If those before it have been completed but have not come to their end yet,
// it waits, and whatever the client sends meanwhile waits with it.
func (s *socket) subscribe(ctx context.Context, m message) *closing {
	if !s.acked {
		return closed(closeNotAcked, "Unauthorized")
	}
	working, cancel := context.WithCancel(s.r.Context())
	o := &operation{socket: s, id: m.id, cancel: cancel}
	known, crowded := s.register(o)
	switch {
	case known:
		cancel()
		return closed(closeDuplicateID, "Subscriber for "+m.id+" already exists")
	case crowded:
		cancel()
		most := s.limits.Operations
		_ = s.write(o.error(failures(nil, exceeded("operations", most, most+1, "Complete others first, or open another connection."))))
		return nil
	}
	select {
	case s.places <- struct{}{}:
	case <-ctx.Done():
		cancel()
		return nil
	}
	go o.work(working, s.r, m.query)
	return nil
}

// register takes in an operation, unless its id is taken, or there are too many.
func (s *socket) register(o *operation) (known, crowded bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.operations[o.id] != nil {
		return true, false
	}
	if len(s.operations) >= s.limits.Operations {
		return false, true
	}
	s.operations[o.id] = o
	return false, false
}

// completed ends an operation that the client has completed. One that is not known has crossed with the end of it.
func (s *socket) completed(id string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if o := s.operations[id]; o != nil {
		o.cancel()
		delete(s.operations, id)
	}
}

// write sends a message that belongs to no operation.
func (s *socket) write(text []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.deliver(text)
}

// deliver sends a message. A client that takes too long to accept it loses the connection.
func (s *socket) deliver(text []byte) error {
	ctx, cancel := context.WithTimeout(s.untimed, s.limits.WriteTime)
	defer cancel()
	return s.connection.Write(ctx, websocket.MessageText, text)
}
