package inbound

import (
	"context"
	"maps"
	"slices"
	"strings"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/mesh/event"
	"lifeline.scot/api/referral"
	"lifeline.scot/crds/v1alpha1"
)

// The types that can be sent. Those about a referral are called as those that partners are told of.
const (
	// PlaceAccepted and PlaceCannotOffer answer for the place that is held for a referral.
	PlaceAccepted    event.Type = "scot.lifeline.place.accepted"
	PlaceCannotOffer event.Type = "scot.lifeline.place.cannot_offer"
	// Counted is how many places of a pool are open, and how many people are in them.
	Counted event.Type = "scot.lifeline.capacity.counted"
)

// kind is what one type of message says, and does.
type kind struct {
	// aboutPool says that the subject is a pool, and not a referral.
	aboutPool bool
	// codes are the fields of its data that are codes, and numbers those that are numbers of places, with whether they must be
	// there.
	codes   map[string]codes
	numbers map[string]bool
	do      func(context.Context, request) (Done, error)
}

// kinds are all that can be sent.
var kinds = map[event.Type]kind{
	event.Acknowledged: {do: step(func(message) referral.Change { return referral.Acknowledge{} })},
	event.Accepted:     {do: step(func(message) referral.Change { return referral.Accept{} })},
	event.CannotOffer: {
		codes: map[string]codes{"reason": cannotOfferReasons, "possible": possibilities},
		do: step(func(m message) referral.Change {
			return referral.CannotOffer{
				Reason:   referral.CannotOfferReason(cannotOfferReasons[m.codes["reason"]]),
				Possible: referral.Possibility(possibilities[m.codes["possible"]]),
			}
		}),
	},
	event.SupportStarted: {do: step(func(message) referral.Change { return referral.StartSupport{} })},
	event.Admitted:       {do: admitted},
	event.Completed:      {codes: map[string]codes{"outcome": outcomes}, do: completed},
	PlaceAccepted:        {do: placeAccepted},
	PlaceCannotOffer:     {codes: map[string]codes{"reason": placeReasons}, do: placeCannotOffer},
	Counted: {
		aboutPool: true, numbers: map[string]bool{"staffed": true, "occupied": true, "held": false}, do: counted,
	},
}

// Types are all that can be sent, sorted.
func Types() []event.Type { return slices.Sorted(maps.Keys(kinds)) }

func kindOf(t event.Type) (kind, error) {
	k, known := kinds[t]
	if !known {
		names := make([]string, 0, len(kinds))
		for _, t := range Types() {
			names = append(names, string(t))
		}
		return kind{}, invalid("type is one of "+listed(names)+".", "type")
	}
	return k, nil
}

// names are those of the fields of the data, sorted.
func (k kind) names() []string {
	names := slices.Concat(slices.Collect(maps.Keys(k.codes)), slices.Collect(maps.Keys(k.numbers)))
	if !k.aboutPool {
		names = append(names, "version")
	}
	slices.Sort(names)
	return names
}

func (k kind) inWords() string { return listed(k.names()) }

// codes are those of the domain, by how they are written in GraphQL and here.
type codes map[string]string

// written are codes by how they are written: NO_PLACE_NOW for NoPlaceNow.
func written[T ~string](all ...T) codes {
	c := codes{}
	for _, code := range all {
		c[Written(string(code))] = string(code)
	}
	return c
}

// Written is how a code is written in GraphQL and here.
func Written(code string) string {
	return strings.ToUpper(strings.ReplaceAll(directory.Spaced(code), " ", "_"))
}

func (c codes) has(name string) bool {
	_, has := c[name]
	return has
}

func (c codes) inWords() string { return listed(slices.Sorted(maps.Keys(c))) }

func listed(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

var (
	cannotOfferReasons = written(
		referral.CannotOfferNoPlace, referral.CannotOfferNeeds, referral.CannotOfferArea, referral.CannotOfferFunding,
		referral.CannotOfferAssessment, referral.CannotOfferOther)
	possibilities = written(
		referral.PossibleLater, referral.PossibleAssessed, referral.PossibleFunded, referral.PossibleDetoxFirst,
		referral.PossibleWithSupport, referral.PossibleElsewhere, referral.PossibleOther)
	outcomes = written(
		referral.OutcomeAsPlanned, referral.OutcomeEarlier, referral.OutcomeMovedPlace, referral.OutcomeDied, referral.OutcomeOther)
	placeReasons = written(
		v1alpha1.CannotOfferNoPlace, v1alpha1.CannotOfferNeeds, v1alpha1.CannotOfferAssessment, v1alpha1.CannotOfferOther)
)
