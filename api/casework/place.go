package casework

import (
	"context"
	"time"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

// WaitForPlace claims a place for a referral that was accepted. The claim itself is made from what is written here, also when
// Kubernetes is away now.
func (d *Desk) WaitForPlace(
	ctx context.Context, c identity.Caller, key string, about About, asks v1alpha1.PlacementSpec, words string,
) (Done, error) {
	return d.asRead(ctx, c, about, func(about About) (Done, error) { return d.waitForPlace(ctx, c, key, about, asks, words) })
}

func (d *Desk) waitForPlace(
	ctx context.Context, c identity.Caller, key string, about About, asks v1alpha1.PlacementSpec, words string,
) (Done, error) {
	change := referral.WaitForPlace{Claim: referral.ClaimName(about.Referral, about.Version+1), Asks: &asks}
	step := store.Step{Change: change, Words: words}
	if done, was, err := d.again(ctx, c, about.step(c, key, step)); was || err != nil {
		return done, err
	}
	p, err := d.part(ctx, c, about.Referral)
	if err != nil {
		return Done{}, err
	}
	if err := d.checkPlace(asks); err != nil {
		return Done{}, err
	}
	may := placement.RightsBy(d.Rights)
	if asks.Priority == v1alpha1.PriorityEmergency && !may.MayFor(ctx, c, placement.ActionPrioritise, p.state.Partnership) {
		return Done{}, refusal.Of(refusal.Forbidden, "Only a commissioner of the ADP makes a claim an Emergency.", "input", "priority")
	}
	return d.change(ctx, c, key, about, step)
}

// Place is the claim on a place that a referral has.
type Place struct{ Partnership, Claim string }

// PlaceOf finds the claim on a place of a referral, for those who may make a kind of change of it. Whoever may not learns no more
// than from the change itself.
func (d *Desk) PlaceOf(ctx context.Context, c identity.Caller, id string, kind referral.Kind) (Place, error) {
	p, err := d.part(ctx, c, id)
	if err != nil {
		return Place{}, err
	}
	if p.had {
		return Place{}, notFound()
	}
	if err := d.may(ctx, p, kind); err != nil {
		return Place{}, err
	}
	if p.state.Claim == "" {
		return Place{}, refusal.Of(CodeWrongStatus, "This cannot be done as the referral stands now: no place is claimed for it.")
	}
	return Place{p.state.Partnership, p.state.Claim}, nil
}

// Unchanged refuses those who have read another version of a referral than the latest.
func (d *Desk) Unchanged(ctx context.Context, c identity.Caller, about About) error {
	_, err := d.asRead(ctx, c, about, func(about About) (Done, error) {
		p, err := d.part(ctx, c, about.Referral)
		if err == nil && p.state.Version != about.read() {
			err = staleOf(&referral.Stale{Read: about.Version, Now: p.state.Version})
		}
		return Done{Referral: about.Referral, Version: p.state.Version}, err
	})
	return err
}

// longestAhead is how far ahead a place can be asked for, as the claim itself bounds it.
const longestAhead = 2 * 365 * 24 * time.Hour

// checkPlace refuses what the claim would be refused for later, when nobody is there to be told.
func (d *Desk) checkPlace(asks v1alpha1.PlacementSpec) error {
	v, needs := d.View(), asks.Needs
	alone := needs != nil && needs.SingleGender == v1alpha1.NeedRequired
	switch {
	case alone && (needs.Gender == "" || needs.Gender == v1alpha1.GenderAny):
		return refusal.Of(refusal.Invalid, "singleGender needs gender: say WOMEN or MEN, or leave singleGender out.", "input", "needs")
	case asks.NotBeforeTime != nil && asks.NotBeforeTime.After(d.now().Add(longestAhead)):
		return refusal.Of(refusal.Invalid, "notBeforeTime is at most two years ahead.", "input", "notBeforeTime")
	default:
		return placement.CheckAsks(asks, func(pool v1alpha1.PlacementPool) bool {
			_, known := v.Pool(v1alpha1.NamespaceFor(string(pool.Partnership)), string(pool.Name))
			return known
		})
	}
}
