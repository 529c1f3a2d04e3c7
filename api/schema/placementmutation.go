package schema

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/refusal"
	"lifeline.scot/crds/v1alpha1"
)

// mutationCost is what one decision counts for, besides what is read of its answer: it goes to Kubernetes and back.
const (
	mutationCost = 100
	mostProblems = 10
)

// payload is the answer to a mutation: what it was about, or what was in the way.
type payload[T any] struct {
	view     *directory.View
	of       *T
	replayed bool
	problems []refusal.Problem
}

type (
	claimPayload = payload[v1alpha1.Placement]
	countPayload = payload[v1alpha1.CapacityReport]
)

// answer makes a payload of what came of a decision. Faults stay errors.
func answer[T any](v *directory.View, of *T, replayed bool, err error) (*payload[T], error) {
	var refused refusal.Refusal
	var argument *engine.Error
	switch {
	case errors.As(err, &refused):
		return &payload[T]{view: v, problems: refused}, nil
	case errors.As(err, &argument) && argument.Code == CodeBadArgument:
		name, _ := argument.Extensions["argument"].(string)
		return &payload[T]{view: v, problems: []refusal.Problem{
			{Code: refusal.Invalid, Message: argument.Message, Path: []string{"input", name}},
		}}, nil
	case err != nil:
		return nil, told(err)
	default:
		return &payload[T]{view: v, of: of, replayed: replayed}, nil
	}
}

func (t *types) declareProblems() {
	type p = refusal.Problem
	t.problem = object("Problem", "Why something was not done, and what to change.", func() []engine.Field {
		return []engine.Field{
			engine.Get("code", "For programs.", required(t.problemCode), func(x p) refusal.Code { return x.Code }),
			engine.Get("message", "For people.", required(engine.String), func(x p) string { return x.Message }),
			engine.Get("path", "Leads to the part of the input that is meant; null if none is.", some(engine.String),
				func(x p) []string { return x.Path }),
			engine.Get("readVersion", "The version that was read, with STALE_VERSION of a referral; null otherwise.", engine.Int,
				func(x p) *int64 { return staleOf(x).read }),
			engine.Get("latestVersion", "The latest version, with STALE_VERSION of a referral; null otherwise.", engine.Int,
				func(x p) *int64 { return staleOf(x).latest }),
		}
	})
	t.capacityReport = object("CapacityReport", "A count at a moment.", t.reportFields)
}

// versions are those of a problem, null where it has none.
type versions struct{ read, latest *int64 }

func staleOf(p refusal.Problem) versions {
	if p.Stale == nil {
		return versions{}
	}
	return versions{&p.Stale.Read, &p.Stale.Latest}
}

// typeName begins the names of a mutation's types.
func typeName(mutation string) string { return strings.ToUpper(mutation[:1]) + mutation[1:] }

// claimAnswer is the type of the answer to a mutation about a claim.
func (t *types) claimAnswer(mutation string) *engine.Object {
	return object(typeName(mutation)+"Payload", "What came of "+mutation+".", func() []engine.Field {
		return append([]engine.Field{
			engine.Resolve("placement", "The claim as it is now; null when nothing was done, or when it has gone out of your sight.",
				t.placement, nil, func(ctx context.Context, x *claimPayload, _ engine.Args) (*claimOf, error) {
					return t.showingOne(ctx, x.view, identity.From(ctx), x.of)
				}),
		}, payloadFields[v1alpha1.Placement](t)...)
	})
}

func payloadFields[T any](t *types) []engine.Field {
	return []engine.Field{
		engine.Get("problems", "What was in the way; empty when it was done.", each(t.problem),
			func(x *payload[T]) []refusal.Problem { return x.problems }).Sized(mostProblems),
		engine.Get("replayed", "Whether the same request had been carried out before, and nothing was done again.",
			required(engine.Boolean), func(x *payload[T]) bool { return x.replayed }),
	}
}

