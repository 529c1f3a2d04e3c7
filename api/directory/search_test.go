package directory

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/geography"
	"lifeline.scot/crds/v1alpha1"
)

// town is a small directory with one of everything that a search looks at.
func town() []metav1.Object {
	house := given.At(given.Service("north", "house", "Taigh na Càrn", v1alpha1.ServiceResidentialRehab,
		v1alpha1.ServiceDetox),
		"Kirkwall", 58.981, -2.960)
	house.Spec.Summary = "A structured programme. St Magnus' way."
	house.Spec.Audience = &v1alpha1.Audience{
		Genders: []v1alpha1.Gender{v1alpha1.GenderWomen}, MinimumAgeYears: pointer(int32(18)),
		Groups: []v1alpha1.AudienceGroup{v1alpha1.GroupParentsWithChildren},
	}
	house.Spec.Access = &v1alpha1.Access{Accepting: v1alpha1.KnownYes}
	house.Spec.MATStandards = []v1alpha1.MATStandard{1, 7}
	house.Spec.Substances = []v1alpha1.Substance{v1alpha1.SubstanceAlcohol}
	house.Spec.Verification = &v1alpha1.Verification{
		VerifiedTime: metav1.NewTime(given.Noon().AddDate(0, -1, 0)),
		VerifiedBy:   "provider",
	}

	cafe := given.At(given.Service("south", "cafe", "Recovery Café", v1alpha1.ServiceRecoveryCommunity), "Glasgow",
		55.860, -4.250)
	cafe.Spec.Locations[0].Postcode = "G4 0UP"
	cafe.Spec.ProviderRef.Name = "friends"
	cafe.Spec.Access = &v1alpha1.Access{Accepting: v1alpha1.KnownNo}
	cafe.Spec.MATStandards = []v1alpha1.MATStandard{1}
	cafe.Spec.Verification = &v1alpha1.Verification{
		VerifiedTime: metav1.NewTime(given.Noon().AddDate(0, 0, -1)),
		VerifiedBy:   "south",
	}

	clinic := given.At(given.At(given.Service("south", "clinic", "Clinic", v1alpha1.ServiceDetox), "Edinburgh",
		55.953, -3.188),
		"Glasgow", 55.870, -4.260)
	clinic.Spec.Audience = &v1alpha1.Audience{
		Genders:         []v1alpha1.Gender{v1alpha1.GenderMen},
		MaximumAgeYears: pointer(int32(25)),
	}

	gone := given.Service("south", "gone", "Old House", v1alpha1.ServiceDetox)
	gone.Spec.Operation, gone.Spec.ClosedOn = v1alpha1.OperationClosed, "2024-02"
	return []metav1.Object{
		given.Partnership("north", "Orkney ADP"), given.Partnership("south", "South ADP"),
		given.Partner("provider", "Isles Trust"), given.Partner("friends", "Friends of Recovery"), house, cafe, clinic, gone,
	}
}

