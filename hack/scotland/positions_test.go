package scotland_test

import (
	"slices"
	"strings"
	"testing"

	"lifeline.scot/api/geography"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/scotland"
)

// unplaced are the rows whose town is not certain: sources differ, or the row names two.
var unplaced = []string{"R06", "C06"}

func TestEachServiceIsOnTheMapUnlessItsTownIsNotCertain(t *testing.T) {
	for _, service := range all[*v1alpha1.SupportService](t) {
		row := service.Annotations[scotland.RowAnnotation]
		for _, location := range service.Spec.Locations {
			if placed := location.Position != nil; placed == slices.Contains(unplaced, row) {
				t.Errorf("row %s, %s: on the map: %v", row, location.Town, placed)
			}
		}
	}
}

func TestAPositionSaysThatItIsGeneralKnowledge(t *testing.T) {
	for _, service := range all[*v1alpha1.SupportService](t) {
		for _, location := range service.Spec.Locations {
			source := location.PositionSource
			if (location.Position == nil) != (source == nil) {
				t.Errorf("%s: position and source do not go together", service.Name)
			}
			if source == nil {
				continue
			}
			if source.Provenance != v1alpha1.ProvenanceBackground || !strings.Contains(source.Title, "not checked") {
				t.Errorf("%s: the position is from %+v; want it said that nobody checked it", service.Name, source)
			}
			near := strings.HasPrefix(location.Town, "near ")
			if near != strings.Contains(source.Title, "the service is near it") {
				t.Errorf("%s is in %q; its position is from %q", service.Name, location.Town, source.Title)
			}
		}
	}
}

// The two were written down separately, to about a kilometre; a slip of the pen would be further off.
func TestAPositionLiesInScotlandNearItsPostcodeDistrict(t *testing.T) {
	districts, err := geography.BuiltInDistricts()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, service := range all[*v1alpha1.SupportService](t) {
		for _, location := range service.Spec.Locations {
			if location.Position == nil {
				continue
			}
			checkInScotland(t, service.Name, *location.Position)
			if location.Postcode == "" {
				continue
			}
			compared++
			code, _ := geography.OutwardCode(string(location.Postcode))
			district, known := districts.Find(code)
			point := geography.Microdegrees(location.Position.LatitudeMicrodegrees, *location.Position.LongitudeMicrodegrees)
			if km := geography.Metres(point, district.Centre) / 1000; !known || km > 15 {
				t.Errorf("%s lies %.0f km from the middle of %s (known: %v)", service.Name, km, code, known)
			}
		}
	}
	if compared != 6 {
		t.Errorf("%d positions have a postcode; want 6", compared)
	}
}

func TestEachRowOfThePositionsNamesItsOwnPlace(t *testing.T) {
	rows := map[string]map[string]string{}
	for _, row := range serviceRows(t) {
		rows[row["id"]] = row
	}
	seen := map[string]bool{}
	for _, position := range table(t, "positions.csv") {
		id := position["row"]
		if seen[id] || !strings.Contains(rows[id]["town"]+" "+rows[id]["service"], position["place"]) {
			t.Errorf("row %s is placed at %q, which the table does not name, or twice", id, position["place"])
		}
		seen[id] = true
	}
}