func (t *types) reportFields() []engine.Field {
	type report = *v1alpha1.CapacityReport
	return []engine.Field{
		engine.Get("name", "Its name within its ADP.", required(engine.String), func(r report) string { return r.Name }),
		engine.Get("observedTime", "The moment of the count.", required(t.dateTime), func(r report) time.Time { return r.Spec.ObservedTime.Time }),
		engine.Get("staffed", "Places open now.", required(engine.Int), func(r report) int32 { return orZero(r.Spec.Staffed) }),
		engine.Get("occupied", "Places with somebody in them.", required(engine.Int), func(r report) int32 { return orZero(r.Spec.Occupied) }),
		engine.Get("held", "Places promised outside Lifeline.", required(engine.Int), func(r report) int32 { return orZero(r.Spec.Held) }),
	}
}

func (t *types) declareMutations() {
	t.mutationObject = object("Mutation", "What can be done. Each answers with what came of it, or with problems; send the same "+
		"idempotencyKey again when no answer came.", func() []engine.Field {
		return slices.Concat(t.claimMutations(), t.providerMutations(), t.countMutations(), t.referralMutations())
	})
}

// decision is what one mutation does.
type decision func(ctx context.Context, c identity.Caller, key string, about placement.Target, in engine.Args) (placement.Claimed, error)

// decide declares a mutation about a claim.
func (t *types) decide(name, description string, fields []engine.Argument, do decision) engine.Field {
	upper := typeName(name)
	input := &engine.Input{
		Name: upper + "Input", Description: description,
		Fields: append(append([]engine.Argument{keyArgument()}, inPartnership("Placement")...), append(fields, engine.Argument{
			Name: "version", Description: "The version that was decided about. Given, nothing is done if the claim has changed since.",
			Type: engine.String,
		})...),
	}
	return engine.Resolve(name, description, required(t.claimAnswer(name)), inputArgument(input),
		func(ctx context.Context, v *directory.View, args engine.Args) (*claimPayload, error) {
			engine.Evenly(ctx)
			in, _ := args.Input("input")
			key, _ := in.String("idempotencyKey")
			done, err := do(ctx, identity.From(ctx), key, targetOf(in), in)
			return answer(v, done.Claim, done.Replayed, err)
		}).Costing(mutationCost)
}

func inputArgument(input *engine.Input) []engine.Argument {
	return []engine.Argument{{Name: "input", Description: "What is asked for.", Type: required(input)}}
}

func keyArgument() engine.Argument {
	return engine.Argument{
		Name: "idempotencyKey", Description: "8 to 200 characters, a new random one for each thing you want done. The same key with the " +
			"same input does nothing twice and answers again; with other input nothing is done.", Type: required(engine.String),
	}
}

func targetOf(in engine.Args) placement.Target {
	about := placement.Target{}
	about.Partnership, _ = in.String("partnership")
	about.Name, _ = in.String("name")
	about.Version, _ = in.String("version")
	return about
}

func (t *types) claimMutations() []engine.Field {
	desk := t.sources.Desk
	reason := func(of engine.Type) []engine.Argument {
		return []engine.Argument{{Name: "reason", Description: "Why.", Type: required(of)}}
	}
	return []engine.Field{
		t.claimMutation(),
		t.decide("placementRelease", "Gives a claim up, and the place if one is held.", reason(t.withdrawal),
			func(ctx context.Context, c identity.Caller, key string, about placement.Target, in engine.Args) (placement.Claimed, error) {
				why, _ := engine.ArgOf[v1alpha1.WithdrawalReason](in, "reason")
				return desk.Release(ctx, c, key, about, why)
			}),
		t.decide("placementFundingApprove", "Says that the ADP pays for the place.", nil,
			func(ctx context.Context, c identity.Caller, key string, about placement.Target, _ engine.Args) (placement.Claimed, error) {
				return desk.ApproveFunding(ctx, c, key, about)
			}),
		t.decide("placementFundingDecline", "Says that the ADP does not pay. A place that was held is offered to the next.",
			reason(t.fundingReason),
			func(ctx context.Context, c identity.Caller, key string, about placement.Target, in engine.Args) (placement.Claimed, error) {
				why, _ := engine.ArgOf[v1alpha1.FundingReason](in, "reason")
				return desk.DeclineFunding(ctx, c, key, about, why)
			}),
	}
}

