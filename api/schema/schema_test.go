package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/directory"
	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/engine"
	"lifeline.scot/crds"
)

// server answers from a directory of the objects, at noon.
func server(t testing.TB, state directory.State, objects ...metav1.Object) http.Handler {
	t.Helper()
	compiled, err := Compile()
	if err != nil {
		t.Fatal(err)
	}
	return serverOf(compiled, state, objects...)
}

func serverOf(compiled *engine.Engine, state directory.State, objects ...metav1.Object) http.Handler {
	snapshot := directory.SnapshotOf(directory.NewChanges(objects...))
	return engine.NewHandler(compiled, Options(func() directory.View {
		return directory.NewView(snapshot, given.Noon(),
			directory.Freshness{State: state, AsOf: given.Noon(), Since: given.Noon()})
	}))
}

// response is an answer.
type response struct {
	Data   map[string]any
	Errors []struct {
		Message    string
		Extensions map[string]any
	}
	Extensions map[string]any
	header     http.Header
}

func ask(t testing.TB, h http.Handler, query string) response {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/graphql?query="+url.QueryEscape(query), nil))
	r := response{header: w.Header()}
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
		t.Fatalf("%s answers %d %q: %v", query, w.Code, w.Body.String(), err)
	}
	return r
}

// data answers a query that nothing is wrong with.
func data(t testing.TB, h http.Handler, query string) map[string]any {
	t.Helper()
	r := ask(t, h, query)
	if len(r.Errors) > 0 {
		t.Fatalf("%s: %v", query, r.Errors)
	}
	return r.Data
}

// code is the code of the only error of a query.
func code(t testing.TB, h http.Handler, query string) string {
	t.Helper()
	r := ask(t, h, query)
	if len(r.Errors) != 1 {
		t.Fatalf("%s: %d errors: %v", query, len(r.Errors), r.Errors)
	}
	code, _ := r.Errors[0].Extensions["code"].(string)
	return code
}

// compact writes an answer in one line, with the keys sorted.
func compact(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheCommittedSchemaIsTheOneServed(t *testing.T) {
	compiled, err := Compile()
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(committed), compiled.SDL()); diff != "" {
		t.Error("run go generate ./api/schema; (-committed +served):\n", diff)
	}
}

