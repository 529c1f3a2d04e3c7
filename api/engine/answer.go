package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/ast"
)

type location struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// responseError is an entry of an answer's errors.
type responseError struct {
	Message    string         `json:"message"`
	Locations  []location     `json:"locations,omitempty"`
	Path       []any          `json:"path,omitempty"`
	Extensions map[string]any `json:"extensions"`
}

// failures are the errors of a request that ended with one failure. text is the document, for places in it.
func failures(text []byte, failure *Error) []responseError {
	told := responseError{Message: clipped(failure.Message), Extensions: failure.extensions()}
	if position, ok := told.Extensions["position"].(int); ok {
		delete(told.Extensions, "position")
		told.Locations = []location{locate(text, position)}
	}
	return []responseError{told}
}

// messageLength is how many characters of a message that may repeat the request are sent.
const messageLength = 200

func clipped(message string) string {
	characters := 0
	for i := range message {
		if characters++; characters > messageLength {
			return message[:i] + "…"
		}
	}
	return message
}

// locate is the line and column of a byte, both from 1.
func locate(text []byte, position int) location {
	before := text[:min(position, len(text))]
	line := 1 + bytes.Count(before, []byte("\n"))
	return location{Line: line, Column: len(before) - bytes.LastIndexByte(before, '\n')}
}

func validationErrors(errs []gqlerrors.FormattedError, suggest bool) []responseError {
	told := make([]responseError, len(errs))
	for i, err := range errs {
		message := err.Message
		if !suggest {
			message = unsuggested(message)
		}
		told[i] = responseError{Message: clipped(message), Extensions: map[string]any{"code": CodeValidationFailed}}
		for _, at := range err.Locations {
			told[i].Locations = append(told[i].Locations, location(at))
		}
	}
	return told
}

// sortErrors puts errors in the order of their paths: what graphql-go gives is in the order of a map.
func sortErrors(errs []responseError) {
	slices.SortStableFunc(errs, func(a, b responseError) int { return slices.CompareFunc(a.Path, b.Path, compareParts) })
}

// compareParts orders indexes before names.
func compareParts(a, b any) int {
	left, leftIndex := a.(int)
	right, rightIndex := b.(int)
	switch {
	case leftIndex && rightIndex:
		return left - right
	case leftIndex:
		return -1
	case rightIndex:
		return 1
	}
	return bytes.Compare(fmt.Append(nil, a), fmt.Append(nil, b))
}

// answer is a body: what a request led to.
type answer struct {
	errors     []responseError
	executed   bool // there is a data entry, though it may be null
	data       map[string]any
	extensions map[string]any
}

// write makes the JSON of an answer, with data in the order of the query.
func (e *Engine) write(a answer, p *prepared, limits Limits) ([]byte, *Error) {
	w := &writer{engine: e, prepared: p, most: limits.ResultBytes}
	w.text("{")
	if len(a.errors) > 0 {
		w.entry("errors", a.errors)
	}
	if a.executed {
		w.separate()
		w.text(`"data":`)
		w.root(a.data)
	}
	if len(a.extensions) > 0 {
		w.entry("extensions", a.extensions)
	}
	w.text("}\n")
	if w.failure != nil {
		return nil, w.failure
	}
	return w.buffer.Bytes(), nil
}

// writer appends JSON until it fails or is over its limit; then it does nothing more.
type writer struct {
	engine   *Engine
	prepared *prepared
	most     int
	buffer   bytes.Buffer
	failure  *Error
}

func (w *writer) text(text string) { w.buffer.WriteString(text) }

func (w *writer) separate() {
	if w.buffer.Len() > 1 {
		w.text(",")
	}
}

func (w *writer) entry(name string, value any) {
	w.separate()
	w.text(`"` + name + `":`)
	w.leaf(value)
}

// leaf writes anything but the answer's objects and lists.
func (w *writer) leaf(value any) {
	encoder := json.NewEncoder(&w.buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		w.failure = &Error{Code: CodeInternal, Message: "Something went wrong on our side."}
		return
	}
	w.buffer.Truncate(w.buffer.Len() - 1) // the line break that Encode adds
}

func (w *writer) root(data map[string]any) {
	if data == nil {
		w.text("null")
		return
	}
	top := &layout{sets: []*ast.SelectionSet{w.prepared.operation.SelectionSet}}
	w.object(data, top, w.engine.roots[w.prepared.operation.Operation])
}

func (w *writer) full() bool {
	if w.failure == nil && w.buffer.Len() > w.most {
		w.failure = exceeded("resultBytes", w.most, w.buffer.Len(), "Ask for less at once.")
	}
	return w.failure != nil
}

func (w *writer) value(value any, below *layout) {
	if w.full() {
		return
	}
	switch value := value.(type) {
	case map[string]any:
		w.object(value, below, "")
	case []any:
		w.text("[")
		for i, element := range value {
			if i > 0 {
				w.text(",")
			}
			w.value(element, below)
		}
		w.text("]")
	default:
		w.leaf(value)
	}
}

func (w *writer) object(data map[string]any, below *layout, typeName string) {
	if told, ok := data[typeKey].(string); ok {
		typeName = told
	}
	w.text("{")
	first := true
	for _, key := range w.keys(below, typeName) {
		value, ok := data[key.name]
		if !ok {
			continue
		}
		if !first {
			w.text(",")
		}
		first = false
		w.leaf(key.name)
		w.text(":")
		w.value(value, key.below)
	}
	w.text("}")
}
