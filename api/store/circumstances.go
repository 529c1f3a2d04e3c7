package store

import (
	"context"
	"encoding/json"
	"fmt"

	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/vault"
)

// circumstancesPlace is where circumstances are kept, encrypted, beside the fields that are told. It is no field: nothing reads
// it by that name but decisions.
const circumstancesPlace record.Field = "circumstances"

// set keeps circumstances from a version of the referral on.
func (t tx) set(ctx context.Context, r referral.State, c referral.Circumstances, key *vault.Key) error {
	if r.Version == 1 && c == (referral.Circumstances{}) { // nobody said anything, and nothing was said before
		return nil
	}
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write down circumstances: %T", err)
	}
	return t.tell(ctx, r, record.Values{circumstancesPlace: text}, key)
}

// setCircumstances carries out a SetCircumstances.
func (t tx) setCircumstances(ctx context.Context, state referral.State, r Step) (Result, error) {
	after, err := t.advance(ctx, state, r.Read, r.Change, r.By, r.Words, r.Deliver)
	if err != nil {
		return Result{}, err
	}
	key, err := t.keyOf(ctx, state.Person)
	if err != nil {
		return Result{}, err
	}
	return Result{Referral: state.ID, Version: after.Version}, t.set(ctx, after, *r.Circumstances, key)
}
