package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/referral"
)

// Attempt is one sending of an event, as codes: never what was sent or answered.
type Attempt struct {
	// Number counts the attempts of a delivery from 1, in all rounds together.
	Number int64
	// At is when it was known what came of it; while nobody knows, when it began.
	At   time.Time
	Took time.Duration
	// Outcome is what came of it, [OutcomeUnknown] while nobody knows; Status is what the partner answered, 0 if it did not; Code
	// says why it failed.
	Outcome string
	Status  int
	Code    string
}

// Settlement is what came of trying to deliver.
type Settlement struct {
	// Delivery as it was when it was tried.
	Delivery Delivery
	// Begun is which attempt of the round it was, as [Store.Begin] counted it; 0 for one that was not begun: it is counted now.
	Begun int64
	// State it has from now on, Reason for it, and when it is tried next if it waits.
	State  DeliveryState
	Reason string
	Due    time.Time
	// Attempt is nil if nothing was sent.
	Attempt *Attempt
	// Because are the decisions that it rests on, and what the audit log is told of it besides.
	Because []audit.Entry
}

// MostSettled is how many deliveries are settled at once.
const MostSettled = 200

// Settle writes down what came of deliveries, all of it or nothing. What was settled meanwhile, or asked for again, stays so;
// only that it was delivered is written in any case.
func (s *Store) Settle(ctx context.Context, all ...Settlement) error {
	if len(all) == 0 {
		return nil
	}
	if len(all) > MostSettled {
		return invalid("Settle at most %d deliveries at once.", MostSettled)
	}
	return s.change(ctx, "settle deliveries", func(t tx) error {
		delivered, others := apart(all)
		if err := t.inTurn(ctx, "settle deliveries", append(addAttempts(others), t.settleDelivered(delivered)...)...); err != nil {
			return err
		}
		for _, one := range all {
			if one.State != Delivered {
				if err := t.settle(ctx, one); err != nil {
					return err
				}
			}
			for _, e := range one.Because {
				t.note(e)
			}
		}
		return nil
	})
}

// number is which attempt of the round it was.
func (s Settlement) number() int64 { return cmp.Or(s.Begun, s.Delivery.Sent+1) }

// settled is how many attempts of the round have begun when it is settled.
func (s Settlement) settled() int64 {
	if s.Attempt != nil {
		return s.number()
	}
	return cmp.Or(s.Begun, s.Delivery.Sent)
}

// apart tells what was delivered from what was not.
func apart(all []Settlement) (delivered, others []Settlement) {
	for _, s := range all {
		if s.State == Delivered && s.Attempt != nil {
			delivered = append(delivered, s)
		} else {
			others = append(others, s)
		}
	}
	return delivered, others
}

// addAttempts writes down what came of attempts. Of one that was taken for interrupted, that is kept.
func addAttempts(all []Settlement) []ask {
	r := rows{
		table:   "delivery_attempts",
		columns: []string{"delivery_id", "round", "number", "at", "took_us", "outcome", "status", "code"},
		after:   " ON CONFLICT (delivery_id, round, number) DO NOTHING",
	}
	for _, s := range all {
		if a := s.Attempt; a != nil {
			r.add(s.Delivery.ID, s.Delivery.Round, s.number(), micros(a.At), a.Took.Microseconds(), a.Outcome, int64(a.Status), a.Code)
		}
	}
	return r.asks("write down attempts to deliver")
}

