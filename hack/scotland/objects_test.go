package scotland_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/scotland"
)

func TestObjectsAreInTheOrderToApplyThem(t *testing.T) {
	var kinds []string
	for _, object := range objects(t) {
		kind := object.GetObjectKind().GroupVersionKind().Kind
		if len(kinds) == 0 || kinds[len(kinds)-1] != kind {
			kinds = append(kinds, kind)
		}
	}
	want := []string{"Partnership", "Partner", "SupportService", "CapacityPool"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("kinds in order (-want +got):\n%s", diff)
	}
}

func TestEveryCallGivesEqualObjectsOfItsOwn(t *testing.T) {
	first, second := objects(t), objects(t)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Fatalf("two calls differ:\n%s", diff)
	}
	first[0].SetName("changed")
	if second[0].GetName() == "changed" {
		t.Error("two calls share an object")
	}
}

func TestNamesAreUniqueAndEveryReferenceIsThere(t *testing.T) {
	there := map[string]bool{}
	for _, object := range objects(t) {
		key := fmt.Sprintf("%T/%s/%s", object, object.GetNamespace(), object.GetName())
		if there[key] {
			t.Errorf("%s is there twice", key)
		}
		there[key] = true
	}
	for _, service := range all[*v1alpha1.SupportService](t) {
		if key := fmt.Sprintf("*v1alpha1.Partner//%s", service.Spec.ProviderRef.Name); !there[key] {
			t.Errorf("service %s: no %s", service.Name, key)
		}
		partnership, _ := strings.CutPrefix(service.Namespace, v1alpha1.NamespacePrefix)
		if !there["*v1alpha1.Partnership//"+partnership] {
			t.Errorf("service %s: namespace %s belongs to no partnership", service.Name, service.Namespace)
		}
	}
	for _, pool := range all[*v1alpha1.CapacityPool](t) {
		key := fmt.Sprintf("*v1alpha1.SupportService/%s/%s", pool.Namespace, pool.Spec.ServiceRef.Name)
		if !there[key] {
			t.Errorf("pool %s: no %s", pool.Name, key)
		}
		if pool.Spec.ClaimableBy == nil {
			continue
		}
		for _, name := range pool.Spec.ClaimableBy.Partnerships {
			if !there["*v1alpha1.Partnership//"+string(name)] {
				t.Errorf("pool %s may be claimed by %s, which is not there", pool.Name, name)
			}
		}
	}
}

func TestPartnershipsCoverEveryCouncilAndBoardOfTheTable(t *testing.T) {
	type cover struct{ council, councilCode, board, boardCode, name string }
	want := map[cover]bool{}
	for _, row := range table(t, councilTable) {
		want[cover{
			row["council"], row["council_code_S12"], row["health_board"], row["health_board_code_S08"],
			row["adp_operating_name"],
		}] = true
	}
	partnerships := all[*v1alpha1.Partnership](t)
	councils, boards, matched := 0, map[v1alpha1.HealthBoardCode]bool{}, 0
	for _, p := range partnerships {
		councils += len(p.Spec.Councils)
		for _, board := range p.Spec.HealthBoards {
			boards[board.Code] = true
			for _, council := range p.Spec.Councils {
				if want[cover{council.Name, string(council.Code), board.Name, string(board.Code), p.Spec.DisplayName}] {
					matched++
				}
			}
		}
	}
	got := [4]int{len(partnerships), councils, len(boards), matched}
	if got != [4]int{30, 32, 14, 32} {
		t.Errorf("partnerships, councils, boards, rows found again: %v; want 30, 32, 14, 32", got)
	}
}

