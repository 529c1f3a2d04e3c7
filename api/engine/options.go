package engine

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"time"
)

// Options say how a handler serves an engine.
type Options struct {
	// Root is what the fields of the query type read from. It is called once for each request, so that an answer is
	// made from one state of the data. Nil gives a nil root.
	// For a mutation it is called for each of its fields, for a subscription for each event.
	Root func(*http.Request) any
	// Identify tells who asks: resolvers and Root get the context that it returns, which it derives from that of the request. It
	// is called once for each HTTP request, with nil parameters, or once for each websocket connection, with the payload of
	// connection_init. An [*Error] with [CodeUnauthenticated] is answered with 401, on a websocket with the close code 4403; one
	// with [CodeUnavailable] with 503, or 1013; any other [*Error] with 403, or 4403. It has [Limits].Time. Nil: nobody is
	// identified.
	Identify func(r *http.Request, parameters map[string]any) (context.Context, error)
	// Recheck tells whether whoever Identify identified may still ask: it is called with that context before each operation on a
	// websocket or an event stream, and before each event, since a stream outlives what it began with. An error ends the operation;
	// an [*Error] is told to the client, all else is masked. It must be quick. Nil: whoever was let in stays.
	Recheck func(ctx context.Context) error
	// Extensions are sent with each answer that was executed, as of when the data is for instance. May be nil.
	Extensions func(root any) map[string]any
	// Header sets headers of each answer that was executed, Cache-Control or ETag for instance. Those of streams are sent
	// before anything is executed, and are left alone. May be nil.
	Header func(root any, header http.Header)
	// Pace is called when work on an operation begins. Where the operation has asked for it, see [Evenly], its answer is sent once
	// what it returns has returned, which is called when the answer is ready, and again for each event of a subscription. What waits
	// holds no place among those that are worked on. Its context ends when the client has gone. Nil: answers are sent as they are
	// ready.
	Pace func() (wait func(context.Context))
	// Done ends all streams when it is closed, so that the server can stop without waiting for them: clients then open
	// them again elsewhere. Nil: never.
	Done <-chan struct{}
	// Streams is told of each stream that opens (change 1) or has ended (-1), with its transport, [TransportEvents] or
	// [TransportWebsocket]. It is called by many goroutines at once. May be nil.
	Streams func(transport string, change int)
	// Origins are the hosts of other sites whose pages may open a websocket here, as patterns of [path.Match]. A browser
	// says which site a page is of, and opens websockets for any; a page of this site, and clients that are no browsers, need
	// not be named. Event streams need no list: a browser asks before it sends JSON, or a token, to another site.
	Origins []string
	// Limits bound what a request may ask for; a zero field has its default.
	Limits Limits
	// Logger is told of internal faults by incident id. It is never given the text of a query, or a variable.
	// Nil is slog.Default().
	Logger *slog.Logger
	// Suggest keeps "Did you mean" in messages. Leave it off outside development.
	Suggest bool
}

// Limits bound one request. The zero value has the defaults below.
type Limits struct {
	BodyBytes   int // of a POST body, or a message on a websocket; default 64 KiB
	URLBytes    int // of the query of a GET's URL; default 32 KiB. The server must take longer headers, or it answers itself
	QueryBytes  int // of the document; default 16 KiB
	Tokens      int // default 2,000
	Depth       int // of braces, and of fields when fragments are spread out; default 15
	Brackets    int // depth of list literals; default 8
	Aliases     int // default 30
	Directives  int // default 50
	RepeatedKey int // how often one selection may ask for one response key; default 20
	Selections  int // when fragments are spread out; default 2,000
	Errors      int // that validation reports before it stops; default 5
	Definitions int // operations and fragments in a document; default 50
	JSONDepth   int // nesting of the body's JSON; default 16
	Items       int // elements of one list in variables or literals; default 100
	// ArgumentValues are the literals in one argument or default: each element, input field, list and object is one.
	// Default 200. Values are those of the whole document; default 1,000. Variables are bounded by BodyBytes and Items.
	ArgumentValues, Values int
	Mutations              int // fields of one mutation; default 5
	Nodes                  int // objects that the answer could have at most, worked out beforehand; default 10,000
	ResultBytes            int // of the answer; default 8 MiB
	// Concurrent is how many requests are worked on at once; others wait until their Time is over. Default: 4 for each
	// processor that Go uses.
	Concurrent int
	Streams    int // event streams and websockets open at once; default 1,000
	Operations int // operations, subscriptions among them, at once on one websocket; default 20
	// StreamTime is how long a stream may last. Then it is ended so that its client opens another one, and says again who
	// it is; default 1 h.
	StreamTime time.Duration
	// Heartbeat is how often a stream shows that it is alive; default 15 s.
	Heartbeat time.Duration
	// WriteTime is how long a client of a stream may take to accept what is sent, or to answer a ping; default 10 s.
	WriteTime time.Duration
	// InitTime is how long a client may take to begin on a websocket; default 5 s.
	InitTime time.Duration
	// Time for one request, from its first byte to the end of execution; default 5 s.
	Time time.Duration
}

// withDefaults fills in what is zero.
func (l Limits) withDefaults() Limits {
	for _, limit := range []struct {
		value    *int
		standard int
	}{
		{&l.BodyBytes, 64 << 10},
		{&l.URLBytes, 32 << 10},
		{&l.QueryBytes, 16 << 10},
		{&l.Tokens, 2000},
		{&l.Depth, 15},
		{&l.Brackets, 8},
		{&l.Aliases, 30},
		{&l.Directives, 50},
		{&l.RepeatedKey, 20},
		{&l.Selections, 2000},
		{&l.Errors, 5},
		{&l.Definitions, 50},
		{&l.JSONDepth, 16},
		{&l.Items, 100},
		{&l.ArgumentValues, 200},
		{&l.Values, 1000},
		{&l.Mutations, 5},
		{&l.Streams, 1000},
		{&l.Operations, 20},
		{&l.Nodes, 10_000},
		{&l.ResultBytes, 8 << 20},
	} {
		if *limit.value == 0 {
			*limit.value = limit.standard
		}
	}
	if l.Concurrent == 0 {
		l.Concurrent = 4 * runtime.GOMAXPROCS(0)
	}
	for _, limit := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&l.Time, 5 * time.Second},
		{&l.StreamTime, time.Hour},
		{&l.Heartbeat, 15 * time.Second},
		{&l.WriteTime, 10 * time.Second},
		{&l.InitTime, 5 * time.Second},
	} {
		if *limit.value == 0 {
			*limit.value = limit.standard
		}
	}
	return l
}
