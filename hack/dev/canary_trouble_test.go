package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	neturl "net/url"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// troubles sends what is wrong, each with marks in it. What the sender is answered is theirs; what is left behind is looked at later.
func (c *casework) troubles(id string, p somebody) {
	c.Helper()
	c.badReferrals(id, p)
	c.namesInPlaceOfNumbers(id, p)
	c.badPlaces(id, p)
	c.badRequests(p)
	c.badSockets(p)
	c.badConnections(p)
}

// wrong sends a mutation that has to be refused, one way or another.
func (c *casework) wrong(role, mutation, input string) {
	c.Helper()
	body := c.roles[role].ask(fmt.Sprintf(`mutation { did: %s(input: {idempotencyKey: %q, %s}) { problems { code message path } } }`,
		mutation, c.key(), input))
	if strings.Contains(body, `"problems":[]`) || strings.Contains(body, "INTERNAL") {
		c.Errorf("%s of %.200s: %s", mutation, input, body)
	}
}

func (c *casework) badReferrals(id string, p somebody) {
	c.Helper()
	long := `"` + strings.Repeat(c.word()+" ", 400) + `"`
	for _, input := range []string{
		`target: "phoenix-futures", told: {chi: "` + p.wrongCHI + `", referralReason: ` + c.sentence() + `}`,
		`target: "phoenix-futures", told: {chi: "` + p.name + `", referralReason: ` + c.sentence() + `}`,
		`target: "phoenix-futures", told: {referralReason: ` + long + `}`,
		`target: "phoenix-futures", told: {fullName: {chosen: ` + long + `}, phone: "` + p.name + `", email: "` + p.name + `", referralReason: "r"}`,
		`target: "phoenix-futures", told: {naloxone: ` + strings.ReplaceAll(p.label, "-", "_") + `, referralReason: "r"}`,
		`target: "phoenix-futures", told: {dateOfBirth: "` + p.name + `", referralReason: "r"}`,
		`target: "phoenix-futures", told: {overdoseTime: "` + p.chi + `", referralReason: "r"}`,
		`target: "phoenix-futures", told: {locality: {area: "` + p.label + `"}, referralReason: "r"}`,
		`target: "` + p.label + `", told: {referralReason: "r"}`,
		`target: "phoenix-futures", partnership: "` + p.label + `", told: {referralReason: "r"}`,
		`target: "phoenix-futures", told: {referralReason: "r"}, circumstances: {transferredTo: "` + p.label + `"}`,
		`target: "phoenix-futures", told: {referralReason: "r"}, consents: [{decision: GRANT, recipients: ["` + p.label + `"]}]`,
		`target: "phoenix-futures", told: {referralReason: "r", ` + strings.ReplaceAll(p.label, "-", "_") + `: "x"}`,
		`target: "phoenix-futures", told: {chi: {digits: "` + p.chi + `"}}`,
	} {
		c.wrong("referrer", "referralSubmit", input)
	}
	about := fmt.Sprintf("referral: %q, ", id)
	c.wrong("referrer", "referralMessage", about+`version: 1, words: `+c.sentence()) // stale
	c.wrong("referrer", "referralMessage", about+`version: 1, words: `+long)
	c.wrong("referrer", "consentRecord", about+`decision: GRANT, purposes: [DIRECT_CARE], recipients: ["`+p.label+`"], categories: [ADMIN]`)
	c.wrong("clinician", "emergencyDeclare", about+`reason: LIFE_AT_RISK, justification: "`+p.name[:12]+`"`)
	c.wrong("data-lead", "emergencyReview", about+`number: 77, outcome: JUSTIFIED, words: `+c.sentence())
	for _, words := range []string{c.sentence(), c.sentence()} { // one key for two things
		c.roles["referrer"].ask(fmt.Sprintf(`mutation { referralMessage(input: {idempotencyKey: %q, %s version: 1, words: %s}) { problems { message } } }`,
			p.label+"-key", about, words))
	}
}

