package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/casework"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/mesh/event"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

// send decides, and sends what may be sent now.
func (c *Courier) send(ctx context.Context, t task) (Again, error) {
	// The endpoint agrees before anything is decided: that may take long, and what is decided is for now.
	if outcome := c.agree(ctx, t); outcome.Kind != outbound.Delivered {
		return c.conclude(ctx, t, outcome, nil)
	}
	message, because, settled, err := c.write(ctx, t)
	switch {
	case errors.Is(err, disclosure.ErrNotDecided):
		return Again{At: c.Clock().Add(untilReady)}, nil
	case err != nil:
		return Again{}, err
	case settled != nil:
		return c.settle(ctx, *settled)
	}
	return c.conclude(ctx, t, c.Sender.Send(ctx, t.to, message), because)
}

// conclude does what follows from an outcome.
func (c *Courier) conclude(ctx context.Context, t task, outcome outbound.Outcome, because []audit.Entry) (Again, error) {
	if outcome.Code == outbound.CodeStopped { // we are being stopped, or were too slow ourselves
		return Again{At: c.Clock().Add(time.Second)}, nil
	}
	c.learn(ctx, t, outcome)
	return c.settle(ctx, c.judge(t.d, outcome, because))
}

// write decides what may be sent now and writes it down. What may not be sent is settled.
func (c *Courier) write(ctx context.Context, t task) (m outbound.Message, because []audit.Entry, s *store.Settlement, err error) {
	fields, err := c.fields(ctx, t)
	if err != nil {
		return m, nil, nil, err
	}
	cut, err := c.Decider.ToSend(ctx, t.d.Partner, t.d.Referral, fields...)
	if err != nil {
		return m, nil, nil, fmt.Errorf("decide what may be sent: %w", err)
	}
	decided := cut.Decided(c.Clock())
	if why, may := mayKnow(cut, t.d); !may {
		denied := notSent(t.d, reasonDenied+why)
		if len(fields) == 0 { // with fields it has been recorded
			denied.Because = []audit.Entry{decided}
		}
		return m, nil, denied, nil
	}
	if len(fields) == 0 {
		because = append(because, decided)
	}
	body, err := encode(c.Source, t.d, cut, fields)
	if err != nil {
		return m, nil, notSent(t.d, ReasonNotWritten), nil //nolint:nilerr // trying again would make no difference
	}
	return outbound.Message{ID: EventID(t.d), Body: body, Still: c.still(t, cut, fields)}, because, nil, nil
}

// still tells whether a decision that an event was written by is still the same: it is asked before the event is sent once more.
func (c *Courier) still(t task, was disclosure.Cut, fields []record.Field) func(ctx context.Context) bool {
	return func(ctx context.Context) bool {
		is, err := c.Decider.ToSend(ctx, t.d.Partner, t.d.Referral)
		if err != nil {
			return false
		}
		_, may := mayKnow(is, t.d)
		return may && !slices.ContainsFunc(fields, func(f record.Field) bool { return was.Permits(f) != is.Permits(f) })
	}
}

// fields are those that a partner is sent as far as it may see them. Who is told that a referral is with another now is sent
// none, whatever the person agreed to: it has no use for them.
func (c *Courier) fields(ctx context.Context, t task) ([]record.Field, error) {
	if t.mode != v1alpha1.PayloadMinimised || t.d.TellsOfAnEnd() {
		return nil, nil
	}
	if t.d.Kind == referral.KindRedirect || t.d.Kind == referral.KindPassOn {
		cut, err := c.Decider.ToSend(ctx, t.d.Partner, t.d.Referral)
		if err != nil {
			return nil, fmt.Errorf("decide whether a referral is with somebody else now: %w", err)
		}
		if cut.AskedBefore() {
			return nil, nil
		}
	}
	return disclosure.Sendable(), nil
}

