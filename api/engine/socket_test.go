package engine_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"lifeline.scot/api/engine"
)

// webClient is the client of a websocket, on the clock of a test.
type webClient struct {
	t testing.TB
	*websocket.Conn
	// outbox is what is still to be sent: a pipe holds nothing, so who sends must not be who reads.
	outbox chan string
}

func dialSocket(t testing.TB, p *pipes, header http.Header, subprotocols ...string) (*webClient, *http.Response, error) {
	t.Helper()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return p.dial(), nil }}
	t.Cleanup(transport.CloseIdleConnections)
	connection, response, err := websocket.Dial(t.Context(), "ws://localhost/graphql", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, Subprotocols: subprotocols, HTTPHeader: header,
	})
	c := &webClient{t, connection, make(chan string, 100)}
	if connection != nil {
		connection.SetReadLimit(1 << 20)
		t.Cleanup(func() { close(c.outbox); _ = connection.CloseNow() })
		go c.sendAll()
	}
	return c, response, err
}

// sendAll sends until the server does not read any more.
func (c *webClient) sendAll() {
	for message := range c.outbox {
		_ = c.Write(context.Background(), websocket.MessageText, []byte(message))
	}
}

// socketOf opens a websocket and sends what comes first.
func socketOf(t testing.TB, p *pipes, messages ...string) *webClient {
	t.Helper()
	c, _, err := dialSocket(t, p, nil, "graphql-transport-ws")
	if err != nil {
		t.Fatal(err)
	}
	c.send(messages...)
	return c
}

func (c *webClient) send(messages ...string) {
	for _, message := range messages {
		c.outbox <- message
	}
}

// expect reads these messages.
func (c *webClient) expect(messages ...string) {
	c.t.Helper()
	for _, want := range messages {
		_, got, err := c.Read(c.t.Context())
		if err != nil || string(got) != want {
			c.t.Fatalf("got %s %v\nwant %s", got, err, want)
		}
	}
}

// expectClose reads on until the server closes the websocket.
func (c *webClient) expectClose(code websocket.StatusCode, reason string) {
	c.t.Helper()
	for {
		_, _, err := c.Read(c.t.Context())
		if err == nil {
			continue
		}
		var closing websocket.CloseError
		if !errors.As(err, &closing) || closing.Code != code || !strings.HasPrefix(closing.Reason, reason) {
			c.t.Fatalf("got %v, want %d %s", err, code, reason)
		}
		return
	}
}

const (
	initMessage = `{"type":"connection_init"}`
	ackMessage  = `{"type":"connection_ack"}`
)

func subscribing(id, query string) string {
	return fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":{"query":%q}}`, id, query)
}