// namesInPlaceOfNumbers are what somebody pastes who has the wrong thing on the clipboard.
func (c *casework) namesInPlaceOfNumbers(id string, p somebody) {
	c.Helper()
	for _, text := range []string{p.chi, p.label, p.name, p.email} {
		c.wrong("referrer", "referralAcknowledge", fmt.Sprintf(`referral: %q, version: 1`, text))
		c.wrong("referrer", "consentWithdraw", fmt.Sprintf(`referral: %q`, text))
		c.wrong("clinician", "emergencyDeclare", fmt.Sprintf(`referral: %q, reason: LIFE_AT_RISK, justification: %s`, text, c.sentence()))
		c.wrong("data-lead", "emergencyReview", fmt.Sprintf(`referral: %q, number: 1, outcome: JUSTIFIED`, text))
		c.wrong("referrer", "referralReferOnward", fmt.Sprintf(`target: "phoenix-futures", told: {referralReason: "r"},
			follows: {kind: ONWARD, referral: %q, version: 1}`, text))
		for _, query := range []string{
			`{ referral(id: %q) { id } }`, `{ whoSawWhat(referral: %q) { endCursor } }`, `{ whoSawWhat(referral: %q, wholePerson: true) { endCursor } }`,
			`{ node(id: %q) { id } }`, `{ partner(name: %q) { name } }`, `{ placement(partnership: "glasgow-city", name: %q) { name } }`,
			`{ placement(partnership: %q, name: "x") { name } }`, `{ placements(first: 5, referralID: %q) { totalCount } }`,
			`{ supportServices(first: 5, filter: {text: %q}) { totalCount } }`, `{ supportServices(first: 5, near: {postcodeDistrict: %q}) { totalCount } }`,
			`{ worklist(first: 5, after: %q) { hasNextPage } }`, `{ offers(partnership: %q, kind: DETOX) { state } }`,
			`subscription { placement(partnership: "glasgow-city", name: %q) { name } }`,
			`{ referral(id: "` + id + `", statutoryRequest: {act: "ASP2007", section: "10", reference: %q}) { id } }`,
			`{ referral(id: "` + id + `", purpose: %s) { id } }`, `{ referral(id: "` + id + `") { wouldSee(partner: %q, as: CLINICIAN) { effect } } }`,
			`query %s { viewer { roles } }`, `{ directory { %s: state } }`,
		} {
			if text == p.label && strings.Contains(query, "reference: ") {
				continue // the reference of a request by law is a code that is written down, and nobody can tell whether that is a name
			}
			for _, role := range []string{"referrer", "data-lead"} {
				c.roles[role].ask(strings.NewReplacer("%q", fmt.Sprintf("%q", text), "%s", strings.ReplaceAll(text, "-", "_")).Replace(query))
			}
		}
	}
}

// badPlaces are asked for in words where there are only codes.
func (c *casework) badPlaces(id string, p somebody) {
	c.Helper()
	pool := func(name string) string {
		return fmt.Sprintf(`kind: DETOX, pools: [{partnership: "glasgow-city", name: %q}]`, name)
	}
	for _, text := range []string{p.chi, p.label, p.name} {
		for _, asks := range []string{
			pool(text), fmt.Sprintf(`kind: DETOX, pools: [{partnership: %q, name: "x"}]`, text), fmt.Sprintf(`kind: DETOX, needs: {language: %q}`, text),
		} {
			c.wrong("referrer", "placementClaim", `partnership: "glasgow-city", referralID: "canary-wrong-claim", `+asks)
			c.wrong("provider", "referralWaitForPlace", fmt.Sprintf(`referral: %q, version: %d, `, id, c.versions[id])+asks)
		}
		c.wrong("provider", "placementAccept", fmt.Sprintf(`partnership: "glasgow-city", name: %q, attempt: 1`, text))
		c.wrong("provider", "placementAccept", fmt.Sprintf(`partnership: %q, name: "some-claim", attempt: 1`, text))
		c.wrong("provider", "capacityReport", fmt.Sprintf(`partnership: "glasgow-city", name: %q, staffed: 1, occupied: 1`, text))
		c.wrong("provider", "capacityConfirm", fmt.Sprintf(`partnership: "glasgow-city", name: %q`, text))
	}
	for _, text := range []string{p.chi, p.name, p.email, "07700900461"} {
		c.wrong("referrer", "placementClaim", fmt.Sprintf(`partnership: "glasgow-city", referralID: %q, kind: DETOX`, text))
	}
}

// badRequests are HTTP requests in which marks are where they should never be.
func (c *casework) badRequests(p somebody) {
	c.Helper()
	api, marked := url(c.bench.api, ""), neturl.QueryEscape(p.name)
	variables := neturl.QueryEscape(fmt.Sprintf(`{"id": %q}`, p.chi))
	for _, path := range []string{
		"/graphql?query=" + neturl.QueryEscape(`query Find($id: ID!) { referral(id: $id) { id } }`) + "&variables=" + variables,
		"/graphql?query=" + neturl.QueryEscape(`mutation { referralSubmit(input: {told: {`+p.told+`}}) { id } }`),
		"/graphql?query=%7B" + marked + "%7D", "/graphql?variables=" + marked, "/graphql?query={viewer{roles}}&operationName=" + marked,
		"/graphql/" + marked, "/" + marked, "/?area=" + marked + "&age=" + p.chi, "/?" + marked, "/graphiql?query=" + marked, "/schema.graphql?" + marked,
		"/healthz?" + marked, "/readyz?" + marked, "/static/" + marked, "/%zz" + p.name, "/graphql?query=" + p.name,
	} {
		c.requested(http.MethodGet, api+path, "", "")
		c.requested("PURGE", api+path, "", "")
	}
	valid, err := json.Marshal(map[string]any{
		"query":     `mutation M($in: ReferralSubmitInput!) { referralSubmit(input: $in) { id } }`,
		"variables": map[string]any{"in": map[string]any{"target": p.label, "told": map[string]any{"naloxone": p.name, "chi": p.wrongCHI}}},
	})
	if err != nil {
		c.Fatal(err)
	}
	for _, body := range []string{
		string(valid), string(valid[:len(valid)/2]), `{"query": "{ viewer { roles } }", "extensions": {"note": "` + p.name + `"}}`,
		`{"query": "` + p.name, p.name, `["` + p.name + `"]`, `{"` + p.name + `": 1}`, `{"query": {"` + p.name + `": 1}}`,
		`{"query": "{ ` + p.name + `", "variables": "` + p.chi + `"}`, `{"query": "{viewer{roles}}", "operationName": "` + p.name + `"}`,
		`{"query": "` + strings.Repeat(p.name, 200_000) + `"}`, "\xff\xfe" + p.name,
	} {
		c.requested(http.MethodPost, api+"/graphql", body, "application/json")
		c.requested(http.MethodPost, api+"/graphql", body, "text/"+p.label)
	}
	c.requested(http.MethodGet, url(c.bench.addresses["API_METRICS_ADDRESS"], "/metrics?"+marked), "", "")
	c.requested(http.MethodGet, url(c.bench.addresses["API_METRICS_ADDRESS"], "/"+marked), "", "")
}

