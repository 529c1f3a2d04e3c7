package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"lifeline.scot/api/referral"
)

// Delivery is one event that one partner is to be told of. It names the referral and never the person: the partner reads the
// referral back, and what it may see is decided then.
type Delivery struct {
	ID       int64
	Referral string
	Version  int64
	// Said numbers what was said about sharing, where that is the event; 0 for a change of the referral itself.
	Said    int64
	Partner string
	Kind    referral.Kind
	// Since is when the event happened.
	Since time.Time
	// State is how it stands, and Reason why, as a code: of a delivery that waits, why it was not delivered the last time.
	State  DeliveryState
	Reason string
	// Attempts are how often it was sent since it began: at Begun, when it was written or asked for again. Round counts how often
	// it was asked for again.
	Attempts, Round int64
	Begun           time.Time
	// Sent counts the attempts of the round that began, whatever came of them: those that failed, and those that were cut off.
	Sent int64
	// Due is when it is tried next, if it waits; Done when it was settled, and zero before.
	Due, Done time.Time
}

// TellsOfAnEnd reports whether a delivery tells that something may be used no longer, or perhaps may not. It waits for nothing
// that happened earlier, and whoever has it is not to leave it for one that is late.
func (d Delivery) TellsOfAnEnd() bool {
	return d.Kind == referral.KindWithdraw || d.Kind == referral.KindSharing
}

// DeliveryState is how a delivery stands.
type DeliveryState string

// How deliveries stand.
const (
	// Waiting is to be tried, at Due.
	Waiting DeliveryState = "Waiting"
	// Delivered was taken by the partner.
	Delivered DeliveryState = "Delivered"
	// NotSent will not be sent: it is not for the partner any more, or the partner takes no events.
	NotSent DeliveryState = "NotSent"
	// GivenUp was tried for as long as is tried. Somebody may ask for it again.
	GivenUp DeliveryState = "GivenUp"
)

// ReasonNoEndpoint is a partner that takes no events: it looks at its worklist.
const ReasonNoEndpoint = "NO_ENDPOINT"

// Carrier is the queue that brings deliveries to whoever sends them.
type Carrier interface {
	// Takes reports whether a partner takes events at all. What it does not take is not carried.
	Takes(partner string) bool
	// Carry hands deliveries over in the transaction that writes them: they are carried if it is committed, and only then.
	Carry(ctx context.Context, tx *sql.Tx, due ...Delivery) error
}

// CarryBy makes deliveries be handed to a queue from now on. What was written before waits until [Store.Uncarried] finds it.
func (s *Store) CarryBy(c Carrier) { s.carrier.Store(&c) }

// ended tells a carrier that wants to know, by a method Ended, that a transaction in which it may have been handed something is
// over.
func (s *Store) ended(tx *sql.Tx) {
	if c, asks := s.carriedBy().(interface{ Ended(tx *sql.Tx) }); asks {
		c.Ended(tx)
	}
}

func (s *Store) carriedBy() Carrier {
	if c := s.carrier.Load(); c != nil {
		return *c
	}
	return nil
}

// Database is what a queue beside the referrals stands on. Its own tables were made when the store was opened.
type Database struct {
	// Write is the pool of those who write: of one connection in SQLite.
	Write *sql.DB
	// Connect is how to get a connection of one's own; nil in SQLite.
	Connect *pgx.ConnConfig
}

// Database is where a queue keeps what it carries.
func (s *Store) Database() Database { return Database{Write: s.write.DB, Connect: s.connect} }

// enqueue has a partner told of an event.
func (t tx) enqueue(ctx context.Context, e referral.Event, partner string) error {
	return t.deliver(ctx, Delivery{Referral: e.Referral, Version: e.Version, Kind: e.Change.Kind(), Since: e.At}, partner)
}

// deliver has a partner told of what a delivery says happened to a referral.
func (t tx) deliver(ctx context.Context, d Delivery, partner string) error {
	if partner == "" || len(partner) > 63 {
		return invalid("Name the partners to be told, as the directory names them.")
	}
	d.Partner, d.State, d.Begun = partner, Waiting, t.s.clock.Now()
	d.Due = d.Begun
	carrier := t.s.carriedBy()
	var done *int64
	if carrier != nil && !carrier.Takes(partner) {
		at := micros(d.Begun)
		d.State, d.Reason, done = NotSent, ReasonNoEndpoint, &at
	}
	t.pause("note what is to be delivered")
	err := t.QueryRowContext(ctx, `INSERT INTO outbox (referral_id, version, said, partner, kind, created_at, begun_at, due_at,
		state, reason, done_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10)
		ON CONFLICT (referral_id, version, said, partner) DO NOTHING RETURNING id`,
		d.Referral, d.Version, d.Said, partner, string(d.Kind), micros(d.Since), micros(d.Begun), string(d.State), d.Reason, done,
	).Scan(&d.ID)
	switch {
	case errors.Is(err, sql.ErrNoRows): // it is named twice
		return nil
	case err != nil:
		return told("note what is to be delivered", err)
	}
	if d.TellsOfAnEnd() {
		if err := t.hurry(ctx, d); err != nil {
			return err
		}
	}
	if carrier == nil || d.State != Waiting {
		return nil
	}
	t.pause("hand over what is to be delivered")
	return told("hand over what is to be delivered", carrier.Carry(ctx, t.Tx, d))
}

// hurry has what waits in a lane be decided on now, since less of it may be told than when it was put off.
func (t tx) hurry(ctx context.Context, d Delivery) error {
	return t.run(ctx, "have what waits be decided on now",
		`UPDATE outbox SET due_at = $1 WHERE referral_id = $2 AND partner = $3 AND done_at IS NULL AND due_at > $1`,
		micros(d.Begun), d.Referral, d.Partner)
}

// deliveries are the columns of a [Delivery].
const deliveries = `SELECT id, referral_id, version, said, partner, kind, created_at, state, reason, attempts, round, begun_at,
	due_at, coalesce(done_at, 0), sent FROM outbox`

func scanDelivery(scan func(...any) error) (d Delivery, err error) {
	var since, begun, due, done int64
	err = scan(&d.ID, &d.Referral, &d.Version, &d.Said, &d.Partner, &d.Kind, &since, &d.State, &d.Reason, &d.Attempts, &d.Round,
		&begun, &due, &done, &d.Sent)
	d.Since, d.Begun, d.Due = moment(since), moment(begun), moment(due)
	if done != 0 {
		d.Done = moment(done)
	}
	return d, err
}

func deliveriesIn(ctx context.Context, q querier, doing, query string, args ...any) (all []Delivery, err error) {
	err = each(ctx, q, doing, func(rows *sql.Rows) error {
		d, err := scanDelivery(rows.Scan)
		all = append(all, d)
		return err
	}, query, args...)
	return all, err
}

// Undelivered returns what is still to be delivered, oldest first, after an id. At most limit, of 1 to [LongestPage].
func (s *Store) Undelivered(ctx context.Context, after int64, limit int) ([]Delivery, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	return deliveriesIn(ctx, s.read, "read what is to be delivered",
		deliveries+` WHERE done_at IS NULL AND id > $1 ORDER BY id LIMIT $2`, after, int64(limit))
}
