package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"lifeline.scot/api/audit"
)

// tx is one change. All of it happens or nothing.
type tx struct {
	*sql.Tx
	s *Store
	// noted is what the audit log is told at the end.
	noted *[]audit.Entry
	// locked is whether nobody else can append to it meanwhile.
	locked *bool
}

// change carries out something in one transaction.
func (s *Store) change(ctx context.Context, doing string, do func(tx) error) error {
	begun, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return told(doing, err)
	}
	defer s.ended(begun)
	t := tx{begun, s, new([]audit.Entry), new(bool)}
	err = do(t)
	if err == nil {
		err = t.keepNoted(ctx)
	}
	if err != nil {
		if undone := begun.Rollback(); undone != nil && !errors.Is(undone, sql.ErrTxDone) {
			return errors.Join(err, told("take back what was begun", undone))
		}
		return err
	}
	t.pause(doing)
	return told(doing, begun.Commit())
}

func (t tx) pause(doing string) {
	if t.s.before != nil {
		t.s.before(doing)
	}
}

// exec returns how many rows it changed.
func (t tx) exec(ctx context.Context, doing, statement string, args ...any) (int64, error) {
	t.pause(doing)
	result, err := t.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, told(doing, err)
	}
	n, err := result.RowsAffected()
	return n, told(doing, err)
}

// run is exec where nobody asks how many.
func (t tx) run(ctx context.Context, doing, statement string, args ...any) error {
	_, err := t.exec(ctx, doing, statement, args...)
	return err
}

// querier is a transaction, or the database between transactions.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// each reads all rows of a query.
func each(ctx context.Context, q querier, doing string, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return told(doing, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return told(doing, err)
		}
	}
	return told(doing, rows.Err())
}

// Times are kept as microseconds since 1970, in both engines.
func micros(t time.Time) int64 { return t.UnixMicro() }

func moment(us int64) time.Time { return time.UnixMicro(us).UTC() }