// mayKnow reports whether a partner may know that something happened to a referral, and if not why. It may if it may see that
// there is a referral and how it stands. That sharing has ended it is told even so, if it has a part in the referral or had one:
// it has to know, and learns nothing of the person by it. So is the partner that a referral was passed on from, which waits for
// it otherwise.
func mayKnow(cut disclosure.Cut, d store.Delivery) (why string, may bool) {
	ended := d.TellsOfAnEnd() && (len(cut.Sides()) > 0 || cut.AskedBefore())
	lost := d.Kind == referral.KindPassOn && cut.AskedBefore()
	if cut.Permits(record.ReferralID) || ended || lost {
		return "", true
	}
	if reasons := cut.Reasons(); cut.Decision().Effect != policies.Allow && len(reasons) > 0 {
		return reasons[0], false
	}
	return disclosure.ReasonNoGround, false
}

// EventID is the id of the event that a delivery brings: the same whenever and however often it is sent, and another one for each
// partner, since each is told something else.
func EventID(d store.Delivery) string {
	id := fmt.Sprintf("%s-%d-%s", d.Referral, d.Version, d.Kind)
	if d.Said > 0 {
		id += fmt.Sprintf("-%d", d.Said)
	}
	partner := sha256.Sum256([]byte(d.Partner))
	return id + "-" + hex.EncodeToString(partner[:6])
}

// encode writes an event with the fields that may be seen; a reference where none are asked for, or there are too many of them.
func encode(source string, d store.Delivery, cut disclosure.Cut, fields []record.Field) ([]byte, error) {
	kind, known := event.TypeOf(d.Kind)
	if !known {
		return nil, fmt.Errorf("there is no type of event for %s", d.Kind)
	}
	e := event.Event{
		ID: EventID(d), Type: kind, Source: source, Referral: d.Referral, Version: d.Version, Said: d.Said, Time: d.Since,
		Partner: d.Partner,
	}
	if len(fields) > 0 {
		e.Fields = map[string]any{}
	}
	for _, f := range fields {
		value, err := cut.Field(f)
		if err != nil {
			return nil, err
		}
		if value.State == disclosure.Known {
			e.Fields[casework.InputName(f)] = value.JSON
		}
	}
	body, err := e.Encode()
	if errors.Is(err, event.ErrTooLarge) {
		e.Fields = nil
		return e.Encode()
	}
	return body, err
}

// agree makes sure that the endpoint wants our events before the first is sent. Those who find out at the same time ask once.
func (c *Courier) agree(ctx context.Context, t task) outbound.Outcome {
	agreed := outbound.Outcome{Kind: outbound.Delivered}
	if t.confirmed {
		return agreed
	}
	outcome, _, _ := c.handshakes.Do(t.d.Partner+" "+t.to.URL, func() (any, error) {
		err := c.Sender.Handshake(ctx, t.to, hostOf(c.Source))
		var not *outbound.HandshakeError
		switch {
		case errors.As(err, &not) && not.Reason != "":
			return outbound.Outcome{Kind: outbound.Failed, Code: outbound.Code(not.Reason), Status: not.Outcome.Status}, nil
		case errors.As(err, &not):
			return not.Outcome, nil
		case err != nil:
			return outbound.Outcome{Kind: outbound.Failed, Code: outbound.CodeNotSendable}, nil //nolint:nilerr // it is an outcome
		}
		c.learnThat(ctx, t.d.Partner, t.to.URL, func(e *store.Endpoint) { e.Confirmed = c.Clock() })
		return agreed, nil
	})
	return outcome.(outbound.Outcome) //nolint:forcetypeassert // it is made above
}

// hostOf is the origin that endpoints are asked to agree to.
func hostOf(source string) string {
	if u, err := url.Parse(source); err == nil {
		return u.Hostname()
	}
	return ""
}

