package disclosure

import (
	"slices"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/referral"
	"lifeline.scot/policies"
)

// AuditActor is who asked, as the audit log has it.
func (a Asking) AuditActor() audit.Actor {
	return audit.Actor{
		Partner: a.Caller.Partner, Partnership: ActorOf(a.Caller).Partnership, Role: string(a.As), Subject: a.Caller.Subject,
	}
}

// entries are what is recorded of a list that was cut: each decision, and what was shown.
func (d decided) entries() []audit.Entry {
	var all []audit.Entry
	for i, cut := range d.cuts {
		if !referral.IsID(d.ids[i]) { // such a referral cannot exist, and what it is instead nobody knows
			continue
		}
		all = append(all, cut.Decided(d.at))
		if fields := cut.shown(); len(fields) > 0 {
			shown := &audit.Decision{Effect: policies.Allow, Ground: cut.decision.Ground, Fields: fields}
			all = append(all, cut.entry(audit.Read, d.at, shown))
		}
	}
	return all
}

// Decided is the entry of the decision. Until when it holds is in it as far as that does not tell when the person was born, or
// had an overdose, whoever asked: the log is not encrypted, and outlives an erasure.
func (c Cut) Decided(at time.Time) audit.Entry {
	d := c.decision
	made := &audit.Decision{
		Effect: d.Effect, Ground: d.Ground, Fields: slices.Concat(d.Fields, d.Beside), Obligations: d.Obligations, Revision: d.Revision,
	}
	if d.Effect != policies.Allow {
		made.Reasons = d.Reasons
	}
	if !c.logged.IsZero() {
		made.Until = &c.logged
	}
	return c.entry(audit.Decided, at, made)
}

// Refused is the entry that something which rests on the decision was asked for, named by its detail, and not shown: whether or
// not the decision allows something else.
func (c Cut) Refused(at time.Time, detail string) audit.Entry {
	e := c.Decided(at)
	e.Detail = detail
	e.Decision = &audit.Decision{Effect: policies.Deny, Reasons: c.decision.Reasons, Revision: c.decision.Revision}
	if c.decision.Effect == policies.Allow {
		e.Decision.Reasons = []string{ReasonRole}
	}
	return e
}

// Sending is the detail of entries about what is sent to a partner, which nobody there had asked for.
const Sending = "sending"

func (c Cut) entry(what audit.What, at time.Time, d *audit.Decision) audit.Entry {
	e := audit.Entry{
		What: what, Time: at, By: c.asking.AuditActor(), Person: c.dossier.State.Person, Referral: c.id,
		Purpose: string(c.asking.Purpose), Decision: d,
	}
	if c.asking.software {
		e.To, e.Detail = c.asking.Caller.Partner, Sending
	}
	if s := c.asking.Statutory; s != nil {
		e.Detail = s.Act + ":" + s.Section + ":" + s.Reference
	}
	return e
}
