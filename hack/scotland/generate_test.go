package scotland_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/scotland"
)

func TestGenerateMakesTheSizesAskedFor(t *testing.T) {
	sizes := rapid.Custom(func(r *rapid.T) scotland.Size {
		s := scotland.Size{Partnerships: rapid.IntRange(1, 40).Draw(r, "partnerships"), Seed: rapid.Uint64().Draw(r, "seed")}
		s.Services = rapid.IntRange(0, 60).Draw(r, "services")
		if s.Services > 0 {
			s.Pools = rapid.IntRange(0, 150).Draw(r, "pools")
		}
		return s
	})
	rapid.Check(t, func(r *rapid.T) {
		size := sizes.Draw(r, "size")
		g, err := scotland.Generate(size)
		if err != nil {
			r.Fatal(err)
		}
		got := [4]int{count(g.Partnerships()), count(g.Services()), count(g.Pools()), count(g.Reports(moment))}
		if want := [4]int{size.Partnerships, size.Services, size.Pools, size.Pools}; got != want {
			r.Errorf("partnerships, services, pools, reports: %v; want %v", got, want)
		}
		checkGeneratedReferences(r, g)
	})
}

// checkGeneratedReferences fails unless everything named exists, and each service offers what its pools are for.
func checkGeneratedReferences(t rapid.TB, g *scotland.Generated) {
	partners, services := map[string]bool{}, map[string]*v1alpha1.SupportService{}
	for p := range g.Partners() {
		partners[p.Name] = true
	}
	for s := range g.Services() {
		services[s.Namespace+"/"+s.Name] = s
		if !partners[string(s.Spec.ProviderRef.Name)] {
			t.Errorf("%s: no partner %s", s.Name, s.Spec.ProviderRef.Name)
		}
	}
	if len(services) != count(g.Services()) {
		t.Errorf("two services have one name")
	}
	for p := range g.Pools() {
		service := services[p.Namespace+"/"+string(p.Spec.ServiceRef.Name)]
		if service == nil {
			t.Errorf("%s: no service %s", p.Name, p.Spec.ServiceRef.Name)
			continue
		}
		offered := v1alpha1.ServiceType(p.Spec.Kind)
		if p.Spec.Kind == v1alpha1.PoolDevice {
			offered = v1alpha1.ServiceDigitalInclusion
		}
		if service.Spec.Types[0] != offered {
			t.Errorf("%s: kind %s in a service that offers %v", p.Name, p.Spec.Kind, service.Spec.Types)
		}
	}
}

func TestTheSeedDecidesEverything(t *testing.T) {
	size := scotland.Size{Partnerships: 5, Services: 80, Pools: 30, Seed: 42}
	text := func(size scotland.Size) string {
		var b strings.Builder
		g := generate(t, size)
		for object := range g.Objects() {
			if err := json.NewEncoder(&b).Encode(object); err != nil {
				t.Fatal(err)
			}
		}
		for report := range g.Reports(moment) {
			if err := json.NewEncoder(&b).Encode(report); err != nil {
				t.Fatal(err)
			}
		}
		return b.String()
	}
	first := text(size)
	if first != text(size) {
		t.Error("the same seed gives different data")
	}
	size.Seed++
	if first == text(size) {
		t.Error("another seed gives the same data")
	}
}

func TestAStreamCanBeLeftEarly(t *testing.T) {
	g := generate(t, scotland.Size{Partnerships: 100, Services: 50_000, Pools: 10_000, Seed: 1})
	seen := 0
	for range g.Objects() {
		if seen++; seen == 150 { // among the partners
			break
		}
	}
	if seen != 150 {
		t.Errorf("saw %d objects; want 150", seen)
	}
}

func TestGenerateRefusesWhatCannotBe(t *testing.T) {
	for name, size := range map[string]scotland.Size{
		"below zero":                    {Partnerships: -1},
		"services without partnerships": {Services: 1},
		"pools without services":        {Partnerships: 1, Pools: 1},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := scotland.Generate(size); err == nil {
				t.Errorf("%+v is accepted", size)
			}
		})
	}
}

