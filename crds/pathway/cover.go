package pathway

import (
	"fmt"
	"slices"

	"lifeline.scot/crds/v1alpha1"
)

// Party is somebody who has to take part: a Partner, or a public body that some Partners stand for.
type Party struct {
	// Name in words.
	Name string
	// Partners that stand for it; any of them will do.
	Partners []v1alpha1.ObjectName
}

// Parties are all that have to take part: responders, partners, and public bodies with the Partners that stand for them.
func Parties(spec *v1alpha1.PathwaySpec, standFor func(v1alpha1.PublicBody) []v1alpha1.ObjectName) []Party {
	var parties []Party
	for _, name := range Named(spec) {
		parties = append(parties, Party{string(name), []v1alpha1.ObjectName{name}})
	}
	for _, body := range spec.PublicBodies {
		parties = append(parties, Party{string(body), standFor(body)})
	}
	return parties
}

// Responders are the Partners that are asked to answer, in turn.
func Responders(spec *v1alpha1.PathwaySpec) []v1alpha1.ObjectName {
	for _, s := range spec.Steps {
		if s.Task == v1alpha1.TaskAnswer {
			return s.Responders
		}
	}
	return nil
}

// Named are all Partners that a Pathway names, each once: responders first.
func Named(spec *v1alpha1.PathwaySpec) []v1alpha1.ObjectName {
	names := slices.Clone(Responders(spec))
	for _, name := range spec.Partners {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Gap is a part of a Pathway that no agreement covers.
type Gap struct {
	Party     string
	Responder v1alpha1.ObjectName
	Purpose   v1alpha1.SharingPurpose
	Basis     v1alpha1.PathwayBasis
}

// String says it in words.
func (g Gap) String() string {
	return fmt.Sprintf("%s and %s for %s where the person %s", g.Party, g.Responder, g.Purpose, inWords(g.Basis))
}

func inWords(b v1alpha1.PathwayBasis) string {
	switch b {
	case v1alpha1.BasisConsented:
		return "agreed (Consented)"
	case v1alpha1.BasisDidNotObject:
		return "did not object (DidNotObject)"
	default:
		return "was not asked (SharedWithoutAsking)"
	}
}

// Gaps are the parts of a Pathway that none of the agreements, all of them in force, covers: each party has to be able to share
// with each responder, for every purpose and basis. An agreement covers a responder that does not serve the area only if it says
// that a recipient need not. Public bodies that nobody stands for are another question.
func Gaps(
	spec *v1alpha1.PathwaySpec, parties []Party, serves func(v1alpha1.ObjectName) bool,
	inForce []*v1alpha1.DataSharingAgreementSpec,
) []Gap {
	var gaps []Gap
	for _, responder := range Responders(spec) {
		for _, party := range parties {
			if len(party.Partners) == 0 || slices.Contains(party.Partners, responder) {
				continue
			}
			between := slices.DeleteFunc(slices.Clone(inForce), func(a *v1alpha1.DataSharingAgreementSpec) bool {
				outside := !serves(responder) && a.CrossArea != v1alpha1.PermissionAllowed
				return outside || !slices.Contains(a.Parties, responder) || !slices.ContainsFunc(party.Partners,
					func(p v1alpha1.ObjectName) bool { return slices.Contains(a.Parties, p) })
			})
			gaps = append(gaps, left(spec, party.Name, responder, between)...)
		}
	}
	return gaps
}

// left are the purposes and bases that none of the agreements between two speaks of.
func left(
	spec *v1alpha1.PathwaySpec, party string, responder v1alpha1.ObjectName, between []*v1alpha1.DataSharingAgreementSpec,
) []Gap {
	var gaps []Gap
	for _, purpose := range spec.Purposes {
		for _, basis := range spec.Bases {
			covered := slices.ContainsFunc(between, func(a *v1alpha1.DataSharingAgreementSpec) bool {
				return slices.Contains(a.Purposes, purpose) &&
					slices.Contains(a.Confidentiality, v1alpha1.ConfidentialityBasis(basis))
			})
			if !covered {
				gaps = append(gaps, Gap{party, responder, purpose, basis})
			}
		}
	}
	return gaps
}