func TestServicesAreFound(t *testing.T) {
	v := viewOf(town()...)
	glasgow := geography.Point{Latitude: 55.8609, Longitude: -4.2514}
	for name, c := range map[string]struct {
		filter ServiceFilter
		order  Order
		want   []string
	}{
		"all but closed, by name": {ServiceFilter{}, ByName, []string{"clinic", "cafe", "house"}},
		"the closed when asked for": {
			ServiceFilter{Operations: []v1alpha1.Operation{v1alpha1.OperationClosed}},
			ByName,
			[]string{"gone"},
		},
		"the last checked first": {ServiceFilter{}, ByVerified, []string{"cafe", "house", "clinic"}},
		"one type": {
			ServiceFilter{Types: []v1alpha1.ServiceType{v1alpha1.ServiceDetox}},
			ByName,
			[]string{"clinic", "house"},
		},
		"any of two types": {
			ServiceFilter{Types: []v1alpha1.ServiceType{v1alpha1.ServiceRecoveryCommunity, v1alpha1.ServiceResidentialRehab}},
			ByName,
			[]string{"cafe", "house"},
		},
		"a type nobody offers": {
			ServiceFilter{Types: []v1alpha1.ServiceType{v1alpha1.ServiceOutreach}},
			ByName,
			[]string{},
		},
		"an ADP":                          {ServiceFilter{Partnerships: []string{"north"}}, ByName, []string{"house"}},
		"a provider":                      {ServiceFilter{Providers: []string{"friends"}}, ByName, []string{"cafe"}},
		"a word of the name, unaccented":  {ServiceFilter{Text: "carn"}, ByName, []string{"house"}},
		"an accented word":                {ServiceFilter{Text: "CAFÉ"}, ByName, []string{"cafe"}},
		"every word, in any order":        {ServiceFilter{Text: "programme kirkwall"}, ByName, []string{"house"}},
		"not some of the words":           {ServiceFilter{Text: "programme glasgow"}, ByName, []string{}},
		"the beginning of the last word":  {ServiceFilter{Text: "edin"}, ByName, []string{"clinic"}},
		"no beginning of an earlier word": {ServiceFilter{Text: "kirk programme"}, ByName, []string{}},
		"what a type is also called":      {ServiceFilter{Text: "rehabilitation"}, ByName, []string{"house"}},
		"the name of a type":              {ServiceFilter{Text: "detox"}, ByName, []string{"clinic", "house"}},
		"the provider's name":             {ServiceFilter{Text: "friends of"}, ByName, []string{"cafe"}},
		"the ADP's name":                  {ServiceFilter{Text: "orkney"}, ByName, []string{"house"}},
		"a postcode district":             {ServiceFilter{Text: "G4"}, ByName, []string{"cafe"}},
		"apostrophes make no difference":  {ServiceFilter{Text: "magnus"}, ByName, []string{"house"}},
		"text without words finds all":    {ServiceFilter{Text: " ?! "}, ByName, []string{"clinic", "cafe", "house"}},
		"empty lists narrow nothing": {
			ServiceFilter{
				Types: []v1alpha1.ServiceType{}, Partnerships: []string{}, Providers: []string{},
				Groups: []v1alpha1.AudienceGroup{}, Substances: []v1alpha1.Substance{}, Accepting: []v1alpha1.Known{},
				MATStandards: []int{}, Operations: []v1alpha1.Operation{},
			}, ByName, []string{"clinic", "cafe", "house"},
		},
		"for women or not limited": {ServiceFilter{Gender: v1alpha1.GenderWomen}, ByName, []string{"cafe", "house"}},
		"for any gender":           {ServiceFilter{Gender: v1alpha1.GenderAny}, ByName, []string{"cafe"}},
		"of an age":                {ServiceFilter{AgeYears: pointer(17)}, ByName, []string{"clinic", "cafe"}},
		"a group named": {
			ServiceFilter{Groups: []v1alpha1.AudienceGroup{v1alpha1.GroupParentsWithChildren}},
			ByName,
			[]string{"house"},
		},
		"a substance": {
			ServiceFilter{Substances: []v1alpha1.Substance{v1alpha1.SubstanceAlcohol}},
			ByName,
			[]string{"house"},
		},
		"known to take people on": {
			ServiceFilter{Accepting: []v1alpha1.Known{v1alpha1.KnownYes}},
			ByName,
			[]string{"house"},
		},
		"one MAT standard":               {ServiceFilter{MATStandards: []int{1}}, ByName, []string{"cafe", "house"}},
		"every one of two MAT standards": {ServiceFilter{MATStandards: []int{1, 7}}, ByName, []string{"house"}},
		"near, the nearest place counts": {
			ServiceFilter{Near: &Near{glasgow, 5_000}},
			ByDistance,
			[]string{"cafe", "clinic"},
		},
		"near, by name": {ServiceFilter{Near: &Near{glasgow, 5_000}}, ByName, []string{"clinic", "cafe"}},
		"near, and of a type": {
			ServiceFilter{
				Near:  &Near{glasgow, 600_000},
				Types: []v1alpha1.ServiceType{v1alpha1.ServiceDetox},
			},
			ByDistance,
			[]string{"clinic", "house"},
		},
		"nothing within a hundred metres": {ServiceFilter{Near: &Near{glasgow, 50}}, ByDistance, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, serviceNames(t, v, c.filter, c.order)); diff != "" {
				t.Error("found (-want +got):\n", diff)
			}
		})
	}
}