func TestEverythingGeneratedSaysThatItIsInvented(t *testing.T) {
	g := generate(t, scotland.Size{Partnerships: 3, Services: 60, Pools: 20, Seed: 9})
	for object := range g.Objects() {
		if !strings.HasPrefix(object.GetName(), "sample-") {
			t.Errorf("%T %s: want a name that starts with sample-", object, object.GetName())
		}
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), `"provenance":"Illustrative"`) || strings.Contains(string(text), `"Published"`) {
			t.Errorf("%T %s is not marked illustrative alone", object, object.GetName())
		}
	}
	for report := range g.Reports(moment) {
		if report.Spec.Provenance != v1alpha1.CountIllustrative {
			t.Errorf("report %s: provenance %s", report.Name, report.Spec.Provenance)
		}
	}
}

func TestGeneratedServicesAreAsFullAsRealOnes(t *testing.T) {
	operations := map[v1alpha1.Operation]int{}
	g := generate(t, scotland.Size{Partnerships: 32, Services: 1000, Pools: 200, Seed: 5, Now: moment})
	places, summaries := 0, 0
	for s := range g.Services() {
		operations[s.Spec.Operation]++
		text, err := json.Marshal(s.Spec)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(text, &fields); err != nil {
			t.Fatal(err)
		}
		if len(fields) < 16 {
			t.Errorf("%s has %d fields; want at least 16", s.Name, len(fields))
		}
		if s.Spec.Verification.VerifiedTime.After(moment) {
			t.Errorf("%s is verified in the future", s.Name)
		}
		if n := len(s.Spec.Locations); n < 1 || n > 4 {
			t.Errorf("%s has %d places; want 1 to 4", s.Name, n)
		}
		for _, l := range s.Spec.Locations {
			checkInScotland(t, s.Name, *l.Position)
		}
		places, summaries = places+len(s.Spec.Locations), summaries+len(s.Spec.Summary)
	}
	if mean := summaries / 1000; mean < 200 || mean > 600 {
		t.Errorf("a summary has %d characters on average; want 200 to 600", mean)
	}
	if places < 1300 || places > 2500 {
		t.Errorf("1000 services have %d places; want 1.3 to 2.5 each", places)
	}
	want := map[v1alpha1.Operation]int{"Open": 920, "Closed": 20, "Paused": 20, "Planned": 20, "Unknown": 20}
	if diff := cmp.Diff(want, operations); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}

func checkInScotland(t *testing.T, name string, p v1alpha1.Position) {
	t.Helper()
	latitude, longitude := float64(p.LatitudeMicrodegrees)/1e6, float64(*p.LongitudeMicrodegrees)/1e6
	// East of Gretna the border runs from 55.0 north at 3.05 west to 55.8 north at 2.03 west.
	border := 54.63
	if longitude > -3.05 {
		border = math.Min(55.81, 55.0+(longitude+3.05)*0.79)
	}
	if latitude < border || latitude > 60.9 || longitude < -7.7 || longitude > -0.7 {
		t.Errorf("%s lies at %.4f, %.4f: not in Scotland", name, latitude, longitude)
	}
}

func TestGeneratedCountsShowEveryTrustAndNeverTheFuture(t *testing.T) {
	g := generate(t, scotland.Size{Partnerships: 10, Services: 1000, Pools: 1000, Seed: 2})
	got := map[string]int{}
	var names []string
	for r := range g.Reports(moment) {
		names = append(names, r.Name)
		age := moment.Sub(r.Spec.ObservedTime.Time)
		if age < 0 {
			t.Errorf("%s speaks of the future", r.Name)
		}
		switch {
		case age < 24*time.Hour:
			got["confirmed"]++
		case age < 48*time.Hour:
			got["ageing"]++
		default:
			got["unconfirmed"]++
		}
		if *r.Spec.Occupied+*r.Spec.Held > *r.Spec.Staffed {
			got["overcommitted"]++
		}
	}
	for what, least := range map[string]int{"confirmed": 400, "ageing": 200, "unconfirmed": 80, "overcommitted": 5} {
		if got[what] < least {
			t.Errorf("%d of 1000 counts are %s; want at least %d", got[what], what, least)
		}
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != 1000 {
		t.Error("two reports have one name")
	}
}
