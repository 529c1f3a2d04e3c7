package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// ask is a question that is asked together with others, and what is done with each row of the answer; nil for a statement that
// has none.
type ask struct {
	doing string
	row   func(scan func(into ...any) error) error
	text  string
	args  []any
}

// of asks it alone.
func (a ask) of(ctx context.Context, q querier) error {
	return each(ctx, q, a.doing, func(rows *sql.Rows) error { return a.row(rows.Scan) }, a.text, a.args...)
}

// together asks everything of one moment. PostgreSQL is sent all of it at once, with the beginning and the end of the
// transaction: to wait for each answer takes longer than to find them.
func (s *Store) together(ctx context.Context, doing string, all ...ask) error {
	if s.connect == nil {
		return s.snapshot(ctx, doing, func(q querier) error {
			for _, a := range all {
				if err := a.of(ctx, q); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for range all {
		s.sending()
	}
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return told(doing, err)
	}
	defer func() { _ = conn.Close() }() // it goes back to where it came from
	return onDriver(conn, doing, func(c *pgx.Conn) error { return askAtOnce(ctx, c, doing, all) })
}

func onDriver(conn *sql.Conn, doing string, do func(*pgx.Conn) error) error {
	return conn.Raw(func(driver any) error { //nolint:wrapcheck // what comes of it says what was done
		is, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("%s: the driver is %T", doing, driver)
		}
		return do(is.Conn())
	})
}

// inTurn carries out statements of a change one after the other, each of which sees what those before it did, and what others
// had committed before it. PostgreSQL is sent all of them at once: only the last answer is waited for.
func (t tx) inTurn(ctx context.Context, doing string, all ...ask) error {
	for _, a := range all {
		t.pause(a.doing)
	}
	if t.s.connect == nil {
		for _, a := range all {
			if err := t.carryOut(ctx, a); err != nil {
				return err
			}
		}
		return nil
	}
	for range all {
		t.s.sending()
	}
	return onDriver(t.on, doing, func(c *pgx.Conn) error { return sendAtOnce(ctx, c, doing, all) })
}

func (t tx) carryOut(ctx context.Context, a ask) error {
	if a.row != nil {
		return a.of(ctx, t)
	}
	_, err := t.ExecContext(ctx, a.text, a.args...)
	return told(a.doing, err)
}

func sendAtOnce(ctx context.Context, c *pgx.Conn, doing string, all []ask) (err error) {
	batch := &pgx.Batch{}
	for _, a := range all {
		batch.Queue(a.text, a.args...)
	}
	answers := c.SendBatch(ctx, batch)
	defer func() { err = errors.Join(err, told(doing, answers.Close())) }()
	for _, a := range all {
		if a.row == nil {
			if _, err := answers.Exec(); err != nil {
				return told(a.doing, err)
			}
			continue
		}
		if err := readAnswer(answers, a); err != nil {
			return told(a.doing, err)
		}
	}
	return nil
}

func askAtOnce(ctx context.Context, c *pgx.Conn, doing string, all []ask) (err error) {
	batch := &pgx.Batch{}
	batch.Queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	for _, a := range all {
		batch.Queue(a.text, a.args...)
	}
	batch.Queue("COMMIT")
	answers := c.SendBatch(ctx, batch)
	defer func() {
		err = errors.Join(err, told(doing, answers.Close()))
		if !c.IsClosed() && c.PgConn().TxStatus() != 'I' {
			_, undone := c.Exec(ctx, "ROLLBACK")
			err = errors.Join(err, told(doing, undone))
		}
	}()
	if _, err := answers.Exec(); err != nil {
		return told(doing, err)
	}
	for _, a := range all {
		if err := readAnswer(answers, a); err != nil {
			return told(a.doing, err)
		}
	}
	_, err = answers.Exec()
	return told(doing, err)
}

func readAnswer(answers pgx.BatchResults, a ask) error {
	rows, err := answers.Query()
	if err != nil {
		return err //nolint:wrapcheck // by askAtOnce
	}
	defer rows.Close()
	for rows.Next() {
		if err := a.row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err() //nolint:wrapcheck // likewise
}
