package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"lifeline.scot/api/audit"
)

// ledger is the audit log inside one change.
type ledger struct{ tx }

// Head implements audit.Ledger.
func (l ledger) Head(ctx context.Context) (audit.Head, error) { return headIn(ctx, l.tx) }

func headIn(ctx context.Context, q querier) (head audit.Head, err error) {
	err = q.QueryRowContext(ctx, `SELECT (SELECT coalesce(max(seq) + 1, 0) FROM audit_records),
		(SELECT note FROM audit_checkpoints ORDER BY size DESC LIMIT 1)`).Scan(&head.Size, &head.Checkpoint)
	return head, told("read where the audit log ends", err)
}

// Hashes implements audit.Ledger.
func (l ledger) Hashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	kept, err := hashesIn(ctx, l.tx, indexes)
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

// hashesIn returns those of the hashes that are there, by their index. What is too long or short to be one is not.
func hashesIn(ctx context.Context, q querier, indexes []int64) (map[int64]tlog.Hash, error) {
	kept := make(map[int64]tlog.Hash, len(indexes))
	places, args := listed(indexes)
	err := each(ctx, q, "read hashes of the audit log", func(rows *sql.Rows) error {
		var index int64
		var hash []byte
		if err := rows.Scan(&index, &hash); err != nil {
			return err
		}
		if len(hash) == tlog.HashSize {
			kept[index] = tlog.Hash(hash)
		}
		return nil
	}, `SELECT id, hash FROM audit_hashes WHERE id IN (`+places+`)`, args...)
	return kept, err
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
	for _, r := range []rows{records, hashes} {
		if err := r.insert(ctx, l.tx, "add to the audit log"); err != nil {
			return err
		}
	}
	if err := l.leaveOut(ctx, leftOut, lists); err != nil {
		return err
	}
	return l.run(ctx, "keep a checkpoint of the audit log", `INSERT INTO audit_checkpoints (size, note) VALUES ($1, $2)`,
		a.First+int64(len(a.Records)), string(a.Checkpoint))
}

// leaveOut adds by which referrals, left out of lists, records are found. A list that leaves nothing out takes as many statements
// as one that does: whoever looks through it, or has it counted what the database does, learns nothing from that.
func (l ledger) leaveOut(ctx context.Context, leftOut rows, lists bool) error {
	if lists && len(leftOut.values) == 0 {
		return l.run(ctx, "add to the audit log", `INSERT INTO audit_left_out (referral_id, seq) SELECT '', 0 WHERE 1 = 0`)
	}
	return leftOut.insert(ctx, l.tx, "add to the audit log")
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
const mostRows = 200

func (r *rows) add(values ...any) { r.values = append(r.values, values...) }

func (r *rows) insert(ctx context.Context, t tx, doing string) error {
	width := len(r.columns)
	for values := r.values; len(values) > 0; {
		n := min(len(values)/width, mostRows)
		each := make([]string, n)
		for i := range each {
			each[i] = "(" + placeholders(1+i*width, width) + ")"
		}
		statement := "INSERT INTO " + r.table + " (" + strings.Join(r.columns, ", ") + ") VALUES " + strings.Join(each, ", ") + r.after
		if err := t.run(ctx, doing, statement, values[:n*width]...); err != nil {
			return err
		}
		values = values[n*width:]
	}
	return nil
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