func TestClosesOfWebsockets(t *testing.T) {
	t.Parallel()
	follow := subscribing("a", "subscription{count(to:0)}")
	for _, test := range []struct {
		name     string
		messages []string
		code     websocket.StatusCode
		reason   string
	}{
		{"not JSON", []string{"{"}, 4400, "The body is not a JSON object."},
		{"not an object", []string{`[]`}, 4400, "Batches"},
		{"null", []string{`null`}, 4400, "The body is not a JSON object."},
		{"no type", []string{`{}`}, 4400, "A message has a type"},
		{"a type that is no string", []string{`{"type":1}`}, 4400, "A message has a type"},
		{"a type that only the server sends", []string{ackMessage}, 4400, "A message of this type"},
		{"next", []string{`{"type":"next","id":"a","payload":{}}`}, 4400, "A message of this type"},
		{"a payload of init that is no object", []string{`{"type":"connection_init","payload":[]}`}, 4400, "The payload"},
		{"a payload of ping that is no object", []string{`{"type":"ping","payload":"a"}`}, 4400, "The payload"},
		{"deep JSON", []string{`{"type":"ping","payload":` + strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 21)}, 4400, "The request exceeds the limit of 16"},
		{"subscribe without an id", []string{initMessage, `{"type":"subscribe","payload":{"query":"{texts}"}}`}, 4400, "The id"},
		{"subscribe with a number as id", []string{initMessage, `{"type":"subscribe","id":1,"payload":{"query":"{texts}"}}`}, 4400, "The id"},
		{"subscribe with a long id", []string{initMessage, subscribing(strings.Repeat("a", 300), "{texts}")}, 4400, "The id"},
		{"subscribe without a payload", []string{initMessage, `{"type":"subscribe","id":"a"}`}, 4400, "The payload"},
		{"subscribe without a query", []string{initMessage, `{"type":"subscribe","id":"a","payload":{}}`}, 4400, "The parameter query"},
		{"subscribe with variables in a list", []string{initMessage, `{"type":"subscribe","id":"a","payload":{"query":"{texts}","variables":[]}}`}, 4400, "The parameter variables"},
		{"complete without an id", []string{initMessage, `{"type":"complete"}`}, 4400, "The id"},
		{"subscribe before init", []string{follow}, 4401, "Unauthorized"},
		{"init twice", []string{initMessage, initMessage}, 4429, "Too many initialisation requests"},
		{"one id twice", []string{initMessage, follow, follow}, 4409, "Subscriber for a already exists"},
		{"a long message", []string{`{"type":"ping","payload":{"a":"` + strings.Repeat("a", 64<<10) + `"}}`}, 1009, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				socketOf(t, piped(t, toyHandler(t, newHarbour())), test.messages...).expectClose(test.code, test.reason)
			})
		})
	}
}

func TestWebsocketsAreText(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := socketOf(t, piped(t, toyHandler(t, newHarbour())))
		go func() { _ = c.Write(t.Context(), websocket.MessageBinary, []byte(initMessage)) }()
		c.expectClose(4400, "Messages are text")
	})
}

func TestSubprotocols(t *testing.T) {
	t.Parallel()
	for _, subprotocols := range [][]string{nil, {"graphql-ws"}, {"a", "b"}} {
		synctest.Test(t, func(t *testing.T) {
			c, _, err := dialSocket(t, piped(t, toyHandler(t, newHarbour())), nil, subprotocols...)
			if err != nil {
				t.Fatal(err)
			}
			c.expectClose(4406, "Subprotocol not acceptable")
		})
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		origin string
		status int
	}{
		{"", 101},
		{"http://localhost", 101},
		{"https://friend.scot", 101},
		{"https://evil.example", 403},
		{"null", 403},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := toyHandler(t, newHarbour(), func(o *engine.Options) { o.Origins = []string{"*.scot"} })
			header := http.Header{}
			if test.origin != "" {
				header.Set("Origin", test.origin)
			}
			_, response, _ := dialSocket(t, piped(t, h), header, "graphql-transport-ws")
			if response == nil || response.StatusCode != test.status {
				t.Errorf("%s: %v", test.origin, response)
			}
		})
	}
}

