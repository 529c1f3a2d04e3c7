package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Origin names this kind of log in its checkpoints and keys.
const Origin = "lifeline.scot/audit"

// Checkpoint says what the log was at a moment. It is stored as a signed note (c2sp.org/tlog-checkpoint) with the time as
// its one extension line.
type Checkpoint struct {
	Size int64
	Root tlog.Hash
	Time time.Time
}

// ErrCheckpoint is the cause of a checkpoint that cannot be read, or that the key did not sign.
var ErrCheckpoint = errors.New("not a checkpoint signed with this key")

func (c Checkpoint) sign(signer note.Signer) ([]byte, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n%s\n", Origin, c.Size, c.Root, c.Time.UTC().Format(time.RFC3339))
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign a checkpoint of the audit log: %w", err)
	}
	return signed, nil
}

// longestCheckpoint bounds what is read as one. Unit: bytes.
const longestCheckpoint = 4096

// Open reads a checkpoint that the key has signed.
func Open(signed []byte, key note.Verifier) (Checkpoint, error) {
	if err := checkLength(signed); err != nil {
		return Checkpoint{}, err
	}
	n, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	return said(n.Text)
}

// parse reads a checkpoint that anybody may have signed.
func parse(signed []byte) (Checkpoint, error) {
	if err := checkLength(signed); err != nil {
		return Checkpoint{}, err
	}
	var unverified *note.UnverifiedNoteError
	if _, err := note.Open(signed, note.VerifierList()); !errors.As(err, &unverified) {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	return said(unverified.Note.Text)
}

// SizeOf is over how many records a checkpoint is, whoever signed it.
func SizeOf(signed []byte) (int64, error) {
	c, err := parse(signed)
	return c.Size, err
}

// Begins makes sure that a log, of which these are the hashes and which has so many records, begins with what a checkpoint is
// over, whoever signed that. It fails with [ErrBroken] if it is shorter, or other.
func Begins(
	ctx context.Context, signed []byte, size int64, kept func(ctx context.Context, indexes []int64) ([]tlog.Hash, error),
) error {
	c, err := parse(signed)
	if err != nil {
		return err
	}
	if c.Size > size {
		return fmt.Errorf("%w (it has %d records, and a checkpoint is over %d)", ErrBroken, size, c.Size)
	}
	root, err := tlog.TreeHash(c.Size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) { return kept(ctx, indexes) }))
	if err != nil {
		return fmt.Errorf("hash the audit log as it was: %w", err)
	}
	if root != c.Root {
		return fmt.Errorf("%w (its first %d records are not what a checkpoint is over)", ErrBroken, c.Size)
	}
	return nil
}

func checkLength(signed []byte) error {
	if len(signed) > longestCheckpoint {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrCheckpoint, len(signed), longestCheckpoint)
	}
	return nil
}

// said is what the text of a checkpoint says.
func said(text string) (Checkpoint, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) != 4 || lines[0] != Origin {
		return Checkpoint{}, fmt.Errorf("%w: it is of another log", ErrCheckpoint)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return Checkpoint{}, fmt.Errorf("%w: its size is no number", ErrCheckpoint)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: its hash cannot be read", ErrCheckpoint)
	}
	at, err := time.Parse(time.RFC3339, lines[3])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: its time cannot be read", ErrCheckpoint)
	}
	return Checkpoint{Size: size, Root: root, Time: at}, nil
}
