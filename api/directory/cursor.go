package directory

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
)

// cursorVersion is the first byte of every cursor, so that a later form can be told from this one.
const cursorVersion = 1

// ErrNotACursor is a text that this directory never gave out as a cursor.
var ErrNotACursor = errors.New("not a cursor")

// ErrOtherList is a cursor of another list, or of another order of the list.
var ErrOtherList = errors.New("a cursor of another list or order")

// Cursor writes the position of a row in a list as an opaque text that is safe in a URL.
func Cursor(scope string, key Key) string {
	raw := make([]byte, 0, 2+len(scope)+binary.MaxVarintLen64+1+len(key.Text)+len(key.ID))
	raw = append(raw, cursorVersion)
	raw = appendText(raw, scope)
	raw = binary.AppendVarint(raw, key.Number)
	raw = appendText(raw, key.Text)
	raw = append(raw, key.ID...)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// ParseCursor reads a cursor of the list and order named by scope. The error is ErrNotACursor or ErrOtherList.
func ParseCursor(scope, cursor string) (Key, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) == 0 || raw[0] != cursorVersion {
		return Key{}, ErrNotACursor
	}
	of, raw, ok := cutText(raw[1:])
	if !ok {
		return Key{}, ErrNotACursor
	}
	number, n := binary.Varint(raw)
	if n <= 0 {
		return Key{}, ErrNotACursor
	}
	text, id, ok := cutText(raw[n:])
	if !ok || len(id) == 0 {
		return Key{}, ErrNotACursor
	}
	if of != scope {
		return Key{}, fmt.Errorf("%w: it belongs to %s", ErrOtherList, of)
	}
	return Key{Number: number, Text: text, ID: string(id)}, nil
}

func appendText(raw []byte, text string) []byte {
	return append(binary.AppendUvarint(raw, uint64(len(text))), text...)
}

func cutText(raw []byte) (text string, rest []byte, ok bool) {
	length, n := binary.Uvarint(raw)
	if n <= 0 || length > uint64(len(raw)-n) {
		return "", nil, false
	}
	return string(raw[n : n+int(length)]), raw[n+int(length):], true
}