func TestOperationsOnWebsockets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, query string
		messages    []string
	}{
		{"a subscription", "subscription{count(to:2)}", []string{
			`{"type":"next","id":"a","payload":{"data":{"count":1}}}`, `{"type":"next","id":"a","payload":{"data":{"count":2}}}`,
			`{"type":"complete","id":"a"}`,
		}},
		{"a query", "{texts}", []string{`{"type":"next","id":"a","payload":{"data":{"texts":[null,""]}}}`, `{"type":"complete","id":"a"}`}},
		{"a mutation", "mutation{note{count}}", []string{`{"type":"next","id":"a","payload":{"data":{"note":{"count":1}}}}`, `{"type":"complete","id":"a"}`}},
		{"a document that is none", "}", []string{
			`{"type":"error","id":"a","payload":[{"message":"Syntax error: Unexpected }.","locations":[{"line":1,"column":1}],"extensions":{"code":"PARSE_FAILED"}}]}`,
		}},
		{"a field that is not there", "{wreck}", []string{
			`{"type":"error","id":"a","payload":[{"message":"Cannot query field \"wreck\" on type \"Query\".","locations":[{"line":1,"column":2}],"extensions":{"code":"VALIDATION_FAILED"}}]}`,
		}},
		{"a source that there is not", "subscription{count(to:-1)}", []string{
			`{"type":"error","id":"a","payload":[{"message":"There are none.","locations":[{"line":1,"column":14}],"path":["count"],"extensions":{"code":"NO_NUMBERS"}}]}`,
		}},
		{"a source that ends with an error", "subscription{count(to:-5)}", []string{
			`{"type":"next","id":"a","payload":{"data":{"count":1}}}`,
			`{"type":"error","id":"a","payload":[{"message":"Begin again.","extensions":{"code":"LOST_COUNT"}}]}`,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := socketOf(t, piped(t, toyHandler(t, newHarbour())), initMessage)
				c.expect(ackMessage)
				for range 2 { // once it has ended, the id can be used again
					c.send(subscribing("a", test.query))
					messages := test.messages
					if test.name == "a mutation" {
						messages = []string{strings.Replace(messages[0], "1", "%d", 1), messages[1]}
						_, got, err := c.Read(t.Context())
						if err != nil || !strings.HasPrefix(string(got), `{"type":"next","id":"a","payload":{"data":{"note":{"count":`) {
							t.Fatalf("%s %v", got, err)
						}
						messages = messages[1:]
					}
					c.expect(messages...)
				}
			})
		})
	}
}

func TestPingIsAnsweredWithItsPayload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := socketOf(t, piped(t, toyHandler(t, newHarbour())), `{"type":"ping","payload":{"a":1}}`)
		c.expect(`{"type":"pong","payload":{"a":1}}`)
		c.send(`{"type":"pong"}`, `{"type":"ping","payload":null}`, `{"type":"complete","id":"unknown"}`)
		c.expect(`{"type":"pong"}`)
		c.send(initMessage)
		c.expect(ackMessage)
	})
}

func TestClientsCompleteSubscriptions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGauge()
		c := socketOf(t, piped(t, toyHandler(t, newHarbour().measured(g))), initMessage, subscribing("a", "subscription{levels{metres}}"))
		c.expect(ackMessage)
		g.levels <- level{1}
		c.expect(`{"type":"next","id":"a","payload":{"data":{"levels":{"metres":1}}}}`)
		c.send(`{"type":"complete","id":"a"}`)
		<-g.closed
		c.send(`{"type":"complete","id":"a"}`, subscribing("a", "{texts}"))
		c.expect(`{"type":"next","id":"a","payload":{"data":{"texts":[null,""]}}}`, `{"type":"complete","id":"a"}`)
	})
}

// A client may complete an operation and begin another one with its id while the answer to the first is on its way.
func TestAnswersToCompletedOperationsAreNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		data := newHarbour()
		c := socketOf(t, piped(t, toyHandler(t, data)), initMessage)
		c.expect(ackMessage)
		c.send(subscribing("a", "mutation{linger{text}}"))
		synctest.Wait() // until it has begun
		c.send(`{"type":"complete","id":"a"}`, subscribing("a", "subscription{count(to:0)}"))
		c.expect(`{"type":"next","id":"a","payload":{"data":{"count":1}}}`)
		time.Sleep(10 * time.Second)
		c.send(`{"type":"ping"}`)
		c.expect(`{"type":"pong"}`)
		if notes := data.logbook.read(); len(notes) != 1 {
			t.Error(notes)
		}
	})
}

func TestOperationsOnOneWebsocketAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := toyHandler(t, newHarbour(), func(o *engine.Options) { o.Limits.Operations = 1 })
		c := socketOf(t, piped(t, h), initMessage, subscribing("a", "subscription{count(to:0)}"))
		c.expect(ackMessage, `{"type":"next","id":"a","payload":{"data":{"count":1}}}`)
		c.send(subscribing("b", "{texts}"))
		c.expect(`{"type":"error","id":"b","payload":[{"message":"The request exceeds the limit of 1 for operations. Complete others first, or open another connection.",` +
			`"extensions":{"code":"LIMIT_EXCEEDED","limit":"operations","max":1,"value":2}}]}`)
		c.send(`{"type":"complete","id":"a"}`, subscribing("b", "{texts}"))
		c.expect(`{"type":"next","id":"b","payload":{"data":{"texts":[null,""]}}}`)
	})
}

func TestWebsocketsThatAreTooMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := piped(t, toyHandler(t, newHarbour(), func(o *engine.Options) { o.Limits.Streams = 1 }))
		first := socketOf(t, p, initMessage)
		first.expect(ackMessage)
		_, response, _ := dialSocket(t, p, nil, "graphql-transport-ws")
		if response == nil || response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
			t.Error(response)
		}
		_ = first.Close(1000, "")
		synctest.Wait()
		socketOf(t, p, initMessage).expect(ackMessage)
	})
}

func TestTimesOfWebsockets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		messages []string
		code     websocket.StatusCode
		after    time.Duration
	}{
		{"no init", nil, 4408, 5 * time.Second},
		{"only pings", []string{`{"type":"ping"}`}, 4408, 5 * time.Second},
		{"as old as it may be", []string{initMessage, subscribing("a", "subscription{count(to:0)}")}, 4499, time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				socketOf(t, piped(t, toyHandler(t, newHarbour())), test.messages...).expectClose(test.code, "")
				if took := time.Since(began); took != test.after {
					t.Errorf("after %s", took)
				}
			})
		})
	}
}

// What changes something is finished, and answered, before a websocket is closed.
func TestWebsocketsCloseWhenTheServerStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		data, g := newHarbour(), newGauge()
		p := piped(t, toyHandler(t, data.measured(g), func(o *engine.Options) { o.Done = stop }))
		idle := socketOf(t, p, initMessage, subscribing("a", "subscription{levels{metres}}"))
		idle.expect(ackMessage)
		busy := socketOf(t, p, initMessage, subscribing("b", "mutation{linger{text}}"))
		busy.expect(ackMessage)
		synctest.Wait()
		began := time.Now()
		close(stop)
		idle.expectClose(1001, "The server stops")
		<-g.closed
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %s", took)
		}
		_, got, err := busy.Read(t.Context())
		if err != nil || !strings.Contains(string(got), `"code":"TIMEOUT"`) {
			t.Errorf("%s %v", got, err)
		}
		busy.expectClose(1001, "The server stops")
	})
}

// A client that is gone without a word does not answer pings.
func TestHalfOpenWebsocketsAreCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGauge()
		p := piped(t, toyHandler(t, newHarbour().measured(g)))
		c := socketOf(t, p, initMessage, subscribing("a", "subscription{levels{metres}}"))
		c.expect(ackMessage)
		began := time.Now()
		<-g.closed // the client does not read, and so does not see the ping
		if took := time.Since(began); took < 15*time.Second || took > 30*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// rawSocket is a websocket whose client sends whatever it likes.
func rawSocket(t testing.TB, p *pipes) (net.Conn, *bufio.Reader) {
	t.Helper()
	connection := p.dial()
	t.Cleanup(func() { _ = connection.Close() })
	go func() {
		_, _ = io.WriteString(connection, "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n")
	}()
	reader := bufio.NewReader(connection)
	response, err := http.ReadResponse(reader, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(response, err)
	}
	return connection, reader
}

// frame is the head of a frame of a client, whose mask changes nothing.
func frame(first byte, length uint64) []byte {
	head := []byte{first, 0x80 | 127}
	head = binary.BigEndian.AppendUint64(head, length)
	return append(head, 0, 0, 0, 0)
}