func (t *types) claimMutation() engine.Field {
	const name, description = "placementClaim", "Claims a place for a referral."
	input := &engine.Input{
		Name: "PlacementClaimInput", Description: description,
		Fields: append([]engine.Argument{
			keyArgument(),
			{Name: "partnership", Description: "The name of the ADP the person is referred by.", Type: required(engine.String)},
			{
				Name: "referralID", Description: "The opaque number of the referral: 8 to 63 letters, digits and '-', at least one letter. " +
					"Never a name or a CHI number.", Type: required(engine.String),
			},
		}, t.placeInput()...),
	}
	return engine.Resolve(name, description, required(t.claimAnswer(name)), inputArgument(input),
		func(ctx context.Context, v *directory.View, args engine.Args) (*claimPayload, error) {
			engine.Evenly(ctx)
			in, _ := args.Input("input")
			spec, err := placeIn(in)
			if err != nil {
				return answer[v1alpha1.Placement](v, nil, false, err)
			}
			key, _ := in.String("idempotencyKey")
			partnership, _ := in.String("partnership")
			spec.ReferralID, _ = in.String("referralID")
			done, err := t.sources.Desk.Claim(ctx, identity.From(ctx), key, partnership, spec)
			return answer(v, done.Claim, done.Replayed, err)
		}).Costing(mutationCost)
}

func (t *types) providerMutations() []engine.Field {
	desk := t.sources.Desk
	attempt := engine.Argument{
		Name: "attempt", Description: "The attempt of the place that is held, as hold { attempt } says.", Type: required(engine.Int),
	}
	when := func(name, what string) engine.Argument {
		return engine.Argument{Name: name, Description: what + " Left out: now.", Type: t.dateTime}
	}
	return []engine.Field{
		t.decide("placementAccept", "Says that the provider takes the person in the place that is held.", []engine.Argument{attempt},
			func(ctx context.Context, c identity.Caller, key string, about placement.Target, in engine.Args) (placement.Claimed, error) {
				return desk.Accept(ctx, c, key, about, attemptOf(in))
			}),
		t.decide("placementCannotOffer", "Says that the provider cannot offer the place after all. The claim goes back to its turn.",
			[]engine.Argument{attempt, {Name: "reason", Description: "Why.", Type: required(t.cannotOfferReason)}},
			func(ctx context.Context, c identity.Caller, key string, about placement.Target, in engine.Args) (placement.Claimed, error) {
				why, _ := engine.ArgOf[v1alpha1.CannotOfferReason](in, "reason")
				return desk.CannotOffer(ctx, c, key, about, attemptOf(in), why)
			}),
		t.decide("placementHoldExtend", "Holds the place longer, at most 28 days in all.",
			[]engine.Argument{{Name: "untilTime", Description: "Until when.", Type: required(t.dateTime)}},
			func(ctx context.Context, c identity.Caller, key string, about placement.Target, in engine.Args) (placement.Claimed, error) {
				until, _ := engine.ArgOf[time.Time](in, "untilTime")
				return desk.ExtendHold(ctx, c, key, about, until)
			}),
		t.decide("placementAdmit", "Says that the person has arrived.", []engine.Argument{when("admittedTime", "When.")},
			func(ctx context.Context, c identity.Caller, key string, about placement.Target, in engine.Args) (placement.Claimed, error) {
				at, _ := engine.ArgOf[time.Time](in, "admittedTime")
				return desk.Admit(ctx, c, key, about, at)
			}),
		t.decide("placementDischarge", "Says that the person has left.", []engine.Argument{
			when("dischargedTime", "When."),
			{Name: "reason", Description: "How the stay ended.", Type: required(t.dischargeReason)},
		}, func(ctx context.Context, c identity.Caller, key string, about placement.Target, in engine.Args) (placement.Claimed, error) {
			at, _ := engine.ArgOf[time.Time](in, "dischargedTime")
			how, _ := engine.ArgOf[v1alpha1.DischargeReason](in, "reason")
			return desk.Discharge(ctx, c, key, about, at, how)
		}),
	}
}

