package engine_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"lifeline.scot/api/engine"
)

// watched counts the sources that were opened, and how often they were closed. A source gives a level, and another one as soon as
// it is asked for it: there is always something to send.
type watched struct{ opened, closed, twice atomic.Int64 }

func (w *watched) open(context.Context) (engine.Source[level], error) {
	w.opened.Add(1)
	return &watchedSource{watched: w}, nil
}

type watchedSource struct {
	*watched
	done atomic.Bool
}

func (s *watchedSource) Next(ctx context.Context) (level, error) { return level{1}, ctx.Err() }

func (s *watchedSource) Close() {
	if s.done.Swap(true) {
		s.twice.Add(1)
	}
	s.closed.Add(1)
}

// settled waits until there are no more goroutines than there were.
func settled(t *testing.T, before int) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(time.Millisecond)
	}
}

// slowClient is a client that takes so many events, and then does not read any more; hungUp is told then.
type slowClient struct {
	header   http.Header
	takes    int
	hungUp   func()
	deadline atomic.Int64
}

func (c *slowClient) Header() http.Header { return c.header }
func (c *slowClient) WriteHeader(int)     {}
func (c *slowClient) Flush()              {}
func (c *slowClient) SetWriteDeadline(at time.Time) error {
	c.deadline.Store(at.UnixNano())
	return nil
}

func (c *slowClient) Write(p []byte) (int, error) {
	if c.takes--; c.takes > 0 {
		return len(p), nil
	}
	if c.hungUp != nil {
		c.hungUp()
		return 0, net.ErrClosed
	}
	time.Sleep(time.Until(time.Unix(0, c.deadline.Load())))
	return 0, os.ErrDeadlineExceeded
}

// Not parallel: it counts goroutines.
func TestTenThousandSubscribersLeaveNothingBehind(t *testing.T) {
	data, sources := newHarbour(), &watched{}
	data.levels = sources.open
	open := atomic.Int64{}
	h := toyHandler(t, data, func(o *engine.Options) {
		o.Streams = func(_ string, change int) { open.Add(int64(change)) }
		o.Limits.WriteTime = 5 * time.Millisecond
	})
	before := runtime.NumGoroutine()
	const waves, each = 100, 100
	for range waves {
		var following sync.WaitGroup
		for i := range each {
			following.Go(func() { abandoned(h, i) })
		}
		following.Wait()
	}
	settled(t, before)
	if opened, closed := sources.opened.Load(), sources.closed.Load(); opened != waves*each || closed != opened || sources.twice.Load() > 0 {
		t.Errorf("%d sources opened, %d closed, %d of them twice", opened, closed, sources.twice.Load())
	}
	if open.Load() != 0 {
		t.Errorf("%d streams are counted as open", open.Load())
	}
}

// abandoned follows for a while and then hangs up while an event is written, or stops reading.
func abandoned(h http.Handler, i int) {
	ctx, hangUp := context.WithCancel(context.Background())
	defer hangUp()
	client := &slowClient{header: http.Header{}, takes: 2 + i%3}
	if i%2 == 0 {
		client.hungUp = hangUp
	}
	h.ServeHTTP(client, following(ctx, `subscription{levels{metres}}`))
}

// Not parallel: it counts goroutines.
func TestSubscribersOverTheNetworkLeaveNothingBehind(t *testing.T) {
	data, sources := newHarbour(), &watched{}
	data.levels = sources.open
	before := runtime.NumGoroutine()
	server := httptest.NewServer(toyHandler(t, data, func(o *engine.Options) { o.Limits.WriteTime = 300 * time.Millisecond }))
	const clients, operations = 50, 3
	var following sync.WaitGroup
	for i := range clients {
		following.Go(func() { abandonedEvents(t, server.URL, i) })
		following.Go(func() { abandonedSocket(t, server.URL, i, operations) })
	}
	following.Wait()
	server.Close()
	settled(t, before)
	if opened, closed := sources.opened.Load(), sources.closed.Load(); opened == 0 || closed != opened || sources.twice.Load() > 0 {
		t.Errorf("%d sources opened, %d closed, %d of them twice", opened, closed, sources.twice.Load())
	}
}

// abandonedEvents reads a little, and then hangs up or waits until the server has cut it.
func abandonedEvents(t *testing.T, url string, i int) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	r := following(t.Context(), `subscription{levels{metres ships{id}}}`)
	r.RequestURI = ""
	r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(url, "http://")
	response, err := transport.RoundTrip(r)
	if errors.Is(err, io.EOF) {
		return // on a busy machine it is cut before it has said a word
	}
	if err != nil {
		t.Error(err)
		return
	}
	defer response.Body.Close()
	_, _ = response.Body.Read(make([]byte, 100)) // it may be cut already
	if i%2 == 0 {
		time.Sleep(500 * time.Millisecond) // longer than the server waits for a client that does not read
	}
}

func abandonedSocket(t *testing.T, url string, i, operations int) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = c.CloseNow() }()
	messages := []string{initMessage}
	for o := range operations {
		messages = append(messages, subscribing(string(rune('a'+o)), `subscription{levels{metres ships{id}}}`))
	}
	messages = append(messages, `{"type":"complete","id":"a"}`)
	for _, message := range messages {
		_ = c.Write(t.Context(), websocket.MessageText, []byte(message)) // it may be cut already
	}
	_, _, _ = c.Read(t.Context()) // as above
	if i%2 == 0 {
		time.Sleep(500 * time.Millisecond) // as above
	}
}
