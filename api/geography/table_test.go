package geography

import (
	"strings"
	"testing"
)

func builtInDistricts(t *testing.T) Districts {
	t.Helper()
	districts, err := BuiltInDistricts()
	if err != nil {
		t.Fatal(err)
	}
	return districts
}

func TestDistrictsLieWhereTheyShould(t *testing.T) {
	districts := builtInDistricts(t)
	for code, near := range map[string]Point{
		"G1": {55.86, -4.25}, "EH1": {55.95, -3.19}, "ZE1": {60.15, -1.15}, "HS2": {58.25, -6.4}, "IV1": {57.48, -4.23},
		"DD1": {56.46, -2.97}, "AB10": {57.15, -2.1}, "KW15": {58.98, -2.96}, "DG9": {54.9, -5.03}, "PA34": {56.41, -5.47},
	} {
		district, ok := districts.Find(code)
		if !ok || Metres(district.Centre, near) > 12_000 {
			t.Errorf("%s is at %v, found %v; want it near %v", code, district.Centre, ok, near)
		}
	}
	for _, code := range []string{"SW1A", "G999", "", "ZZ1"} {
		if district, ok := districts.Find(code); ok {
			t.Errorf("%q is no district of Scotland and was found at %v", code, district.Centre)
		}
	}
}

// Each postcode area is a part of the country; a district far from the middle of its area would be a slip of the pen. The
// distances allow for the shape of the area, and are the only precision the table promises.
func TestEveryDistrictLiesInItsArea(t *testing.T) {
	type area struct {
		middle     Point
		kilometres float64
		districts  int
	}
	areas := map[string]area{
		"AB": {Point{57.3, -2.5}, 70, 33}, "DD": {Point{56.6, -2.8}, 40, 11}, "DG": {Point{55.1, -3.9}, 80, 15},
		"EH": {Point{55.9, -3.2}, 55, 53}, "FK": {Point{56.2, -4.0}, 55, 21}, "G": {Point{55.88, -4.3}, 40, 48},
		"HS": {Point{57.6, -7.0}, 85, 9}, "IV": {Point{57.6, -4.8}, 120, 48}, "KA": {Point{55.57, -4.7}, 45, 30},
		"KW": {Point{58.5, -3.4}, 70, 16}, "KY": {Point{56.2, -3.1}, 35, 16}, "ML": {Point{55.76, -3.9}, 35, 12},
		"PA": {Point{56.0, -5.3}, 115, 66}, "PH": {Point{56.7, -4.3}, 140, 40}, "TD": {Point{55.65, -2.5}, 45, 15},
		"ZE": {Point{60.2, -1.2}, 40, 3},
	}
	found := map[string]int{}
	for code, d := range builtInDistricts(t).byCode {
		name := strings.TrimRight(code, "0123456789")
		found[name]++
		if km := Metres(d.Centre, areas[name].middle) / 1000; km > areas[name].kilometres {
			t.Errorf("%s, %s, lies at %v, %.0f km from the middle of its area", code, d.Town, d.Centre, km)
		}
		if d.Town == "" {
			t.Errorf("%s does not say which town it is", code)
		}
	}
	for name, a := range areas {
		if found[name] < a.districts {
			t.Errorf("%d districts of %s are known; want %d", found[name], name, a.districts)
		}
	}
}

func TestATableOfOnesOwnIsReadByItsColumnNames(t *testing.T) {
	districts, err := ReadDistricts(strings.NewReader(
		"# made for this test\nlongitude,postcodes,district,latitude\n-4.243,120,G4,55.859\n-1.14,80,ZE1,60.155\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := District{Code: "G4", Centre: Point{55.859, -4.243}}
	if got, ok := districts.Find("G4"); !ok || got != want || districts.Len() != 2 {
		t.Errorf("G4 is %+v, found %v, of %d; want %+v of 2", got, ok, districts.Len(), want)
	}
	if _, ok := districts.Find("G1"); ok {
		t.Error("G1 is known, though the table does not have it")
	}
}

func TestAMistakeInATableIsNamed(t *testing.T) {
	for table, want := range map[string]string{
		"":                                    "column names",
		"code,latitude,longitude\nG4,55,-4\n": "name them district, latitude and longitude",
		"district,latitude,longitude\n":       "no district",
		"district,latitude,longitude\n\n# c\nG4 0UP,55,-4\n":      `line 4: "G4 0UP" is no postcode district`,
		"district,latitude,longitude\ng4,55,-4\n":                 `"g4" is no postcode district`,
		"district,latitude,longitude\nG4,55.9,-4.2\nG4,55,-4\n":   "line 3: G4 is there twice",
		"district,latitude,longitude\nG4,north,-4.2\n":            `latitude of G4: "north" is not a number of degrees`,
		"district,latitude,longitude\nG4,55.9,-420\n":             `longitude of G4: "-420" is not a number of degrees`,
		"district,latitude,longitude\nG4,NaN,-4\n":                `latitude of G4: "NaN"`,
		"district,latitude,longitude\nG4,55.9\n":                  "wrong number of fields",
		"district,latitude,longitude\nG1,55.9,-4.2\nG4,\"55,-4\n": "quote",
	} {
		if _, err := ReadDistricts(strings.NewReader(table)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives the error %v; want one that says %q", table, err, want)
		}
	}
}

func TestTheZeroTableKnowsNothing(t *testing.T) {
	if d, ok := (Districts{}).Find("G4"); ok {
		t.Errorf("found %v", d)
	}
}
