package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
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
	"lifeline.scot/policies"
)

// send sends what may be sent now, once that is written down.
func (c *Courier) send(ctx context.Context, t task) (Again, error) {
	// The endpoint agrees before anything is decided: that may take long, and what is decided is for now.
	if outcome := c.agree(ctx, t); outcome.Kind != outbound.Delivered {
		return c.conclude(ctx, t, outcome, 0)
	}
	b, err := c.begin(ctx, t)
	switch {
	case errors.Is(err, disclosure.ErrNotDecided):
		return Again{At: c.Clock().Add(untilReady)}, nil
	case err != nil:
		return Again{}, err
	case b.settled != nil:
		return c.settle(ctx, *b.settled)
	case b.attempt == 0: // it is not as it was when it was decided: it is looked at anew
		return Again{At: c.Clock()}, nil
	}
	return c.conclude(ctx, t, c.Sender.Send(ctx, t.to, b.message), b.attempt)
}

// conclude does what follows from the outcome of an attempt; 0 for one that was not begun.
func (c *Courier) conclude(ctx context.Context, t task, outcome outbound.Outcome, attempt int64) (Again, error) {
	if outcome.Code == outbound.CodeStopped { // we are being stopped, or were too slow ourselves: nobody knows what came of it
		return Again{At: c.Clock().Add(time.Second)}, nil
	}
	c.learn(ctx, t, outcome)
	return c.settle(ctx, c.judge(t.d, outcome, attempt))
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
func (c *Courier) judge(d store.Delivery, o outbound.Outcome, attempt int64) store.Settlement {
	now := c.Clock()
	s := store.Settlement{
		Delivery: d, Begun: attempt, Reason: string(o.Code),
		Attempt: &store.Attempt{At: now, Took: o.Took, Outcome: string(o.Kind), Status: o.Status, Code: string(o.Code)},
	}
	if attempt > 0 && o.Kind != outbound.Delivered {
		s.Because = []audit.Entry{{
			What: audit.NotTaken, Time: now, Referral: d.Referral, Version: d.Version, To: d.Partner, Detail: string(o.Code),
			Attempt: attempt,
		}}
	}
	switch o.Kind {
	case outbound.Delivered:
		s.State, s.Reason = store.Delivered, ""
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
