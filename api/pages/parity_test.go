package pages

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/schema"
	"lifeline.scot/crds/v1alpha1"
)

// figure is a number as the API gives it.
type figure struct {
	Value *int
	State string
}

// said is how the board would say the figure.
func (f figure) said() string {
	switch f.State {
	case "KNOWN":
		return strconv.Itoa(*f.Value)
	case "WITHHELD_SMALL_NUMBER":
		return "Withheld"
	case "NOT_APPLICABLE":
		return "Not offered"
	default:
		return "Not known"
	}
}

// apiPool is a pool as the query of the board's own link brings it.
type apiPool struct {
	DisplayName, Operation              string
	Registered, Staffed, Occupied, Held figure
	Free                                figure
	LastKnown                           *struct{ Staffed, Occupied, Held, Free figure }
}

// viaGraphQL follows the board's link to the explorer, and asks the API what stands there.
func viaGraphQL(t testing.TB, api http.Handler, link string) []apiPool {
	t.Helper()
	address, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/graphql?"+address.RawQuery, nil)
	r.Header.Set("Accept", "application/graphql-response+json")
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	var answer struct {
		Data struct {
			CapacityPools struct {
				TotalCount int
				Nodes      []apiPool
			}
		}
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK || len(answer.Errors) > 0 {
		t.Fatalf("status %d, %v: %s\nfor %s", w.Code, err, w.Body, address.Query().Get("query"))
	}
	if answer.Data.CapacityPools.TotalCount != len(answer.Data.CapacityPools.Nodes) {
		t.Fatalf("%d pools in all, %d here", answer.Data.CapacityPools.TotalCount, len(answer.Data.CapacityPools.Nodes))
	}
	return answer.Data.CapacityPools.Nodes
}

func explorerLink(t testing.TB, page answer) string {
	t.Helper()
	links := page.all(func(n *html.Node) bool { return strings.HasPrefix(attribute(n, "href"), "/graphiql?") })
	if len(links) != 1 {
		t.Fatalf("%d links to the explorer", len(links))
	}
	return attribute(links[0], "href")
}

func TestThePageShowsWhatTheAPIShowsAndNoMore(t *testing.T) {
	compiled, err := schema.Compile()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		o := anyObjects(r)
		api := engine.NewHandler(compiled, schema.Options(o.live()))
		pages := New(o.live(), Options{GraphiQLPath: "/graphiql"})
		page := ask(t, pages, httptest.NewRequest(http.MethodGet, anyFilter(r).address(), nil))
		if page.status != http.StatusOK {
			r.Fatalf("status %d", page.status)
		}
		want := map[string]line{}
		for _, pool := range viaGraphQL(t, api, explorerLink(t, page)) {
			want[pool.DisplayName] = pool.line()
		}
		got := map[string]line{}
		for name, l := range page.lines() {
			got[name] = l[2:7]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			r.Fatalf("the page shows other than the API (-API +page):\n%s", diff)
		}
	})
}

// line is how the board would say the pool's five numbers. Where places are not offered and nobody has counted, the board
// does not call the count unknown.
func (p apiPool) line() line {
	if p.Operation != "OPEN" && p.Operation != "UNKNOWN" && p.Staffed.State == "NOT_KNOWN" && p.LastKnown == nil {
		none := p.Free.said()
		return line{p.Registered.said(), none, none, none, none}
	}
	free := p.Free.said()
	if p.Operation == "UNKNOWN" {
		free = "Not known"
	}
	if p.LastKnown == nil {
		return line{p.Registered.said(), p.Staffed.said(), p.Occupied.said(), p.Held.said(), free}
	}
	was := func(f figure) string {
		if f.State == "KNOWN" {
			return f.said() + " last known"
		}
		return f.said()
	}
	if p.Free.State == "NOT_KNOWN" {
		free = "Not confirmed last known: " + p.LastKnown.Free.said()
	}
	return line{p.Registered.said(), was(p.LastKnown.Staffed), was(p.LastKnown.Occupied), was(p.LastKnown.Held), free}
}

