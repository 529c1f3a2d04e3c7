package scotland_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/crds/pathway"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/scotland"
)

func pathways(t *testing.T) []*v1alpha1.Pathway {
	t.Helper()
	all, err := scotland.Pathways()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestThereIsAPathwayForEveryJourney(t *testing.T) {
	var journeys []string
	for _, p := range pathways(t) {
		journeys = append(journeys, string(p.Spec.Journey))
	}
	want := []string{"NearFatalOverdose", "PrisonToRehab", "HospitalDischarge", "IntoRehab", "Aftercare", "RecoveryCommunity"}
	if diff := cmp.Diff(want, journeys); diff != "" {
		t.Errorf("journeys (-want +got):\n%s", diff)
	}
}

func TestEveryPathwaySaysThatItIsInvented(t *testing.T) {
	for _, p := range pathways(t) {
		if !strings.HasSuffix(p.Spec.DisplayName, "(invented)") || p.Spec.Sources[0].Provenance != v1alpha1.ProvenanceIllustrative {
			t.Errorf("%s is shown as %q, from %+v", p.Name, p.Spec.DisplayName, p.Spec.Sources)
		}
	}
}

// One can be tried from end to end, and others show what is missing.
func TestSomePathwaysAreCoveredAndSomeAreNot(t *testing.T) {
	partners := map[v1alpha1.ObjectName]*v1alpha1.Partner{}
	for _, p := range all[*v1alpha1.Partner](t) {
		partners[v1alpha1.ObjectName(p.Name)] = p
	}
	for _, p := range pathways(t) {
		area := v1alpha1.PartnershipOf(p.Namespace)
		serves := func(name v1alpha1.ObjectName) bool { return slices.Contains(partners[name].Spec.Areas, area) }
		var inForce []*v1alpha1.DataSharingAgreementSpec
		for _, a := range agreements(t, moment) {
			if a.Namespace == p.Namespace {
				inForce = append(inForce, &a.Spec)
			}
		}
		parties := pathway.Parties(&p.Spec, func(body v1alpha1.PublicBody) (names []v1alpha1.ObjectName) {
			for name, partner := range partners {
				if partner.Spec.PublicBody == body && serves(name) {
					names = append(names, name)
				}
			}
			return names
		})
		covered := len(pathway.Gaps(&p.Spec, parties, serves, inForce)) == 0
		if want := slices.Contains([]string{"into-rehab", "leaving-hospital", "after-rehab"}, p.Name); covered != want {
			t.Errorf("%s is covered: %t, want %t", p.Name, covered, want)
		}
	}
}