// TestNothingInternalIsInTheSchema looks for words of what is kept from the public.
func TestNothingInternalIsInTheSchema(t *testing.T) {
	committed, err := os.ReadFile("schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	internal := regexp.MustCompile(`(?i)\b(clients?ID|issuer|accounts?|administrators?|signingSecretRef|secret\w*|signing\w*|payload|dataProtection|token|finalizers?|managedFields|resourceVersion|uid)\b`)
	if found := internal.FindAllString(string(committed), -1); found != nil {
		t.Errorf("the schema speaks of %v", found)
	}
	unkind := regexp.MustCompile(`(?i)\b(addict\w*|alcoholic\w*|abus\w*|misus\w*|junkie\w*|clean|dirty|victim\w*|suffer\w*|refus\w*|rejected|bed.?blocker)\b`)
	if found := unkind.FindAllString(string(committed), -1); found != nil {
		t.Errorf("the schema says %v", found)
	}
}

// TestEnumsAreComplete compares each enum made from a resource's with the resource definitions.
func TestEnumsAreComplete(t *testing.T) {
	defined := definedEnums(t)
	e := newEnums()
	for _, enum := range []*engine.Enum{
		e.known, e.serviceType, e.operation, e.gender, e.group, e.catchment, e.substance, e.route, e.weekday, e.sector,
		e.participation, e.identifierScheme, e.matRating, e.provenance, e.poolKind, e.trust, e.countProvenance, e.claimScope,
	} {
		var values []string
		for _, value := range enum.Values {
			values = append(values, fmt.Sprint(value.Value))
			if value.Name != screaming(fmt.Sprint(value.Value)) || !regexp.MustCompile(`^[A-Z][A-Z_]*$`).MatchString(value.Name) {
				t.Errorf("%s: %v is named %s", enum.Name, value.Value, value.Name)
			}
		}
		slices.Sort(values)
		if !defined[strings.Join(values, " ")] {
			t.Errorf("no resource has an enum with exactly the values of %s: %v", enum.Name, values)
		}
	}
}

// definedEnums are the enums in the resource definitions, each as its sorted values.
func definedEnums(t *testing.T) map[string]bool {
	definitions, err := crds.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	var walk func(apiextensionsv1.JSONSchemaProps)
	walk = func(s apiextensionsv1.JSONSchemaProps) {
		var values []string
		for _, value := range s.Enum {
			values = append(values, strings.Trim(string(value.Raw), `"`))
		}
		slices.Sort(values)
		found[strings.Join(values, " ")] = true
		for _, property := range s.Properties {
			walk(property)
		}
		if s.Items != nil && s.Items.Schema != nil {
			walk(*s.Items.Schema)
		}
	}
	for _, definition := range definitions {
		for _, version := range definition.Spec.Versions {
			walk(*version.Schema.OpenAPIV3Schema)
		}
	}
	return found
}

func TestScreamingNames(t *testing.T) {
	for name, want := range map[string]string{
		"OpioidSubstitutionTherapy": "OPIOID_SUBSTITUTION_THERAPY", "MATPrimaryCare": "MAT_PRIMARY_CARE", "LGBT": "LGBT",
		"GP": "GP", "NHSLocation": "NHS_LOCATION", "AnyGender": "ANY_GENDER", "DISTANCE": "DISTANCE", "LAST_KNOWN": "LAST_KNOWN",
	} {
		if got := screaming(name); got != want {
			t.Errorf("%s becomes %s, want %s", name, got, want)
		}
	}
}

func TestEachAnswerSaysAsOfWhenItIs(t *testing.T) {
	for _, state := range []directory.State{directory.Live, directory.LastKnown} {
		r := ask(t, server(t, state), `{ directory { state asOf since now } }`)
		want := fmt.Sprintf(`{"asOf":"2026-11-22T12:00:00Z","state":%q,"version":"1"}`, state)
		if got := compact(t, r.Extensions["directory"]); got != want {
			t.Errorf("extensions %s, want %s", got, want)
		}
		if r.header.Get("Lifeline-As-Of") != "2026-11-22T12:00:00Z" || r.header.Get("Lifeline-State") != string(state) {
			t.Errorf("headers %v", r.header)
		}
		want = fmt.Sprintf(`{"asOf":"2026-11-22T12:00:00Z","now":"2026-11-22T12:00:00Z","since":"2026-11-22T12:00:00Z","state":%q}`,
			state)
		if got := compact(t, r.Data["directory"]); got != want {
			t.Errorf("directory %s, want %s", got, want)
		}
	}
}

// An answer whose fields failed is made from a state of the directory like any other.
func TestAnAnswerWithErrorsSaysAsOfWhenItIsToo(t *testing.T) {
	r := ask(t, server(t, directory.Live), `{ partnerships { totalCount } }`)
	if len(r.Errors) != 1 || r.header.Get("Lifeline-As-Of") != "2026-11-22T12:00:00Z" || r.Extensions["directory"] == nil {
		t.Errorf("errors %v, headers %v, extensions %v", r.Errors, r.header, r.Extensions)
	}
}

// TestEveryFieldCanBeRead asks for all there is of everything, by walking the schema.
func TestEveryFieldCanBeRead(t *testing.T) {
	h := server(t, directory.Live, full()...)
	for _, query := range []string{
		`{ partnerships(first: 10) { nodes { ` + allFields(t, "Partnership", 2) + ` } } }`,
		`{ partners(first: 10, sectors: [THIRD_SECTOR]) { nodes { ` + allFields(t, "Partner", 2) + ` } } }`,
		`{ supportServices(first: 10, near: {postcodeDistrict: "KW15", radiusKm: 500}) { edges { cursor distanceKm node { ` + allFields(t, "SupportService", 2) + ` } } } }`,
		`{ capacityPools(first: 10) { nodes { ` + allFields(t, "CapacityPool", 2) + ` } } }`,
		`{ totals { ` + allFields(t, "PlaceTotals", 2) + ` } }`,
	} {
		found := compact(t, data(t, h, query))
		if strings.Contains(found, `:[]`) && strings.HasPrefix(found, `{"edges":[]`) {
			t.Errorf("%s found nothing", query)
		}
	}
}

// allFields is a selection of all fields of an object that need no arguments, so many objects deep.
func allFields(t *testing.T, name string, depth int) string {
	objects := objectsOf()
	var selection func(string, int) string
	selection = func(name string, depth int) string {
		var fields []string
		for _, field := range objects[name].Fields() {
			object := objects[strings.Trim(field.Type.TypeName(), "[]!")]
			switch {
			case slices.ContainsFunc(field.Args, func(a engine.Argument) bool { return a.Name == "first" }):
			case object == nil:
				fields = append(fields, field.Name)
			case depth > 0:
				fields = append(fields, field.Name+" { "+selection(object.Name, depth-1)+" }")
			}
		}
		return "__typename " + strings.Join(fields, " ")
	}
	if objects[name] == nil {
		t.Fatalf("there is no %s among %v", name, slices.Sorted(maps.Keys(objects)))
	}
	return selection(name, depth)
}

// objectsOf are the object types of the schema, by name.
func objectsOf() map[string]*engine.Object {
	t := declare(Sources{})
	objects := map[string]*engine.Object{}
	for _, object := range []*engine.Object{
		t.partnership, t.partner, t.supportService, t.capacityPool, t.source, t.contact, t.council, t.healthBoard, t.matRating,
		t.identifier, t.location, t.position, t.openingHours, t.audience, t.access, t.verification, t.figure,
		t.publishedPlaces, t.lastKnown, t.features, t.claimableBy, t.placeTotals,
	} {
		objects[object.Name] = object
	}
	return objects
}