// anyObjects are two areas with some pools in any state, small counts above all. A pool's name and shown name are one.
func anyObjects(r *rapid.T) objects {
	o := objects{partnerships: []*v1alpha1.Partnership{partnership("east", "East ADP"), partnership("west", "West ADP")}}
	for _, area := range []string{"east", "west"} {
		o.services = append(o.services, service(area, "house", "House", "nobody", "Town"))
		for i := range rapid.IntRange(0, 4).Draw(r, "pools") {
			o.pools = append(o.pools, anyPool(r, area, fmt.Sprintf("%s-%d", area, i)))
		}
	}
	return o
}

func anyPool(r *rapid.T, area, name string) *v1alpha1.CapacityPool {
	p := pool(area, "house", name, rapid.SampledFrom(directory.PoolKinds()).Draw(r, "kind"), name)
	p.Spec.Operation = rapid.SampledFrom([]v1alpha1.Operation{
		v1alpha1.OperationOpen, v1alpha1.OperationOpen, v1alpha1.OperationOpen, v1alpha1.OperationPaused, v1alpha1.OperationClosed,
		v1alpha1.OperationUnknown,
	}).Draw(r, "operation")
	if rapid.Bool().Draw(r, "has features") {
		known := rapid.SampledFrom([]v1alpha1.Known{v1alpha1.KnownYes, v1alpha1.KnownNo, v1alpha1.KnownUnknown})
		fits(p, v1alpha1.Features{
			Genders:  []v1alpha1.Gender{rapid.SampledFrom([]v1alpha1.Gender{v1alpha1.GenderWomen, v1alpha1.GenderMen, v1alpha1.GenderAny}).Draw(r, "gender")},
			Children: known.Draw(r, "children"), StepFree: known.Draw(r, "step-free"),
			MinimumAgeYears: rapid.SampledFrom([]*int32{nil, ptr[int32](16), ptr[int32](18)}).Draw(r, "from age"),
			DetoxOnSite:     known.Draw(r, "detox"), StayingOnMAT: known.Draw(r, "MAT"),
		})
	}
	if rapid.Bool().Draw(r, "is counted") {
		small := rapid.Int32Range(0, 9)
		counted(p, small.Draw(r, "staffed"), small.Draw(r, "occupied"), small.Draw(r, "held"),
			time.Duration(rapid.IntRange(0, 72).Draw(r, "hours ago"))*time.Hour, area)
	}
	return p
}

// anyFilter is none as often as not: a narrow filter finds little to compare.
func anyFilter(r *rapid.T) filter {
	if rapid.Bool().Draw(r, "no filter") {
		return filter{}
	}
	maybe := func(values ...string) string {
		return rapid.SampledFrom(append([]string{"", ""}, values...)).Draw(r, "choice")
	}
	f := filter{
		Area: maybe("east", "west"), Kind: v1alpha1.PoolKind(maybe("Detox", "Crisis")), For: v1alpha1.Gender(maybe("Women", "Men")),
		Age:  maybe("17", "40"),
		Free: maybe(freeNow) != "", Trust: v1alpha1.Trust(maybe("Confirmed", "Ageing", "Unconfirmed")), Sort: maybe(sortArea),
	}
	for _, need := range needs {
		if rapid.IntRange(0, 7).Draw(r, need) == 7 {
			f.Needs = append(f.Needs, need)
		}
	}
	return f
}

func TestAnAddressHoldsTheWholeFilter(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f := anyFilter(r)
		f.Substance = rapid.SampledFrom(append([]v1alpha1.Substance{""}, substances...)).Draw(r, "substance")
		address, err := url.Parse(f.address())
		if err != nil {
			r.Fatal(err)
		}
		got, problems := parseFilter(address.Query(), func(name string) bool { return slices.Contains([]string{"east", "west"}, name) })
		if diff := cmp.Diff(f, got); diff != "" || len(problems) > 0 {
			r.Fatalf("%s reads as (-want +got):\n%s\n%v", address, diff, problems)
		}
	})
}
