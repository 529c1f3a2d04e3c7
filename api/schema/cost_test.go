package schema

import (
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"lifeline.scot/api/directory"
	"lifeline.scot/crds"
)

// TestListsCountForTheMostThatAResourceAllows compares what lists count for with the resource definitions.
func TestListsCountForTheMostThatAResourceAllows(t *testing.T) {
	definitions, err := crds.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	specs := map[string]apiextensionsv1.JSONSchemaProps{}
	for _, definition := range definitions {
		specs[definition.Spec.Names.Kind] = definition.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
	}
	service, pool := specs["SupportService"].Properties, specs["CapacityPool"].Properties
	partnership, partner := specs["Partnership"].Properties, specs["Partner"].Properties
	for name, c := range map[string]struct {
		counts int
		list   apiextensionsv1.JSONSchemaProps
	}{
		"claimants":           {mostClaimants, pool["claimableBy"].Properties["partnerships"]},
		"other figures":       {mostOtherFigures, pool["otherFigures"]},
		"locations":           {mostLocations, service["locations"]},
		"opening hours":       {mostOpeningHours, service["locations"].Items.Schema.Properties["openingHours"]},
		"councils":            {mostCouncils, partnership["councils"]},
		"health boards":       {mostHealthBoards, partnership["healthBoards"]},
		"MAT ratings":         {mostMATRatings, partnership["matRatings"]},
		"identifiers":         {mostIdentifiers, partner["identifiers"]},
		"sources of services": {mostSources, service["sources"]},
		"sources of ADPs":     {mostSources, partnership["sources"]},
		"sources of partners": {mostSources, partner["sources"]},
	} {
		if c.list.MaxItems == nil || int64(c.counts) != *c.list.MaxItems {
			t.Errorf("%s count for %d, the resource allows %v", name, c.counts, c.list.MaxItems)
		}
	}
	if kinds := len(directory.PoolKinds()); kinds != mostKinds {
		t.Errorf("totals count for %d, there are %d kinds", mostKinds, kinds)
	}
}

func TestSearchesCountForMoreThanTheyFind(t *testing.T) {
	const tooMuch = "MAX_COST_EXCEEDED"
	h := server(t, directory.Live, full()...)
	for query, refused := range map[string]bool{
		`{ partnerships(first: 50) { nodes { supportServices(first: 1, near: {postcodeDistrict: "G4"}) { totalCount } } } }`:               false,
		`{ partnerships(first: 50) { nodes { supportServices(first: 50) { nodes { name } } } } }`:                                          false,
		`{ partnerships(first: 100) { nodes { a: supportServices(first: 1) { totalCount } b: capacityPools(first: 1) { totalCount } } } }`: true,
		`{ supportServices(first: 100) { nodes { capacityPools(first: 100) { nodes { name } } } } }`:                                       true,
		`{ supportServices(first: 100) { nodes { capacityPools(first: 5) { nodes { service { displayName } free { value } } } } } }`:       false,
		`{ capacityPools(first: 100) { nodes { claimableBy { partnerships { contact { phone } } } } } }`:                                   true,
	} {
		r := ask(t, h, query)
		if got := len(r.Errors) == 1 && r.Errors[0].Extensions["code"] == tooMuch; got != refused {
			t.Errorf("%s: refused %t, want %t: %v", query, got, refused, r.Errors)
		}
	}
}