// attemptOf is the attempt that is answered; one that no place has if the number is too large.
func attemptOf(in engine.Args) int32 {
	n, _ := in.Int("attempt")
	return int32(max(math.MinInt32, min(n, math.MaxInt32)))
}

func (t *types) countMutations() []engine.Field {
	number := func(name, description string, of engine.Type) engine.Argument {
		return engine.Argument{Name: name, Description: description, Type: of}
	}
	return []engine.Field{
		t.countMutation("capacityReport", "Reports a count of a pool's places.", []engine.Argument{
			number("staffed", "Places open now, 0 to 128, whether or not somebody is in them.", required(engine.Int)),
			number("occupied", "Places with somebody in them, 0 to 256.", required(engine.Int)),
			{Name: "held", Description: "Places promised outside Lifeline, 0 to 128.", Type: engine.Int, Default: 0},
			{Name: "observedTime", Description: "The moment of the count. Left out: now.", Type: t.dateTime},
		}, func(ctx context.Context, c identity.Caller, key string, about placement.Target, in engine.Args) (placement.Counted, error) {
			count := placement.Count{}
			for name, into := range map[string]*int32{"staffed": &count.Staffed, "occupied": &count.Occupied, "held": &count.Held} {
				n, _ := in.Int(name)
				if *into = int32(n); n < 0 || n > mostPeople {
					return placement.Counted{}, badArgument(name, fmt.Sprintf("%s is a number of places, 0 to %d.", name, mostPeople))
				}
			}
			count.ObservedTime, _ = engine.ArgOf[time.Time](in, "observedTime")
			return t.sources.Desk.Report(ctx, c, key, about, count)
		}),
		t.countMutation("capacityConfirm", "Confirms in one call that a pool's numbers are right as they are shown now.", []engine.Argument{
			number("staffed", "The number you have before you. Given, nothing is done if that has changed.", engine.Int),
			number("occupied", "The number you have before you. Given, nothing is done if that has changed.", engine.Int),
		}, func(ctx context.Context, c identity.Caller, key string, about placement.Target, in engine.Args) (placement.Counted, error) {
			seen := placement.Seen{}
			for name, into := range map[string]**int32{"staffed": &seen.Staffed, "occupied": &seen.Occupied} {
				if n, given := in.Int(name); given {
					is := int32(n)
					*into = &is
				}
			}
			return t.sources.Desk.Confirm(ctx, c, key, about, seen)
		}),
	}
}

// mostPeople is the largest number of places or people in a count.
const mostPeople = 256

// counting is what one mutation about a pool's numbers does.
type counting func(ctx context.Context, c identity.Caller, key string, about placement.Target, in engine.Args) (placement.Counted, error)

func (t *types) countMutation(name, description string, fields []engine.Argument, do counting) engine.Field {
	upper := typeName(name)
	input := &engine.Input{
		Name: upper + "Input", Description: description,
		Fields: append(append([]engine.Argument{keyArgument()}, inPartnership("capacity pool")...), fields...),
	}
	answered := object(upper+"Payload", "What came of "+name+".", func() []engine.Field {
		return append([]engine.Field{
			engine.Get("capacityReport", "The count as it was stored; null when nothing was done. The pool shows it within a second.",
				t.capacityReport, func(x *countPayload) *v1alpha1.CapacityReport { return x.of }),
		}, payloadFields[v1alpha1.CapacityReport](t)...)
	})
	return engine.Resolve(name, description, required(answered), inputArgument(input),
		func(ctx context.Context, v *directory.View, args engine.Args) (*countPayload, error) {
			in, _ := args.Input("input")
			key, _ := in.String("idempotencyKey")
			done, err := do(ctx, identity.From(ctx), key, targetOf(in), in)
			return answer(v, done.Report, done.Replayed, err)
		}).Costing(mutationCost)
}
