package engine

import (
	"bytes"
	"encoding/json"
)

// What clients send over a websocket, and what they are sent: the types of messages of graphql-transport-ws.
const (
	messageInit      = "connection_init"
	messageAck       = "connection_ack"
	messagePing      = "ping"
	messagePong      = "pong"
	messageSubscribe = "subscribe"
	messageNext      = "next"
	messageError     = "error"
	messageComplete  = "complete"
)

// idLength is how many bytes the id of an operation may have.
const idLength = 255

// message is what a client sent over a websocket.
type message struct {
	kind string
	// id is that of the operation, for subscribe and complete.
	id string
	// payload is an object, or nil: that of connection_init, ping or pong.
	payload json.RawMessage
	// query is what subscribe asks.
	query Query
}

// message reads what a client sent. An error is what to tell a client that does not keep to the protocol.
func (h *handler) message(text []byte) (message, *Error) {
	members, refused := h.members(text)
	if refused != nil {
		return message{}, refused.Error
	}
	var m message
	if json.Unmarshal(members["type"], &m.kind) != nil {
		return message{}, badMessage("A message has a type, which is a string.")
	}
	switch m.kind {
	case messageSubscribe, messageComplete:
		if json.Unmarshal(members["id"], &m.id) != nil || m.id == "" || len(m.id) > idLength {
			return message{}, badMessage("The id of an operation is a string of 1 to 255 bytes.")
		}
	case messageInit, messagePing, messagePong:
	default:
		return message{}, badMessage("A message of this type cannot be sent.")
	}
	switch m.kind {
	case messageSubscribe:
		return h.subscribing(m, members["payload"])
	case messageComplete:
		return m, nil
	}
	payload := bytes.TrimSpace(members["payload"])
	switch {
	case len(payload) == 0, string(payload) == "null":
	case payload[0] != '{':
		return message{}, badMessage("The payload of a message is an object.")
	default:
		m.payload = payload
	}
	return m, nil
}

// subscribing reads what is asked.
func (h *handler) subscribing(m message, payload json.RawMessage) (message, *Error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(payload, &members) != nil || members == nil {
		return message{}, badMessage("The payload of subscribe is an object.")
	}
	asked, refused := query(members)
	if refused != nil {
		return message{}, refused.Error
	}
	m.query = asked
	return m, nil
}

func badMessage(text string) *Error { return &Error{Code: CodeBadRequest, Message: text} }

// parameters are the payload of connection_init.
func (m message) parameters() map[string]any {
	parameters := map[string]any{}
	if m.payload != nil {
		decoder := json.NewDecoder(bytes.NewReader(m.payload))
		decoder.UseNumber()
		_ = decoder.Decode(&parameters) // it was decoded as part of the message before
	}
	return parameters
}

// written is a message to a client. The payload is JSON; nil for none.
func written(kind, id string, payload []byte) []byte {
	text := append([]byte(nil), `{"type":"`...)
	text = append(append(text, kind...), '"')
	if id != "" {
		name, err := json.Marshal(id)
		if err != nil {
			panic(err) // a string can always be written
		}
		text = append(append(text, `,"id":`...), name...)
	}
	if payload != nil {
		text = append(append(text, `,"payload":`...), bytes.TrimSpace(payload)...)
	}
	return append(text, '}')
}
