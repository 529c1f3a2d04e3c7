package outbound

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// How long a test waits for a receiver that never answers, and for one that does.
const (
	impatient = 200 * time.Millisecond
	patient   = time.Minute
)

// reads lets a receiver read a request and then do something.
func reads(then func(net.Conn, <-chan struct{})) func(net.Conn, <-chan struct{}) {
	return func(conn net.Conn, ended <-chan struct{}) {
		if readRequest(bufio.NewReader(conn)) {
			then(conn, ended)
		}
	}
}

func says(text string) func(net.Conn, <-chan struct{}) {
	return reads(func(conn net.Conn, ended <-chan struct{}) {
		if _, err := io.WriteString(conn, text); err == nil {
			<-ended
		}
	})
}

// drips writes a text again and again, slowly, until nobody listens.
func drips(head, drop string) func(net.Conn, <-chan struct{}) {
	return reads(func(conn net.Conn, ended <-chan struct{}) {
		_, err := io.WriteString(conn, head)
		for tick := time.NewTicker(10 * time.Millisecond); err == nil; {
			select {
			case <-ended:
				return
			case <-tick.C:
				_, err = io.WriteString(conn, drop)
			}
		}
	})
}

// floods writes a text again and again, as fast as it goes.
func floods(head, drop string, written *atomic.Int64) func(net.Conn, <-chan struct{}) {
	return reads(func(conn net.Conn, _ <-chan struct{}) {
		_, err := io.WriteString(conn, head)
		for text := strings.Repeat(drop, 100); err == nil; {
			var n int
			n, err = io.WriteString(conn, text)
			written.Add(int64(n))
		}
	})
}

func hangsUp(conn net.Conn, _ <-chan struct{}) { _ = conn.Close() }

func waits(_ net.Conn, ended <-chan struct{}) { <-ended }

// bomb is a hundred megabytes, as a hundred parts of one.
func bomb(t testing.TB) string {
	t.Helper()
	var part bytes.Buffer
	w := gzip.NewWriter(&part)
	if _, err := w.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return strings.Repeat(part.String(), 100)
}