// settleDelivered writes down by few statements what was delivered. What came of the attempt is kept with the delivery if it is
// the last that began; otherwise with the attempts.
func (t tx) settleDelivered(all []Settlement) []ask {
	if len(all) == 0 {
		return nil
	}
	numbers := make([][]int64, len(all))
	for i, s := range all {
		a := s.Attempt
		numbers[i] = []int64{s.Delivery.ID, s.Delivery.Round, s.number(), micros(a.At), a.Took.Microseconds(), int64(a.Status)}
	}
	late, tried := t.s.engine.table(numbers)
	listed, args := t.s.engine.table(numbers, micros(t.s.clock.Now()))
	const v = `WITH v (id, round, number, at, took, status) AS (VALUES `
	return []ask{
		{doing: "write down attempts to deliver", args: tried, text: v + late + `)
			INSERT INTO delivery_attempts (delivery_id, round, number, at, took_us, outcome, status, code)
			SELECT v.id, v.round, v.number, v.at, v.took, '` + OutcomeDelivered + `', v.status, '' FROM v
			JOIN outbox o ON o.id = v.id WHERE o.round <> v.round OR o.sent <> v.number
			ON CONFLICT (delivery_id, round, number) DO NOTHING`},
		{doing: "settle what was delivered", args: args, text: v + listed + `)
			UPDATE outbox SET state = 'Delivered', reason = '', attempts = attempts + 1, done_at = $1,
			taken_us = CASE WHEN outbox.round = v.round AND outbox.sent = v.number THEN v.took END,
			taken_status = CASE WHEN outbox.round = v.round AND outbox.sent = v.number THEN v.status END
			FROM v WHERE outbox.id = v.id AND outbox.state <> 'Delivered'`},
	}
}

func (t tx) settle(ctx context.Context, s Settlement) error {
	var tried int64
	sent := cmp.Or(s.Begun, s.Delivery.Sent)
	if s.Attempt != nil {
		tried = 1
		if s.Begun == 0 && s.Delivery.Sent > 0 {
			if err := t.interruptedOf(ctx, []int64{s.Delivery.ID}); err != nil {
				return err
			}
		}
	}
	var done *int64
	if s.State != Waiting {
		at := micros(t.s.clock.Now())
		done = &at
	}
	return t.run(ctx, "settle a delivery",
		`UPDATE outbox SET state = $1, reason = $2, attempts = attempts + $3, due_at = $4, done_at = $5, sent = $6
		WHERE id = $7 AND round = $8 AND attempts = $9 AND sent = $10 AND done_at IS NULL`,
		string(s.State), s.Reason, tried, micros(s.Due), done, s.settled(), s.Delivery.ID, s.Delivery.Round, s.Delivery.Attempts, sent)
}

// Delivery returns a delivery.
func (s *Store) Delivery(ctx context.Context, id int64) (Delivery, error) {
	d, err := scanDelivery(s.read.QueryRowContext(ctx, deliveries+` WHERE id = $1`, id).Scan)
	return d, told("find a delivery", err)
}

// Standing is a delivery, and the first to the same partner about the same referral that still waits and holds up what is later.
type Standing struct {
	Delivery
	// First is the delivery itself if it waits for no other.
	First    int64
	FirstDue time.Time
}

// HoldsUp is how many attempts have to fail until what is later waits no longer for a delivery: one event that a partner does not
// take keeps the others from it for minutes, and not for days.
const HoldsUp = 3

// Standings returns how deliveries stand; one that does not exist is left out. At most [LongestPage] at once.
func (s *Store) Standings(ctx context.Context, ids ...int64) (map[int64]Standing, error) {
	if err := checkLimit(len(ids)); err != nil {
		return nil, err
	}
	places, args := listed(ids)
	found := make(map[int64]Standing, len(ids))
	err := each(ctx, s.read, "look at deliveries", func(rows *sql.Rows) error {
		var first, due int64
		d, err := scanDelivery(func(into ...any) error { return rows.Scan(append(into, &first, &due)...) })
		found[d.ID] = Standing{Delivery: d, First: first, FirstDue: moment(due)}
		return err
	}, `SELECT o.id, o.referral_id, o.version, o.said, o.partner, o.kind, o.created_at, o.state, o.reason, o.attempts, o.round,
		o.begun_at, o.due_at, coalesce(o.done_at, 0), o.sent, coalesce(f.id, o.id), coalesce(f.due_at, o.due_at)
		FROM outbox o LEFT JOIN outbox f ON f.id = (SELECT w.id FROM outbox w WHERE w.referral_id = o.referral_id
		AND w.partner = o.partner AND `+waits("w")+` AND w.attempts < `+strconv.Itoa(HoldsUp)+`
		AND (w.version, w.said) < (o.version, o.said) ORDER BY w.version, w.said LIMIT 1)
		AND o.kind NOT IN `+endings+`
		WHERE o.id IN (`+places+`)`, args...)
	return found, err
}

