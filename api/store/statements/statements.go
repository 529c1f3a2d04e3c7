// Package statements keeps the statements of an SQLite connection prepared. To read a statement and plan it costs SQLite more
// than to carry it out, and its driver does so each time for those that nobody has prepared by hand.
package statements

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"k8s.io/utils/lru"
)

// Kept are connections that each keep the statements that they were given last prepared, at most so many. A statement whose
// rows are still being read is not carried out twice at once: the second time it is prepared anew.
func Kept(c driver.Connector, most int) driver.Connector { return connector{c, most} }

type connector struct {
	driver.Connector
	most int
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	made, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // it is the driver's to say
	}
	able, is := made.(connection)
	if !is {
		return nil, errors.Join(fmt.Errorf("connections of %T cannot be kept prepared", c.Driver()), made.Close())
	}
	k := &keeping{connection: able}
	k.kept = lru.NewWithEvictionFunc(c.most, func(_ lru.Key, value any) { value.(*kept).forget() })
	return k, nil
}

// connection is what a connection of the driver is able to do.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// statement is what a prepared statement is able to do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keeping is a connection. It is used by one goroutine at a time, as database/sql does, to close rows as well.
type keeping struct {
	connection
	kept *lru.Cache
}

// kept is one statement.
type kept struct {
	statement
	// reading says that its rows are being read; dropped that it is to be closed once they are.
	reading, dropped bool
}

// forget closes the statement as soon as nobody reads its rows.
func (s *kept) forget() {
	if s.dropped = true; !s.reading {
		_ = s.Close() // SQLite repeats here what it said when the statement was last carried out
	}
}

// read notes that the rows have been read.
func (s *kept) read() {
	if s.reading = false; s.dropped {
		s.forget()
	}
}

// longest is how long a statement is that is kept, in bytes: those that are longer are lists, and seldom the same twice.
const longest = 16 << 10

// isKept reports whether a statement is one to keep: not a PRAGMA, some of which do what they do when they are prepared.
func isKept(query string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	return len(query) <= longest && !strings.EqualFold(first, "PRAGMA")
}

// prepared is a statement that can be carried out now; nil if it is to be done without.
func (k *keeping) prepared(ctx context.Context, query string) (*kept, error) {
	if !isKept(query) {
		return nil, nil
	}
	if found, is := k.kept.Get(query); is {
		if s := found.(*kept); !s.reading {
			return s, nil
		}
		return nil, nil
	}
	made, err := k.PrepareContext(ctx, query)
	if err != nil {
		return nil, err //nolint:wrapcheck // it is the driver's to say
	}
	able, is := made.(statement)
	if !is {
		return nil, made.Close() //nolint:wrapcheck // likewise
	}
	s := &kept{statement: able}
	k.kept.Add(query, s)
	return s, nil
}

// ExecContext implements driver.ExecerContext.
func (k *keeping) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := k.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return k.connection.ExecContext(ctx, query, args) //nolint:wrapcheck // it is the driver's to say
	}
	return s.ExecContext(ctx, args) //nolint:wrapcheck // likewise
}

// QueryContext implements driver.QueryerContext.
func (k *keeping) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := k.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return k.connection.QueryContext(ctx, query, args) //nolint:wrapcheck // it is the driver's to say
	}
	found, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, err //nolint:wrapcheck // likewise
	}
	s.reading = true
	return &rows{found, s}, nil
}

// Close implements driver.Conn.
func (k *keeping) Close() error {
	k.kept.Clear()
	return k.connection.Close() //nolint:wrapcheck // it is the driver's to say
}

// Unwrap is the connection of the driver.
func (k *keeping) Unwrap() driver.Conn { return k.connection }

// rows are those of a statement that is kept.
type rows struct {
	driver.Rows
	of *kept
}

// Close implements driver.Rows.
func (r *rows) Close() error {
	err := r.Rows.Close()
	r.of.read()
	return err //nolint:wrapcheck // it is the driver's to say
}