func TestAnOrderByDistanceNeedsAPoint(t *testing.T) {
	if _, err := viewOf(town()...).Services(ServiceFilter{}, ByDistance); !errors.Is(err, ErrNoPoint) {
		t.Errorf("error %v, want %v", err, ErrNoPoint)
	}
}

func TestThingsAreJoined(t *testing.T) {
	v := viewOf(append(town(), given.Pool("north", "beds", "house", v1alpha1.PoolDetox),
		given.Pool("north", "others", "nowhere", v1alpha1.PoolDetox),
		given.Pool("north", "beds-2", "house", v1alpha1.PoolDetox))...)
	house, _ := v.Service("adp-north", "house")
	if got := v.Provider(house); got == nil || got.Name != "provider" {
		t.Errorf("the provider is %v", got)
	}
	if got := v.PoolsOf(house); len(got) != 2 || got[0].Name != "beds" || got[1].Name != "beds-2" {
		t.Errorf("the pools are %v", got)
	}
	others, _ := v.Pool("adp-north", "others")
	if got := v.ServiceOf(others); got != nil {
		t.Errorf("a pool of no service has the service %v", got.Name)
	}
	if !v.Checked(house) || viewAt(given.Noon().AddDate(1, 0, 0), town()...).Checked(house) {
		t.Error("an entry counts as checked for its own interval, and no longer")
	}
}

func TestPoolsAreFound(t *testing.T) {
	family := given.Counted(given.Pool("north", "family", "house", v1alpha1.PoolFamilyResidential), given.Noon(), 12, 6, 1)
	family.Spec.Features = &v1alpha1.Features{
		Genders: []v1alpha1.Gender{v1alpha1.GenderWomen}, Children: v1alpha1.KnownYes, MaximumChildren: 2, StepFree: v1alpha1.KnownUnknown,
	}
	full := given.Counted(given.Pool("south", "full", "clinic", v1alpha1.PoolDetox), given.Noon().Add(-time.Hour), 8, 8, 0)
	full.Spec.Features = &v1alpha1.Features{
		Genders: []v1alpha1.Gender{v1alpha1.GenderAny}, StepFree: v1alpha1.KnownYes, StayingOnMAT: v1alpha1.KnownYes,
		DetoxOnSite: v1alpha1.KnownYes, Children: v1alpha1.KnownYes,
	}
	silent := given.Pool("south", "silent", "clinic", v1alpha1.PoolDetox)
	old := given.Counted(given.Pool("south", "old", "clinic", v1alpha1.PoolDetox), given.Noon().Add(-48*time.Hour),
		9, 1, 0)
	closed := given.Counted(given.Pool("south", "closed", "clinic", v1alpha1.PoolDetox), given.Noon(), 9, 1, 0)
	closed.Spec.Operation = v1alpha1.OperationClosed
	v := viewOf(family, full, silent, old, closed)
	for name, c := range map[string]struct {
		filter PoolFilter
		order  Order
		want   []string
	}{
		"all but closed, by area": {PoolFilter{}, ByArea, []string{"family", "full", "old", "silent"}},
		"the closed when asked for": {
			PoolFilter{Operations: []v1alpha1.Operation{v1alpha1.OperationClosed}},
			ByName,
			[]string{"closed"},
		},
		"the last counted first":            {PoolFilter{}, ByConfirmed, []string{"family", "full", "old", "silent"}},
		"the most free first, unknown last": {PoolFilter{}, ByFree, []string{"family", "full", "old", "silent"}},
		"a kind": {
			PoolFilter{Kinds: []v1alpha1.PoolKind{v1alpha1.PoolDetox}},
			ByName,
			[]string{"full", "old", "silent"},
		},
		"an ADP":                   {PoolFilter{Partnerships: []string{"north"}}, ByName, []string{"family"}},
		"free now":                 {PoolFilter{FreePlaces: 1}, ByName, []string{"family"}},
		"more free than there are": {PoolFilter{FreePlaces: 6}, ByName, []string{}},
		"confirmed": {
			PoolFilter{Trust: []v1alpha1.Trust{v1alpha1.TrustConfirmed}},
			ByName,
			[]string{"family", "full"},
		},
		"unconfirmed": {
			PoolFilter{Trust: []v1alpha1.Trust{v1alpha1.TrustUnconfirmed}},
			ByName,
			[]string{"old", "silent"},
		},
		"women, as named or any": {
			PoolFilter{Needs: Needs{Gender: v1alpha1.GenderWomen}},
			ByName,
			[]string{"family", "full"},
		},
		"men":                               {PoolFilter{Needs: Needs{Gender: v1alpha1.GenderMen}}, ByName, []string{"full"}},
		"one child":                         {PoolFilter{Needs: Needs{Children: 1}}, ByName, []string{"family", "full"}},
		"two children need a stated number": {PoolFilter{Needs: Needs{Children: 2}}, ByName, []string{"family"}},
		"three children":                    {PoolFilter{Needs: Needs{Children: 3}}, ByName, []string{}},
		"unknown is not step-free":          {PoolFilter{Needs: Needs{StepFree: true}}, ByName, []string{"full"}},
		"detox and staying on MAT": {
			PoolFilter{Needs: Needs{DetoxOnSite: true, StayingOnMAT: true}},
			ByName,
			[]string{"full"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, poolNames(v, c.filter, c.order)); diff != "" {
				t.Error("found (-want +got):\n", diff)
			}
		})
	}
}

