package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"lifeline.scot/api/vault"
)

// What a caller acts on, besides referral.Stale, referral.Refused, record.Invalid, consent.Refused and vault.ErrErased. With
// audit.ErrBroken nothing can be written at all, nor read of people, until somebody has looked at what was done to the database.
var (
	// ErrNotFound is a referral or person that does not exist.
	ErrNotFound = errors.New("there is no such thing here")
	// ErrKeyReused is an idempotency key that was used before with other input: nothing was done.
	ErrKeyReused = errors.New("this idempotency key was used before with other input: use a new one for something else")
	// ErrUnavailable is a database that cannot be reached, or has too much to do. Nobody knows whether it was done; sending the
	// same again with the same idempotency key settles that.
	ErrUnavailable = errors.New("the referral store cannot be reached now: send the same again, with the same idempotency key")
)

// UnreadableError are referrals of which something that is kept does not open: it was changed or damaged, or encrypted by a key
// that is not here. All others can be read without them.
type UnreadableError struct{ Referrals []string }

// Error implements error.
func (e *UnreadableError) Error() string {
	return fmt.Sprintf("what is kept of %d referrals does not open", len(e.Referrals))
}

// Unwrap returns what it is a case of.
func (e *UnreadableError) Unwrap() error { return vault.ErrUnreadable }

// InvalidError is a request that makes no sense, and what to change.
type InvalidError struct{ Message string }

// Error implements error.
func (e *InvalidError) Error() string { return e.Message }

func invalid(format string, args ...any) error { return &InvalidError{fmt.Sprintf(format, args...)} }

// told says what was being done, and marks errors of a database that is away or busy. The text of neither engine has values in
// it.
func told(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s: %w", doing, ErrNotFound)
	case away(err):
		return fmt.Errorf("%s: %w (%w)", doing, ErrUnavailable, err)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

func away(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
			return true
		}
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// Connection, resources, operator intervention, and transactions that got in each other's way.
		for _, class := range []string{"08", "53", "57", "58", "40"} {
			if strings.HasPrefix(pg.Code, class) {
				return true
			}
		}
		return false
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connect) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || pgconn.SafeToRetry(err)
}
