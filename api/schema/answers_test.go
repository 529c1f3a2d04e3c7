package schema

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"lifeline.scot/api/directory"
	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/crds/v1alpha1"
)

func pointer[T any](value T) *T { return &value }

// full is a directory whose things have every field filled in.
func full() []metav1.Object {
	source := v1alpha1.Source{
		Title: "A page", URI: "https://example.org", AsOf: "2020-05",
		Provenance: v1alpha1.ProvenancePublished,
	}
	contact := &v1alpha1.Contact{Phone: "0808 800 0000", Email: "help@example.org", Website: "https://example.org"}
	north := given.Partnership("north", "North ADP")
	north.Spec.MATRatings = []v1alpha1.MATRating{{Standard: 1, Value: v1alpha1.MATGreen, Source: source}}
	north.Spec.Contact, north.Spec.Sources = contact, []v1alpha1.Source{source}
	north.Spec.Administrators = []v1alpha1.Account{{Kind: v1alpha1.AccountGroup, Name: "internal-admins"}}
	partner := given.Partner("provider", "The Provider")
	partner.Spec.Contact, partner.Spec.Sources = contact, []v1alpha1.Source{source}
	partner.Spec.Identifiers = []v1alpha1.Identifier{{Scheme: v1alpha1.SchemeCharityNumber, Value: "SC003558"}}
	partner.Spec.Clients = []v1alpha1.LoginClient{{Issuer: "https://internal.example.org", ClientID: "internal-client"}}
	partner.Spec.Accounts = []v1alpha1.Account{{Kind: v1alpha1.AccountUser, Name: "internal-user"}}
	return []metav1.Object{north, partner, fullService(source, contact), fullPool(source)}
}

func fullService(source v1alpha1.Source, contact *v1alpha1.Contact) *v1alpha1.SupportService {
	s := given.At(given.Service("north", "house", "The House", v1alpha1.ServiceDetox), "Kirkwall", 58.98, -2.96)
	place := &s.Spec.Locations[0]
	place.Address, place.Postcode, place.CouncilCode, place.StepFree = "1 Street", "KW15 1AB", "S12000023", v1alpha1.KnownYes
	place.OpeningHours = []v1alpha1.OpeningHours{{Days: []v1alpha1.Weekday{"Monday", "PublicHoliday"}, Opens: "09:00", Closes: "24:00"}}
	s.Spec.Summary, s.Spec.Contact, s.Spec.Sources = "Help.", contact, []v1alpha1.Source{source}
	s.Spec.Audience = &v1alpha1.Audience{
		Genders: []v1alpha1.Gender{v1alpha1.GenderAny}, MinimumAgeYears: pointer(int32(16)), MaximumAgeYears: pointer(int32(65)),
		Groups: []v1alpha1.AudienceGroup{v1alpha1.GroupLGBT}, Catchment: v1alpha1.CatchmentScotland, Summary: "Anybody.",
	}
	s.Spec.Access = &v1alpha1.Access{
		Routes: []v1alpha1.AccessRoute{v1alpha1.RouteGP}, Accepting: v1alpha1.KnownYes, TypicalWaitDays: pointer(int32(3)), Summary: "Call.",
	}
	s.Spec.Substances, s.Spec.MATStandards = []v1alpha1.Substance{v1alpha1.SubstanceOpioids}, []v1alpha1.MATStandard{1, 3}
	s.Spec.Languages, s.Spec.CareInspectorateNumber = []string{"en", "gd"}, "CS2016348196"
	s.Spec.Verification = &v1alpha1.Verification{VerifiedTime: metav1.NewTime(given.Noon()), VerifiedBy: "provider"}
	return s
}

func fullPool(source v1alpha1.Source) *v1alpha1.CapacityPool {
	p := given.Counted(given.Pool("north", "beds", "house", v1alpha1.PoolDetox), given.Noon().Add(-time.Minute), 12, 7, 0)
	p.Spec.Registered = &v1alpha1.PlacesFigure{Places: pointer(int32(14)), Source: source}
	p.Spec.OtherFigures = []v1alpha1.PlacesFigure{{Places: pointer(int32(10)), Source: source}}
	p.Spec.Features = &v1alpha1.Features{
		Genders: []v1alpha1.Gender{v1alpha1.GenderWomen}, MinimumAgeYears: pointer(int32(16)), MaximumAgeYears: pointer(int32(65)),
		Children: v1alpha1.KnownYes, MaximumChildren: 2, StepFree: v1alpha1.KnownYes,
	}
	p.Spec.ClaimableBy = &v1alpha1.ClaimableBy{
		Scope:        v1alpha1.ClaimSelected,
		Partnerships: []v1alpha1.ObjectName{"north", "unheard-of"},
	}
	return p
}

