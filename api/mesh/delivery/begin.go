package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

// begun is what came of beginning to send: the number of the attempt and its message, or what the delivery is settled by instead;
// neither if it is to be looked at anew.
type begun struct {
	attempt int64
	message outbound.Message
	settled *store.Settlement
}

// mostBeginning is how many turns begin at once: while one waits for its place in the audit log, the other decides.
const mostBeginning = 2

// begin decides what may be sent now and writes down that it is sent, together with all others that come to it meanwhile: one
// reading of the store, one evaluation of the rules, one transaction and one signature are for all of them. If that does not go
// well it is done for this one alone: one that is wrong is nobody else's matter.
func (c *Courier) begin(ctx context.Context, t task) (begun, error) {
	c.gathers.Do(func() { c.beginnings.most, c.beginnings.do = mostBeginning, c.beginAll })
	all, err := c.beginnings.join(ctx, &t)
	if err != nil && ctx.Err() == nil && !errors.Is(err, disclosure.ErrNotDecided) {
		all, err = c.beginAll(ctx, []*task{&t})
	}
	return all[&t], err
}

func (c *Courier) beginAll(ctx context.Context, tasks []*task) (map[*task]begun, error) {
	all := make(map[*task]begun, len(tasks))
	wanted := make([]disclosure.Outgoing, len(tasks))
	for i, t := range tasks {
		wanted[i] = disclosure.Outgoing{Partner: t.d.Partner, Referral: t.d.Referral, Fields: t.fields}
	}
	cuts, err := c.Decider.ToSend(ctx, wanted...)
	if err != nil {
		return nil, fmt.Errorf("decide what may be sent: %w", err)
	}
	now := c.Clock()
	var beginnings []store.Beginning
	for i, t := range tasks {
		b := c.write(t, cuts[i], now)
		if all[t] = b; b.settled == nil {
			beginnings = append(beginnings, store.Beginning{
				Delivery: t.d, On: *cuts[i].RestsOn(), Because: leaving(t.d, cuts[i], now, b.attempt),
			})
		}
	}
	may, err := c.Kept.Begin(ctx, beginnings...)
	if err != nil {
		return nil, fmt.Errorf("write down what is about to be sent: %w", err)
	}
	for t, b := range all {
		if b.settled == nil && !may[t.d.ID] {
			all[t] = begun{}
		}
	}
	return all, nil
}

// write writes the event that may be sent by a decision. What may not be sent is settled.
func (c *Courier) write(t *task, cut disclosure.Cut, now time.Time) begun {
	why, may := mayKnow(cut, t.d)
	switch {
	case !may && why == policies.ReasonNarrowingFailed: // nobody knows what the rules say: they are asked again
		return begun{settled: c.wait(t.d, reasonDenied+why, whileUnasked)}
	case !may:
		denied := notSent(t.d, reasonDenied+why)
		denied.Because = []audit.Entry{cut.Decided(now)}
		return begun{settled: denied}
	}
	fields := t.fields(cut)
	body, err := encode(c.Source, t.d, cut, fields)
	if err != nil { // trying again would make no difference
		return begun{settled: notSent(t.d, ReasonNotWritten)}
	}
	return begun{
		attempt: t.d.Sent + 1, message: outbound.Message{ID: EventID(t.d), Body: body, Still: c.still(*t, cut, fields)},
	}
}

// leaving are the entries that an event leaves. What was decided about a reference is in the last one; of fields it is recorded
// what is shown.
func leaving(d store.Delivery, cut disclosure.Cut, now time.Time, attempt int64) []audit.Entry {
	e := audit.Entry{
		What: audit.Sent, Time: now, Referral: d.Referral, Version: d.Version, To: d.Partner, Detail: string(d.Kind), Attempt: attempt,
	}
	all := cut.ToRecord(now)
	if len(all) == 1 {
		e.Person, e.Purpose, e.Decision = all[0].Person, all[0].Purpose, all[0].Decision
		return []audit.Entry{e}
	}
	if len(all) > 0 {
		e.Person, e.Purpose = all[0].Person, all[0].Purpose
	}
	return append(all, e)
}

// still tells whether a decision that an event was written by is still the same: it is asked before the event is sent once more.
func (c *Courier) still(t task, was disclosure.Cut, fields []record.Field) func(ctx context.Context) bool {
	return func(ctx context.Context) bool {
		is, err := c.Decider.ToSend(ctx, disclosure.Outgoing{Partner: t.d.Partner, Referral: t.d.Referral})
		if err != nil {
			return false
		}
		_, may := mayKnow(is[0], t.d)
		erased := is[0].RestsOn().Erased && !was.RestsOn().Erased && len(fields) > 0
		return may && !erased && !slices.ContainsFunc(fields, func(f record.Field) bool { return was.Permits(f) != is[0].Permits(f) })
	}
}

// fields are those that a partner is sent as far as it may see them. Who is told that a referral is with another now is sent
// none, whatever the person agreed to: it has no use for them.
func (t task) fields(cut disclosure.Cut) []record.Field {
	elsewhere := (t.d.Kind == referral.KindRedirect || t.d.Kind == referral.KindPassOn) && cut.AskedBefore()
	if t.mode != v1alpha1.PayloadMinimised || t.d.TellsOfAnEnd() || elsewhere || cut.OnlyReference() {
		return nil
	}
	return disclosure.Sendable()
}
