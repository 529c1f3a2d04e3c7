package disclosure

import (
	"context"
	"fmt"
	"slices"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/rights"
	"lifeline.scot/policies"
)

// Purpose is what something is asked for, in the words of the rules.
type Purpose string

// The purposes.
const (
	DirectCare           Purpose = "direct_care"
	ReferralCoordination Purpose = "referral_coordination"
	OverdoseResponse     Purpose = "nfo_response"
	AdultProtection      Purpose = "adult_protection"
	ChildProtection      Purpose = "child_protection"
	ServiceMonitoring    Purpose = "service_monitoring"
	DeathReview          Purpose = "death_review"
	SubjectAccess        Purpose = "subject_access"
)

// Purposes are all purposes.
func Purposes() []Purpose {
	return []Purpose{
		DirectCare, ReferralCoordination, OverdoseResponse, AdultProtection, ChildProtection, ServiceMonitoring, DeathReview,
		SubjectAccess,
	}
}

// Asking is who asks, in which part they take in people's care, and what for.
type Asking struct {
	Caller  identity.Caller
	Purpose Purpose
	// As is one of the care roles of the caller; "" for somebody who has none, to whom nothing is disclosed.
	As identity.CareRole
	// Statutory is what a public body asks by law; nil for nothing.
	Statutory *policies.StatutoryRequest

	// software is that of the partner, to which something is sent: see [Cutter.ToSend].
	software bool
	// reference: it is told that there is a referral, and nothing that is in it.
	reference bool
}

// ActorOf is who a caller is in the history of referrals. Only commissioners act for their ADP.
func ActorOf(c identity.Caller) referral.Actor {
	actor := referral.Actor{ID: c.Subject, Partner: c.Partner}
	if c.Roles.HasAny(identity.Commissioner) {
		actor.Partnership = c.Partnership
	}
	return actor
}

// SightReferral is the name of a referral's existence in the rules of who may see what.
const SightReferral = "referral"

// StandsOf is where a caller stands to a referral.
func StandsOf(c identity.Caller, s referral.State) policies.Stands {
	stands := rights.ForADP(c, s.Partnership) | rights.At(c, s.Origin, policies.AtOrigin) | rights.At(c, s.Target, policies.AtTarget)
	for _, turn := range s.Asked {
		stands |= rights.At(c, turn.Partner, policies.AtAsked)
	}
	if c.Known() && s.HasAccepted(c.Partner) {
		stands |= policies.AtAccepted
	}
	return stands
}

// sightSaid is the name, in the rules of who may see what, of what was said about sharing with one's own organisation, for those
// who may see nothing else.
const sightSaid = "said_about_sharing"

// mayHearOfSharing reports whether a caller to whom all is denied learns what was said about sharing with their organisation.
func mayHearOfSharing(ctx context.Context, by rights.Rules, c identity.Caller, s referral.State) (bool, error) {
	ruling, err := by.MaySee(ctx, rights.Of(c, sightSaid, StandsOf(c, s)))
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrNotDecided, err)
	}
	return ruling.Allowed, nil
}

// KeepsRecord reports whether sides are of those whose record a referral is: the partner that made it, and the ADP.
func KeepsRecord(sides []referral.Side) bool {
	return slices.Contains(sides, referral.SideOrigin) || slices.Contains(sides, referral.SidePartnership)
}

// SidesOf are the parts that the rules give a caller in a referral; none if it is not theirs. It fails with [ErrNotDecided].
func SidesOf(ctx context.Context, by rights.Rules, c identity.Caller, s referral.State) ([]referral.Side, error) {
	ruling, err := by.MaySee(ctx, rights.Of(c, SightReferral, StandsOf(c, s)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotDecided, err)
	}
	var sides []referral.Side
	for _, side := range []referral.Side{referral.SideOrigin, referral.SideTarget, referral.SidePartnership} {
		if slices.Contains(ruling.Sides, string(side)) {
			sides = append(sides, side)
		}
	}
	return sides, nil
}