// requested sends a request as the referrer, with marks in headers, too. Whatever it is answered.
func (c *casework) requested(method, address string, body, contentType string) {
	c.Helper()
	parsed, err := neturl.Parse(address)
	if err != nil { // what cannot be parsed here is sent as it is
		parsed = &neturl.URL{Scheme: "http", Host: c.bench.api, Opaque: strings.TrimPrefix(address, "http:")}
	}
	for _, authorization := range []string{"Bearer " + c.roles["referrer"].token, "Bearer " + c.all[0], c.all[0], "Basic " + c.all[0]} {
		r := (&http.Request{Method: method, URL: parsed, Header: http.Header{
			"Authorization": {authorization}, "User-Agent": {c.all[0]}, "Referer": {address}, "Cookie": {"who=" + c.all[1]},
			"X-Forwarded-For": {c.all[1]}, "X-Request-Id": {c.all[1]}, "Traceparent": {"00-" + c.all[1]}, "Baggage": {"who=" + c.all[1]},
		}}).WithContext(c.Context())
		if contentType != "" {
			r.Body, r.Header["Content-Type"] = io.NopCloser(strings.NewReader(body)), []string{contentType}
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			continue // a server may hang up
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

// badSockets do not keep to the protocol of websockets.
func (c *casework) badSockets(p somebody) {
	c.Helper()
	signedIn := fmt.Sprintf(`{"type":"connection_init","payload":{"authorization":"Bearer %s","note":%q}}`, c.roles["referrer"].token, p.name)
	subscribe := fmt.Sprintf(`{"type":"subscribe","id":%q,"payload":{"query":"subscription { placement(partnership: \"glasgow-city\", name: \"%s\") { name } }"}}`,
		p.name, p.label)
	for _, messages := range [][]string{
		{signedIn, subscribe, subscribe},
		{signedIn, `{"type":"` + p.name + `"}`},
		{`{"type":"connection_init","payload":{"authorization":"` + p.name + `"}}`},
		{subscribe},
		{p.name},
		{`{"type":"ping","payload":{"` + p.name + `":1}}`},
		{signedIn, `{"type":"subscribe","id":"1","payload":{"query":"` + p.name + `"}}`},
	} {
		ctx, cancel := context.WithTimeout(c.Context(), 10*time.Second)
		connection, response, err := websocket.Dial(ctx, "ws://"+c.bench.api+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
		if err != nil {
			c.Fatal(err)
		}
		if response.Body != nil {
			_ = response.Body.Close()
		}
		for _, message := range messages {
			if connection.Write(ctx, websocket.MessageText, []byte(message)) != nil {
				break // it may have hung up
			}
			if _, _, err := connection.Read(ctx); err != nil {
				break
			}
		}
		_ = connection.Close(websocket.StatusCode(4000), p.name)
		cancel()
	}
}

// badConnections speak no HTTP.
func (c *casework) badConnections(p somebody) {
	c.Helper()
	for _, text := range []string{
		p.name + "\r\n\r\n", "GET /" + p.label + " HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nHost: " + p.name + "\r\n" + p.name + "\r\n\r\n",
		"GET / HTTP/1.1\r\nX-Long: " + strings.Repeat(p.label, 10_000) + "\r\n\r\n", "\x16\x03\x01" + p.name,
		"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{\"query\": \"" + p.name,
	} {
		connection, err := net.Dial("tcp", c.bench.api)
		if err != nil {
			c.Fatal(err)
		}
		_, _ = connection.Write([]byte(text)) // it may hang up
		if tcp, ok := connection.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
		_, _ = io.Copy(io.Discard, connection)
		_ = connection.Close()
	}
}