func TestPartnershipNames(t *testing.T) {
	got := map[string]*v1alpha1.Partnership{}
	for _, p := range all[*v1alpha1.Partnership](t) {
		got[p.Name] = p
	}
	for name, want := range map[string]struct {
		scotPHO  string
		councils int
	}{
		"glasgow-city":                  {"S11000015", 1},
		"clackmannanshire-and-stirling": {"", 2}, // ScotPHO has a code for each half, none for the whole
		"meldap":                        {"S11000051", 2},
		"north-lanarkshire":             {"S11000052", 1}, // ScotPHO joins North and South
		"south-lanarkshire":             {"S11000052", 1},
		"outer-hebrides":                {"S11000032", 1},
	} {
		p := got[name]
		if p == nil {
			t.Errorf("no partnership %s", name)
			continue
		}
		if p.Spec.ScotPHOCode != want.scotPHO || len(p.Spec.Councils) != want.councils {
			t.Errorf("%s: code %q, %d councils; want %q, %d", name, p.Spec.ScotPHOCode, len(p.Spec.Councils), want.scotPHO,
				want.councils)
		}
	}
}

func TestANameTheTableCallsBackgroundIsMarkedSo(t *testing.T) {
	status := map[string]string{}
	for _, row := range table(t, councilTable) {
		status[row["adp_operating_name"]] = row["operating_name_status"]
	}
	for _, p := range all[*v1alpha1.Partnership](t) {
		got := strings.ToLower(string(p.Spec.Sources[0].Provenance))
		if !strings.HasSuffix(p.Spec.Sources[0].Title, "(name)") || got != status[p.Spec.DisplayName] {
			t.Errorf("%s: source of the name %+v; the table says %s", p.Name, p.Spec.Sources[0], status[p.Spec.DisplayName])
		}
	}
}

// byRow gives the services of the tables, and fails unless each row is there exactly once.
func byRow(t *testing.T) map[string]*v1alpha1.SupportService {
	t.Helper()
	out := map[string]*v1alpha1.SupportService{}
	for _, service := range all[*v1alpha1.SupportService](t) {
		row := service.Annotations[scotland.RowAnnotation]
		if out[row] != nil {
			t.Errorf("row %s is there twice", row)
		}
		out[row] = service
	}
	return out
}

func poolsByRow(t *testing.T) map[string][]*v1alpha1.CapacityPool {
	t.Helper()
	out := map[string][]*v1alpha1.CapacityPool{}
	for _, pool := range all[*v1alpha1.CapacityPool](t) {
		row := pool.Annotations[scotland.RowAnnotation]
		out[row] = append(out[row], pool)
	}
	return out
}

func TestEveryRowIsAServiceOnceUnderItsOwnName(t *testing.T) {
	services, rows := byRow(t), serviceRows(t)
	if len(rows) != 30 || len(services) != len(rows) {
		t.Fatalf("%d rows, %d services; want 30 of each", len(rows), len(services))
	}
	partnership := map[string]string{}
	code := map[string]string{}
	for _, row := range table(t, councilTable) {
		code[row["council"]] = row["council_code_S12"]
	}
	for _, p := range all[*v1alpha1.Partnership](t) {
		for _, council := range p.Spec.Councils {
			partnership[council.Name] = p.Name
		}
	}
	for _, row := range rows {
		service := services[row["id"]]
		if service == nil {
			t.Errorf("row %s, %s: no service", row["id"], row["service"])
			continue
		}
		if service.Spec.DisplayName != row["service"] {
			t.Errorf("row %s is shown as %q; want %q", row["id"], service.Spec.DisplayName, row["service"])
		}
		if want := "adp-" + partnership[row["council_area"]]; service.Namespace != want {
			t.Errorf("row %s is in %s; want %s", row["id"], service.Namespace, want)
		}
		for _, location := range service.Spec.Locations {
			checkPlace(t, row, location, code[row["council_area"]])
		}
	}
}

