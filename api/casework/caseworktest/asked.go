package caseworktest

import (
	"context"
	"fmt"
	"sync/atomic"

	"lifeline.scot/policies"
)

// Asked counts what is asked of the database and of the rules.
type Asked struct {
	statements, sharing, rights atomic.Int64
	// Each is called for each, if it is not nil: it may have time go by.
	Each func()
}

func (a *Asked) count(what *atomic.Int64) {
	what.Add(1)
	if a.Each != nil {
		a.Each()
	}
}

// Of is what something that is done asks, in words to be compared.
func (a *Asked) Of(do func()) string {
	statements, sharing, rights := a.statements.Load(), a.sharing.Load(), a.rights.Load()
	do()
	return fmt.Sprintf("%d statements, %d decisions about sharing, %d about rights",
		a.statements.Load()-statements, a.sharing.Load()-sharing, a.rights.Load()-rights)
}

type countedRules struct {
	*Rules
	asked *Asked
}

// Now implements disclosure.Rules: it is called once for each decision about sharing, of however many referrals.
func (r countedRules) Now() (*policies.Engine, *policies.World) {
	r.asked.count(&r.asked.sharing)
	return r.Rules.Now()
}

type countedRights struct {
	engine *policies.Engine
	asked  *Asked
}

// MayAct implements rights.Rules.
func (r countedRights) MayAct(ctx context.Context, q policies.Question) (policies.Ruling, error) {
	r.asked.count(&r.asked.rights)
	return r.engine.MayAct(ctx, q)
}

// MaySee implements rights.Rules.
func (r countedRights) MaySee(ctx context.Context, q policies.Question) (policies.Ruling, error) {
	r.asked.count(&r.asked.rights)
	return r.engine.MaySee(ctx, q)
}
