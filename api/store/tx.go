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
	// on is the connection that it is carried out on.
	on *sql.Conn
	// noted is what the audit log is told at the end.
	noted *[]audit.Entry
	// foreseen is where it ends, once nobody else can append to it any more; nil before.
	foreseen **foreseen
}

// change carries out something in one transaction.
func (s *Store) change(ctx context.Context, doing string, do func(tx) error) error {
	on, err := s.write.Conn(ctx)
	if err != nil {
		return told(doing, err)
	}
	defer func() { _ = on.Close() }() // it goes back to where it came from
	begun, err := on.BeginTx(ctx, nil)
	if err != nil {
		return told(doing, err)
	}
	defer s.ended(begun)
	t := tx{begun, s, on, new([]audit.Entry), new(*foreseen)}
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

// QueryContext and the like send a statement of the transaction, after whoever counts statements was told.
func (t tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return sender{t.Tx, t.s.sending}.QueryContext(ctx, query, args...)
}

// QueryRowContext is as QueryContext.
func (t tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return sender{t.Tx, t.s.sending}.QueryRowContext(ctx, query, args...)
}

// ExecContext is as QueryContext.
func (t tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	t.s.sending()
	return t.Tx.ExecContext(ctx, query, args...)
}

// database is one whose statements are told of before they are sent.
type database struct {
	*sql.DB
	sending func()
}

// QueryContext is that of [sql.DB].
func (d database) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return sender{d.DB, d.sending}.QueryContext(ctx, query, args...)
}

// QueryRowContext is that of [sql.DB].
func (d database) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return sender{d.DB, d.sending}.QueryRowContext(ctx, query, args...)
}

// sender tells of each statement before it is sent.
type sender struct {
	to      querier
	sending func()
}

// QueryContext implements querier.
func (s sender) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s.sending()
	return s.to.QueryContext(ctx, query, args...)
}

// QueryRowContext implements querier.
func (s sender) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s.sending()
	return s.to.QueryRowContext(ctx, query, args...)
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
