package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

// Kept is where deliveries are kept.
type Kept interface {
	Begin(ctx context.Context, all ...store.Beginning) (map[int64]bool, error)
	Standings(ctx context.Context, ids ...int64) (map[int64]store.Standing, error)
	NextIn(ctx context.Context, lanes ...store.Lane) (map[store.Lane]store.Delivery, error)
	Settle(ctx context.Context, all ...store.Settlement) error
	Endpoint(ctx context.Context, partner, url string) (store.Endpoint, error)
	LearnOf(ctx context.Context, partner, url string, learn func(*store.Endpoint)) error
}

// Decider decides what may be sent to a partner now: a [disclosure.Cutter].
type Decider interface {
	ToSend(ctx context.Context, all ...disclosure.Outgoing) ([]disclosure.Cut, error)
}

// Secrets reads what events are signed with.
type Secrets interface {
	Of(ctx context.Context, ref v1alpha1.SecretKeyReference) ([]signature.Secret, error)
}

// Sender sends one event: an [outbound.Sender].
type Sender interface {
	Send(ctx context.Context, to outbound.Endpoint, m outbound.Message) outbound.Outcome
	Handshake(ctx context.Context, to outbound.Endpoint, origin string) error
}

// Courier tries to deliver. What has no default has to be set.
type Courier struct {
	Kept    Kept
	Decider Decider
	Secrets Secrets
	Sender  Sender
	// View is the directory, by which partners are known.
	View func() directory.View
	// Source is the address of this API, such as https://lifeline.example.org: who the events are from, and their handshake.
	Source string
	Clock  func() time.Time
	// Breaker knows which partners fail. It belongs to this courier alone.
	Breaker Breaker
	// Schedule is how long is waited after failures. Default: [Pauses].
	Schedule Schedule
	// Logger is told what went wrong with the store, in no case anything of a referral. Default: nothing is logged.
	Logger *slog.Logger
	// Counted is told how a delivery stands after it was looked at. Default: nobody counts.
	Counted func(state store.DeliveryState)
	// Spread is at random, from 0 to 1. Default: math/rand.
	Spread func() float64

	gathers    sync.Once
	beginnings gathering[*task, map[*task]begun]
	// underWay are the deliveries that are being sent here, by their ids: a job may come twice.
	underWay   sync.Map
	handshakes singleflight.Group
	succeeded  noted
	failing    noted
	unreadable noted
}

// How long is waited where nothing can be tried.
const (
	untilReady     = 5 * time.Second
	whileSuspended = 10 * time.Minute
	whileSecret    = time.Minute
	// whileUnasked is while stricter rules cannot be asked about it.
	whileUnasked = time.Minute
	// whileAbsent is between two looks for a partner, or its endpoint, that was there when an event was written: it may only be
	// replaced.
	whileAbsent = 5 * time.Minute
	untilBefore = 30 * time.Second
	// inOneGo bounds for how long one job goes on with what waits behind it.
	inOneGo = 20 * time.Second
)

// Again is when to look at a delivery again; Done that there is no need.
type Again struct {
	Done bool
	At   time.Time
	// Rests says that nothing more is to be sent to the partner for now.
	Rests bool
}

var done = Again{Done: true}

// Try looks at a delivery of a round, does what is to be done, and goes on with what waits behind it. It may be called at any
// time, for anything that ever was a delivery. An error is one of the store, and leaves everything as it was, save that an event
// may have been sent that is sent again: its attempt is written down, and what came of it is not.
func (c *Courier) Try(ctx context.Context, id, round int64) (Again, error) {
	standings, err := c.Kept.Standings(ctx, id)
	if err != nil {
		return Again{}, err
	}
	d, there := standings[id]
	if !there || d.State != store.Waiting || d.Round != round {
		return done, nil
	}
	begun := c.Clock()
	again, err := c.one(ctx, d)
	// What tells of an end goes on even if it is not there yet: with less to be told, what waits may not be for the partner any
	// more.
	for err == nil && (again.Done || d.TellsOfAnEnd()) && c.Clock().Sub(begun) < inOneGo && ctx.Err() == nil {
		waits, failed := c.Kept.NextIn(ctx, d.Lane())
		behind, there := waits[d.Lane()]
		if failed != nil || !there || behind.Due.After(c.Clock()) {
			break // it has a job of its own
		}
		if next, failed := c.one(ctx, store.Standing{Delivery: behind, First: behind.ID}); failed != nil || !next.Done {
			break
		}
	}
	return again, err
}

