package directory

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/geography"
	"lifeline.scot/crds/v1alpha1"
)

// TestNearFindsWhatAWalkOverEverythingFinds compares the search, with and without the map, with the plain way.
func TestNearFindsWhatAWalkOverEverythingFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var held []metav1.Object
		for i := range rapid.IntRange(0, 30).Draw(t, "services") {
			s := given.Service(rapid.SampledFrom([]string{"north", "south"}).Draw(t, "area"), fmt.Sprintf("s%d", i), "House")
			for range rapid.IntRange(0, 2).Draw(t, "places") {
				given.At(s, "Town", rapid.Float64Range(55, 56).Draw(t, "latitude"), rapid.Float64Range(-5, -3).Draw(t, "longitude"))
			}
			held = append(held, s)
		}
		near := Near{
			geography.Point{Latitude: 55.5, Longitude: -4},
			rapid.SampledFrom([]float64{1_000, 10_000, 50_000, 500_000}).Draw(t, "metres"),
		}
		v := viewOf(held...)
		everything, err := v.Services(ServiceFilter{Partnerships: []string{"north"}}, ByName)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, s := range everything.All() {
			if distance, placed := s.distance(near.Point); placed && distance.Metres <= near.Metres {
				want = append(want, fmt.Sprintf("%09.0f %s", math.Round(distance.Metres), s.ID))
			}
		}
		slices.Sort(want)
		found, err := v.Services(ServiceFilter{Partnerships: []string{"north"}, Near: &near}, ByDistance)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range found.All() {
			distance, _ := DistanceTo(found, s)
			got = append(got, fmt.Sprintf("%09.0f %s", math.Round(distance.Metres), s.ID))
		}
		if !slices.Equal(got, want) || found.Total != len(want) {
			t.Fatalf("found %d %v, want %v", found.Total, got, want)
		}
	})
}

func TestAPlaceWithoutAPositionIsFoundByItsPostcodeDistrict(t *testing.T) {
	districts, err := geography.ReadDistricts(strings.NewReader("district,latitude,longitude\nG4,55.87,-4.24\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string, locations ...v1alpha1.Location) *v1alpha1.SupportService {
		s := given.Service("south", name, name)
		s.Spec.Locations = locations
		return s
	}
	positioned := given.At(given.Service("south", "positioned", "positioned"), "Glasgow", 55.88, -4.24)
	positioned.Spec.Locations[0].Postcode = "G4 0UP"
	v := NewView(SnapshotIn(districts, NewChanges(
		positioned, at("district", v1alpha1.Location{Postcode: "G4 0UP"}), at("unknown", v1alpha1.Location{Postcode: "ZZ9 9ZZ"}),
		at("nowhere", v1alpha1.Location{Town: "Glasgow"}))), given.Noon(), Freshness{State: Live})
	found, err := v.Services(ServiceFilter{Near: &Near{geography.Point{Latitude: 55.87, Longitude: -4.24}, 5_000}}, ByDistance)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range found.All() {
		distance, _ := DistanceTo(found, s)
		got = append(got, fmt.Sprintf("%s %.0f %t", s.Name, distance.Metres, distance.Approximate))
	}
	if want := []string{"district 0 true", "positioned 1112 false"}; !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}
