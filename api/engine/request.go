package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"unicode/utf8"
)

// refusal is a failure with the HTTP status that says it best.
type refusal struct {
	status int
	*Error
}

func refuse(status int, message string) *refusal {
	return &refusal{status, &Error{Code: CodeBadRequest, Message: message}}
}

// queryOf reads a request as the GraphQL over HTTP specification says.
func (h *handler) queryOf(r *http.Request) (Query, *refusal) {
	if r.Method == http.MethodGet {
		return h.fromURL(r.URL)
	}
	body, refused := h.body(r)
	if refused != nil {
		return Query{}, refused
	}
	members, refused := h.members(body)
	if refused != nil {
		return Query{}, refused
	}
	return query(members)
}

func (h *handler) fromURL(u *url.URL) (Query, *refusal) {
	if len(u.RawQuery) > h.limits.URLBytes {
		tooLong := exceeded("urlBytes", h.limits.URLBytes, len(u.RawQuery), "Use POST, or send less.")
		return Query{}, &refusal{http.StatusRequestURITooLong, tooLong}
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Query{}, refuse(http.StatusBadRequest, "The query of the URL is not well formed.")
	}
	members := map[string]json.RawMessage{}
	for _, name := range []string{"query", "operationName"} {
		if values.Has(name) {
			members[name], _ = json.Marshal(values.Get(name))
		}
	}
	for _, name := range []string{"variables", "extensions"} {
		if text := values.Get(name); text != "" {
			if refused := h.checkJSON([]byte(text)); refused != nil {
				return Query{}, refused
			}
			members[name] = json.RawMessage(text)
		}
	}
	return query(members)
}

// body reads what was posted, if it is JSON and not too much.
func (h *handler) body(r *http.Request) ([]byte, *refusal) {
	if refused := contentType(r.Header); refused != nil {
		return nil, refused
	}
	size := max(int(r.ContentLength), h.limits.BodyBytes+1)
	tooLarge := &refusal{
		http.StatusRequestEntityTooLarge, exceeded("bodyBytes", h.limits.BodyBytes, size, "Send less."),
	}
	if r.ContentLength > int64(h.limits.BodyBytes) {
		return nil, tooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(h.limits.BodyBytes)+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		late := &Error{Code: CodeTimeout, Message: "The body took too long to arrive."}
		return nil, &refusal{http.StatusRequestTimeout, late}
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "The body could not be read.")
	case len(body) > h.limits.BodyBytes:
		return nil, tooLarge
	}
	return body, nil
}

// contentType requires JSON: a browser sends it to another site only after asking, which keeps forged requests out.
func contentType(header http.Header) *refusal {
	media, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "Send JSON, with Content-Type: application/json.")
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return refuse(http.StatusUnsupportedMediaType, "Send the body in UTF-8.")
	}
	if encoding := header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return refuse(http.StatusUnsupportedMediaType, "Send the body without a Content-Encoding.")
	}
	return nil
}

// members takes the body's JSON object apart. Names are compared exactly.
func (h *handler) members(body []byte) (map[string]json.RawMessage, *refusal) {
	if refused := h.checkJSON(body); refused != nil {
		return nil, refused
	}
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		return nil, refuse(http.StatusBadRequest, "Batches are not supported. Send one request at a time.")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, refuse(http.StatusBadRequest, "The body is not a JSON object.")
	}
	return members, nil
}

// checkJSON bounds how deep JSON nests, before it is decoded, and refuses text that would not survive decoding.
func (h *handler) checkJSON(text []byte) *refusal {
	if !utf8.Valid(text) {
		return refuse(http.StatusBadRequest, "The request is not UTF-8.")
	}
	depth, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			if loneSurrogate(text[i:]) {
				return refuse(http.StatusBadRequest, "The request has half a character (a surrogate without its pair).")
			}
			i += escapeLength(text[i:]) - 1
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > h.limits.JSONDepth {
				return &refusal{http.StatusBadRequest, exceeded("jsonDepth", h.limits.JSONDepth, depth, "Nest less.")}
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// surrogateHalf is 'h' or 'l' if text starts with an escape of a high or low surrogate, and 0 if not.
func surrogateHalf(text []byte) byte {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' || text[2]|0x20 != 'd' {
		return 0
	}
	switch c := text[3] | 0x20; {
	case c == '8' || c == '9' || c == 'a' || c == 'b':
		return 'h'
	case c >= 'c' && c <= 'f':
		return 'l'
	}
	return 0
}

func loneSurrogate(text []byte) bool {
	switch surrogateHalf(text) {
	case 'h':
		return surrogateHalf(text[6:]) != 'l'
	case 'l':
		return true
	}
	return false
}

// escapeLength is how many bytes of a string one escape, or one pair of surrogates, takes.
func escapeLength(text []byte) int {
	if surrogateHalf(text) == 'h' {
		return 12
	}
	return 2
}

// query reads the members that the specification names; others are ignored, as it says.
func query(members map[string]json.RawMessage) (Query, *refusal) {
	var q Query
	var extensions map[string]any
	for _, member := range []struct {
		name, kind string
		into       any
	}{
		{"query", "a string", &q.Text},
		{"operationName", "a string", &q.Operation},
		{"variables", "an object", &q.Variables},
		{"extensions", "an object", &extensions},
	} {
		raw, ok := members[member.name]
		if !ok || string(raw) == "null" {
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(member.into); err != nil || decoder.More() {
			return q, refuse(http.StatusBadRequest, "The parameter "+member.name+" is not "+member.kind+".")
		}
	}
	if q.Text == "" {
		return q, refuse(http.StatusBadRequest, "The parameter query is missing.")
	}
	return q, nil
}
