package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"lifeline.scot/api/audit"
)

// ledger is the audit log inside one change.
type ledger struct {
	tx
	// read is what was read of it when nobody else could append to it any more.
	read *foreseen
}

// foreseen is where the log ends, with the hashes that were kept where it was expected to end: one question less if it does.
type foreseen struct {
	head   audit.Head
	hashes map[int64]tlog.Hash
}

// Head implements audit.Ledger.
func (l ledger) Head(context.Context) (audit.Head, error) { return l.read.head, nil }

const wholeHead = `SELECT (SELECT coalesce(max(seq) + 1, 0) FROM audit_records),
	(SELECT note FROM audit_checkpoints ORDER BY size DESC LIMIT 1)`

// foresee reads where the log ends, after other questions, and after others cannot append any more.
func (t tx) foresee(ctx context.Context, doing string, before ...ask) (*foreseen, error) {
	f := &foreseen{hashes: map[int64]tlog.Hash{}}
	all := append(before, ask{"read where the audit log ends", func(scan func(into ...any) error) error {
		return scan(&f.head.Size, &f.head.Checkpoint)
	}, wholeHead, nil})
	if indexes := audit.Edge(t.s.grown.Load()); len(indexes) > 0 {
		all = append(all, askHashes(indexes, f.hashes))
	}
	return f, t.inTurn(ctx, doing, all...)
}

func headIn(ctx context.Context, q querier) (head audit.Head, err error) {
	err = q.QueryRowContext(ctx, wholeHead).Scan(&head.Size, &head.Checkpoint)
	return head, told("read where the audit log ends", err)
}

// Hashes implements audit.Ledger.
func (l ledger) Hashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	kept, err := l.kept(ctx, indexes)
	return inOrder(indexes, kept, err)
}

// Begins makes sure that the audit log begins with what a checkpoint is over: see [audit.Begins].
func (s *Store) Begins(ctx context.Context, checkpoint []byte) error {
	head, err := headIn(ctx, s.read)
	if err != nil {
		return err
	}
	return audit.Begins(ctx, checkpoint, head.Size, func(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
		kept, err := hashesIn(ctx, s.read, indexes)
		return inOrder(indexes, kept, err)
	})
}

func inOrder(indexes []int64, kept map[int64]tlog.Hash, err error) ([]tlog.Hash, error) {
	if err != nil {
		return nil, err
	}
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hash, there := kept[index]
		if !there {
			return nil, fmt.Errorf("%w (hash %d is missing)", audit.ErrBroken, index)
		}
		hashes[i] = hash
	}
	return hashes, nil
}

func (l ledger) kept(ctx context.Context, indexes []int64) (map[int64]tlog.Hash, error) {
	known := func(index int64) bool { _, there := l.read.hashes[index]; return there }
	if !slices.ContainsFunc(indexes, func(index int64) bool { return !known(index) }) {
		return l.read.hashes, nil
	}
	return hashesIn(ctx, l.tx, indexes)
}

// hashesIn returns those of the hashes that are there, by their index. What is too long or short to be one is not.
func hashesIn(ctx context.Context, q querier, indexes []int64) (map[int64]tlog.Hash, error) {
	kept := make(map[int64]tlog.Hash, len(indexes))
	return kept, askHashes(indexes, kept).of(ctx, q)
}

func askHashes(indexes []int64, into map[int64]tlog.Hash) ask {
	places, args := listed(indexes)
	return ask{"read hashes of the audit log", func(scan func(into ...any) error) error {
		var index int64
		var hash []byte
		if err := scan(&index, &hash); err != nil {
			return err
		}
		if len(hash) == tlog.HashSize {
			into[index] = tlog.Hash(hash)
		}
		return nil
	}, `SELECT id, hash FROM audit_hashes WHERE id IN (` + places + `)`, args}
}

// Append implements audit.Ledger.
func (l ledger) Append(ctx context.Context, a audit.Addition) error {
	records := rows{table: "audit_records", columns: []string{"seq", "record", "person_id", "referral_id", "partner"}}
	leftOut, lists := rows{table: "audit_left_out", columns: []string{"referral_id", "seq"}}, false
	for i, r := range a.Records {
		records.add(a.First+int64(i), string(r.Text), r.Person, r.Referral, r.Partner)
		lists = lists || r.LeftOut != nil
		for _, referral := range r.LeftOut {
			leftOut.add(referral, a.First+int64(i))
		}
	}
	hashes := rows{table: "audit_hashes", columns: []string{"id", "hash"}}
	for i, hash := range a.Hashes {
		hashes.add(a.FirstHash+int64(i), hash[:])
	}
	size := a.First + int64(len(a.Records))
	all := slices.Concat(records.asks("add to the audit log"), hashes.asks("add to the audit log"), leaveOut(leftOut, lists))
	err := l.inTurn(ctx, "add to the audit log", append(all, ask{
		doing: "keep a checkpoint of the audit log", text: `INSERT INTO audit_checkpoints (size, note) VALUES ($1, $2)`,
		args: []any{size, string(a.Checkpoint)},
	})...)
	if err == nil {
		l.s.grown.Store(size)
	}
	return err
}

// leaveOut adds by which referrals, left out of lists, records are found. A list that leaves nothing out takes as many statements
// as one that does: whoever looks through it, or has it counted what the database does, learns nothing from that.
func leaveOut(leftOut rows, lists bool) []ask {
	if lists && len(leftOut.values) == 0 {
		return []ask{{doing: "add to the audit log", text: `INSERT INTO audit_left_out (referral_id, seq) SELECT '', 0 WHERE 1 = 0`}}
	}
	return leftOut.asks("add to the audit log")
}

// rows are added to a table, several by one statement.
type rows struct {
	table   string
	columns []string
	values  []any
	// after is what a statement ends with.
	after string
}

// mostRows is how many rows one statement adds: neither engine takes endlessly many values.
const mostRows = 256

func (r *rows) add(values ...any) { r.values = append(r.values, values...) }

// asks are the statements that add them: one, unless they are very many. How many rows there are, such as of referrals that were
// left out of a list, does not show in how many statements there are.
func (r *rows) asks(doing string) (all []ask) {
	width := len(r.columns)
	for values := r.values; len(values) > 0; {
		n := min(len(values)/width, mostRows)
		each := make([]string, n)
		for i := range each {
			each[i] = "(" + placeholders(1+i*width, width) + ")"
		}
		all = append(all, ask{
			doing: doing, args: values[:n*width],
			text: "INSERT INTO " + r.table + " (" + strings.Join(r.columns, ", ") + ") VALUES " + strings.Join(each, ", ") + r.after,
		})
		values = values[n*width:]
	}
	return all
}

func (r *rows) insert(ctx context.Context, t tx, doing string) error {
	if len(r.values) == 0 {
		return nil
	}
	return t.inTurn(ctx, doing, r.asks(doing)...)
}

// placeholders are $first, $first+1, … for so many values.
func placeholders(first, count int) string {
	all := make([]byte, 0, 5*count)
	for i := range count {
		if i > 0 {
			all = append(all, ", "...)
		}
		all = strconv.AppendInt(append(all, '$'), int64(first+i), 10)
	}
	return string(all)
}
