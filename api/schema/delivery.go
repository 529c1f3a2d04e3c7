package schema

import (
	"context"
	"errors"
	"strconv"
	"time"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/mesh/event"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/store"
)

// deliveryTypes are about what becomes of the events that partners are sent.
type deliveryTypes struct {
	deliveryState                           *engine.Enum
	delivery, deliveryAttempt, deliveryPage *engine.Object
}

// readDeliveries is what looking through deliveries costs; mostAttempts is how many there usually are of one.
const (
	readDeliveries = 50
	mostAttempts   = 10
)

type shown = of[delivery.Shown]

func (t *types) declareDeliveries() {
	type state = value[store.DeliveryState]
	t.deliveryState = enumOf("DeliveryState", "How a delivery stands.",
		state{store.Waiting, "It is to be tried, now or later."},
		state{store.Delivered, "The partner has it."},
		state{store.NotSent, "It is not sent: it was not for the partner when it was to be, or the partner takes no events."},
		state{store.GivenUp, "It was tried for three days, or the endpoint wants no events. It can be asked for again."})
	t.deliveryAttempt = object("DeliveryAttempt", "One sending of an event.", deliveryAttemptFields(t))
	t.delivery = object("Delivery", "One event for one partner. It is sent until it is taken, for three days: at once, after 5 seconds, "+
		"5 minutes, half an hour, 2, 5, 10, 14 and 20 hours. Whether it is still for the partner is decided each time.", t.deliveryFields)
	type page = of[delivery.Page]
	t.deliveryPage = object("DeliveryPage", "Deliveries, newest first.", func() []engine.Field {
		return []engine.Field{
			engine.Get("deliveries", "The deliveries.", each(t.delivery), func(p page) []shown { return all(p.view, p.it.Deliveries) }),
			engine.Get("endCursor", "Goes on after it, as after; null at the end.", engine.String, func(p page) *string {
				return cursorBefore(p.it.Before)
			}),
		}
	})
}

func deliveryAttemptFields(t *types) func() []engine.Field {
	return func() []engine.Field {
		type a = store.Attempt
		return []engine.Field{
			engine.Get("number", "Counts the attempts from 1.", required(engine.Int), func(x a) int64 { return x.Number }),
			engine.Get("time", "When it was known what came of it; while nobody knows, when it began.", required(t.dateTime), func(x a) time.Time { return x.At }),
			engine.Get("milliseconds", "How long it took.", required(engine.Int), func(x a) int64 { return x.Took.Milliseconds() }),
			engine.Get("outcome", "What came of it, as a code: Delivered, Gone, Busy, Failed or Prohibited; Unknown while nobody knows.", required(engine.String),
				func(x a) string { return x.Outcome }),
			engine.Get("status", "The HTTP status that was answered; null for no answer.", engine.Int, func(x a) *int { return orNull(x.Status) }),
			engine.Get("code", "Why, as a code.", required(engine.String), func(x a) string { return x.Code }),
			engine.Get("inWords", "Why, in words.", required(engine.String), func(x a) string { return delivery.ReasonInWords(x.Code) }),
		}
	}
}

func (t *types) deliveryFields() []engine.Field {
	return []engine.Field{
		engine.Get("id", "The number of the delivery.", required(engine.ID), func(x shown) string { return numbered(x.it.ID) }),
		engine.Get("partner", "Whom it is for; null if it is not in the directory.", t.partner,
			func(x shown) *of[*directory.Partner] { return pointerTo(x.view, present(x.view.Partner(x.it.Partner))) }),
		engine.Get("referral", "The number of the referral that it tells of; null where that is not for you to see.", engine.ID,
			func(x shown) *string { return named(x, x.it.Referral) }),
		engine.Get("version", "The version that the referral had after it; null where that is not for you to see.", engine.Int,
			func(x shown) *int64 {
				if !x.it.OfReferral {
					return nil
				}
				return &x.it.Version
			}),
		engine.Get("event", "The type of the event, such as scot.lifeline.referral.accepted; null where that is not for you to see.", engine.String,
			func(x shown) *string {
				kind, _ := event.TypeOf(x.it.Kind)
				return named(x, string(kind))
			}),
		engine.Get("state", "How it stands.", required(t.deliveryState), func(x shown) store.DeliveryState { return x.it.State }),
		engine.Get("reason", "Why it was not delivered, as a code; of one that waits, why not the last time. Null for none.", engine.String,
			func(x shown) *string { return orNull(x.it.Reason) }),
		engine.Get("inWords", "The same in words.", engine.String, func(x shown) *string { return orNull(delivery.ReasonInWords(x.it.Reason)) }),
		engine.Get("sinceTime", "When what it tells of happened.", required(t.dateTime), func(x shown) time.Time { return x.it.Since }),
		engine.Get("nextTime", "When it is tried next; null if it is not.", t.dateTime, func(x shown) *time.Time {
			if x.it.State != store.Waiting {
				return nil
			}
			return &x.it.Due
		}),
		engine.Get("settledTime", "When it was settled; null while it waits.", t.dateTime, func(x shown) *time.Time { return orNull(x.it.Done) }),
		engine.Get("attempts", "All attempts, in order.", each(t.deliveryAttempt), func(x shown) []store.Attempt { return x.it.Attempts }).
			Sized(mostAttempts),
	}
}

