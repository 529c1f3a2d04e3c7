package casework

import (
	"context"
	"slices"
	"time"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/pathway"
	"lifeline.scot/crds/v1alpha1"
)

// reach is how a responder of a pathway stands to a referral that is about to be made.
type reach int

// What they are, from the one that is furthest from being asked.
const (
	takesNoPart     reach = iota // is not in the directory, or suspended
	mayNotBeTold                 // the rules would show nobody there that there is a referral
	onAnotherBasis               // they would, on a basis that the pathway does not have
	mayBeAskedAlong              // can be asked
)

// responders are those of a pathway, and how each stands to a referral.
type responders map[string]reach

func (r responders) canBeAsked(name string) bool { return r[name] == mayBeAskedAlong }

// someMayNot reports whether some would be shown nothing, as things are: they are left out, unless that changes by then.
func (r responders) someMayNot() bool {
	for _, how := range r {
		if how != mayBeAskedAlong {
			return true
		}
	}
	return false
}

// nobody says why nobody can be asked, and what to do.
func (r responders) nobody() error {
	nearest := takesNoPart
	for _, how := range r {
		nearest = max(nearest, how)
	}
	switch nearest {
	case onAnotherBasis:
		return refusal.Of(refusal.Invalid, "This pathway is not for the way in which the person's data would be shared: its bases say "+
			"whether a person has to agree, or not to object. Record what the person said, or take another pathway or partner.",
			"input", "pathway", "name")
	case mayNotBeTold:
		return refusal.Of(refusal.Invalid, "Nobody who answers on this pathway may be told of this referral as things are: record in "+
			"consents what the person agreed to, and in circumstances whether they were informed. If that is done, no agreement "+
			"covers it: refer the person to another partner, and tell the ADP.", "input", "pathway", "name")
	default:
		return refusal.Of(CodePartnerSuspended, "Nobody who answers on this pathway can be asked now: refer the person to "+
			"another partner, and tell the ADP.", "input", "pathway", "name")
	}
}

// responders finds out how the responders of a pathway stand to a referral that is about to be made.
func (d *Desk) responders(ctx context.Context, c identity.Caller, s Submission, p *v1alpha1.Pathway) (responders, error) {
	dossier, err := d.dossierOf(ctx, c, s)
	if err != nil {
		return nil, err
	}
	all := responders{}
	for _, responder := range pathway.Responders(&p.Spec) {
		name := string(responder)
		if !d.takesPart(name) {
			all[name] = takesNoPart
			continue
		}
		on, err := d.Cutter.WouldReach(ctx, name, dossier)
		if err != nil {
			return nil, unavailable(err)
		}
		all[name] = reachOn(on, p.Spec.Bases)
	}
	return all, nil
}

// dossierOf is what the rules would know of a referral, were it made now: what the person refused or took back of the one that it
// follows goes with them, before what is said now.
func (d *Desk) dossierOf(ctx context.Context, c identity.Caller, s Submission) (store.Dossier, error) {
	now := d.now()
	dossier := store.Dossier{
		State:         referral.State{Partnership: s.Partnership, Origin: c.Partner, Status: referral.Submitted},
		Circumstances: s.Circumstances, Born: s.Told.Person.DateOfBirth, AgeBand: s.Told.Person.AgeBand,
		OverdoseAt: s.Told.Details.OverdoseAt,
	}
	if _, err := s.Told.Values(now); err != nil {
		return dossier, told(err)
	}
	carried, err := d.objections(ctx, s, now)
	if err != nil {
		return dossier, err
	}
	for _, said := range slices.Concat(carried, s.Consents) {
		said = said.Normal().Written(dossier.Consents, now)
		if err := said.Check(dossier.Consents, now); err != nil {
			return dossier, told(err)
		}
		dossier.Consents = append(dossier.Consents, said)
	}
	return dossier, nil
}

// objections are what goes with the person from the referral that a new one follows; none where it follows none.
func (d *Desk) objections(ctx context.Context, s Submission, now time.Time) ([]consent.Event, error) {
	if s.Follows == nil {
		return nil, nil
	}
	said, err := d.Store.Consents(ctx, s.Follows.Referral)
	return consent.Carried(said, now), told(err)
}

// basisOf are the bases of a pathway by the justifications of the rules. What needs none, a record of one's own and what
// identifies nobody, is not in it: it goes along any pathway.
var basisOf = map[string]v1alpha1.PathwayBasis{
	"consented": v1alpha1.BasisConsented, "did_not_object": v1alpha1.BasisDidNotObject,
	"shared_without_asking": v1alpha1.BasisSharedWithoutAsking,
}

// reachOn is how somebody stands who may be shown a referral on such justifications.
func reachOn(justifications []string, bases []v1alpha1.PathwayBasis) reach {
	if len(justifications) == 0 {
		return mayNotBeTold
	}
	for _, justification := range justifications {
		if basis, needed := basisOf[justification]; !needed || slices.Contains(bases, basis) {
			return mayBeAskedAlong
		}
	}
	return onAnotherBasis
}
