package apart

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"lifeline.scot/policies"
)

// Bounds of what the two processes tell each other. Unit: bytes.
const (
	mostAsked    = 16 << 20 // a list of permits, or the rules
	mostAnswered = 1 << 20
	mostSaid     = 2 << 10 // of why rules are refused
)

// given are the rules, the first thing that their process is told.
type given struct {
	Files policies.Bundle
	// Again: they have been tested and tried before, and are not another time.
	Again bool
	// Limit is how long they may think about one list, and Start how long it may take until they can be asked.
	Limit, Start time.Duration
	// Memory is how much they may take. Unit: bytes.
	Memory uint64
}

// found is what became of them, the first thing that their process says.
type found struct {
	// Refused is why they cannot be used, one of the reasons of a [policies.NarrowingError], and Says it in words; empty if they
	// can.
	Refused, Says string
	About         policies.Narrows
}

// asked is a list of permits or actions.
type asked struct {
	About policies.Narrows
	List  []json.RawMessage
}

// answered are the reasons for which each is taken back, or why there is no answer.
type answered struct {
	Reasons [][]string
	Failed  string
}

var (
	// errNotWritten is a message of which nothing was written.
	errNotWritten = errors.New("nothing was told")
	errTooLong    = errors.New("longer than what is told at a time")
)

// write writes a message after its length.
func write(to io.Writer, message any, most int) error {
	text, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotWritten, err)
	}
	if len(text) > most {
		return fmt.Errorf("%w: %w: %d bytes", errNotWritten, errTooLong, len(text))
	}
	framed := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(text)), uint32(len(text))) //nolint:gosec // it is bounded
	_, err = to.Write(append(framed, text...))
	return err
}

// read reads what write wrote.
func read(from io.Reader, message any, most int) error {
	var length [4]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return err
	}
	n := int64(binary.BigEndian.Uint32(length[:]))
	if n > int64(most) {
		return fmt.Errorf("%w: %d bytes", errTooLong, n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(from, text); err != nil {
		return err
	}
	return json.Unmarshal(text, message)
}
