package policies

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

// Ruling answers a [Question]. It is shared by all who ask the same: do not change what is in it.
type Ruling struct {
	Allowed bool
	// Reasons why not, as codes, sorted; none if it is allowed.
	Reasons []string
	// Sides of a referral that they act from, by allowed parties alone: Origin, Target, Partnership; sorted.
	Sides []string
	// Narrowed says that stricter rules from outside took it back, for these reasons.
	Narrowed bool
}

// Reasons of the rules of action and directory that callers tell apart.
const (
	// ReasonActionUnknown, ReasonThingUnknown: no row of the table is about it.
	ReasonActionUnknown = "action_unknown"
	ReasonThingUnknown  = "thing_unknown"
	// ReasonSignInNeeded, ReasonSecondFactorNeeded, ReasonCareRoleNeeded: they would have to have signed in, with a second
	// factor, or to have the care role that they ask in.
	ReasonSignInNeeded       = "sign_in_needed"
	ReasonSecondFactorNeeded = "second_factor_needed"
	ReasonCareRoleNeeded     = "care_role_needed"
	// ReasonPartnerSuspended: their organisation is suspended.
	ReasonPartnerSuspended = "partner_suspended"
	// ReasonRole: none of their roles may. ReasonNotTheirs: one of them may, but not about this thing.
	ReasonRole      = "role_not_permitted"
	ReasonNotTheirs = "not_theirs"
)

// Is reports whether a reason is among those why not.
func (r Ruling) Is(reason string) bool { return slices.Contains(r.Reasons, reason) }

// table is the rules about one kind of question, and what they answered.
type table struct {
	query rego.PreparedEvalQuery
	// rows are the names of the things that it can be asked about, sorted.
	rows []string
	memo *memo[Question, Ruling]
}

// MayAct rules whether somebody may do something. What it was asked before it remembers. There is always a ruling: on an error it
// is a denial.
func (e *Engine) MayAct(ctx context.Context, q Question) (Ruling, error) {
	ruling, err := e.actions.rule(ctx, e, q)
	if err != nil {
		return ruling, err
	}
	return e.narrowRuling(ctx, q, ruling)
}

// MaySee rules whether somebody may see something that the directory does not show to everybody; as [Engine.MayAct] does, but
// that stricter rules from outside do not reach it.
func (e *Engine) MaySee(ctx context.Context, q Question) (Ruling, error) {
	return e.visible.rule(ctx, e, q)
}

func (t *table) rule(ctx context.Context, e *Engine, q Question) (Ruling, error) {
	if t == nil {
		return Ruling{Reasons: []string{ReasonUndecided}}, errors.New("this engine has no tables of who may do and see what")
	}
	if known := t.memo.find(q); known != nil {
		return *known, nil
	}
	// It is asked once for all, so that whoever went away meanwhile makes no difference.
	ruling, err := t.ask(context.WithoutCancel(ctx), e, q)
	if err != nil {
		return Ruling{Reasons: []string{ReasonUndecided}}, fmt.Errorf("rule on %.40q: %w", q.What, err)
	}
	t.memo.keep(q, &ruling)
	return ruling, nil
}

func (t *table) ask(ctx context.Context, e *Engine, q Question) (Ruling, error) {
	answer, err := evaluate(ctx, t.query, q.value(), e.limit)
	if err != nil {
		return Ruling{}, err
	}
	return rulingOf(answer)
}

// errRuling is an answer of the rules that is no ruling.
var errRuling = errors.New("the rules gave something else than a ruling")

// rulingOf reads a ruling, and takes nothing for a permit that is not wholly one.
func rulingOf(answer ast.Value) (Ruling, error) {
	o, isObject := answer.(ast.Object)
	if !isObject {
		return Ruling{}, errRuling
	}
	allowed, isBool := flagAt(o, keyAllowed)
	reasons, areReasons := textsAt(o, keyReasons)
	sides, areSides := textsAt(o, keySides)
	if !isBool || !areReasons || !areSides || allowed != (len(reasons) == 0) || !allowed && len(sides) > 0 {
		return Ruling{}, errRuling
	}
	return Ruling{Allowed: allowed, Reasons: reasons, Sides: sides}, nil
}
