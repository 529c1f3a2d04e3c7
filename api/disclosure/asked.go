package disclosure

import (
	"context"
	"slices"
	"time"

	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// Reached is a referral, and a partner that could be asked to answer it.
type Reached struct {
	Partner, Referral string
	// On are the justifications on which the referral may be shown to the partner, once each, sorted: see [Cutter.Reaches]. Along is
	// the pathway that it was made along; zero for none.
	On    []string
	Along referral.Along
}

// Reaches says on which justifications under the duty of confidentiality referrals may be shown to partners once these are asked
// to answer them, in whatever care role and for whatever purpose the settings name, in the words of
// [policies.Decision.Confidentiality]: it fills in On and Along of each. On is empty if nobody at the partner may even be told
// that there is a referral. Nothing is shown or recorded, and no emergency counts. All is decided in one evaluation of the rules
// over one reading of the store; of at most [MostAtOnce] referrals.
func (c *Cutter) Reaches(ctx context.Context, all []Reached) error {
	ids := make([]string, len(all))
	for i, r := range all {
		ids[i] = r.Referral
	}
	dossiers, err := c.Kept.Dossiers(ctx, named(ids)...)
	if err != nil {
		return err
	}
	asked := make([]store.Dossier, len(all))
	for i, r := range all {
		d, there := dossiers[r.Referral]
		if asked[i] = d; there {
			asked[i].State.Target, all[i].Along = r.Partner, d.Along
		}
	}
	on, err := c.reach(ctx, asked)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].On = on[i]
	}
	return nil
}

// WouldReach is On of a referral that is not kept yet, and of which that much is known: see [Cutter.Reaches].
func (c *Cutter) WouldReach(ctx context.Context, partner string, d store.Dossier) ([]string, error) {
	d.State.Target = partner
	on, err := c.reach(ctx, []store.Dossier{d})
	if err != nil {
		return nil, err
	}
	return on[0], nil
}

// reach decides for each referral on what it may be shown to its target; nothing for one that is with nobody.
func (c *Cutter) reach(ctx context.Context, all []store.Dossier) ([][]string, error) {
	engine, world, err := c.rules()
	if err != nil {
		return nil, err
	}
	now := c.Clock()
	var requests []policies.Request
	var of []int
	for i, d := range all {
		if d.State.Target == "" {
			continue
		}
		for _, r := range asTarget(d.State.Target, d, engine.Settings().AskedPurposes, now) {
			requests, of = append(requests, r), append(of, i)
		}
	}
	decisions, err := judged(ctx, engine, world, requests)
	if err != nil {
		return nil, err
	}
	on := make([][]string, len(all))
	for i, decision := range decisions {
		if decision.Effect == policies.Allow && slices.Contains(decision.Fields, string(record.ReferralID)) {
			on[of[i]] = append(on[of[i]], decision.Confidentiality)
		}
	}
	for i := range on {
		slices.Sort(on[i])
		on[i] = slices.Compact(on[i])
	}
	return on, nil
}

// asTarget are the requests of those who may answer at a partner.
func asTarget(partner string, d store.Dossier, purposes []string, now time.Time) (requests []policies.Request) {
	for _, asking := range whoAnswers(partner, purposes) {
		requests = append(requests, requestOf(asking, d, nil, now))
	}
	return requests
}