func checkPlace(t *testing.T, row map[string]string, location v1alpha1.Location, code string) {
	t.Helper()
	if string(location.CouncilCode) != code {
		t.Errorf("row %s is in council area %s; want %s", row["id"], location.CouncilCode, code)
	}
	if !strings.Contains(row["town"], string(location.Postcode)) {
		t.Errorf("row %s has the postcode %s; the table says %s", row["id"], location.Postcode, row["town"])
	}
	published := regexp.MustCompile(`[A-Z]{1,2}\d+ \d[A-Z]{2}`).FindString(row["town"] + " ")
	if published != string(location.Postcode) {
		t.Errorf("row %s has the postcode %q; want %q", row["id"], location.Postcode, published)
	}
	known := row["town"] + " " + row["service"] + " " + row["council_area"]
	for _, word := range strings.FieldsFunc(location.Town+" "+location.Address, func(r rune) bool { return r == ' ' || r == ',' }) {
		if !strings.Contains(known, word) {
			t.Errorf("row %s: %q stands in no column", row["id"], word)
		}
	}
}

func TestEveryRowNamesItsSources(t *testing.T) {
	title := map[string]string{}
	for _, row := range table(t, "sources.csv") {
		title[row["tag"]] = row["title"]
	}
	services := byRow(t)
	for _, row := range serviceRows(t) {
		var got []string
		for _, source := range services[row["id"]].Spec.Sources {
			got = append(got, source.Title)
		}
		for tag := range strings.SplitSeq(row["sources"], ";") {
			if !slices.Contains(got, title[tag]) {
				t.Errorf("row %s: source %s, %q, is not named", row["id"], tag, title[tag])
			}
		}
	}
}

func TestProvidersAndTheirSectorsAreTheTables(t *testing.T) {
	partners := map[v1alpha1.ObjectName]*v1alpha1.Partner{}
	for _, p := range all[*v1alpha1.Partner](t) {
		partners[v1alpha1.ObjectName(p.Name)] = p
	}
	sectors := map[string]v1alpha1.Sector{
		"third": v1alpha1.SectorThirdSector, "private": v1alpha1.SectorIndependent,
		"statutory": v1alpha1.SectorStatutory, "unknown": "",
	}
	services := byRow(t)
	for _, row := range serviceRows(t) {
		partner := partners[services[row["id"]].Spec.ProviderRef.Name]
		name, organisation := partner.Spec.DisplayName, row["organisation"]
		if organisation == "unknown" && !strings.Contains(name, "name not found") {
			t.Errorf("row %s: provider %q; the table does not know it", row["id"], name)
		}
		if organisation != "unknown" && !strings.HasPrefix(organisation, name) {
			t.Errorf("row %s: provider %q; the table says %q", row["id"], name, organisation)
		}
		if sector, given := row["sector"]; given && partner.Spec.Sector != sectors[sector] {
			t.Errorf("row %s: sector %q of %s; the table says %s", row["id"], partner.Spec.Sector, name, sector)
		}
	}
}

// date is the date at the start of a table's column, if there is one: "2022-11 (was 8)" is 2022-11.
func date(column string) v1alpha1.PartialDate {
	match := regexp.MustCompile(`^(\d{4}(?:-\d\d){0,2})(?: \(|$)`).FindStringSubmatch(column)
	if match == nil {
		return ""
	}
	return v1alpha1.PartialDate(match[1])
}

func TestEveryPublishedFigureIsTheTablesWithItsDateAndSource(t *testing.T) {
	title := map[string]string{}
	for _, row := range table(t, "sources.csv") {
		title[row["tag"]] = row["title"]
	}
	pools, figures := poolsByRow(t), 0
	regulated := map[string]bool{"R01": true, "R03": true}
	for _, row := range serviceRows(t) {
		if row["beds_status"] != "published" || row["beds"] == "0" {
			continue
		}
		figures++
		sum, want := 0, date(row["beds_as_of"])
		if row["id"] == "C01" {
			want = "2020-05-31" // "2014 page and CI2020 agree": the date of the Care Inspectorate's figure
		}
		for _, pool := range pools[row["id"]] {
			r := pool.Spec.Registered
			if regulated[row["id"]] { // the table's figure is the provider's own, beside the regulator's
				r = &pool.Spec.OtherFigures[0]
			}
			if r == nil {
				t.Errorf("row %s: pool %s has no figure", row["id"], pool.Name)
				continue
			}
			sum += int(*r.Places)
			if r.Source.AsOf != want {
				t.Errorf("row %s: the figure is as of %q; want %q", row["id"], r.Source.AsOf, want)
			}
			if !fromOneOf(r.Source, title, row["beds_source"], row["sources"]) {
				t.Errorf("row %s: the figure is from %+v, not a source of the row", row["id"], r.Source)
			}
		}
		if strconv.Itoa(sum) != row["beds"] {
			t.Errorf("row %s: %d places; the table says %s", row["id"], sum, row["beds"])
		}
	}
	if figures != 15 {
		t.Errorf("%d rows have a published number of beds; want 15", figures)
	}
}

