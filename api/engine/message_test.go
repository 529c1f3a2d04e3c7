package engine

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzMessage sends anything over a websocket: it is a message that fits the protocol, or it is told what is wrong.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"type":"connection_init"}`, `{"type":"connection_init","payload":{"authorization":"a"}}`, `{"type":"ping","payload":null}`,
		`{"type":"pong","payload":{"a":[1,2]}}`, `{"type":"complete","id":"a"}`, `{"type":"complete"}`, `{"type":1}`, `[]`, ``, `null`,
		`{"type":"subscribe","id":"a","payload":{"query":"{a}","variables":{"a":1e999},"operationName":"A","extensions":{}}}`,
		`{"type":"subscribe","id":"\ud83d","payload":{"query":"{a}"}}`, `{"type":"subscribe","id":"a","payload":[]}`,
		`{"type":"ping","payload":` + strings.Repeat(`[`, 30), `{"type":"ping","type":"pong"}`, "{\"type\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	h := &handler{limits: Limits{}.withDefaults()}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, bad := h.message(text)
		if bad != nil {
			if bad.Message == "" {
				t.Error("nothing is told")
			}
			return
		}
		if !slices.Contains([]string{messageInit, messagePing, messagePong, messageSubscribe, messageComplete}, m.kind) {
			t.Errorf("kind %q", m.kind)
		}
		operates := m.kind == messageSubscribe || m.kind == messageComplete
		if operates != (m.id != "") || len(m.id) > idLength || !utf8.ValidString(m.id) {
			t.Errorf("id %q of %s", m.id, m.kind)
		}
		if (m.query.Text != "") != (m.kind == messageSubscribe) {
			t.Errorf("query %q of %s", m.query.Text, m.kind)
		}
		if m.parameters() == nil {
			t.Error("parameters are nil only without a websocket")
		}
		if reply := written(messagePong, m.id, m.payload); !json.Valid(reply) {
			t.Errorf("%s", reply)
		}
	})
}