// Whatever a receiver does, sending ends within its bounds, says what happened in codes, and nothing of what was sent, of the
// address or of the answer shows anywhere.
func TestAHostileReceiver(t *testing.T) {
	var flood atomic.Int64
	gzipped := bomb(t)
	const ok = "HTTP/1.1 200 OK\r\n"
	for what, tc := range map[string]struct {
		speaks func(net.Conn, <-chan struct{})
		kind   Kind
		code   Code
		status int
	}{
		"never answers":                  {reads(waits), Failed, CodeTimedOut, 0},
		"never reads":                    {waits, Failed, CodeTimedOut, 0},
		"hangs up at once":               {hangsUp, Failed, CodeHungUp, 0},
		"hangs up after the request":     {reads(hangsUp), Failed, CodeHungUp, 0},
		"hangs up within the status":     {reads(func(c net.Conn, _ <-chan struct{}) { _, _ = io.WriteString(c, "HTTP/1.1 2") }), Failed, CodeNotHTTP, 0},
		"hangs up within the headers":    {reads(func(c net.Conn, _ <-chan struct{}) { _, _ = io.WriteString(c, ok+"X-A: ") }), Failed, CodeHungUp, 0},
		"drips its headers":              {drips(ok, "X-A: b\r\n"), Failed, CodeTimedOut, 0},
		"drips within one header":        {drips(ok+"X-A: ", "b"), Failed, CodeTimedOut, 0},
		"says to go on for ever":         {floods("", "HTTP/1.1 103 Early Hints\r\n\r\n", &flood), Failed, CodeNotHTTP, 0},
		"sends huge headers":             {floods(ok, "X-A: "+strings.Repeat("b", 1000)+"\r\n", &flood), Failed, CodeNotHTTP, 0},
		"sends one huge header":          {floods(ok+"X-A: ", "b", &flood), Failed, CodeNotHTTP, 0},
		"sends a huge status":            {floods("HTTP/1.1 200 ", "OK", &flood), Failed, CodeNotHTTP, 0},
		"speaks no HTTP":                 {says("SSH-2.0-OpenSSH_9.9\r\nsesame-answer\r\n\r\n"), Failed, CodeNotHTTP, 0},
		"speaks a future HTTP":           {says("HTTP/9.9 200 OK\r\n\r\n"), Delivered, CodeOK, 200},
		"has a status of no number":      {says("HTTP/1.1 abc OK\r\n\r\n"), Failed, CodeNotHTTP, 0},
		"has a status of 999":            {says("HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n"), Failed, CodeUnexpectedStatus, 999},
		"has a length below zero":        {says(ok + "Content-Length: -1\r\n\r\n"), Failed, CodeNotHTTP, 0},
		"has two lengths":                {says(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), Failed, CodeNotHTTP, 0},
		"turns to something else":        {says("HTTP/1.1 101 Switching\r\nUpgrade: sesame\r\nConnection: Upgrade\r\n\r\n"), Failed, CodeUnexpectedStatus, 101},
		"sends a body without end":       {floods(ok+"\r\n", "sesame-answer", &flood), Delivered, CodeOK, 200},
		"sends chunks without end":       {floods(ok+"Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n", &flood), Delivered, CodeOK, 200},
		"drips its body":                 {drips(ok+"Content-Length: 1000000\r\n\r\n", "b"), Delivered, CodeOK, 200},
		"drips the body of an error":     {drips("HTTP/1.1 400 No\r\nContent-Length: 1000000\r\n\r\n", "b"), Failed, CodeClientError, 400},
		"promises more than it sends":    {says(ok + "Content-Length: 1000\r\n\r\nsesame-answer"), Delivered, CodeOK, 200},
		"sends more than it promised":    {says(ok + "Content-Length: 1\r\n\r\nasesame-answer"), Delivered, CodeOK, 200},
		"hangs up within the body":       {reads(func(c net.Conn, _ <-chan struct{}) { _, _ = io.WriteString(c, ok+"Content-Length: 9\r\n\r\nab") }), Delivered, CodeOK, 200},
		"answers twice":                  {says(strings.Repeat(ok+"Content-Length: 0\r\n\r\n", 2)), Delivered, CodeOK, 200},
		"answers with a gzip bomb":       {says(ok + "Content-Encoding: gzip\r\nContent-Length: " + strconv.Itoa(len(gzipped)) + "\r\n\r\n" + gzipped), Delivered, CodeOK, 200},
		"repeats what was sent":          {says("HTTP/1.1 422 sesame-answer\r\nX-Echo: sesame-answer\r\nContent-Length: 13\r\n\r\nsesame-answer"), Failed, CodeClientError, 422},
		"asks to be left alone for ages": {says("HTTP/1.1 503 Busy\r\nRetry-After: 9300000000\r\nContent-Length: 0\r\n\r\n"), Busy, CodeUnavailable, 503},
	} {
		t.Run(what, func(t *testing.T) {
			r := speak(t, tc.speaks)
			o := optionsFor(r)
			if o.TryTime = patient; tc.code == CodeTimedOut {
				o.TryTime = impatient
			}
			noSesame(t, func() string {
				outcome := newSender(t, o).Send(t.Context(), Endpoint{r.url() + "/sesame-path?key=sesame-query", secretsOf(t, newText)},
					Message{ID: "evt_sesame", Body: []byte(`{"data":"sesame-body"}`)})
				if outcome.Kind != tc.kind || outcome.Code != tc.code || outcome.Status != tc.status {
					t.Errorf("it came to %+v", outcome)
				}
				return fmt.Sprintf("%+v", outcome)
			})
		})
	}
	if n := flood.Load(); n > 100<<20 {
		t.Errorf("%d bytes were taken of receivers that never end", n)
	}
}

// noSesame fails if anything shows of what must not: in what is said of it, in either log, or in the errors of a handshake.
func noSesame(t *testing.T, do func() string) {
	t.Helper()
	var written lockedBuffer
	writer, flags, before := log.Writer(), log.Flags(), slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&written, &slog.HandlerOptions{Level: slog.LevelDebug})))
	log.SetOutput(&written)
	defer func() {
		slog.SetDefault(before)
		log.SetOutput(writer)
		log.SetFlags(flags)
	}()
	if all := do() + written.String(); strings.Contains(strings.ToLower(all), "sesame") || strings.Contains(all, "MfKQ") {
		t.Errorf("something shows: %s", all)
	}
}

