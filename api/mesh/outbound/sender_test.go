package outbound

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"lifeline.scot/api/mesh/event"
)

type (
	httpResponse = http.ResponseWriter
	httpRequest  = http.Request
)

func TestAMessageIsSentSo(t *testing.T) {
	for _, protocols := range [][]string{nil, {http2}} {
		var in inbox
		r := serving(t, func(w httpResponse, r *httpRequest) {
			in.keep(r)
			w.WriteHeader(http.StatusAccepted)
		}, protocols...)
		o := optionsFor(r)
		o.Clock = func() time.Time { return noon }
		outcome := newSender(t, o).Send(t.Context(), Endpoint{r.url() + "/events?for=harbour", secretsOf(t, newText+" "+oldText)},
			Message{ID: "evt_1", Body: []byte(`{"data":"sample"}`)})
		if outcome.Kind != Delivered || outcome.Code != CodeOK || outcome.Status != http.StatusAccepted || outcome.RetryAfter != 0 {
			t.Errorf("over %v it came to %+v", protocols, outcome)
		}
		all := in.list()
		if len(all) != 1 {
			t.Fatalf("it was sent %d times", len(all))
		}
		g := all[0]
		verified(t, g, newText)
		verified(t, g, oldText)
		for name, want := range map[string]string{
			"Content-Type": event.ContentType, "User-Agent": userAgent, "Webhook-Id": "evt_1",
			"Webhook-Timestamp": strconv.FormatInt(noon.Unix(), 10), "Accept-Encoding": "",
		} {
			if got := g.header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if g.method != http.MethodPost || string(g.body) != `{"data":"sample"}` {
			t.Errorf("it got %s %s", g.method, g.body)
		}
	}
}

func TestWhatComesOfAStatus(t *testing.T) {
	for status, want := range map[int]Outcome{
		200: {Delivered, CodeOK, 200, 0, 0}, 202: {Delivered, CodeOK, 202, 0, 0}, 204: {Delivered, CodeOK, 204, 0, 0},
		299: {Delivered, CodeOK, 299, 0, 0}, 410: {Gone, CodeGone, 410, 0, 0},
		429: {Busy, CodeTooManyRequests, 429, 2 * time.Minute, 0}, 502: {Busy, CodeUnavailable, 502, 2 * time.Minute, 0},
		503: {Busy, CodeUnavailable, 503, 2 * time.Minute, 0}, 504: {Busy, CodeUnavailable, 504, 2 * time.Minute, 0},
		500: {Failed, CodeServerError, 500, 0, 0}, 501: {Failed, CodeServerError, 501, 0, 0},
		400: {Failed, CodeClientError, 400, 0, 0}, 401: {Failed, CodeClientError, 401, 0, 0}, 404: {Failed, CodeClientError, 404, 0, 0},
		408: {Failed, CodeClientError, 408, 0, 0}, 409: {Failed, CodeClientError, 409, 0, 0}, 413: {Failed, CodeClientError, 413, 0, 0},
		600: {Failed, CodeUnexpectedStatus, 600, 0, 0},
	} {
		r := answering(t, "HTTP/1.1 "+strconv.Itoa(status)+" As It Is\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n")
		got := send(t, newSender(t, optionsFor(r)), r.url())
		if got.Took = 0; got != want {
			t.Errorf("%d came to %+v, want %+v", status, got, want)
		}
	}
}

// What may go well the next time is tried once more at once, signed with the time that it is by then; all else is left to whoever
// keeps the deliveries.
func TestWhatIsTriedAgain(t *testing.T) {
	for what, tc := range map[string]struct {
		status int
		header string
		tries  int
	}{
		"500": {500, "", 2}, "501": {501, "", 2}, "502": {502, "", 2}, "503": {503, "", 2}, "504": {504, "", 2}, "429": {429, "", 2},
		"503 now":         {503, "0", 2},
		"503 in a minute": {503, "60", 1},
		"429 in a minute": {429, "60", 1},
		"503 in ages":     {503, "9300000000", 1},
		"503 senselessly": {503, "-1", 2},
		"400":             {400, "", 1}, "404": {404, "", 1}, "408": {408, "", 1}, "410": {410, "", 1}, "301": {301, "", 1}, "200": {200, "", 1},
	} {
		var in inbox
		r := serving(t, func(w httpResponse, r *httpRequest) {
			in.keep(r)
			if tc.header != "" {
				w.Header().Set("Retry-After", tc.header)
			}
			w.WriteHeader(tc.status)
		})
		send(t, newSender(t, optionsFor(r)), r.url())
		if n := len(in.list()); n != tc.tries {
			t.Errorf("%s: it was sent %d times, want %d", what, n, tc.tries)
		}
	}
}

func TestEachTryIsSignedAnewAndSaysTheSame(t *testing.T) {
	var in inbox
	r := serving(t, func(w httpResponse, r *httpRequest) {
		if in.keep(r) < 3 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	o := optionsFor(r)
	o.Tries = 3
	var mu sync.Mutex
	now := noon
	o.Clock = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}
	if outcome := send(t, newSender(t, o), r.url()); outcome.Kind != Delivered {
		t.Errorf("it came to %+v", outcome)
	}
	times := map[string]bool{}
	for _, g := range in.list() {
		verified(t, g, newText)
		times[g.header.Get("Webhook-Timestamp")] = true
		if g.header.Get("Webhook-Id") != "evt_1" || !bytes.Equal(g.body, in.list()[0].body) {
			t.Errorf("it said something else: %s %s", g.header.Get("Webhook-Id"), g.body)
		}
	}
	if len(times) != 3 {
		t.Errorf("it was signed with the times %v", times)
	}
}

// Somebody takes back between two tries what they had agreed to.
func TestWhatMayNoLongerBeSentIsNotSentOnceMore(t *testing.T) {
	for what, tc := range map[string]struct {
		still bool
		tries int
		code  Code
	}{
		"it may still be sent": {true, 2, CodeServerError},
		"it may not":           {false, 1, CodeNoLonger},
	} {
		var in inbox
		r := serving(t, func(w httpResponse, r *httpRequest) {
			in.keep(r)
			w.WriteHeader(http.StatusInternalServerError)
		})
		asked := 0
		outcome := newSender(t, optionsFor(r)).Send(t.Context(), Endpoint{r.url(), secretsOf(t, newText)}, Message{
			ID: "evt_1", Body: []byte("{}"), Still: func(context.Context) bool { asked++; return tc.still },
		})
		if n := len(in.list()); n != tc.tries || asked != 1 || outcome.Kind != Failed || outcome.Code != tc.code {
			t.Errorf("%s: sent %d times, asked %d times, %+v", what, n, asked, outcome)
		}
	}
}

func TestAConnectionThatIsRefusedIsTriedAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := uint16(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	nobody := &receiver{port: port}
	if outcome := send(t, newSender(t, optionsFor(nobody)), nobody.url()); outcome.Kind != Failed || outcome.Code != CodeNotConnected {
		t.Errorf("it came to %+v", outcome)
	}
	r := speak(t, hangsUp)
	if outcome := send(t, newSender(t, optionsFor(r)), r.url()); outcome.Code != CodeHungUp || r.connections() != 2 {
		t.Errorf("it came to %+v by %d connections", outcome, r.connections())
	}
}

func TestWhatIsNotSendable(t *testing.T) {
	var in inbox
	r := serving(t, func(_ httpResponse, r *httpRequest) { in.keep(r) })
	s := newSender(t, optionsFor(r))
	secrets := secretsOf(t, newText)
	for what, tc := range map[string]struct {
		to   Endpoint
		m    Message
		kind Kind
		code Code
	}{
		"no secret":             {Endpoint{r.url(), nil}, Message{ID: "evt_1", Body: nil}, Failed, CodeNotSendable},
		"no id":                 {Endpoint{r.url(), secrets}, Message{ID: "", Body: []byte("{}")}, Failed, CodeNotSendable},
		"an id of two lines":    {Endpoint{r.url(), secrets}, Message{ID: "a\r\nb", Body: []byte("{}")}, Failed, CodeNotSendable},
		"a very long body":      {Endpoint{r.url(), secrets}, Message{ID: "evt_1", Body: make([]byte, event.MostBytes+1)}, Failed, CodeNotSendable},
		"no address":            {Endpoint{"", secrets}, Message{ID: "evt_1", Body: []byte("{}")}, Prohibited, CodeURLNotAllowed},
		"an address of another": {Endpoint{"https://127.0.0.2:" + strconv.Itoa(int(r.port)), secrets}, Message{ID: "evt_1", Body: nil}, Prohibited, CodeAddressNotAllowed},
		"another port":          {Endpoint{"https://127.0.0.1:1", secrets}, Message{ID: "evt_1", Body: nil}, Prohibited, CodeAddressNotAllowed},
	} {
		if got := s.Send(t.Context(), tc.to, tc.m); got.Kind != tc.kind || got.Code != tc.code {
			t.Errorf("%s: it came to %+v", what, got)
		}
	}
	if n := len(in.list()); n != 0 {
		t.Errorf("%d were sent", n)
	}
}

// When we stop, that says nothing of the endpoint.
func TestWhoeverStopsIsNotTheEndpoint(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	r := speak(t, reads(func(_ net.Conn, ended <-chan struct{}) {
		stop()
		<-ended
	}))
	outcome := newSender(t, optionsFor(r)).Send(ctx, Endpoint{r.url(), secretsOf(t, newText)}, Message{ID: "evt_1", Body: []byte("{}")})
	if outcome.Kind != Failed || outcome.Code != CodeStopped {
		t.Errorf("it came to %+v", outcome)
	}
}

// Nor does it when whoever asked has no time left: the endpoint has not had the time that it is given.
func TestWhoeverHasNoTimeLeftIsNotTheEndpoint(t *testing.T) {
	for what, speaks := range map[string]func(net.Conn, <-chan struct{}){"within the request": waits, "after it": reads(waits)} {
		ctx, cancel := context.WithTimeout(t.Context(), impatient)
		defer cancel()
		r := speak(t, speaks)
		outcome := newSender(t, optionsFor(r)).Send(ctx, Endpoint{r.url(), secretsOf(t, newText)}, Message{ID: "evt_1", Body: []byte("{}")})
		if outcome.Kind != Failed || outcome.Code != CodeStopped {
			t.Errorf("%s it came to %+v", what, outcome)
		}
	}
}

// An endpoint that fails loses its own connections, and nobody else's.
func TestWhoFailsCostsNobodyElseAConnection(t *testing.T) {
	well := serving(t, func(httpResponse, *httpRequest) {})
	ill := serving(t, func(w httpResponse, _ *httpRequest) { w.WriteHeader(http.StatusInternalServerError) })
	s := newSender(t, optionsFor(well, ill))
	for range 10 {
		if got := send(t, s, ill.url()); got.Kind != Failed {
			t.Fatalf("it came to %+v", got)
		}
		if got := send(t, s, well.url()); got.Kind != Delivered {
			t.Fatalf("it came to %+v", got)
		}
	}
	if n := well.connections(); n != 1 {
		t.Errorf("the one that is well had %d connections made to it", n)
	}
}

// Nor does one that answers nobody take all connections to a host from another endpoint there.
func TestWhoAnswersNobodyIsNoHindranceToAnotherAtTheSameHost(t *testing.T) {
	let := make(chan struct{})
	waiting := make(chan struct{}, 2*mostConnections)
	r := serving(t, func(_ httpResponse, r *httpRequest) {
		if r.URL.Path == "/stuck" {
			waiting <- struct{}{}
			<-let
		}
	}, "http/1.1")
	o := optionsFor(r)
	o.TryTime, o.SendTime = patient, patient
	s := newSender(t, o)
	var stuck sync.WaitGroup
	for range mostConnections {
		stuck.Go(func() { send(t, s, r.url()+"/stuck") })
	}
	defer stuck.Wait()
	defer close(let)
	for range mostConnections {
		<-waiting
	}
	if got := send(t, s, r.url()+"/well"); got.Kind != Delivered {
		t.Errorf("it came to %+v", got)
	}
}

func TestAnAnswerOfALittleTextKeepsItsConnection(t *testing.T) {
	r := serving(t, func(w httpResponse, _ *httpRequest) { _, _ = w.Write([]byte(strings.Repeat("thanks ", 100))) })
	s := newSender(t, optionsFor(r))
	for range 10 {
		if got := send(t, s, r.url()); got.Kind != Delivered {
			t.Fatalf("it came to %+v", got)
		}
	}
	if n := r.connections(); n != 1 {
		t.Errorf("%d connections were made", n)
	}
}

func TestOnlySoManyClientsAreKept(t *testing.T) {
	made := 0
	c := clients{make: func() *http.Client { made++; return &http.Client{} }, byEndpoint: map[string]*kept{}}
	first := c.of("first")
	for i := range 2 * mostEndpoints {
		c.of(strconv.Itoa(i))
		if c.of("first") != first {
			t.Fatal("one that is in use was let go of")
		}
	}
	if len(c.byEndpoint) != mostEndpoints || made != 2*mostEndpoints+1 {
		t.Errorf("%d are kept of %d", len(c.byEndpoint), made)
	}
}

// names answers every question for an address with the next of a list, and with the last from then on; "" means that there is
// none.
func names(t testing.TB, answers ...[]string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		asked := 0
		for buffer := make([]byte, 1500); ; {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			reply, isAddress := replyTo(buffer[:n], answers[min(asked, len(answers)-1)])
			if isAddress {
				asked++
			}
			_, _ = conn.WriteTo(reply, from)
		}
	})
	t.Cleanup(func() {
		_ = conn.Close()
		serving.Wait()
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func replyTo(question []byte, addresses []string) (reply []byte, isAddress bool) {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil, false
	}
	q := m.Questions[0]
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	if len(addresses) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
	if isAddress = q.Type == dnsmessage.TypeA; isAddress {
		for _, text := range addresses {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
				Body:   &dnsmessage.AResource{A: [4]byte(net.ParseIP(text).To4())},
			})
		}
	}
	reply, _ = m.Pack()
	return reply, isAddress
}

