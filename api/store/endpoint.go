package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"
)

// Endpoint is what is known of where events for a partner go. It is known of one URL: with another one everything begins anew.
type Endpoint struct {
	Partner string
	// Confirmed is when it proved that it wants events, Unsubscribed when it said that it wants no more, Succeeded when it last took
	// one, FailingSince since when it has not; all zero for never.
	Confirmed, Unsubscribed, Succeeded, FailingSince time.Time
	// Code says how it fails.
	Code string

	address []byte
}

// Of reports whether it is what is known of this URL.
func (e Endpoint) Of(url string) bool { return bytes.Equal(e.address, addressOf(url)) }

// addressOf tells URLs apart without keeping them.
func addressOf(url string) []byte {
	sum := sha256.Sum256([]byte(url))
	return sum[:]
}

const endpoints = `SELECT partner, address, coalesce(confirmed_at, 0), coalesce(unsubscribed_at, 0), coalesce(succeeded_at, 0),
	coalesce(failing_since, 0), code FROM endpoints`

func scanEndpoint(scan func(...any) error) (e Endpoint, err error) {
	var at [4]int64
	err = scan(&e.Partner, &e.address, &at[0], &at[1], &at[2], &at[3], &e.Code)
	for i, to := range []*time.Time{&e.Confirmed, &e.Unsubscribed, &e.Succeeded, &e.FailingSince} {
		if at[i] != 0 {
			*to = moment(at[i])
		}
	}
	return e, err
}

// Endpoints are all of which something is known.
func (s *Store) Endpoints(ctx context.Context) (all []Endpoint, err error) {
	err = each(ctx, s.read, "read where events go", func(rows *sql.Rows) error {
		e, err := scanEndpoint(rows.Scan)
		all = append(all, e)
		return err
	}, endpoints+` ORDER BY partner`)
	return all, err
}

// Endpoint is what is known of where events for a partner go, at this URL; nothing if it has another one.
func (s *Store) Endpoint(ctx context.Context, partner, url string) (Endpoint, error) {
	e, err := scanEndpoint(s.read.QueryRowContext(ctx, endpoints+` WHERE partner = $1`, partner).Scan)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !e.Of(url) {
		return Endpoint{Partner: partner, address: addressOf(url)}, nil
	}
	return e, told("read where events go", err)
}

// LearnOf changes what is known of where events for a partner go, at this URL.
func (s *Store) LearnOf(ctx context.Context, partner, url string, learn func(*Endpoint)) error {
	return s.change(ctx, "note where events go", func(t tx) error {
		address := addressOf(url)
		err := t.run(ctx, "note where events go",
			`INSERT INTO endpoints (partner, address) VALUES ($1, $2) ON CONFLICT (partner) DO NOTHING`, partner, address)
		if err != nil {
			return err
		}
		e, err := scanEndpoint(t.QueryRowContext(ctx, endpoints+` WHERE partner = $1`+t.s.engine.lockReferral, partner).Scan)
		if err != nil {
			return told("read where events go", err)
		}
		if !e.Of(url) {
			e = Endpoint{Partner: partner, address: address}
		}
		learn(&e)
		return t.run(ctx, "note where events go",
			`UPDATE endpoints SET address = $1, confirmed_at = $2, unsubscribed_at = $3, succeeded_at = $4, failing_since = $5, code = $6
			WHERE partner = $7`,
			e.address, never(e.Confirmed), never(e.Unsubscribed), never(e.Succeeded), never(e.FailingSince), e.Code, partner)
	})
}

// never is NULL for no time.
func never(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	at := micros(t)
	return &at
}