// TestTrustChangesAsTimePasses reads one snapshot at several moments: nothing happens but time.
func TestTrustChangesAsTimePasses(t *testing.T) {
	snapshot := SnapshotOf(NewChanges(given.Counted(given.Pool("north", "beds", "house", v1alpha1.PoolDetox), given.Noon(), 12, 6, 0)))
	for _, c := range []struct {
		after       time.Duration
		trust       v1alpha1.Trust
		free        []string
		unconfirmed int
	}{
		{0, v1alpha1.TrustConfirmed, []string{"beds"}, 0},
		{24*time.Hour - 1, v1alpha1.TrustConfirmed, []string{"beds"}, 0},
		{24 * time.Hour, v1alpha1.TrustAgeing, []string{"beds"}, 0},
		{48*time.Hour - 1, v1alpha1.TrustAgeing, []string{"beds"}, 0},
		{48 * time.Hour, v1alpha1.TrustUnconfirmed, []string{}, 1},
		{time.Hour, v1alpha1.TrustConfirmed, []string{"beds"}, 0}, // kept totals do not outlive their moment either way
	} {
		v := NewView(snapshot, given.Noon().Add(c.after), Freshness{State: Live})
		pool, _ := v.Pool("adp-north", "beds")
		if got := v.Figures(pool).Trust; got != c.trust {
			t.Errorf("after %v trust is %s, want %s", c.after, got, c.trust)
		}
		if got := poolNames(v, PoolFilter{FreePlaces: 1}, ByName); !slices.Equal(got, c.free) {
			t.Errorf("after %v free are %v, want %v", c.after, got, c.free)
		}
		if got := v.Totals("north")[0].UnconfirmedPools; got != c.unconfirmed {
			t.Errorf("after %v the ADP's total leaves out %d, want %d", c.after, got, c.unconfirmed)
		}
		if got := v.NationalTotals()[0].UnconfirmedPools; got != c.unconfirmed {
			t.Errorf("after %v the nation's total leaves out %d, want %d", c.after, got, c.unconfirmed)
		}
	}
}