// one does what is to be done for one delivery.
func (c *Courier) one(ctx context.Context, s store.Standing) (Again, error) {
	d, now := s.Delivery, c.Clock()
	if d.Due.After(now) {
		return Again{At: d.Due}, nil
	}
	if s.First != d.ID { // whoever delivers that goes on with this
		return Again{At: later(s.FirstDue.Add(time.Second), now.Add(untilBefore))}, nil
	}
	if _, is := c.underWay.LoadOrStore(d.ID, true); is {
		return Again{At: now.Add(untilBefore)}, nil
	}
	defer c.underWay.Delete(d.ID)
	t, settled, err := c.prepare(ctx, d)
	if err != nil {
		return Again{}, err
	}
	if settled != nil {
		again, err := c.settle(ctx, *settled)
		again.Rests = c.Breaker.Resting(d.Partner, c.Clock())
		return again, err
	}
	leave, at := c.Breaker.Enter(d.Partner, now)
	if leave == nil {
		return Again{At: at, Rests: c.Breaker.Resting(d.Partner, now)}, nil
	}
	defer leave()
	again, err := c.send(ctx, t)
	again.Rests = c.Breaker.Resting(d.Partner, c.Clock())
	return again, err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// task is a delivery that can be sent.
type task struct {
	d    store.Delivery
	to   outbound.Endpoint
	mode v1alpha1.PayloadMode
	// confirmed says that the endpoint has proved that it wants events.
	confirmed bool
}

// prepare finds out where a delivery goes, or what becomes of it instead.
func (c *Courier) prepare(ctx context.Context, d store.Delivery) (task, *store.Settlement, error) {
	view := c.View()
	if !view.Ready() {
		return task{}, c.wait(d, d.Reason, untilReady), nil
	}
	partner, known := view.Partner(d.Partner)
	switch {
	case !known:
		return task{}, c.wait(d, ReasonPartnerUnknown, whileAbsent), nil
	case partner.Spec.Delivery == nil:
		return task{}, c.wait(d, ReasonNoEndpoint, whileAbsent), nil
	case partner.Spec.Participation == v1alpha1.ParticipationSuspended:
		return task{}, c.wait(d, ReasonSuspended, whileSuspended), nil
	}
	to := partner.Spec.Delivery
	endpoint, err := c.Kept.Endpoint(ctx, d.Partner, string(to.URL))
	if err != nil {
		return task{}, nil, err
	}
	if !endpoint.Unsubscribed.IsZero() {
		return task{}, &store.Settlement{Delivery: d, State: store.GivenUp, Reason: ReasonUnsubscribed}, nil
	}
	secrets, err := c.Secrets.Of(ctx, to.SigningSecretRef)
	if err != nil {
		c.unsigned(ctx, d.Partner, to, err)
		return task{}, c.wait(d, ReasonNoSecret, whileSecret), nil
	}
	return task{
		d: d, to: outbound.Endpoint{URL: string(to.URL), Secrets: secrets}, mode: to.Payload, confirmed: !endpoint.Confirmed.IsZero(),
	}, nil, nil
}

func notSent(d store.Delivery, reason string) *store.Settlement {
	return &store.Settlement{Delivery: d, State: store.NotSent, Reason: reason}
}

// wait holds a delivery without counting that as an attempt; for as long as is tried.
func (c *Courier) wait(d store.Delivery, reason string, pause time.Duration) *store.Settlement {
	now := c.Clock()
	if !now.Before(d.Begun.Add(longestTried)) {
		return &store.Settlement{Delivery: d, State: store.GivenUp, Reason: reason}
	}
	return &store.Settlement{Delivery: d, State: store.Waiting, Reason: reason, Due: now.Add(pause)}
}

// settle writes down what came of it.
func (c *Courier) settle(ctx context.Context, s store.Settlement) (Again, error) {
	if err := c.Kept.Settle(ctx, s); err != nil {
		return Again{}, fmt.Errorf("write down what came of a delivery: %w", err)
	}
	if c.Counted != nil {
		c.Counted(s.State)
	}
	if s.State == store.Waiting {
		return Again{At: s.Due}, nil
	}
	return done, nil
}

func (c *Courier) spread() float64 {
	if c.Spread != nil {
		return c.Spread()
	}
	return rand.Float64()
}
