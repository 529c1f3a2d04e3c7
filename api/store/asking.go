package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// ask is a question that is asked together with others, and what is done with each row of the answer.
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
	defer func() { _ = conn.Close() }()      // it goes back to where it came from
	return conn.Raw(func(driver any) error { //nolint:wrapcheck // what comes of it says what was done
		is, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("%s: the driver is %T", doing, driver)
		}
		return askAtOnce(ctx, is.Conn(), doing, all)
	})
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