// A name may stand for another address each time it is asked for: it is the one that is dialled that counts.
func TestANameThatChangesItsAddressOpensNothing(t *testing.T) {
	var in inbox
	r := serving(t, func(_ httpResponse, r *httpRequest) { in.keep(r) })
	inside := listen(t, "127.0.0.2:"+strconv.Itoa(int(r.port)), hangsUp)
	o := optionsFor(r)
	o.Resolver = names(t, []string{"127.0.0.1"}, []string{"127.0.0.2"}, []string{"169.254.169.254"}, []string{"127.0.0.2", "127.0.0.1"}, nil)
	s := newSender(t, o)
	url := "https://" + partnerName + ":" + strconv.Itoa(int(r.port))
	for i, want := range []struct {
		kind Kind
		code Code
	}{
		{Delivered, CodeOK},
		{Prohibited, CodeAddressNotAllowed},
		{Prohibited, CodeAddressNotAllowed},
		{Delivered, CodeOK},
		{Failed, CodeNotResolved},
	} {
		if got := send(t, s, url); got.Kind != want.kind || got.Code != want.code {
			t.Errorf("time %d: it came to %+v, want %v", i+1, got, want)
		}
		s.Close() // so that a connection has to be made the next time
	}
	if n := inside.connections(); n != 0 {
		t.Errorf("%d connections were made to where nothing may be sent", n)
	}
	if n := len(in.list()); n != 2 {
		t.Errorf("it was delivered %d times", n)
	}
}

