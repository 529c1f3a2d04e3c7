package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/crds/v1alpha1"
)

// asksPlace is where what a claim on a place asks for is kept, encrypted, beside the fields that are told: it tells of the
// person. It is no field: nothing reads it by that name but what makes the claim.
const asksPlace record.Field = "place_asks"

// waitForPlace carries out a WaitForPlace whose claim Lifeline is to make.
func (t tx) waitForPlace(ctx context.Context, state referral.State, r Step, asks *v1alpha1.PlacementSpec) (Result, error) {
	after, err := t.advance(ctx, state, r.Read, r.Change, r.By, r.Words, r.Deliver)
	if err != nil {
		return Result{}, err
	}
	key, err := t.keyOf(ctx, state.Person)
	if err != nil {
		return Result{}, err
	}
	text, err := json.Marshal(asks)
	if err != nil {
		return Result{}, fmt.Errorf("write down what a place must be like: %T", err)
	}
	return Result{Referral: state.ID, Version: after.Version}, t.tell(ctx, after, record.Values{asksPlace: text}, key)
}

// PlaceAsked returns what the claim of a referral that stands so asks for. It fails with [ErrNotFound] if Lifeline is to make
// none, and with vault.ErrErased if the person was erased.
func (s *Store) PlaceAsked(ctx context.Context, state referral.State) (*v1alpha1.PlacementSpec, error) {
	if state.AskedAt == 0 {
		return nil, fmt.Errorf("find what a place must be like: %w", ErrNotFound)
	}
	key, err := s.keyIn(ctx, s.read, state.Person, "")
	if err != nil {
		return nil, err
	}
	kept := sealed{referral: state.ID, field: asksPlace, version: state.AskedAt}
	if err := s.read.QueryRowContext(ctx,
		`SELECT ciphertext FROM referral_fields WHERE referral_id = $1 AND field = $2 AND version = $3`,
		kept.referral, string(kept.field), kept.version).Scan(&kept.ciphertext); err != nil {
		return nil, told("find what a place must be like", err)
	}
	text, err := kept.open(key)
	if err != nil {
		return nil, err
	}
	asks := new(v1alpha1.PlacementSpec)
	if json.Unmarshal(text, asks) != nil { // what it says may quote it
		return nil, errors.New("what a place must be like cannot be read")
	}
	return asks, nil
}
