package pages

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/crds/v1alpha1"
)

func TestTheRegisteredNumberSaysWhoPublishedIt(t *testing.T) {
	source := func(title, uri, asOf string, how v1alpha1.Provenance) v1alpha1.Source {
		return v1alpha1.Source{
			Title: title, URI: v1alpha1.WebAddress(uri), AsOf: v1alpha1.PartialDate(asOf), Provenance: how,
		}
	}
	register := v1alpha1.PlacesFigure{Places: ptr[int32](21), Source: source(
		"Care register, 31 May 2020", "https://register.example/", "2020-05-31", v1alpha1.ProvenancePublished)}
	leaflet := v1alpha1.PlacesFigure{Places: ptr[int32](34), Source: source(
		"Provider's leaflet", "", "2025", v1alpha1.ProvenancePublished)}
	others := []v1alpha1.PlacesFigure{leaflet}
	sum := v1alpha1.PlacesFigure{Places: ptr[int32](8), Source: source("Report", "", "", v1alpha1.ProvenanceDerived)}
	hearsay := v1alpha1.PlacesFigure{Places: ptr[int32](8), Source: source("Talk", "", "2024", v1alpha1.ProvenanceBackground)}
	const shown = " Source of the registered places at Quay House "

	for name, test := range map[string]struct {
		registered *v1alpha1.PlacesFigure
		others     []v1alpha1.PlacesFigure
		want       string
		links      []string
	}{
		"no figure": {nil, nil, "Not known", nil},
		"a date in the title is not said again": {
			&register, nil, "21 published 31 May 2020" + shown + "21: Care register, 31 May 2020", []string{"https://register.example/"},
		},
		"sources disagree": {
			&register, others,
			"21 published 31 May 2020" + shown + "21: Care register, 31 May 2020 34: Provider's leaflet (as of 2025)",
			[]string{"https://register.example/"},
		},
		"none is relied on": {
			nil, others, "Not known" + shown + "34: Provider's leaflet (as of 2025)", nil,
		},
		"worked out": {&sum, nil, "8" + shown + "8: Report Worked out from published figures.", nil},
		"not checked": {
			&hearsay, nil, "8 not checked" + shown + "8: Talk (as of 2024) Not checked against a publication.", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := sample()
			beds := o.pools[1]
			beds.Spec.Registered, beds.Spec.OtherFigures = test.registered, test.others
			page := get(t, o.live(), "/?for=Men&needs=staying-on-mat&area=glasgow-city")
			if diff := cmp.Diff(test.want, page.lines()[beds.Name][2]); diff != "" {
				t.Errorf("registered reads (-want +got):\n%s", diff)
			}
			var links []string
			for _, details := range page.all(class("source")) {
				for _, a := range elements(details, element("a")) {
					links = append(links, attribute(a, "href"))
				}
			}
			if diff := cmp.Diff(test.links, links); diff != "" {
				t.Errorf("links (-want +got):\n%s", diff)
			}
		})
	}
}

// Only what some service says it helps with can be found, so nothing else is offered.
func TestOnlySubstancesThatAServiceNamesAreOffered(t *testing.T) {
	options := func(o objects, target string) []string {
		var found []string
		for _, o := range get(t, o.live(), target).all(element("option")) {
			if attribute(o.Parent, "name") == fieldHelp {
				found = append(found, attribute(o, "value"))
			}
		}
		return found
	}
	if diff := cmp.Diff([]string{"", "Alcohol", "Opioids"}, options(sample(), "/")); diff != "" {
		t.Errorf("offered (-want +got):\n%s", diff)
	}
	silent := sample()
	silent.services[0].Spec.Substances = nil
	if offered := options(silent, "/"); offered != nil {
		t.Errorf("no service names a substance, and these are offered: %v", offered)
	}
	if got := options(silent, "/?substance=Cannabis"); !strings.Contains(strings.Join(got, " "), "Cannabis") {
		t.Errorf("the choice in force is not in the form: %v", got)
	}
}

// Pools of one service are told apart by their own names, whatever they have in common.
func TestPoolsOfOneServiceLookDifferent(t *testing.T) {
	o := sample()
	o.pools = append(o.pools, pool("glasgow-city", "quay-house", "quay-house-women", v1alpha1.PoolResidentialRehab, "Beds for women"))
	lines := get(t, o.live(), "/").lines()
	men, women := lines["quay-house-rehab"][0], lines["quay-house-women"][0]
	if men == women || !strings.Contains(women, "Beds for women") || !strings.Contains(men, "Beds for men") {
		t.Errorf("%q and %q do not tell the pools apart", men, women)
	}
}