// Names under localhost are this machine, whatever a resolver would say, which is not sent to unless that was asked for.
func TestNamesUnderLocalhostAreThisMachineAndAskedOfNobody(t *testing.T) {
	var in inbox
	r := serving(t, func(_ httpResponse, r *httpRequest) { in.keep(r) })
	allowed := optionsFor(r)
	allowed.Resolver = names(t, nil)
	refused := allowed
	refused.AllowedPrefixes = nil
	port := ":" + strconv.Itoa(int(r.port))
	for _, tc := range []struct {
		options Options
		host    string
		kind    Kind
		code    Code
	}{
		{allowed, partnerHere, Delivered, CodeOK},
		{allowed, "PARTNER.LocalHost", Delivered, CodeOK},
		{allowed, "localhost", Failed, CodeNotTrusted}, // the certificate is not for it
		{allowed, "notlocalhost", Failed, CodeNotResolved},
		{allowed, "localhost.example.org", Failed, CodeNotResolved},
		{refused, partnerHere, Prohibited, CodeAddressNotAllowed},
		{refused, "localhost", Prohibited, CodeAddressNotAllowed},
	} {
		if got := send(t, newSender(t, tc.options), "https://"+tc.host+port); got.Kind != tc.kind || got.Code != tc.code {
			t.Errorf("%s: it came to %+v, want %s %s", tc.host, got, tc.kind, tc.code)
		}
	}
	if n := len(in.list()); n != 2 {
		t.Errorf("it was delivered %d times", n)
	}
}

// A proxy would be what the guard sees in place of the endpoint.
func TestNoProxyIsUsed(t *testing.T) {
	proxy := listen(t, "127.0.0.1:0", hangsUp)
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, "http://127.0.0.1:"+strconv.Itoa(int(proxy.port)))
	}
	t.Setenv("NO_PROXY", "")
	r := serving(t, func(httpResponse, *httpRequest) {})
	o := optionsFor(r, proxy)
	o.Resolver = names(t, []string{"127.0.0.1"})
	if got := send(t, newSender(t, o), "https://"+partnerName+":"+strconv.Itoa(int(r.port))); got.Kind != Delivered {
		t.Errorf("it came to %+v", got)
	}
	if proxy.connections() != 0 {
		t.Error("the proxy was used")
	}
}