// fromOneOf says whether a source is the tag the table gives for the figure or, if it gives none, one of the row's.
func fromOneOf(source v1alpha1.Source, title map[string]string, figureTag, rowTags string) bool {
	tags := strings.Split(rowTags, ";")
	if figureTag != "" {
		tags = []string{figureTag}
	}
	return source.Provenance == v1alpha1.ProvenancePublished && slices.ContainsFunc(tags, func(tag string) bool {
		return source.Title == title[tag] || strings.HasPrefix(source.Title, title[tag]+" (")
	})
}

func TestUnknownStaysUnknown(t *testing.T) {
	pools := poolsByRow(t)
	for _, row := range serviceRows(t) {
		if row["beds_status"] != "unknown" || row["id"] == "R10" { // R10 counts families, see below
			continue
		}
		if len(pools[row["id"]]) == 0 {
			t.Errorf("row %s: no pool says that its number of places is not known", row["id"])
		}
		for _, pool := range pools[row["id"]] {
			if pool.Spec.Registered != nil || pool.Spec.OtherFigures != nil {
				t.Errorf("row %s: pool %s has a number nobody published", row["id"], pool.Name)
			}
		}
	}
	for _, partner := range []string{"turning-point-scotland", "huntercombe-group", "provider-of-turnaround"} {
		for _, p := range all[*v1alpha1.Partner](t) {
			if p.Name == partner && p.Spec.Sector != "" {
				t.Errorf("%s: sector %s; no table gives it", partner, p.Spec.Sector)
			}
		}
	}
}

// The regulator's figures are the Care Inspectorate's of 31 May 2020, source P24.
func TestRegisteredIsTheRegulatorsFigureWhereOneIsKnown(t *testing.T) {
	pools := poolsByRow(t)
	for row, places := range map[string]int32{"R01": 21, "R03": 29, "R08": 31, "R14": 10, "C01": 12, "C02": 10} {
		r := pools[row][0].Spec.Registered
		regulator := strings.HasPrefix(r.Source.Title, "Care Inspectorate") && r.Source.AsOf == "2020-05-31"
		agrees := strings.Contains(r.Source.Title, "the Care Inspectorate's figure of 31 May 2020 agrees")
		if *r.Places != places || regulator == agrees {
			t.Errorf("row %s: %d places from %+v; want the regulator's %d", row, *r.Places, r.Source, places)
		}
	}
}

func TestFamilyHousesCountFamiliesNotBeds(t *testing.T) {
	pools := poolsByRow(t)
	for row, families := range map[string]int32{"R10": 20, "R19": 4, "R20": 4} {
		its := pools[row]
		if len(its) != 1 || its[0].Spec.Kind != v1alpha1.PoolFamilyResidential || *its[0].Spec.Registered.Places != families {
			t.Errorf("row %s: %+v; want one pool of %d families", row, its, families)
			continue
		}
		if its[0].Spec.Features.Children != v1alpha1.KnownYes || !strings.Contains(its[0].Spec.DisplayName, "one place") {
			t.Errorf("row %s: the pool does not say that children come too and what a place is", row)
		}
	}
	if title := pools["R10"][0].Spec.Registered.Source.Title; !strings.Contains(title, "the unit is a family, not a bed") {
		t.Errorf("Harper House's figure is from %q; want the unit said", title)
	}
}