// waits is that a delivery of one referral is not settled. It is written so that no index of all that waits is used for it: when
// much does, or the database has counted long ago, that would read the whole of it.
func waits(table string) string { return `coalesce(` + table + `.done_at, 0) = 0` }

// endings are the kinds of which [Delivery.TellsOfAnEnd] is true.
const endings = `('` + string(referral.KindWithdraw) + `', '` + string(referral.KindSharing) + `')`

// Lane is a partner and a referral: what is delivered of the one to the other keeps its order.
type Lane struct{ Referral, Partner string }

// Lane that a delivery is in.
func (d Delivery) Lane() Lane { return Lane{d.Referral, d.Partner} }

// NextIn returns what is to be delivered next in lanes, of each the first that waits: what no longer holds up what is later only
// once it is due. At most [LongestPage] at once.
func (s *Store) NextIn(ctx context.Context, lanes ...Lane) (map[Lane]Delivery, error) {
	if err := checkLimit(len(lanes)); err != nil {
		return nil, err
	}
	referrals := make([]string, len(lanes))
	wanted := make(map[Lane]bool, len(lanes))
	for i, lane := range lanes {
		referrals[i], wanted[lane] = lane.Referral, true
	}
	places, args := listed(referrals)
	next := map[Lane]Delivery{}
	all, err := deliveriesIn(ctx, s.read, "look what is to be delivered next",
		deliveries+` WHERE `+waits("outbox")+` AND referral_id IN (`+places+`) ORDER BY version, said`, args...)
	now := s.clock.Now()
	for _, d := range all {
		if d.Attempts >= HoldsUp && d.Due.After(now) {
			continue
		}
		if _, earlier := next[d.Lane()]; wanted[d.Lane()] && !earlier {
			next[d.Lane()] = d
		}
	}
	return next, err
}

// Uncarried returns deliveries to a partner, or to all for "", that should have been tried before a moment, oldest first after an
// id: they are not in the queue, or it has not come to them. At most limit, of 1 to [LongestPage].
func (s *Store) Uncarried(ctx context.Context, partner string, due time.Time, after int64, limit int) ([]Delivery, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	query, args := deliveries+` WHERE done_at IS NULL AND due_at < $1 AND id > $2`, []any{micros(due), after, int64(limit)}
	if partner != "" {
		query, args = query+` AND partner = $4`, append(args, partner)
	}
	return deliveriesIn(ctx, s.read, "look for deliveries that nobody tried", query+` ORDER BY id LIMIT $3`, args...)
}

// Carry hands deliveries to the queue that the store was given.
func (s *Store) Carry(ctx context.Context, due ...Delivery) error {
	carrier := s.carriedBy()
	if carrier == nil || len(due) == 0 {
		return nil
	}
	return s.change(ctx, "hand over what is to be delivered", func(t tx) error {
		return told("hand over what is to be delivered", carrier.Carry(ctx, t.Tx, due...))
	})
}

// GiveUpOn gives up deliveries that began before a moment, and returns how many; at most a thousand at once.
func (s *Store) GiveUpOn(ctx context.Context, begun time.Time, reason string) (n int64, err error) {
	err = s.change(ctx, "give up what is too old", func(t tx) error {
		n, err = t.exec(ctx, "give up what is too old",
			`UPDATE outbox SET state = 'GivenUp', done_at = $1, reason = CASE WHEN reason = '' THEN $2 ELSE reason END
			WHERE id IN (SELECT id FROM outbox WHERE done_at IS NULL AND begun_at < $3 ORDER BY begun_at LIMIT 1000)`,
			micros(s.clock.Now()), reason, micros(begun))
		return err
	})
	return n, err
}

