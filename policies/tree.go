package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"
)

// What one piece of JSON from outside may be at most.
const (
	maxDepth  = 16
	maxValues = 50_000
	maxText   = 32 << 10 // bytes of one string
)

// errShape is wrapped by every complaint about JSON that is not what it should be.
var errShape = errors.New("malformed")

// readTree reads one JSON value within bounds. Unlike encoding/json it takes no key for another that differs in case, and
// refuses an object that has one key twice.
func readTree(text []byte) (any, error) {
	t := tree{decoder: json.NewDecoder(bytes.NewReader(text)), left: maxValues}
	t.decoder.UseNumber()
	value, err := t.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := t.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the JSON", errShape)
	}
	return value, nil
}

type tree struct {
	decoder *json.Decoder
	left    int
}

func (t *tree) value(depth int) (any, error) {
	token, err := t.decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("%w: not JSON: %w", errShape, err)
	}
	if t.left--; t.left < 0 {
		return nil, fmt.Errorf("%w: more than %d values", errBounds, maxValues)
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: nested deeper than %d", errBounds, maxDepth)
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return t.list(depth)
		}
		return t.object(depth)
	case string:
		return token, boundText(token)
	default:
		return token, nil
	}
}

func (t *tree) list(depth int) ([]any, error) {
	list := []any{}
	for t.decoder.More() {
		value, err := t.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, t.end()
}

func (t *tree) object(depth int) (map[string]any, error) {
	object := map[string]any{}
	for t.decoder.More() {
		token, err := t.decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: not JSON: %w", errShape, err)
		}
		key, _ := token.(string) // a key is never anything else
		if err := boundText(key); err != nil {
			return nil, err
		}
		if _, twice := object[key]; twice {
			return nil, fmt.Errorf("%w: an object has one key twice", errShape)
		}
		if object[key], err = t.value(depth + 1); err != nil {
			return nil, err
		}
	}
	return object, t.end()
}

func (t *tree) end() error {
	if _, err := t.decoder.Token(); err != nil {
		return fmt.Errorf("%w: not JSON: %w", errShape, err)
	}
	return nil
}

func boundText(text string) error {
	if len(text) > maxText {
		return fmt.Errorf("%w: a text of more than %d bytes", errBounds, maxText)
	}
	return nil
}

// object reads the members of a JSON object. What is missing or null is not given; what is of another type is the complaint
// that err keeps, the first of them, by its path and never by its value.
type object struct {
	members map[string]any
	path    string
	err     *error
}

func objectOf(value any, path string, err *error) object {
	members, isObject := value.(map[string]any)
	o := object{members, path, err}
	if !isObject {
		o.complain("", "has to be an object")
	}
	return o
}

func (o object) complain(key, what string) {
	if *o.err != nil {
		return
	}
	path := o.path
	if key != "" {
		path += "." + key
	}
	*o.err = fmt.Errorf("%w: %s %s", errShape, path, what)
}

func (o object) given(key string) (any, bool) {
	value := o.members[key]
	return value, value != nil
}

// child is a member that is an object; an object without members if it is not given.
func (o object) child(key string) (object, bool) {
	value, given := o.given(key)
	if !given {
		return object{path: o.path + "." + key, err: o.err}, false
	}
	return objectOf(value, o.path+"."+key, o.err), true
}

func (o object) text(key string) string {
	value, given := o.given(key)
	text, isText := value.(string)
	if given && !isText {
		o.complain(key, "has to be a text")
	}
	return text
}

func (o object) flag(key string) bool {
	value, given := o.given(key)
	flag, isFlag := value.(bool)
	if given && !isFlag {
		o.complain(key, "has to be true or false")
	}
	return flag
}

// number is a whole number, or nil if it is not given.
func (o object) number(key string) *int {
	value, given := o.given(key)
	if !given {
		return nil
	}
	written, isNumber := value.(json.Number)
	number, err := strconv.Atoi(written.String())
	if !isNumber || err != nil {
		o.complain(key, "has to be a whole number")
		return nil
	}
	return &number
}

// moment is a time; zero if it is not given.
func (o object) moment(key string) time.Time {
	text := o.text(key)
	if value, given := o.given(key); !given || value != any(text) {
		return time.Time{}
	}
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil || moment.Year() < 1900 || moment.Year() > 2200 {
		o.complain(key, "has to be an RFC 3339 time such as 2026-11-02T10:00:00Z, of the years 1900 to 2200")
		return time.Time{}
	}
	return moment.UTC()
}

// texts is a list of texts; nil if it is not given.
func (o object) texts(key string) []string {
	texts := []string{}
	for _, value := range o.list(key, MaxNames) {
		text, isText := value.(string)
		if !isText {
			o.complain(key, "has to be a list of texts")
			return nil
		}
		texts = append(texts, text)
	}
	if _, given := o.given(key); !given {
		return nil
	}
	return texts
}

func (o object) list(key string, most int) []any {
	value, given := o.given(key)
	list, isList := value.([]any)
	if given && !isList {
		o.complain(key, "has to be a list")
	}
	if len(list) > most {
		o.complain(key, fmt.Sprintf("has to hold at most %d entries", most))
		return nil
	}
	return list
}

// name is a text for use as an identifier in an answer; empty when it is not fit for that.
func (o object) name(key string) string {
	text, _ := o.members[key].(string)
	if len(text) > MaxName || !utf8.ValidString(text) {
		return ""
	}
	return text
}