func TestNothingInternalIsAnswered(t *testing.T) {
	h := server(t, directory.Live, full()...)
	found := compact(t,
		data(t, h,
			`{ partners(first: 9) { nodes { `+allFields(t, "Partner", 3)+` } } partnerships(first: 9) { nodes { `+allFields(t, "Partnership", 3)+` } } }`))
	if strings.Contains(found, "internal") {
		t.Error("the answer holds what is internal: ", found)
	}
}

func TestAnswers(t *testing.T) {
	h := server(t, directory.Live, full()...)
	id := func(kind directory.Kind, namespace, name string) string { return directory.IDOf(kind, namespace, name) }
	for name, c := range map[string]struct{ query, want string }{
		"a service with its provider and places": {
			`{ supportService(partnership: "north", name: "house") { displayName types accepting recentlyVerified provider { displayName } partnership { name } capacityPools(first: 5) { totalCount nodes { free { value state } } } verification { verifiedBy verifiedTime } locations { postcodeDistrict position { latitude longitude } openingHours { days } } } }`,
			`{"supportService":{"accepting":"YES","capacityPools":{"nodes":[{"free":{"state":"KNOWN","value":5}}],"totalCount":1},"displayName":"The House","locations":[{"openingHours":[{"days":["MONDAY","PUBLIC_HOLIDAY"]}],"position":{"latitude":58.98,"longitude":-2.96},"postcodeDistrict":"KW15"}],"partnership":{"name":"north"},"provider":{"displayName":"The Provider"},"recentlyVerified":true,"types":["DETOX"],"verification":{"verifiedBy":"The Provider","verifiedTime":"2026-11-22T12:00:00Z"}}}`,
		},
		"a pool with its source": {
			`{ capacityPool(partnership: "north", name: "beds") { registered { value } registration { places source { title asOf provenance } } confirmedBy confirmedAgeSeconds trust provenance lastKnown { free { value } } claimableBy { scope partnerships { name } } service { displayName } provider { name } } }`,
			`{"capacityPool":{"claimableBy":{"partnerships":[{"name":"north"}],"scope":"SELECTED"},"confirmedAgeSeconds":60,"confirmedBy":"The Provider","lastKnown":null,"provenance":"COUNTED","provider":{"name":"provider"},"registered":{"value":14},"registration":{"places":14,"source":{"asOf":"2020-05","provenance":"PUBLISHED","title":"A page"}},"service":{"displayName":"The House"},"trust":"CONFIRMED"}}`,
		},
		"what does not exist is null": {
			`{ supportService(partnership: "north", name: "x") { id } capacityPool(partnership: "x", name: "beds") { id } partnership(name: "x") { id } partner(name: "x") { id } node(id: "x") { id } }`,
			`{"capacityPool":null,"node":null,"partner":null,"partnership":null,"supportService":null}`,
		},
		"nodes of every kind, in order, null for each that is missing": {
			fmt.Sprintf(`{ nodes(ids: [%q, "x", %q, %q, %q]) { __typename id ... on SupportService { displayName } } }`,
				id(directory.KindPool, "adp-north", "beds"), id(directory.KindService, "adp-north", "house"),
				id(directory.KindPartner, "", "provider"), id(directory.KindPartnership, "", "north")),
			fmt.Sprintf(`{"nodes":[{"__typename":"CapacityPool","id":%q},null,{"__typename":"SupportService","displayName":"The House","id":%q},{"__typename":"Partner","id":%q},{"__typename":"Partnership","id":%q}]}`,
				id(directory.KindPool, "adp-north", "beds"), id(directory.KindService, "adp-north", "house"),
				id(directory.KindPartner, "", "provider"), id(directory.KindPartnership, "", "north")),
		},
		"near a point, with the distance on the edge": {
			`{ supportServices(first: 5, near: {latitude: 58.979, longitude: -2.96}) { totalCount edges { distanceKm distanceApproximate node { name } } } }`,
			`{"supportServices":{"edges":[{"distanceApproximate":false,"distanceKm":0.1,"node":{"name":"house"}}],"totalCount":1}}`,
		},
		"near a postcode district, of which only the first half is read": {
			`{ supportServices(first: 5, near: {postcodeDistrict: "kw15 1zz"}) { totalCount nodes { name } } }`,
			`{"supportServices":{"nodes":[{"name":"house"}],"totalCount":1}}`,
		},
		"an ADP's own lists and totals": {
			`{ partnership(name: "north") { supportServices(first: 1) { totalCount } capacityPools(first: 1, filter: {freeNow: true}) { nodes { name } } totals { kind pools free { value } provenance } } }`,
			`{"partnership":{"capacityPools":{"nodes":[{"name":"beds"}]},"supportServices":{"totalCount":1},"totals":[{"free":{"value":5},"kind":"DETOX","pools":1,"provenance":"COUNTED"}]}}`,
		},
		"an ADP's list is not widened by a filter": {
			`{ partnership(name: "north") { supportServices(first: 1, filter: {partnerships: ["south"]}) { totalCount } } }`,
			`{"partnership":{"supportServices":{"totalCount":0}}}`,
		},
		"every part of a filter": {
			`{ supportServices(first: 1, filter: {types: [DETOX], partnerships: ["north"], providers: ["provider"], text: "kirk", audience: {gender: WOMEN, ageYears: 30, groups: [LGBT]}, substances: [OPIOIDS], acceptingNow: true, matStandards: [1, 3], operations: [OPEN]}, orderBy: VERIFIED) { totalCount pageInfo { hasNextPage hasPreviousPage } }
			   capacityPools(first: 1, filter: {kinds: [DETOX], partnerships: ["north"], needs: {gender: WOMEN, ageYears: 30, children: 2, stepFree: true}, freeNow: true, trust: [CONFIRMED], operations: [OPEN]}, orderBy: FREE) { totalCount } }`,
			`{"capacityPools":{"totalCount":1},"supportServices":{"pageInfo":{"hasNextPage":false,"hasPreviousPage":false},"totalCount":1}}`,
		},
		"empty lists, empty texts and false ask nothing": {
			`{ supportServices(first: 1, filter: {types: [], partnerships: [], providers: [], text: " ", audience: {groups: []}, substances: [], acceptingNow: false, matStandards: [], operations: []}) { totalCount }
			   capacityPools(first: 1, filter: {kinds: [], partnerships: [], freeNow: false, trust: [], operations: []}) { totalCount } partners(first: 1, sectors: []) { totalCount } }`,
			`{"capacityPools":{"totalCount":1},"partners":{"totalCount":1},"supportServices":{"totalCount":1}}`,
		},
		"an empty page has no cursors": {
			`{ supportServices(first: 1, filter: {text: "nowhere"}) { totalCount nodes { id } edges { cursor } pageInfo { startCursor endCursor } } }`,
			`{"supportServices":{"edges":[],"nodes":[],"pageInfo":{"endCursor":null,"startCursor":null},"totalCount":0}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := compact(t, data(t, h, c.query)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestProblemsHaveCodes(t *testing.T) {
	h := server(t, directory.Live, full()...)
	cursor := directory.Cursor("services/NAME", directory.Key{Text: "x", ID: "x"})
	ids := strings.Repeat(`"x" `, 101)
	for query, want := range map[string]string{
		`{ supportServices { totalCount } }`:                                                               CodeBadPageSize,
		`{ supportServices(first: 1, last: 1) { totalCount } }`:                                            CodeBadPageSize,
		`{ supportServices(first: 0) { totalCount } }`:                                                     CodeBadPageSize,
		`{ capacityPools(first: 101) { totalCount } }`:                                                     CodeBadPageSize,
		`{ partners(last: -1) { totalCount } }`:                                                            CodeBadPageSize,
		`{ supportServices(first: 1, after: "no cursor") { totalCount } }`:                                 CodeBadCursor,
		`{ supportServices(first: 1, orderBy: VERIFIED, before: "` + cursor + `") { totalCount } }`:        CodeCursorOfAnotherList,
		`{ capacityPools(first: 1, after: "` + cursor + `") { totalCount } }`:                              CodeCursorOfAnotherList,
		`{ supportServices(first: 1, orderBy: DISTANCE) { totalCount } }`:                                  CodeOrderNeedsNear,
		`{ supportServices(first: 1, near: {postcodeDistrict: "SW1A"}) { totalCount } }`:                   CodeUnknownDistrict,
		`{ supportServices(first: 1, near: {postcodeDistrict: "Glasgow"}) { totalCount } }`:                CodeBadArgument,
		`{ supportServices(first: 1, near: {latitude: 55}) { totalCount } }`:                               CodeBadArgument,
		`{ supportServices(first: 1, near: {latitude: 95, longitude: 0}) { totalCount } }`:                 CodeBadArgument,
		`{ supportServices(first: 1, near: {postcodeDistrict: "G4", latitude: 55}) { totalCount } }`:       CodeBadArgument,
		`{ supportServices(first: 1, near: {postcodeDistrict: "G4", radiusKm: 0}) { totalCount } }`:        CodeBadArgument,
		`{ supportServices(first: 1, filter: {matStandards: [11]}) { totalCount } }`:                       CodeBadArgument,
		`{ supportServices(first: 1, filter: {audience: {ageYears: 121}}) { totalCount } }`:                CodeBadArgument,
		`{ supportServices(first: 1, filter: {text: "` + strings.Repeat("x", 201) + `"}) { totalCount } }`: CodeBadArgument,
		`{ capacityPools(first: 1, filter: {needs: {children: 13}}) { totalCount } }`:                      CodeBadArgument,
		`{ supportServices(first: 1, filter: {text: " ?! "}) { totalCount } }`:                             CodeBadArgument,
		`{ supportServices(first: 1, filter: {text: "\u0000"}) { totalCount } }`:                           CodeBadArgument,
		`{ supportServices(first: 1) { nodes { capacityPools { totalCount } } } }`:                         CodeBadPageSize,
	} {
		if got := code(t, h, query); got != want {
			t.Errorf("%s: code %s, want %s", query, got, want)
		}
	}
	if got := code(t, h, `{ nodes(ids: [`+ids+`]) { id } }`); got == "" {
		t.Error("101 ids are answered")
	}
}

// TestFiguresSayWhatTheyAre goes through what a number can be.
func TestFiguresSayWhatTheyAre(t *testing.T) {
	noon := given.Noon()
	pool := func(name string) *v1alpha1.CapacityPool {
		return given.Pool("north", name, "house", v1alpha1.PoolDetox)
	}
	closed := given.Counted(pool("closed"), noon, 12, 7, 0)
	closed.Spec.Operation = v1alpha1.OperationPaused
	invented := given.Counted(pool("invented"), noon, 12, 7, 0)
	invented.Status.Provenance = v1alpha1.CountIllustrative
	h := server(t, directory.Live,
		given.Counted(pool("plain"), noon, 12, 7, 0), given.Counted(pool("empty"), noon, 12, 0, 0),
		given.Counted(pool("few"), noon, 12, 3, 0), given.Counted(pool("held"), noon, 12, 7, 2),
		given.Counted(pool("old"), noon.Add(-49*time.Hour), 12, 7, 0), pool("silent"), closed, invented)
	for name, want := range map[string]string{
		"plain":    "12 7 0 5 | CONFIRMED COUNTED",
		"empty":    "12 0 0 12 | CONFIRMED COUNTED",
		"few":      "* * * 9 | CONFIRMED COUNTED",
		"held":     "12 * * 3 | CONFIRMED COUNTED",
		"old":      "? ? ? ? | UNCONFIRMED COUNTED last 12 7 0 5",
		"silent":   "? ? ? ? | UNCONFIRMED <nil>",
		"closed":   "12 7 0 - | CONFIRMED COUNTED",
		"invented": "12 7 0 5 | CONFIRMED ILLUSTRATIVE",
	} {
		answer := data(t, h,
			`{ capacityPool(partnership: "north", name: "`+name+`") { staffed { value state } occupied { value state } held { value state } free { value state } trust provenance lastKnown { staffed { value state } occupied { value state } held { value state } free { value state } } } }`)
		got := answer["capacityPool"].(map[string]any)
		said := fmt.Sprintf("%s | %v %v", four(got), got["trust"], got["provenance"])
		if last, ok := got["lastKnown"].(map[string]any); ok {
			said += " last " + four(last)
		}
		if said != want {
			t.Errorf("%s: %s, want %s", name, said, want)
		}
	}
	totals := compact(t,
		data(t, h,
			`{ totals { kind pools unconfirmedPools withheldPools illustrativePools provenance free { value } staffed { value } } }`))
	want := `{"totals":[{"free":{"value":34},"illustrativePools":1,"kind":"DETOX","pools":7,"provenance":"ILLUSTRATIVE","staffed":{"value":36},"unconfirmedPools":2,"withheldPools":2}]}`
	if totals != want {
		t.Errorf("totals %s\nwant %s", totals, want)
	}
}

// four writes the four numbers: ? not known, * withheld, - not applicable.
func four(figures map[string]any) string {
	var said []string
	for _, name := range []string{"staffed", "occupied", "held", "free"} {
		f := figures[name].(map[string]any)
		said = append(said,
			map[any]string{
				"KNOWN": fmt.Sprint(f["value"]), "NOT_KNOWN": "?", "WITHHELD_SMALL_NUMBER": "*",
				"NOT_APPLICABLE": "-",
			}[f["state"]])
	}
	return strings.Join(said, " ")
}

// TestNoAnswerDependsOnWhatIsWithheld changes the counts of people that are withheld, and staffed with them, in every way
// that leaves what is published of each pool alone: if any answer differed, it would give something away.
func TestNoAnswerDependsOnWhatIsWithheld(t *testing.T) {
	const query = `{
	  totals { ...T } partnerships(first: 9) { nodes { name totals { ...T } } }
	  capacityPools(first: 100) { totalCount nodes { name staffed { ...F } occupied { ...F } held { ...F } free { ...F } trust lastKnown { staffed { ...F } occupied { ...F } held { ...F } free { ...F } } } }
	  free: capacityPools(first: 100, orderBy: FREE) { nodes { name } }
	  now: capacityPools(first: 100, filter: {freeNow: true}) { totalCount }
	} fragment F on Figure { value state } fragment T on PlaceTotals { kind pools unconfirmedPools withheldPools registered { ...F } staffed { ...F } occupied { ...F } held { ...F } free { ...F } }`
	rapid.Check(t, func(rt *rapid.T) {
		var one, other []metav1.Object
		for _, area := range []string{"north", "south"} {
			one, other = append(one, given.Partnership(area, area)), append(other, given.Partnership(area, area))
			for i := range rapid.IntRange(0, 3).Draw(rt, "pools") {
				free := int32(rapid.IntRange(0, 6).Draw(rt, "free"))
				age := time.Duration(rapid.SampledFrom([]int{0, 30, 60}).Draw(rt, "hours")) * time.Hour
				p := given.Pool(area, fmt.Sprintf("p%d", i), "house", v1alpha1.PoolDetox)
				first, second := drawPeople(rt), drawPeople(rt)
				if !bothSmall(first, second) {
					second = first
				}
				one = append(one, given.Counted(p.DeepCopy(), given.Noon().Add(-age), free+first[0]+first[1], first[0], first[1]))
				other = append(other,
					given.Counted(p.DeepCopy(), given.Noon().Add(-age), free+second[0]+second[1], second[0], second[1]))
			}
		}
		a, b := compact(t,
			data(t, server(t, directory.Live, one...),
				query)), compact(t, data(t, server(t, directory.Live, other...), query))
		if a != b {
			rt.Fatalf("two directories that differ in small counts only answer\n%s\n%s", a, b)
		}
	})
}

// drawPeople draws how many people are in places, and how many places are held.
func drawPeople(t *rapid.T) [2]int32 {
	return [2]int32{int32(rapid.IntRange(0, 8).Draw(t, "occupied")), int32(rapid.IntRange(0, 3).Draw(t, "held"))}
}

// bothSmall reports whether both are from 1 to 4 people altogether, so that neither is published.
func bothSmall(a, b [2]int32) bool {
	small := func(p [2]int32) bool { n := p[0] + p[1]; return 0 < n && n < 5 }
	return small(a) && small(b)
}

// TestPlacesThatCannotBeOfferedAreNotFree closes what a pool depends on: it is then neither free, nor found, nor added up.
func TestPlacesThatCannotBeOfferedAreNotFree(t *testing.T) {
	const query = `{ capacityPool(partnership: "north", name: "beds") { operation free { value state } staffed { value } } ` +
		`capacityPools(first: 1, filter: {freeNow: true}) { totalCount } totals { pools } }`
	for status, want := range map[metav1.ConditionStatus]string{
		metav1.ConditionTrue: `{"capacityPool":{"free":{"state":"KNOWN","value":5},"operation":"OPEN","staffed":{"value":12}},` +
			`"capacityPools":{"totalCount":1},"totals":[{"pools":1}]}`,
		metav1.ConditionFalse: `{"capacityPool":{"free":{"state":"NOT_APPLICABLE","value":null},"operation":"OPEN",` +
			`"staffed":{"value":12}},"capacityPools":{"totalCount":0},"totals":[]}`,
	} {
		pool := given.Counted(given.Pool("north", "beds", "house", v1alpha1.PoolDetox), given.Noon(), 12, 7, 0)
		pool.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReferencesResolved, Status: status}}
		if got := compact(t, data(t, server(t, directory.Live, pool), query)); got != want {
			t.Errorf("references resolved %s: got  %s\nwant %s", status, got, want)
		}
	}
}
