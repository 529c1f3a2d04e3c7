package casework

import (
	"context"
	"errors"
	"slices"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/rights"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

// Late is a step of a referral that is late, of which the ADP has been told. It says nothing of the person.
type Late struct {
	// Referral and a number of its Version, with which the escalation can be settled.
	Referral string
	Version  int64
	// Task is an answer, or "" for another step: which one it is tells along which pathway the person was referred.
	Task referral.Task
	// Since is when the answer was due; of another step, when the ADP was told that it is late.
	Since time.Time
	// Origin is the partner that made the referral, and Target the one that has it now.
	Origin, Target string
	// PassedOnFrom is a partner that did not answer in time, so that the next one was asked at Since and has not answered yet: that
	// is to be known, and there is nothing to settle. "" for a step that is late still.
	PassedOnFrom string
}

// detailLate is what the audit log says of a look at what is late.
const detailLate = "late"

// Late returns the steps of referrals of the caller's ADP that are late and of which nobody has said what follows, and the
// partners that did not answer while the next one has not yet, the oldest referrals first: for its commissioners and data leads,
// who are responsible for who answers, whether or not they may see anything of the person. What people escalate themselves tells
// of the person, and is not among it. They are those that come after a referral, "" for all, and of at most limit referrals, of 1
// to [store.LongestPage]. That somebody looked is recorded before anything is returned.
func (d *Desk) Late(ctx context.Context, c identity.Caller, after string, limit int) ([]Late, error) {
	if sees, err := d.sees(ctx, c, sightLate, rights.ForADP(c, c.Partnership)); err != nil {
		return nil, err
	} else if !sees {
		return nil, refusal.Of(refusal.Forbidden, "What is late of an ADP's referrals is for its commissioners and data leads.")
	}
	found, err := d.Store.Late(ctx, c.Partnership, after, limit)
	if err != nil {
		return nil, told(err)
	}
	var all []Late
	var looked []audit.Entry
	for _, r := range found {
		state, err := d.Store.State(ctx, r.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, told(err)
		}
		late, err := d.lateOf(c, state)
		if err != nil {
			return nil, told(err)
		}
		if all = append(all, late...); len(late) > 0 {
			looked = append(looked, audit.Entry{
				What: audit.Viewed, By: disclosure.Asking{Caller: c}.AuditActor(), Referral: r.ID, Detail: detailLate,
			})
		}
	}
	if len(looked) > 0 {
		if err := d.Store.Record(ctx, looked...); err != nil {
			return nil, told(err)
		}
	}
	return all, nil
}

// lateOf are the answer that is late and the first other step that is, while that is to be looked at, and after them those who
// did not answer before, until somebody has.
func (d *Desk) lateOf(c identity.Caller, s referral.State) ([]Late, error) {
	version, err := d.Store.MaskVersion(s.ID, c.Scope(), s.Version)
	if err != nil {
		return nil, err
	}
	var all []Late
	for _, step := range s.LateSteps() {
		late := Late{Referral: s.ID, Version: version, Since: step.LateAt, Origin: s.Origin, Target: s.Target}
		if step.Task == v1alpha1.TaskAnswer {
			late.Task, late.Since = step.Task, step.Due
		}
		if !slices.ContainsFunc(all, func(l Late) bool { return l.Task == late.Task }) {
			all = append(all, late)
		}
	}
	for _, silence := range s.Silences() {
		all = append(all, Late{
			Referral: s.ID, Version: version, Task: v1alpha1.TaskAnswer, Since: silence.Until, Origin: s.Origin, Target: s.Target,
			PassedOnFrom: silence.Partner,
		})
	}
	return all, nil
}