func TestHostileFrames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		send func(io.Writer)
		most time.Duration
	}{
		{"a frame of 2^62 bytes, of which some come", func(w io.Writer) {
			_, _ = w.Write(frame(0x81, 1<<62))
			_, _ = w.Write(bytes.Repeat([]byte("a"), 80<<10))
		}, 3 * time.Second},
		{"a frame of 2^62 bytes, byte by byte", func(w io.Writer) {
			_, _ = w.Write(frame(0x81, 1<<62))
			for {
				if _, err := w.Write([]byte("a")); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}, 8 * time.Second},
		{"a second frame of 2^62 bytes after a bad message, byte by byte", func(w io.Writer) {
			_, _ = w.Write(append(frame(0x81, 2), "{]"...))
			_, _ = w.Write(frame(0x81, 1<<62))
			for {
				if _, err := w.Write([]byte("a")); err != nil {
					return
				}
				time.Sleep(time.Millisecond)
			}
		}, 3 * time.Second},
		{"fragments without an end", func(w io.Writer) {
			_, _ = w.Write(frame(0x01, 100))
			for i := 1; ; i++ {
				if i%100 == 0 {
					time.Sleep(100 * time.Millisecond) // the clock of a test stands still while anything happens
				}
				if _, err := w.Write(append(bytes.Repeat([]byte("a"), 100), frame(0x00, 100)...)); err != nil {
					return
				}
			}
		}, 4 * time.Second},
		{"a frame without a mask", func(w io.Writer) { _, _ = w.Write([]byte{0x81, 2, '{', '}'}) }, 3 * time.Second},
		{"a control frame of 200 bytes", func(w io.Writer) { _, _ = w.Write(frame(0x89, 200)) }, 3 * time.Second},
		{"an unknown kind of frame", func(w io.Writer) { _, _ = w.Write(frame(0x83, 0)) }, 3 * time.Second},
		{"compression that was not agreed on", func(w io.Writer) { _, _ = w.Write(frame(0xc1, 0)) }, 3 * time.Second},
		{"half a frame", func(w io.Writer) { _, _ = w.Write([]byte{0x81}) }, 8 * time.Second},
		{"text that is not UTF-8", func(w io.Writer) { _, _ = w.Write(append(frame(0x81, 2), 0xff, 0xfe)) }, 3 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := piped(t, toyHandler(t, newHarbour()))
				connection, reader := rawSocket(t, p)
				began := time.Now()
				var sending sync.WaitGroup
				defer sending.Wait()
				sending.Go(func() { test.send(connection) })
				if _, err := io.Copy(io.Discard, reader); err != nil && !errors.Is(err, io.ErrClosedPipe) {
					t.Error(err)
				}
				if took := time.Since(began); took > test.most {
					t.Errorf("cut after %s", took)
				}
			})
		})
	}
}

// A client that never reads is cut, whatever it asks for: what is sent to it does not pile up.
func TestFloodsOnWebsockets(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]func(i int) string{
		"pings":   func(int) string { return `{"type":"ping"}` },
		"queries": func(i int) string { return subscribing(fmt.Sprint(i), "{texts}") },
		"subscribe and complete": func(i int) string {
			return []string{subscribing("a", "subscription{count(to:0)}"), `{"type":"complete","id":"a"}`}[i%2]
		},
		"subscriptions":            func(i int) string { return subscribing(fmt.Sprint(i), "subscription{count(to:0)}") },
		"complete of what is over": func(i int) string { return fmt.Sprintf(`{"type":"complete","id":"%d"}`, i) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := piped(t, toyHandler(t, newHarbour()))
				connection, _ := rawSocket(t, p)
				send := func(text string) error {
					_, err := connection.Write(append(frame(0x81, uint64(len(text))), text...))
					return err
				}
				began := time.Now()
				err := send(initMessage)
				sent := 0
				for ; err == nil; sent++ {
					if sent%1000 == 999 {
						time.Sleep(time.Second)
					}
					err = send(message(sent))
				}
				if took := time.Since(began); took > time.Minute || sent > 100_000 {
					t.Errorf("cut after %s and %d messages", took, sent)
				}
			})
		})
	}
}
