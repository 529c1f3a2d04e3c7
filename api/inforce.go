package main

import (
	"context"
	"sync/atomic"

	"lifeline.scot/api/rulebook"
	"lifeline.scot/policies"
)

// inForce are the rules of who may do and see what: those of this program, and the stricter ones of the rulebook from when there
// is one. Where no referrals are kept there is none.
type inForce struct {
	plain *policies.Engine
	book  atomic.Pointer[rulebook.Rulebook]
}

// MayAct implements rights.Rules.
func (r *inForce) MayAct(ctx context.Context, q policies.Question) (policies.Ruling, error) {
	if book := r.book.Load(); book != nil {
		return book.MayAct(ctx, q)
	}
	return r.plain.MayAct(ctx, q)
}

// MaySee implements rights.Rules.
func (r *inForce) MaySee(ctx context.Context, q policies.Question) (policies.Ruling, error) {
	return r.plain.MaySee(ctx, q)
}
