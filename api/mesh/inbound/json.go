package inbound

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"unicode/utf8"
)

// deepest is how deep a message is: the event, its data, and what is in it.
const deepest = 2

// fields are those of an object, as they were written.
type fields map[string]json.RawMessage

// object reads an object that has no fields but those of some names, each at most once and exactly so written.
func object(from []byte, names []string, otherwise string) (fields, error) {
	if !utf8.Valid(from) || depth(from) > deepest {
		return nil, invalid("The body is one event as JSON in UTF-8, and nothing in its data is a list or an object.")
	}
	all, err := readObject(from)
	if err != nil {
		return nil, invalid("The body is one event as JSON, an object, with an object as its data. " + otherwise)
	}
	for name := range all {
		if !slices.Contains(names, name) {
			return nil, invalid(otherwise)
		}
	}
	return all, nil
}

var errNoObject = errors.New("it is no object, or has a field twice")

func readObject(from []byte) (fields, error) {
	d := json.NewDecoder(bytes.NewReader(from))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return nil, errNoObject
	}
	all := fields{}
	for d.More() {
		token, err := d.Token()
		name, isText := token.(string)
		var value json.RawMessage
		if err != nil || !isText || d.Decode(&value) != nil {
			return nil, errNoObject
		}
		if _, twice := all[name]; twice {
			return nil, errNoObject
		}
		all[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, errNoObject
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errNoObject
	}
	return all, nil
}

// depth is how deep objects and lists are nested in a text of JSON.
func depth(text []byte) (deepest int) {
	level, within, escaped := 0, false, false
	for _, b := range text {
		switch {
		case escaped:
			escaped = false
		case within && b == '\\':
			escaped = true
		case b == '"':
			within = !within
		case within:
		case b == '{' || b == '[':
			level++
			deepest = max(deepest, level)
		case b == '}' || b == ']':
			level--
		}
	}
	return deepest
}

var errNotSo = errors.New("it is missing, or of another type")

// text is a field that is a text, and not an empty one.
func text[T ~string](all fields, name string) (T, error) {
	var value *T
	if err := json.Unmarshal(orNull(all[name]), &value); err != nil || value == nil || *value == "" {
		return "", errNotSo
	}
	return *value, nil
}

// number is a field that is a whole number between two.
func number(all fields, name string, least, most int64) (int64, error) {
	var value *int64
	if err := json.Unmarshal(orNull(all[name]), &value); err != nil || value == nil || *value < least || *value > most {
		return 0, errNotSo
	}
	return *value, nil
}

func orNull(value json.RawMessage) json.RawMessage {
	if value == nil {
		return json.RawMessage("null")
	}
	return value
}