func named(x shown, text string) *string {
	if !x.it.OfReferral {
		return nil
	}
	return orNull(text)
}

func (t *types) deliveriesQuery() engine.Field {
	return engine.Resolve("deliveries", "What became of the events that partners are sent, newest first. Those who work for a partner see its own; "+
		"commissioners and data leads those about referrals of their ADP; platform admins all, without what they are about.", t.deliveryPage,
		[]engine.Argument{
			{Name: "partner", Description: "To the partner of this name.", Type: engine.String},
			{Name: "state", Description: "That stand so.", Type: t.deliveryState},
			{Name: "first", Description: "The latest so many, 1 to 100.", Type: engine.Int, Default: 20},
			{Name: "after", Description: "An endCursor: only what comes after it, which is older.", Type: engine.String},
		}, func(ctx context.Context, v *directory.View, args engine.Args) (*of[delivery.Page], error) {
			desk, err := t.deliveryDesk(ctx)
			if err != nil {
				return nil, err
			}
			first, err := firstOf(args)
			if err != nil {
				return nil, err
			}
			before, err := beforeOf(args)
			if err != nil {
				return nil, err
			}
			f := delivery.Filter{Partner: text(args, "partner")}
			f.State, _ = engine.ArgOf[store.DeliveryState](args, "state")
			page, err := desk.Deliveries(ctx, identity.From(ctx), f, before, first)
			if err != nil {
				return nil, toldOfDelivery(err)
			}
			return &of[delivery.Page]{v, page}, nil
		}).Costing(readDeliveries)
}

// deliveryDesk is where deliveries are asked about, or why it is not there now. It is asked as casework is.
func (t *types) deliveryDesk(ctx context.Context) (*delivery.Desk, error) {
	engine.Evenly(ctx)
	if t.sources.Deliveries == nil {
		return nil, problem(CodeUnavailable, "No referrals are kept here.")
	}
	desk, err := t.sources.Deliveries()
	if err != nil {
		return nil, toldOfDelivery(err)
	}
	return desk, nil
}

// toldOfDelivery turns what went wrong into what the client is told.
func toldOfDelivery(err error) error {
	if errors.Is(err, delivery.ErrUnavailable) {
		return problem(CodeUnavailable, "Deliveries cannot be reached now. Try again in a moment; send a change again with the same idempotencyKey.")
	}
	return told(err)
}

// deliveryPayload is what came of asking for deliveries again.
type deliveryPayload struct {
	done     delivery.Done
	problems []refusal.Problem
}

func (t *types) deliveryMutations() []engine.Field {
	return []engine.Field{
		t.deliveryMutation("deliveryReplay", "Has a delivery that was given up be tried again, from the beginning. Its id is the one that it had. "+
			"For those who work for the partner, and platform admins.",
			engine.Argument{Name: "delivery", Description: "The number of the delivery.", Type: required(engine.ID)},
			func(ctx context.Context, desk *delivery.Desk, key, of string) (delivery.Done, error) {
				id, err := strconv.ParseInt(of, 36, 64)
				if err != nil || id <= 0 {
					return delivery.Done{}, refusal.Of(refusal.Invalid, "That is no number of a delivery.", "input", "delivery")
				}
				return desk.Replay(ctx, identity.From(ctx), key, id)
			}),
		t.deliveryMutation("deliveryReplayAll", "Has all deliveries to a partner that were given up be tried again, from the beginning. For those who "+
			"work for the partner, and platform admins.",
			engine.Argument{Name: "partner", Description: "The name of the partner.", Type: required(engine.String)},
			func(ctx context.Context, desk *delivery.Desk, key, of string) (delivery.Done, error) {
				return desk.ReplayAll(ctx, identity.From(ctx), key, of)
			}),
	}
}

func (t *types) deliveryMutation(
	name, description string, about engine.Argument,
	do func(ctx context.Context, desk *delivery.Desk, key, of string) (delivery.Done, error),
) engine.Field {
	upper := typeName(name)
	answer := object(upper+"Payload", "What came of "+name+".", func() []engine.Field {
		return []engine.Field{
			engine.Get("count", "How many are tried again.", required(engine.Int), func(p *deliveryPayload) int64 { return p.done.Count }),
			engine.Get("problems", "What was in the way; empty when it was done.", each(t.problem),
				func(p *deliveryPayload) []refusal.Problem { return p.problems }).Sized(mostProblems),
			engine.Get("replayed", "Whether the same request had been carried out before, and nothing was done again.", required(engine.Boolean),
				func(p *deliveryPayload) bool { return p.done.Replayed }),
		}
	})
	input := &engine.Input{Name: upper + "Input", Description: description, Fields: []engine.Argument{keyArgument(), about}}
	return engine.Resolve(name, description, required(answer), inputArgument(input),
		func(ctx context.Context, _ *directory.View, args engine.Args) (*deliveryPayload, error) {
			desk, err := t.deliveryDesk(ctx)
			if err != nil {
				return nil, err
			}
			in, _ := args.Input("input")
			done, err := do(ctx, desk, text(in, "idempotencyKey"), text(in, about.Name))
			var refused refusal.Refusal
			if errors.As(err, &refused) {
				return &deliveryPayload{problems: refused}, nil
			}
			if err != nil {
				return nil, toldOfDelivery(err)
			}
			return &deliveryPayload{done: done}, nil
		}).Costing(mutationCost)
}