// What a receiver sends though nobody asked for it could be a person's data: net/http writes it into the log.
func TestWhatNobodyAskedForIsNotLogged(t *testing.T) {
	closed := make(chan struct{})
	r := speak(t, func(conn net.Conn, _ <-chan struct{}) {
		defer close(closed)
		requests := bufio.NewReader(conn)
		if !readRequest(requests) {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nsesame: Isla Sample\r\n")
		_, _ = requests.ReadByte() // it is hung up on
	})
	noSesame(t, func() string {
		outcome := send(t, newSender(t, optionsFor(r)), r.url())
		<-closed
		return fmt.Sprint(outcome)
	})
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere inbox
	other := serving(t, func(_ httpResponse, r *httpRequest) { elsewhere.keep(r) })
	for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
		for _, location := range []string{
			other.url() + "/", "https://127.0.0.1/", "https://169.254.169.254/latest/meta-data/", "http://127.0.0.1/", "/elsewhere", "//[::1]/",
		} {
			r := answering(t, fmt.Sprintf("HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", status, location))
			outcome := send(t, newSender(t, optionsFor(r, other)), r.url())
			if outcome.Kind != Failed || outcome.Code != CodeRedirected || outcome.Status != status || r.connections() != 1 {
				t.Errorf("%d to %s came to %+v", status, location, outcome)
			}
		}
	}
	if n := len(elsewhere.list()); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

func TestWhomNobodyVouchesForIsNotSentTo(t *testing.T) {
	a, stranger := newAuthority(t), newAuthority(t)
	config := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} } //nolint:gosec // of tests
	old := config(a.issue(t, nil))
	old.MaxVersion = tls.VersionTLS11
	old.MinVersion = tls.VersionTLS10
	for what, tc := range map[string]struct {
		config *tls.Config
		want   Code
	}{
		"one that has expired":      {config(a.issue(t, func(c *x509.Certificate) { c.NotAfter = noon.AddDate(-10, 0, 0) })), CodeNotTrusted},
		"one that is not valid yet": {config(a.issue(t, func(c *x509.Certificate) { c.NotBefore = noon.AddDate(19, 0, 0) })), CodeNotTrusted},
		"one for another name": {config(a.issue(t, func(c *x509.Certificate) {
			c.IPAddresses, c.DNSNames = nil, []string{"sesame.example.org"}
		})), CodeNotTrusted},
		"one for clients": {config(a.issue(t, func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		})), CodeNotTrusted},
		"one by a stranger": {config(stranger.issue(t, nil)), CodeNotTrusted},
		"an old TLS":        {old, CodeNoTLS},
	} {
		var asked atomic.Int64
		r := speakWith(t, tc.config, a.certificate, func(conn net.Conn, _ <-chan struct{}) {
			if readRequest(bufio.NewReader(conn)) {
				asked.Add(1)
			}
		})
		noSesame(t, func() string {
			outcome := send(t, newSender(t, optionsFor(r)), r.url())
			if outcome.Kind != Failed || outcome.Code != tc.want || outcome.Status != 0 {
				t.Errorf("%s: it came to %+v", what, outcome)
			}
			return fmt.Sprint(outcome)
		})
		if asked.Load() != 0 || r.connections() != 1 {
			t.Errorf("%s: it was sent to, or tried again: %d connections", what, r.connections())
		}
	}
}

func TestWhoSpeaksNoTLSIsNotSentTo(t *testing.T) {
	for what, tc := range map[string]struct {
		serve func(net.Conn, <-chan struct{})
		want  Code
	}{
		"plain HTTP":  {func(c net.Conn, _ <-chan struct{}) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n") }, CodeNoTLS},
		"silence":     {waits, CodeTimedOut},
		"a hang-up":   {hangsUp, CodeHungUp},
		"other bytes": {func(c net.Conn, _ <-chan struct{}) { _, _ = c.Write(make([]byte, 100)) }, CodeNoTLS},
	} {
		r := listen(t, "127.0.0.1:0", tc.serve)
		o := optionsFor(r)
		o.TryTime = impatient
		if outcome := send(t, newSender(t, o), r.url()); outcome.Kind != Failed || outcome.Code != tc.want {
			t.Errorf("%s: it came to %+v", what, outcome)
		}
	}
}

// Also of a handshake nothing shows but codes.
func TestAHostileReceiverIsAskedWhetherItAgrees(t *testing.T) {
	for what, text := range map[string]string{
		"an origin that is no one": "HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: sesame\r\nContent-Length: 0\r\n\r\n",
		"an error":                 "HTTP/1.1 404 sesame\r\nContent-Length: 6\r\n\r\nsesame",
		"no HTTP":                  "sesame\r\n\r\n",
	} {
		r := answering(t, text)
		noSesame(t, func() string {
			err := newSender(t, optionsFor(r)).Handshake(t.Context(), Endpoint{r.url() + "/?key=sesame", secretsOf(t, newText)}, origin)
			var said *HandshakeError
			if !errors.As(err, &said) {
				t.Errorf("%s: %v", what, err)
			}
			return fmt.Sprintf("%v %+v", err, said)
		})
	}
}
