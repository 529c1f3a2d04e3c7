package engine_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/api/engine"
)

// follow sends an operation by POST and gives the whole stream of events.
func follow(t testing.TB, h http.Handler, query string) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, following(t.Context(), query))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/event-stream; charset=utf-8" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	return w.Body.String()
}

func following(ctx context.Context, query string) *http.Request {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		panic(err) // a text can be written
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	return r
}

// events is a stream with these answers that the server completes.
func events(answers ...string) string {
	var b strings.Builder
	for _, answer := range answers {
		b.WriteString("event: next\ndata: " + answer + "\n\n")
	}
	return b.String() + "event: complete\ndata: \n\n"
}

func TestEventStreams(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, query, want string }{
		{"a subscription", `subscription{n:count}`, events(`{"data":{"n":1}}`, `{"data":{"n":2}}`, `{"data":{"n":3}}`)},
		{
			"a subscription through fragments", `subscription S{...F} fragment F on Subscription{...on Subscription{count(to:1)}}`,
			events(`{"data":{"count":1}}`),
		},
		{"a query", `{b:texts a:texts}`, events(`{"data":{"b":[null,""],"a":[null,""]}}`)},
		{"a mutation", `mutation{note{count}}`, events(`{"data":{"note":{"count":1}}}`)},
		{
			"a document that is none", `{`,
			events(`{"errors":[{"message":"Syntax error: Expected Name, found EOF.","locations":[{"line":1,"column":2}],"extensions":{"code":"PARSE_FAILED"}}]}`),
		},
		{
			"a source that there is not", `subscription{count(to:-1)}`,
			events(`{"errors":[{"message":"There are none.","path":["count"],"locations":[{"line":1,"column":14}],"extensions":{"code":"NO_NUMBERS"}}]}`),
		},
		{
			"a source that ends with an error", `subscription{count(to:-5)}`,
			events(`{"data":{"count":1}}`, `{"errors":[{"message":"Begin again.","extensions":{"code":"LOST_COUNT"}}]}`),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(plainly(test.want), plainly(follow(t, toyHandler(t, newHarbour(), quiet), test.query))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// plainly takes events apart, so that the order of keys in errors does not matter.
func plainly(stream string) []any {
	var plain []any
	for line := range strings.Lines(stream) {
		line = strings.TrimSuffix(line, "\n")
		var data any
		if text, ok := strings.CutPrefix(line, `data: {"errors"`); ok && json.Unmarshal([]byte(`{"errors"`+text), &data) == nil {
			plain = append(plain, data)
			continue
		}
		plain = append(plain, line)
	}
	return plain
}

func TestFaultsOfSubscriptionsAreMasked(t *testing.T) {
	t.Parallel()
	for query, answers := range map[string]int{
		`subscription{count(to:-2)}`: 1, `subscription{count(to:-3)}`: 1, `subscription{count(to:-4)}`: 1,
		`subscription{count(to:-6)}`: 2, `subscription{count(to:-7)}`: 2,
	} {
		stream := follow(t, toyHandler(t, newHarbour(), quiet), query)
		if strings.Contains(stream, "1234") || strings.Count(stream, `"code":"INTERNAL","incident":`) != 1 ||
			strings.Count(stream, "event: next") != answers || !strings.HasSuffix(stream, "event: complete\ndata: \n\n") {
			t.Errorf("%s: %s", query, stream)
		}
	}
}

func TestSubscriptionsFollowOneField(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour())
	for query, message := range map[string]string{
		`subscription{count levels{metres}}`:                                            "A subscription has one field only",
		`subscription{a:count b:count}`:                                                 "A subscription has one field only",
		`subscription{...F count} fragment F on Subscription{levels{metres}}`:           "A subscription has one field only",
		`subscription{...on Subscription{count} ...on Subscription{levels{metres}}}`:    "A subscription has one field only",
		`subscription{__typename}`:                                                      "cannot follow __typename",
		`subscription{...F} fragment F on Subscription{__typename}`:                     "cannot follow __typename",
		`subscription{count __typename}`:                                                "A subscription has one field only",
		`subscription{count@include(if:true)}`:                                          "cannot have directives",
		`subscription{...@skip(if:false){count}}`:                                       "cannot have directives",
		`subscription{...F@skip(if:false)} fragment F on Subscription{count}`:           "cannot have directives",
		`subscription{...F} fragment F on Subscription{count@skip(if:true)}`:            "cannot have directives",
		`{texts} subscription S{count levels{metres}}`:                                  "A subscription has one field only",
		`subscription{count@nothing}`:                                                   "cannot have directives",
		`subscription{levels{ships{fleet{fleet{id}}}}}`:                                 "exceeds the limit of 10000 for nodes",
		`subscription($a:Int!){count(to:$a)}`:                                           "is required",
		`subscription{...F} fragment F on Query{texts}`:                                 `can never be of type "Query"`,
		`subscription{...F}`:                                                            "Unknown fragment",
		`subscription{count{a}}`:                                                        "must not have a sub selection",
		`subscription{count(to:1) ...F} fragment F on Subscription{count(to:2)}`:        "differing arguments",
		`subscription{a:count(to:1) ...F} fragment F on Subscription{a:levels{metres}}`: "different fields",
	} {
		operation := ""
		if strings.HasPrefix(query, "{") {
			operation = `,"operationName":"S"`
			query = "query Q" + query
		}
		text, err := json.Marshal(query)
		if err != nil {
			t.Fatal(err)
		}
		a := decoded(t, post(h, `{"query":`+string(text)+operation+`}`).Body.String())
		if len(a.Errors) == 0 || !strings.Contains(a.Errors[0].Message, message) {
			t.Errorf("%s: %+v, want %s", query, a.Errors, message)
		}
	}
}

func TestSubscriptionsNeedAStream(t *testing.T) {
	t.Parallel()
	if w := post(toyHandler(t, newHarbour()), `{"query":"subscription{count}"}`); w.Code != http.StatusNotAcceptable {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// What is wrong with a request before its document is looked at is told as HTTP.
func TestEventStreamsThatDoNotBegin(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour(), quiet, func(o *engine.Options) { o.Limits.Streams = -1 })
	w := httptest.NewRecorder()
	h.ServeHTTP(w, following(t.Context(), `{texts}`))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("too many: %d %s", w.Code, w.Body)
	}
	r := following(t.Context(), `{texts}`)
	r.Header.Set("Content-Type", "text/plain")
	w = httptest.NewRecorder()
	toyHandler(t, newHarbour()).ServeHTTP(w, r)
	if w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("as a form: %d %s", w.Code, w.Body)
	}
}

func TestEventStreamByGET(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/?query="+url.QueryEscape(`subscription{count(to:1)}`), nil)
	r.Header.Set("Accept", "text/event-stream")
	w := httptest.NewRecorder()
	toyHandler(t, newHarbour()).ServeHTTP(w, r)
	if got := w.Body.String(); got != events(`{"data":{"count":1}}`) {
		t.Error(got)
	}
}

// Each event is answered from the root as of then, and bounded by itself.
func TestEventsAreAnsweredOneByOne(t *testing.T) {
	t.Parallel()
	g := newGauge()
	data := newHarbour().measured(g)
	h := toyHandler(t, data, quiet, func(o *engine.Options) {
		o.Limits.Nodes = 1100
		o.Extensions = func(root any) map[string]any { return map[string]any{"notes": len(root.(*harbour).logbook.read())} }
	})
	go func() {
		g.levels <- level{1}
		g.levels <- level{2000}
		data.logbook.add("one")
		g.levels <- level{2}
		close(g.levels)
	}()
	stream := follow(t, h, `subscription{levels{metres notes ships{id}}}`)
	parts := strings.Split(stream, "\n\n")
	if len(parts) != 5 || !strings.Contains(parts[0], `{"data":{"levels":{"metres":1,"notes":0,"ships":[{"id":"s"}]}},"extensions":{"notes":0}}`) ||
		!strings.Contains(parts[1], `{"errors":[{"message":"The request exceeds the limit of 1100 for nodes.`) || strings.Contains(parts[1], `"data"`) ||
		!strings.Contains(parts[2], `{"data":{"levels":{"metres":2,"notes":1,"ships":[{"id":"s"},{"id":"s"}]}},"extensions":{"notes":1}}`) {
		t.Error(stream)
	}
	<-g.closed
}

func TestPanicsOfEventsAreMaskedAndTheRestFollows(t *testing.T) {
	t.Parallel()
	g := newGauge()
	go func() {
		g.levels <- level{1}
		g.levels <- level{2}
		close(g.levels)
	}()
	stream := follow(t, toyHandler(t, newHarbour().measured(g), quiet), `subscription{levels{panics metres}}`)
	if strings.Contains(stream, "1234") || strings.Count(stream, `"code":"INTERNAL"`) != 2 ||
		!strings.Contains(stream, `"data":{"levels":{"panics":null,"metres":2}}`) {
		t.Error(stream)
	}
}

// pipes is a server whose connections are in memory, so that a test can run on a clock of its own.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
	once        sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.connections:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }
func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.connections <- server
	return client
}

// piped serves a handler as the program does, with its bounds of time.
func piped(t testing.TB, h http.Handler) *pipes {
	t.Helper()
	p := &pipes{connections: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{
		Handler: h, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second, ReadHeaderTimeout: 5 * time.Second,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(p) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return p
}

// opened is an event stream as the client sees it, on the clock of a test.
func opened(t testing.TB, p *pipes, query string) (net.Conn, *http.Response) {
	t.Helper()
	connection := p.dial()
	r := following(context.Background(), query)
	r.RequestURI, r.URL.Host = "", "localhost"
	go func() { _ = r.Write(connection) }()
	response, err := http.ReadResponse(bufio.NewReader(connection), r)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait() // until its source is open
	return connection, response
}

func TestEventStreamsLastAsLongAsTheyMay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGauge()
		p := piped(t, toyHandler(t, newHarbour().measured(g)))
		connection, response := opened(t, p, `subscription{levels{metres}}`)
		defer connection.Close()
		go func() {
			time.Sleep(40*time.Second + time.Millisecond) // longer than the server's own bound for a write
			g.levels <- level{7}
		}()
		began := time.Now()
		stream, err := io.ReadAll(response.Body)
		if err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took.Round(time.Second) != time.Hour {
			t.Errorf("it took %s", took)
		}
		text := string(stream)
		if beats := strings.Count(text, ":\n\n"); beats < 238 || beats > 240 {
			t.Errorf("%d heartbeats", beats)
		}
		if want := "event: next\ndata: {\"data\":{\"levels\":{\"metres\":7}}}\n\n"; strings.ReplaceAll(text, ":\n\n", "") != want {
			t.Errorf("%q", strings.ReplaceAll(text, ":\n\n", ""))
		}
		<-g.closed
	})
}

func TestStreamsEndWhenTheServerStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, stop := newGauge(), make(chan struct{})
		open := map[string]int{}
		var mutex sync.Mutex
		h := toyHandler(t, newHarbour().measured(g), func(o *engine.Options) {
			o.Done = stop
			o.Streams = func(transport string, change int) {
				mutex.Lock()
				defer mutex.Unlock()
				open[transport] += change
			}
		})
		p := piped(t, h)
		connection, response := opened(t, p, `subscription{levels{metres}}`)
		defer connection.Close()
		if open["sse"] != 1 {
			t.Error(open)
		}
		began := time.Now()
		close(stop)
		if stream, err := io.ReadAll(response.Body); err != nil || len(stream) > 0 {
			t.Errorf("%q %v", stream, err)
		}
		<-g.closed
		synctest.Wait()
		if took := time.Since(began); took != 0 || open["sse"] != 0 {
			t.Errorf("it took %s: %v", took, open)
		}
		_, response = opened(t, p, `subscription{levels{metres}}`)
		if response.StatusCode != http.StatusServiceUnavailable {
			t.Error(response.Status)
		}
	})
}

func TestClientsThatDoNotReadLoseTheirStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGauge()
		p := piped(t, toyHandler(t, newHarbour().measured(g)))
		connection, _ := opened(t, p, `subscription{levels{metres}}`)
		defer connection.Close()
		began := time.Now()
		g.levels <- level{1} // which is written to a pipe that nobody reads
		select {
		case g.levels <- level{2}:
			t.Error("an event was asked for before the last one was written")
		case <-g.closed:
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestClientsThatHangUpEndTheirSubscription(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGauge()
		p := piped(t, toyHandler(t, newHarbour().measured(g)))
		connection, _ := opened(t, p, `subscription{levels{metres}}`)
		_ = connection.Close()
		<-g.closed
	})
}

func TestSourcesHaveToOpenInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		data, late := newHarbour(), newGauge()
		data.levels = func(ctx context.Context) (engine.Source[level], error) {
			<-ctx.Done()
			return late, nil
		}
		stream := follow(t, toyHandler(t, data), `subscription{levels{metres}}`)
		if !strings.Contains(stream, `"code":"TIMEOUT"`) {
			t.Error(stream)
		}
		<-late.closed
	})
}

// Opening a source is short, but what it opens may use the context for as long as it lasts.
func TestTheContextOfASourceLasts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		data, g := newHarbour(), newGauge()
		data.levels = func(ctx context.Context) (engine.Source[level], error) {
			go func() {
				defer close(g.levels)
				time.Sleep(time.Minute)
				if ctx.Err() == nil {
					g.levels <- level{3}
				}
			}()
			return g, nil
		}
		if stream := follow(t, toyHandler(t, data), `subscription{levels{metres}}`); !strings.Contains(stream, `{"metres":3}`) {
			t.Error(stream)
		}
	})
}
