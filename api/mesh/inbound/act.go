package inbound

import (
	"context"
	"errors"
	"time"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/crds/v1alpha1"
)

// Casework is where what is wanted of referrals is handed in: a [casework.Desk].
type Casework interface {
	Do(ctx context.Context, c identity.Caller, key string, about casework.About, change referral.Change, words string) (
		casework.Done, error)
	PlaceOf(ctx context.Context, c identity.Caller, id string, kind referral.Kind) (casework.Place, error)
	Unchanged(ctx context.Context, c identity.Caller, about casework.About) error
}

// Done is what came of a message.
type Done struct {
	// Referral that it was about, and the version that it has now; 0 where that follows later, from what was said of the place.
	Referral string
	Version  int64
	// Replayed says that it had been carried out before.
	Replayed bool
}

// request is a message that was verified, and who sent it.
type request struct {
	message

	caller    identity.Caller
	casework  Casework
	placement *placement.Desk
}

// key is the idempotency key of what the message asks for: long enough whatever the id.
func (r request) key() string { return "webhook-" + r.id }

func (r request) about() casework.About {
	return casework.About{Referral: r.referral, Version: r.version}
}

// step makes a change of a referral.
func step(change func(message) referral.Change) func(context.Context, request) (Done, error) {
	return func(ctx context.Context, r request) (Done, error) {
		done, err := r.casework.Do(ctx, r.caller, r.key(), r.about(), change(r.message), "")
		return Done(done), err
	}
}

// deciding decides about the place of a referral, provided that the referral has not changed since it was read.
type deciding func(ctx context.Context, desk *placement.Desk, about placement.Target) (placement.Claimed, error)

// place decides about the place of a referral. The referral follows by itself.
func (r request) place(ctx context.Context, kind referral.Kind, decide deciding) (Done, error) {
	of, err := r.casework.PlaceOf(ctx, r.caller, r.referral, kind)
	if err != nil {
		return Done{}, err
	}
	desk := r.placement.Provided(func(ctx context.Context) error { return r.casework.Unchanged(ctx, r.caller, r.about()) })
	done, err := decide(ctx, desk, placement.Target{Partnership: of.Partnership, Name: of.Claim})
	if err != nil {
		return Done{}, err
	}
	return Done{Referral: r.referral, Replayed: done.Replayed}, nil
}

func placeAccepted(ctx context.Context, r request) (Done, error) {
	return r.place(ctx, referral.KindAdmit, func(
		ctx context.Context, desk *placement.Desk, about placement.Target,
	) (placement.Claimed, error) {
		return desk.AcceptHeld(ctx, r.caller, r.key(), about)
	})
}

func placeCannotOffer(ctx context.Context, r request) (Done, error) {
	return r.place(ctx, referral.KindAdmit, func(
		ctx context.Context, desk *placement.Desk, about placement.Target,
	) (placement.Claimed, error) {
		reason := v1alpha1.CannotOfferReason(placeReasons[r.codes["reason"]])
		return desk.CannotOfferHeld(ctx, r.caller, r.key(), about, reason)
	})
}

func admitted(ctx context.Context, r request) (Done, error) {
	return r.place(ctx, referral.KindAdmit, func(
		ctx context.Context, desk *placement.Desk, about placement.Target,
	) (placement.Claimed, error) {
		return desk.Admit(ctx, r.caller, r.key(), about, r.time)
	})
}

// completed ends a stay in a place, or support without one.
func completed(ctx context.Context, r request) (Done, error) {
	outcome := referral.Outcome(outcomes[r.codes["outcome"]])
	done, err := r.place(ctx, referral.KindComplete, func(
		ctx context.Context, desk *placement.Desk, about placement.Target,
	) (placement.Claimed, error) {
		return desk.Discharge(ctx, r.caller, r.key(), about, r.time, outcome.Discharge())
	})
	var none refusal.Refusal
	if errors.As(err, &none) && none[0].Code == casework.CodeWrongStatus {
		return step(func(message) referral.Change { return referral.Complete{Outcome: outcome} })(ctx, r)
	}
	return done, err
}

// counted hands in a count of a pool.
func counted(ctx context.Context, r request) (Done, error) {
	count := placement.Count{
		Staffed: r.numbers["staffed"], Occupied: r.numbers["occupied"], Held: r.numbers["held"],
		ObservedTime: r.time.Truncate(time.Second),
	}
	about := placement.Target{Partnership: r.pool.partnership, Name: r.pool.name}
	done, err := r.placement.Report(ctx, r.caller, r.key(), about, count)
	return Done{Replayed: done.Replayed}, err
}
