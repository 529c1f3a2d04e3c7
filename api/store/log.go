package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/bits"
	"net/url"

	"github.com/jackc/pgx/v5/stdlib"
	"golang.org/x/mod/sumdb/tlog"

	"lifeline.scot/api/audit"
)

// Log is the whole audit log in order, each checkpoint after the last record that it is over, to be verified or exported. It is
// read in pages, and ends where the log ended when it was begun. Whoever exports it has to record that first.
func (s *Store) Log(ctx context.Context) iter.Seq2[audit.Item, error] { return logIn(ctx, s.read) }

// LatestCheckpoint returns what was signed last, to be kept where the store is not; nil while the log is empty.
func (s *Store) LatestCheckpoint(ctx context.Context) ([]byte, error) {
	head, err := headIn(ctx, s.read)
	return head.Checkpoint, err
}

// AuditLog is the audit log of a database alone, for whoever verifies it: that needs no keys, and writes nothing.
type AuditLog struct{ db *sql.DB }

// OpenAuditLog opens the audit log of the database that the options name, which has to be there.
func OpenAuditLog(ctx context.Context, o Options) (*AuditLog, error) {
	if o.DatabaseURL == "" {
		db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: o.File}).EscapedPath()+"?"+url.Values{
			"mode": {"ro"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "query_only(1)"},
		}.Encode())
		return &AuditLog{db}, told("open the audit log", err)
	}
	config, err := postgresConfig(o.DatabaseURL)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["default_transaction_read_only"] = "on"
	db := stdlib.OpenDB(*config)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(told("open the audit log", err), db.Close())
	}
	return &AuditLog{db}, nil
}

// Items is the whole log in order: see [Store.Log].
func (l *AuditLog) Items(ctx context.Context) iter.Seq2[audit.Item, error] { return logIn(ctx, l.db) }

// LatestCheckpoint returns what was signed last: see [Store.LatestCheckpoint].
func (l *AuditLog) LatestCheckpoint(ctx context.Context) ([]byte, error) {
	head, err := headIn(ctx, l.db)
	return head.Checkpoint, err
}

// Close ends all connections.
func (l *AuditLog) Close() error { return l.db.Close() }

// logPage is how many records, or checkpoints, are read at once.
const logPage = 500

func logIn(ctx context.Context, q querier) iter.Seq2[audit.Item, error] {
	return func(yield func(audit.Item, error) bool) {
		r := logReader{ctx: ctx, q: q}
		if err := r.findEnd(); err != nil {
			yield(audit.Item{}, err)
			return
		}
		checkpoint, stop := iter.Pull2(paged(r.checkpoints))
		defer stop()
		next, err, more := checkpoint()
		for record, failed := range paged(r.records) {
			for ; more && err == nil && failed == nil && next.at <= record.at; next, err, more = checkpoint() {
				if !yield(next.Item, nil) {
					return
				}
			}
			if !yield(record.Item, failed) || failed != nil {
				return
			}
		}
		for ; more; next, err, more = checkpoint() {
			if !yield(next.Item, err) || err != nil {
				return
			}
		}
	}
}

// placed is an item, and where it is kept: a record at its number, a checkpoint at its size.
type placed struct {
	audit.Item
	at int64
}

// paged goes through all pages, each of which begins after the last item of the one before.
func paged(page func(after int64) ([]placed, error)) iter.Seq2[placed, error] {
	return func(yield func(placed, error) bool) {
		for after := int64(math.MinInt64); ; {
			items, err := page(after)
			if err != nil {
				yield(placed{}, err)
				return
			}
			for _, item := range items {
				after = item.at
				if !yield(item, nil) {
					return
				}
			}
			if len(items) < logPage {
				return
			}
		}
	}
}

// logReader reads the log up to where it ended at one moment, and nothing that comes meanwhile.
type logReader struct {
	ctx                    context.Context
	q                      querier
	lastRecord, lastSigned int64
}

func (r *logReader) findEnd() error {
	err := r.q.QueryRowContext(r.ctx, `SELECT (SELECT coalesce(max(seq), -1) FROM audit_records),
		(SELECT coalesce(max(size), -1) FROM audit_checkpoints)`).Scan(&r.lastRecord, &r.lastSigned)
	return told("read where the audit log ends", err)
}

func (r *logReader) checkpoints(after int64) (page []placed, err error) {
	err = each(r.ctx, r.q, "read checkpoints of the audit log", func(rows *sql.Rows) error {
		var c placed
		var note string
		err := rows.Scan(&c.at, &note)
		c.Checkpoint = []byte(note)
		page = append(page, c)
		return err
	}, `SELECT size, note FROM audit_checkpoints WHERE size > $1 AND size <= $2 ORDER BY size LIMIT $3`,
		after, r.lastSigned, int64(logPage))
	return page, err
}

func (r *logReader) records(after int64) (page []placed, err error) {
	err = each(r.ctx, r.q, "read the audit log", func(rows *sql.Rows) error {
		var p placed
		var h audit.Heading
		var record string
		err := rows.Scan(&p.at, &record, &h.Person, &h.Referral, &h.Partner)
		p.Seq, p.Record, p.Heading = p.at, []byte(record), &h
		page = append(page, p)
		return err
	}, `SELECT seq, record, person_id, referral_id, partner FROM audit_records WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3`,
		after, r.lastRecord, int64(logPage))
	if err != nil || len(page) == 0 {
		return page, err
	}
	if err := r.addLeftOut(page); err != nil {
		return nil, err
	}
	return page, r.addHashes(page)
}

// addLeftOut fills in the referrals, left out of a list, by which each record is found. A database that no program of this
// release has opened yet has none, and is not asked.
func (r *logReader) addLeftOut(page []placed) error {
	kept, lists := map[int64][]string{}, false
	for i := range page {
		page[i].LeftOut = []string{}
		lists = lists || bytes.Contains(page[i].Record, []byte(`"leftOut":`))
	}
	if !lists {
		return nil
	}
	err := each(r.ctx, r.q, "read what the audit log is found by", func(rows *sql.Rows) error {
		var seq int64
		var referral string
		err := rows.Scan(&seq, &referral)
		kept[seq] = append(kept[seq], referral)
		return err
	}, `SELECT seq, referral_id FROM audit_left_out WHERE seq >= $1 AND seq <= $2 ORDER BY seq, referral_id`,
		page[0].at, page[len(page)-1].at)
	for i, p := range page {
		page[i].LeftOut = append(p.LeftOut, kept[p.at]...)
	}
	return err
}

// addHashes fills in the hashes that were stored with each record: its own, and those of the trees that it completes.
func (r *logReader) addHashes(page []placed) error {
	indexes := make([]int64, 0, 2*len(page)+bits.UintSize)
	for _, p := range page {
		for i := range hashesWith(p.at) {
			indexes = append(indexes, tlog.StoredHashIndex(0, p.at)+i)
		}
	}
	kept, err := hashesIn(r.ctx, r.q, indexes)
	if err != nil {
		return err
	}
	for i, p := range page {
		page[i].Hashes = []tlog.Hash{}
		for j := range hashesWith(p.at) {
			if hash, there := kept[tlog.StoredHashIndex(0, p.at)+j]; there {
				page[i].Hashes = append(page[i].Hashes, hash)
			}
		}
	}
	return nil
}

// hashesWith is how many hashes are stored with a record.
func hashesWith(seq int64) int64 { return 1 + int64(bits.TrailingZeros64(^uint64(seq))) }
