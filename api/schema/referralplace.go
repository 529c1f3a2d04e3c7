package schema

import (
	"context"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/referral"
)

// placeMutations are about the place that a referral needs. That somebody moved in is said of the place: see placementAdmit.
func (t *types) placeMutations() []engine.Field {
	return []engine.Field{
		t.caseMutation("referralWaitForPlace", "Claims a place for a referral that was accepted. The referral follows the claim from then on: a place is "+
			"held, somebody moves in, they leave.", true, append(t.placeInput(), wordsArgument("")),
			func(ctx context.Context, desk *casework.Desk, c identity.Caller, key string, about casework.About, in engine.Args) (casework.Done, error) {
				spec, err := placeIn(in)
				if err != nil {
					return casework.Done{}, err
				}
				return desk.WaitForPlace(ctx, c, key, about, spec, text(in, "words"))
			}),
		t.step("referralReleasePlace", "Gives up the claim of a referral on a place, and the place if one is held.", nil,
			func(engine.Args) referral.Change { return referral.ReleasePlace{} }),
	}
}