// Waits reports which partners something waits for: it costs as much as there are partners, however much waits for them.
func (s *Store) Waits(ctx context.Context) (partners []string, err error) {
	err = each(ctx, s.read, "look whom something waits for", func(rows *sql.Rows) error {
		var partner string
		err := rows.Scan(&partner)
		partners = append(partners, partner)
		return err
	}, `WITH RECURSIVE waits (partner) AS (
			SELECT min(partner) FROM outbox WHERE done_at IS NULL
			UNION ALL SELECT (SELECT min(o.partner) FROM outbox o WHERE o.done_at IS NULL AND o.partner > waits.partner)
			FROM waits WHERE waits.partner IS NOT NULL
		) SELECT partner FROM waits WHERE partner IS NOT NULL ORDER BY partner`)
	return partners, err
}

// DeliveryFilter says which deliveries are wanted; what is empty makes no difference.
type DeliveryFilter struct {
	Partner string
	// Partnership is the ADP of the referral.
	Partnership string
	State       DeliveryState
	// Without leaves out what was not sent for a reason that begins so.
	Without string
}

// Deliveries returns deliveries, newest first, before an id; 0 for the newest. At most limit, of 1 to [LongestPage].
func (s *Store) Deliveries(ctx context.Context, f DeliveryFilter, before int64, limit int) ([]Delivery, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	query, args := deliveries+` WHERE TRUE`, []any{}
	add := func(condition string, value any) {
		args = append(args, value)
		query += fmt.Sprintf(condition, len(args))
	}
	if f.Partner != "" {
		add(` AND partner = $%d`, f.Partner)
	}
	if f.State != "" {
		add(` AND state = $%d`, string(f.State))
	}
	if f.Without != "" {
		query += fmt.Sprintf(` AND NOT (state = 'NotSent' AND substr(reason, 1, %d)`, len(f.Without))
		add(` = $%d)`, f.Without)
	}
	if f.Partnership != "" {
		add(` AND referral_id IN (SELECT id FROM referrals WHERE partnership = $%d)`, f.Partnership)
	}
	if before > 0 {
		add(` AND id < $%d`, before)
	}
	add(` ORDER BY id DESC LIMIT $%d`, int64(limit))
	return deliveriesIn(ctx, s.read, "list deliveries", query, args...)
}

// Attempts are all attempts to deliver, by the delivery, in order; the last of them may be one of which nobody knows yet what
// came. At most [LongestPage] deliveries.
func (s *Store) Attempts(ctx context.Context, ids ...int64) (map[int64][]Attempt, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if err := checkLimit(len(ids)); err != nil {
		return nil, err
	}
	places, args := listed(ids)
	all := map[int64][]Attempt{}
	err := each(ctx, s.read, "read attempts to deliver", func(rows *sql.Rows) error {
		var id, at, took, status int64
		var a Attempt
		err := rows.Scan(&id, &at, &took, &a.Outcome, &status, &a.Code)
		a.At, a.Took, a.Status, a.Number = moment(at), time.Duration(took)*time.Microsecond, int(status), int64(len(all[id]))+1
		all[id] = append(all[id], a)
		return err
	}, `SELECT delivery_id, at, took_us, outcome, status, code FROM (
			SELECT delivery_id, round, number, at, took_us, outcome, status, code FROM delivery_attempts WHERE delivery_id IN (`+places+`)
			UNION ALL
			SELECT o.id, o.round, o.sent, CASE WHEN o.taken_us IS NULL THEN coalesce(o.sent_at, o.begun_at) ELSE o.done_at END,
				coalesce(o.taken_us, 0), CASE WHEN o.taken_us IS NULL THEN '`+OutcomeUnknown+`' ELSE '`+OutcomeDelivered+`' END,
				coalesce(o.taken_status, 0), CASE WHEN o.taken_us IS NULL THEN '`+CodeInterrupted+`' ELSE '' END
			FROM outbox o WHERE o.id IN (`+places+`) AND o.sent > 0 AND NOT EXISTS (SELECT 1 FROM delivery_attempts a
				WHERE a.delivery_id = o.id AND a.round = o.round AND a.number = o.sent)
		) AS tried ORDER BY delivery_id, round, number`, args...)
	return all, err
}
