package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Ledger keeps the log, inside one transaction of the store: the same one that what is recorded happens in. Until it ends
// nobody else may append.
type Ledger interface {
	// Head returns where the log ends.
	Head(ctx context.Context) (Head, error)
	// Hashes returns stored hashes by their index, in the order asked for. It fails if one is not there.
	Hashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error)
	// Append stores what is new.
	Append(ctx context.Context, a Addition) error
}

// Head is where a log ends.
type Head struct {
	// Size is how many records there are.
	Size int64
	// Checkpoint is the latest; nil for an empty log.
	Checkpoint []byte
}

// Addition is what a transaction adds to the log.
type Addition struct {
	// First is the place of the first record.
	First   int64
	Records []Record
	// FirstHash is the index of the first hash.
	FirstHash int64
	Hashes    []tlog.Hash
	// Checkpoint is signed over all records up to and with these.
	Checkpoint []byte
}

// Record is an entry as it is kept.
type Record struct {
	Text []byte
	Heading
	// LeftOut are the referrals that the entry leaves out, by which it is found, too. Sorted, each once; nil where it is about no
	// list.
	LeftOut []string
}

// ErrBroken is the cause of a log that is not what was signed last: nothing is added to it, so that the key never vouches for
// what somebody else put there.
var ErrBroken = errors.New("the audit log is not what was signed, and nothing is added to it: run `api audit verify`")

// ErrOtherKey is the cause of a log whose latest checkpoint was not signed with this key.
var ErrOtherKey = errors.New("the key of the audit log is not the one that it was signed with: restore its file")

// Log appends. The zero value is of no use.
type Log struct {
	// Signer signs checkpoints. It has to give the same signature for the same text each time, as Ed25519 does.
	Signer note.Signer
	// Now tells the time.
	Now func() time.Time
}

// Append adds the entries in order and signs a checkpoint over the log as it is then. Entries without a time get the present
// one. It reads as many hashes as the size of the log has ones in binary, in one go. It fails with [ErrBroken] or
// [ErrOtherKey] rather than vouch for records that this key has not signed before.
func (l Log) Append(ctx context.Context, ledger Ledger, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	head, err := ledger.Head(ctx)
	if err != nil {
		return fmt.Errorf("read where the audit log ends: %w", err)
	}
	hashes := &growing{ctx: ctx, ledger: ledger, first: tlog.StoredHashCount(head.Size), read: map[int64]tlog.Hash{}}
	if err := l.goesOnFrom(head, hashes); err != nil {
		return err
	}
	now := l.Now()
	add := Addition{First: head.Size, FirstHash: hashes.first}
	for i, e := range entries {
		e.Seq = head.Size + int64(i)
		if e.Time.IsZero() {
			e.Time = now
		}
		if add.Records, err = hashes.add(add.Records, e); err != nil {
			return err
		}
	}
	add.Hashes = hashes.more
	size := head.Size + int64(len(entries))
	root, err := tlog.TreeHash(size, hashes)
	if err != nil {
		return fmt.Errorf("hash the audit log: %w", err)
	}
	if add.Checkpoint, err = (Checkpoint{Size: size, Root: root, Time: now}).sign(l.Signer); err != nil {
		return err
	}
	if err := ledger.Append(ctx, add); err != nil {
		return fmt.Errorf("append to the audit log: %w", err)
	}
	return nil
}

// Edge are the indexes of the hashes that the hash over a log of so many records is made of, and that whatever is added to it
// needs.
func Edge(size int64) (indexes []int64) {
	for level := bits.Len64(uint64(max(size, 0))) - 1; level >= 0; level-- {
		if size>>level&1 == 1 {
			indexes = append(indexes, tlog.StoredHashIndex(level, size>>level-1))
		}
	}
	return indexes
}

// Confirm makes sure that the log was signed with this key last; an empty one was.
func (l Log) Confirm(head Head) error {
	if head.Checkpoint == nil {
		return nil
	}
	_, err := l.own(head.Checkpoint)
	return err
}

// goesOnFrom makes sure that what was signed last is what the log ends with now.
func (l Log) goesOnFrom(head Head, hashes *growing) error {
	if head.Checkpoint == nil && head.Size == 0 {
		return nil
	}
	if head.Checkpoint == nil {
		return ErrBroken
	}
	last, err := l.own(head.Checkpoint)
	if err != nil {
		return err
	}
	if last.Size != head.Size {
		return ErrBroken
	}
	root, err := tlog.TreeHash(head.Size, hashes)
	if err != nil {
		return fmt.Errorf("hash the audit log as it was: %w", err)
	}
	if root != last.Root {
		return ErrBroken
	}
	return nil
}

// own reads a checkpoint that this key has signed. A signer cannot verify; it can sign the same again.
func (l Log) own(signed []byte) (Checkpoint, error) {
	c, err := parse(signed)
	if err != nil {
		return c, err
	}
	again, err := c.sign(l.Signer)
	if err != nil {
		return c, err
	}
	if !bytes.Equal(signed, again) {
		return c, ErrOtherKey
	}
	return c, nil
}

// growing reads hashes of the ledger, each once, and those that are about to be added.
type growing struct {
	ctx    context.Context
	ledger Ledger
	first  int64
	read   map[int64]tlog.Hash
	more   []tlog.Hash
}

// add hashes an entry that comes next, and puts it after other records.
func (g *growing) add(records []Record, e Entry) ([]Record, error) {
	text, err := e.text()
	if err != nil {
		return nil, err
	}
	more, err := tlog.StoredHashes(e.Seq, text, g)
	if err != nil {
		return nil, fmt.Errorf("hash an audit entry: %w", err)
	}
	g.more = append(g.more, more...)
	r := Record{Text: text, Heading: e.Heading()}
	if e.LeftOut != nil {
		r.LeftOut = e.LeavesOut()
	}
	return append(records, r), nil
}

// ReadHashes implements tlog.HashReader.
func (g *growing) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	if err := g.fetch(indexes); err != nil {
		return nil, err
	}
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < g.first {
			hashes[i] = g.read[index]
		} else {
			hashes[i] = g.more[index-g.first]
		}
	}
	return hashes, nil
}

// fetch reads those that are in the ledger and were not read yet.
func (g *growing) fetch(indexes []int64) error {
	var missing []int64
	for _, index := range indexes {
		if _, there := g.read[index]; index < g.first && !there {
			missing = append(missing, index)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	found, err := g.ledger.Hashes(g.ctx, missing)
	if err != nil {
		return err
	}
	if len(found) != len(missing) {
		return fmt.Errorf("%w (%d of %d hashes are there)", ErrBroken, len(found), len(missing))
	}
	for i, index := range missing {
		g.read[index] = found[i]
	}
	return nil
}