// judge says what becomes of a delivery after an attempt.
func (c *Courier) judge(d store.Delivery, o outbound.Outcome, because []audit.Entry) store.Settlement {
	now := c.Clock()
	s := store.Settlement{
		Delivery: d, Because: because, Reason: string(o.Code),
		Attempt: &store.Attempt{At: now, Took: o.Took, Outcome: string(o.Kind), Status: o.Status, Code: string(o.Code)},
	}
	switch o.Kind {
	case outbound.Delivered:
		s.State, s.Reason, s.Because = store.Delivered, "", []audit.Entry{sentOf(d, now, because)}
	case outbound.Gone:
		s.State, s.Reason = store.GivenUp, ReasonUnsubscribed
	case outbound.Busy, outbound.Failed, outbound.Prohibited:
		if o.Code == outbound.CodeNoLonger { // it is decided anew
			s.State, s.Due = store.Waiting, now
			return s
		}
		s.State = store.GivenUp
		if due, again := c.Schedule.next(d.Begun, now, d.Attempts+1, o.RetryAfter, c.spread()); again {
			s.State, s.Due = store.Waiting, due
		}
	}
	return s
}

// sentOf is the entry that an event has left. What was decided about a reference is in it; about fields it has been recorded
// before.
func sentOf(d store.Delivery, now time.Time, because []audit.Entry) audit.Entry {
	e := audit.Entry{What: audit.Sent, Time: now, Referral: d.Referral, Version: d.Version, To: d.Partner, Detail: string(d.Kind)}
	for _, decided := range because {
		e.Person, e.Purpose, e.Decision = decided.Person, decided.Purpose, decided.Decision
	}
	return e
}

// learn notes how an endpoint did.
func (c *Courier) learn(ctx context.Context, t task, o outbound.Outcome) {
	now := c.Clock()
	switch o.Kind {
	case outbound.Delivered:
		c.Breaker.Well(t.d.Partner)
		c.failing.forget(t.d.Partner + " " + t.to.URL)
		if c.succeeded.lately(t.d.Partner, now) {
			return
		}
		c.learnThat(ctx, t.d.Partner, t.to.URL, func(e *store.Endpoint) {
			e.Succeeded, e.FailingSince, e.Code = now, time.Time{}, ""
		})
	case outbound.Gone:
		c.Breaker.Well(t.d.Partner)
		c.learnThat(ctx, t.d.Partner, t.to.URL, func(e *store.Endpoint) { e.Unsubscribed, e.Code = now, string(o.Code) })
	case outbound.Busy, outbound.Failed, outbound.Prohibited:
		c.succeeded.forget(t.d.Partner)
		c.Breaker.Failed(t.d.Partner, now, o.RetryAfter)
		c.learnFailing(ctx, t.d.Partner, t.to.URL, string(o.Code))
	}
}

func (c *Courier) learnFailing(ctx context.Context, partner, url, code string) {
	now := c.Clock()
	if c.failing.lately(partner+" "+url, now) {
		return
	}
	c.learnThat(ctx, partner, url, func(e *store.Endpoint) {
		if e.FailingSince.IsZero() {
			e.FailingSince = now
		}
		e.Code = code
	})
}

// learnThat writes down what was learned of an endpoint. If that does not go well it is learned again from the next event.
func (c *Courier) learnThat(ctx context.Context, partner, url string, learn func(*store.Endpoint)) {
	if err := c.Kept.LearnOf(ctx, partner, url, learn); err != nil {
		if c.Logger != nil {
			c.Logger.Warn("what was learned of an endpoint could not be written down", "error", err)
		}
	}
}

// noted is when something was last written down, such as that a partner takes events, so that it is not written with each.
type noted struct {
	mu sync.Mutex
	at map[string]time.Time
}

// betweenNotes is how often it is written down.
const betweenNotes = 30 * time.Second

func (n *noted) lately(partner string, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.at == nil {
		n.at = map[string]time.Time{}
	}
	if last, ok := n.at[partner]; ok && now.Sub(last) < betweenNotes {
		return true
	}
	n.at[partner] = now
	return false
}

func (n *noted) forget(partner string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.at, partner)
}
