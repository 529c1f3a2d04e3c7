package geography

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestADistrictIsReadFromWhatPeopleWrite(t *testing.T) {
	for text, want := range map[string]string{
		"G4": "G4", "g4": "G4", " G4 ": "G4", "G4 0UP": "G4", "g40up": "G4", "EH1": "EH1", "EH11": "EH11",
		"EH1 1AA": "EH1", "EH11AA": "EH1", "EH111AA": "EH11", "ZE1": "ZE1", "KW15 1AB": "KW15",
		"": "", "Glasgow": "", "4": "", "G": "", "G4 0": "", "G4 UP": "", "GGG4": "", "G4;DROP": "",
	} {
		got, ok := OutwardCode(text)
		if got != want || ok != (want != "") {
			t.Errorf("OutwardCode(%q) = %q, %v; want %q", text, got, ok, want)
		}
	}
}

func TestGlasgowToEdinburghIsSixtySevenKilometres(t *testing.T) {
	if got := Metres(Point{55.8609, -4.2514}, Point{55.9533, -3.1883}) / 1000; math.Abs(got-67) > 1 {
		t.Errorf("%.1f km", got)
	}
}

func TestTheBoxAroundAPointHoldsTheCircle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		centre := Point{rapid.Float64Range(54, 61).Draw(t, "lat"), rapid.Float64Range(-9, 0).Draw(t, "lon")}
		other := Point{rapid.Float64Range(52, 63).Draw(t, "lat2"), rapid.Float64Range(-12, 3).Draw(t, "lon2")}
		metres := rapid.Float64Range(100, 500_000).Draw(t, "metres")
		if Metres(centre, other) > metres {
			return
		}
		sw, ne := Around(centre, metres)
		if other.Latitude < sw.Latitude || other.Latitude > ne.Latitude || other.Longitude < sw.Longitude || other.Longitude > ne.Longitude {
			t.Fatalf("%v is within %.0f m of %v and outside %v %v", other, metres, centre, sw, ne)
		}
	})
}
