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

func TestDistrictsLieWhereTheyShould(t *testing.T) {
	for code, near := range map[string]Point{
		"G1": {55.8604, -4.2467}, "EH1": {55.9524, -3.1884}, "ZE1": {60.15, -1.15}, "HS2": {58.25, -6.47}, "IV1": {57.48, -4.23},
	} {
		district, ok := DistrictOf(code)
		if !ok || Metres(district.Centre, near) > 12_000 {
			t.Errorf("%s is at %v, found %v; want it near %v", code, district.Centre, ok, near)
		}
	}
	for _, code := range []string{"SW1A", "G999", "", "ZZ1"} {
		if district, ok := DistrictOf(code); ok {
			t.Errorf("%q is no district of Scotland and was found at %v", code, district.Centre)
		}
	}
}

func TestEveryDistrictIsInOrNextToScotland(t *testing.T) {
	if n := len(districts()); n < 430 || n > 520 {
		t.Errorf("%d districts", n)
	}
	for code, d := range districts() {
		if d.Centre.Latitude < 54.5 || d.Centre.Latitude > 61 || d.Centre.Longitude < -8 || d.Centre.Longitude > -0.5 {
			t.Errorf("%s lies at %v", code, d.Centre)
		}
		if read, ok := OutwardCode(code); !ok || read != code {
			t.Errorf("%s reads as %q", code, read)
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
