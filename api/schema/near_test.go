package schema

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/geography"
	"lifeline.scot/hack/scotland"
)

func TestATableOfPostcodeDistrictsOfOnesOwnIsUsed(t *testing.T) {
	districts, err := geography.ReadDistricts(strings.NewReader("district,latitude,longitude\nZZ1,58.98,-2.96\n"))
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := CompileWith(Sources{Districts: districts})
	if err != nil {
		t.Fatal(err)
	}
	h := serverOf(compiled, directory.Live, full()...)
	got := compact(t, data(t, h, `{ supportServices(first: 1, near: {postcodeDistrict: "ZZ1", radiusKm: 5}) { nodes { name } } }`))
	if want := `{"supportServices":{"nodes":[{"name":"house"}]}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	unknown := ask(t, h, `{ supportServices(first: 1, near: {postcodeDistrict: "KW15"}) { totalCount } }`)
	if len(unknown.Errors) != 1 || unknown.Errors[0].Extensions["code"] != string(CodeUnknownDistrict) {
		t.Errorf("errors %v; want %s, because the table given does not have KW15", unknown.Errors, CodeUnknownDistrict)
	}
}

// Scotland's own services have approximate positions, so a search near home finds them.
func TestScotlandsServicesAreFoundNearAPostcodeDistrict(t *testing.T) {
	objects, err := scotland.Objects()
	if err != nil {
		t.Fatal(err)
	}
	known := make([]metav1.Object, 0, len(objects))
	for _, object := range objects {
		known = append(known, object)
	}
	h := server(t, directory.Live, known...)
	for _, c := range []struct {
		near    string
		found   []string
		missing []string
	}{
		{
			`{postcodeDistrict: "G4"}`,
			[]string{"the-thistle", "enhanced-drug-treatment-service", "glasgow-alcohol-and-drug-crisis-service"},
			[]string{"hebrides-alpha-project", "leap", "ritson-clinic"},
		},
		{`{postcodeDistrict: "HS1", radiusKm: 40}`, []string{"hebrides-alpha-project"}, []string{"the-thistle"}},
		{`{postcodeDistrict: "AB33", radiusKm: 20}`, []string{"rae-house"}, []string{"sunnybrae", "leap"}},
	} {
		answer := data(t, h, `{ supportServices(first: 100, near: `+c.near+`) { nodes { name } } }`)
		names := compact(t, answer)
		has := func(name string) bool { return strings.Contains(names, `"name":"`+name+`"`) }
		lacks := func(name string) bool { return !has(name) }
		if slices.ContainsFunc(c.found, lacks) || slices.ContainsFunc(c.missing, has) {
			t.Errorf("near %s: %s; want %v and none of %v", c.near, names, c.found, c.missing)
		}
	}
}