func TestFiguresThatDisagreeAreKept(t *testing.T) {
	pools := poolsByRow(t)
	for row, want := range map[string]struct {
		registered, other int32
		asOf              v1alpha1.PartialDate
	}{
		"R01": {21, 34, ""}, "R03": {29, 24, ""}, "R19": {4, 5, ""}, "C03": {12, 8, ""}, "C04": {12, 8, ""},
	} {
		spec := pools[row][0].Spec
		if *spec.Registered.Places != want.registered || len(spec.OtherFigures) != 1 ||
			*spec.OtherFigures[0].Places != want.other || spec.OtherFigures[0].Source.AsOf != want.asOf {
			t.Errorf("row %s: %d and %+v; want %+v", row, *spec.Registered.Places, spec.OtherFigures, want)
		}
	}
}

func TestOperation(t *testing.T) {
	services, pools := byRow(t), poolsByRow(t)
	want := map[string]v1alpha1.Operation{
		"C03": v1alpha1.OperationClosed, "C06": v1alpha1.OperationUnknown, "C07": v1alpha1.OperationUnknown,
	}
	for row, service := range services {
		if service.Spec.Operation != want[row] { // the default, Open, for all others
			t.Errorf("row %s: operation %q; want %q", row, service.Spec.Operation, want[row])
		}
		for _, pool := range pools[row] {
			if pool.Spec.Operation != want[row] {
				t.Errorf("row %s: operation %q of its pool; want %q", row, pool.Spec.Operation, want[row])
			}
		}
	}
	if got := services["C03"].Spec.ClosedOn; got != "2024-02-14" {
		t.Errorf("218 closed on %q; want 2024-02-14", got)
	}
}

// Rehabilitation, detox, stabilisation and crisis are different things.
func TestTypes(t *testing.T) {
	services, pools := byRow(t), poolsByRow(t)
	for _, row := range table(t, rehabTable) {
		types := services[row["id"]].Spec.Types
		if !slices.Contains(types, v1alpha1.ServiceResidentialRehab) {
			t.Errorf("row %s: %v lacks ResidentialRehab", row["id"], types)
		}
		detox := strings.HasPrefix(row["detox_on_site"], "yes")
		if slices.Contains(types, v1alpha1.ServiceDetox) != detox {
			t.Errorf("row %s: %v; detox on site: %s", row["id"], types, row["detox_on_site"])
		}
	}
	for row, want := range map[string][]v1alpha1.ServiceType{
		"C01": {"Crisis", "NeedleExchange", "NaloxoneSupply"}, "C02": {"Stabilisation"}, "C04": {"Detox"},
		"C05": {"Stabilisation", "Aftercare"}, "C06": {"Detox"}, "C07": {"Detox"},
		"C08": {"HeroinAssistedTreatment"}, "C09": {"SaferConsumptionFacility"},
	} {
		if diff := cmp.Diff(want, services[row].Spec.Types); diff != "" {
			t.Errorf("row %s (-want +got):\n%s", row, diff)
		}
	}
	for _, row := range []string{"C08", "C09"} {
		if len(pools[row]) != 0 {
			t.Errorf("row %s has pools; nobody stays overnight there", row)
		}
	}
}

func TestTheThistleIsOpenEveryDayOfTheYear(t *testing.T) {
	location := byRow(t)["C09"].Spec.Locations[0]
	want := []v1alpha1.OpeningHours{{
		Days: []v1alpha1.Weekday{
			"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "PublicHoliday",
		},
		Opens: "09:00", Closes: "21:00",
	}}
	if diff := cmp.Diff(want, location.OpeningHours); diff != "" {
		t.Errorf("hours (-want +got):\n%s", diff)
	}
	if location.Postcode != "G4 0UP" {
		t.Errorf("postcode %q; want G4 0UP", location.Postcode)
	}
}
