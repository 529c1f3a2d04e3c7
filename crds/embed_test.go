package crds_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/crds"
)

func TestDefinitionsHoldEveryKind(t *testing.T) {
	definitions, err := crds.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, definition := range definitions {
		got[definition.Spec.Names.Kind] = definition.Name
	}
	want := map[string]string{
		"CapacityPool":         "capacitypools.lifeline.scot",
		"CapacityReport":       "capacityreports.lifeline.scot",
		"DataSharingAgreement": "datasharingagreements.lifeline.scot",
		"Partner":              "partners.lifeline.scot",
		"Partnership":          "partnerships.lifeline.scot",
		"Pathway":              "pathways.lifeline.scot",
		"Placement":            "placements.lifeline.scot",
		"PlacementFund":        "placementfunds.lifeline.scot",
		"SupportService":       "supportservices.lifeline.scot",
		"UnmetNeed":            "unmetneeds.lifeline.scot",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kinds and names (-want +got):\n%s", diff)
	}
}

func TestAdmissionHoldsPolicyAndBinding(t *testing.T) {
	objects, err := crds.Admission()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, object := range objects {
		got = append(got, object.GetKind()+" "+object.GetName())
	}
	want := []string{
		"ValidatingAdmissionPolicy capacityreports.lifeline.scot",
		"ValidatingAdmissionPolicyBinding capacityreports.lifeline.scot",
		"ValidatingAdmissionPolicy placements.lifeline.scot",
		"ValidatingAdmissionPolicyBinding placements.lifeline.scot",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

func TestCallersGetTheirOwnCopies(t *testing.T) {
	first, err := crds.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	first[0].Name = "changed"
	second, err := crds.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	if second[0].Name == "changed" {
		t.Error("a change by one caller reached the next")
	}
}
