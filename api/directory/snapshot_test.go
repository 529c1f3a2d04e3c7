package directory

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/geography"
	"lifeline.scot/crds/v1alpha1"
)

// objects are what Kubernetes holds in a model, by kind and name.
// pointers are how Go prints them.
var pointers = regexp.MustCompile(`0x[0-9a-f]+`)

type objects map[string]metav1.Object

func (o objects) list() []metav1.Object {
	var all []metav1.Object
	for _, object := range o {
		all = append(all, object)
	}
	return all
}

// change draws one change of the objects, and notes it in changes.
func (o objects) change(t *rapid.T, changes *Changes) {
	object := drawObject(t)
	id := fmt.Sprintf("%T/%s/%s", object, object.GetNamespace(), object.GetName())
	if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
		delete(o, id)
		changes.drop(object, types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()})
		return
	}
	o[id] = object
	changes.put(object)
}

func drawObject(t *rapid.T) metav1.Object {
	area := rapid.SampledFrom([]string{"north", "south", "west"}).Draw(t, "area")
	title := rapid.SampledFrom([]string{"Ark", "Bothy", "Càrn", "Croft", "Dyke"}).Draw(t, "title")
	number := rapid.IntRange(0, 5).Draw(t, "number")
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		return given.Partnership(area, title+" ADP")
	case 1:
		p := given.Partner("provider", title+" Trust")
		p.Spec.Participation = rapid.SampledFrom([]v1alpha1.Participation{
			v1alpha1.ParticipationActive, v1alpha1.ParticipationSuspended,
		}).Draw(t, "participation")
		for _, id := range rapid.SliceOfNDistinct(rapid.IntRange(0, 2), 0, 3, rapid.ID[int]).Draw(t, "clients") {
			p.Spec.Clients = append(p.Spec.Clients, v1alpha1.LoginClient{
				Issuer: "https://login.example.org", ClientID: fmt.Sprint("app-", id),
			})
		}
		if number > 3 {
			p.Name = "another"
		}
		return p
	case 2, 3:
		s := given.Service(area, fmt.Sprintf("s%d", number), title,
			rapid.SampledFrom([]v1alpha1.ServiceType{v1alpha1.ServiceDetox, v1alpha1.ServiceCrisis}).Draw(t, "type"))
		for range rapid.IntRange(0, 2).Draw(t, "places") {
			given.At(s, "Town", 55+float64(rapid.IntRange(0, 5).Draw(t, "lat")), -4)
		}
		s.Spec.Access = &v1alpha1.Access{Accepting: v1alpha1.KnownYes}
		return s
	default:
		p := given.Pool(area, fmt.Sprintf("p%d", number), fmt.Sprintf("s%d", rapid.IntRange(0, 5).Draw(t, "of")),
			v1alpha1.PoolDetox)
		return given.Counted(p, given.Noon(), 12, int32(rapid.IntRange(0, 12).Draw(t, "occupied")), 0)
	}
}

// TestASnapshotMadeStepByStepIsTheOneMadeAtOnce is the property that copy on write rests on.
func TestASnapshotMadeStepByStepIsTheOneMadeAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		held, snapshot := objects{}, emptySnapshot(geography.Districts{})
		var before *Snapshot
		var said []string
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			changes := NewChanges()
			for range rapid.IntRange(1, 4).Draw(t, "burst") {
				held.change(t, changes)
			}
			before, said = snapshot, everything(snapshot)
			snapshot = snapshot.Apply(changes)
			if now := everything(before); !slices.Equal(said, now) {
				t.Fatal("a snapshot changed after it was published:\n", cmp.Diff(said, now))
			}
			if once, steps := everything(SnapshotOf(NewChanges(held.list()...))), everything(snapshot); !slices.Equal(once, steps) {
				t.Fatal("made at once (-), made step by step (+):\n", cmp.Diff(once, steps))
			}
		}
	})
}

// everything is all that can be read from a snapshot, in words.
func everything(s *Snapshot) []string {
	v := NewView(s, given.Noon(), Freshness{State: Live})
	var said []string
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	for _, p := range v.Partnerships() {
		say("partnership %s %s %v", p.Name, p.Spec.DisplayName, v.Totals(p.Name))
	}
	for _, p := range v.Partners() {
		say("partner %s %s", p.Name, p.Spec.DisplayName)
	}
	for id := range 3 {
		p, client, known := v.Client("https://login.example.org", fmt.Sprint("app-", id))
		if known {
			say("client %d of %s %s", id, p.Name, client.ClientID)
		}
	}
	searches := []ServiceFilter{
		{},
		{Types: []v1alpha1.ServiceType{v1alpha1.ServiceDetox}},
		{Partnerships: []string{"north"}},
		{Text: "carn"},
		{Text: "detox c"},
		{Text: "adp"},
		{Text: "bothy trust"},
		{Accepting: []v1alpha1.Known{v1alpha1.KnownYes}},
		{Near: &Near{geography.Point{Latitude: 57, Longitude: -4}, 150_000}},
	}
	for i, search := range searches {
		orders := []Order{ByName, ByVerified}
		if search.Near != nil {
			orders = append(orders, ByDistance)
		}
		for _, order := range orders {
			found, err := v.Services(search, order)
			say("search %d %s %d %v", i, order, found.Total, err)
			for _, service := range found.All() {
				say("service %s %s pools %d provider %t", service.ID, service.Spec.DisplayName,
					len(v.PoolsOf(service)), v.Provider(service) != nil)
			}
		}
	}
	for _, order := range []Order{ByArea, ByConfirmed, ByName, ByFree} {
		for _, pool := range v.Pools(PoolFilter{}, order).All() {
			say("pool %s %s service %t %v", order, pool.ID, v.ServiceOf(pool) != nil, v.Figures(pool))
		}
	}
	totals := v.NationalTotals()
	say("totals %v", totals)
	for i, text := range said { // pointers differ, and are not what is said
		said[i] = pointers.ReplaceAllString(text, "")
	}
	return said
}

// TestPagingMissesNothingWhileThingsComeAndGo reads a list page by page while other things are added and removed. What is
// there all the time is read exactly once.
func TestPagingMissesNothingWhileThingsComeAndGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.SampledFrom([]Order{ByArea, ByName, ByConfirmed, ByFree}).Draw(t, "order")
		size := rapid.IntRange(1, 4).Draw(t, "page size")
		backwards := rapid.Bool().Draw(t, "backwards")
		snapshot := emptySnapshot(geography.Districts{})
		apply := func(objects ...metav1.Object) { snapshot = snapshot.Apply(NewChanges(objects...)) }
		const staying = 12
		for i := range staying {
			apply(drawPool(t, fmt.Sprintf("stays-%02d", i)))
		}
		var read []string
		request := PageRequest{First: size}
		if backwards {
			request = PageRequest{Last: size}
		}
		for range 200 {
			found := NewView(snapshot, given.Noon(), Freshness{State: Live}).Pools(PoolFilter{}, order)
			page := found.Page(request)
			for _, p := range page.Rows {
				read = append(read, p.Name)
			}
			if backwards && page.HasPrevious {
				request.Before = throughText(t, found.Scope, page.Keys[0])
			} else if !backwards && page.HasNext {
				request.After = throughText(t, found.Scope, page.Keys[len(page.Keys)-1])
			} else {
				break
			}
			for range rapid.IntRange(0, 3).Draw(t, "changes") {
				name := fmt.Sprintf("comes-%d", rapid.IntRange(0, 5).Draw(t, "which"))
				if rapid.Bool().Draw(t, "goes") {
					changes := NewChanges()
					changes.drop(&v1alpha1.CapacityPool{}, types.NamespacedName{Namespace: "adp-north", Name: name})
					snapshot = snapshot.Apply(changes)
				} else {
					apply(drawPool(t, name))
				}
			}
		}
		for i := range staying {
			name := fmt.Sprintf("stays-%02d", i)
			if n := count(read, name); n != 1 {
				t.Fatalf("%s was read %d times in %v", name, n, read)
			}
		}
	})
}

func drawPool(t *rapid.T, name string) *v1alpha1.CapacityPool {
	p := given.Pool("north", name, "house", rapid.SampledFrom(PoolKinds()).Draw(t, "kind"))
	p.Spec.DisplayName = rapid.SampledFrom([]string{"Beds", "Places", "Rooms"}).Draw(t, "title")
	if rapid.Bool().Draw(t, "counted") {
		given.Counted(p, given.Noon(), 12, int32(rapid.IntRange(0, 12).Draw(t, "occupied")), 0)
	}
	return p
}

// throughText sends a key to a client and back.
func throughText(t *rapid.T, scope string, key Key) *Key {
	back, err := ParseCursor(scope, Cursor(scope, key))
	if err != nil || back != key {
		t.Fatalf("the key %v came back as %v, %v", key, back, err)
	}
	return &back
}

func count(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// TestPages reads a list in pages of every size, from both ends, and says rightly whether there is more.
func TestPages(t *testing.T) {
	var held []metav1.Object
	for i := range 10 {
		held = append(held, given.Pool("north", fmt.Sprintf("p%d", i), "house", v1alpha1.PoolDetox))
	}
	found := viewOf(held...).Pools(PoolFilter{}, ByName)
	all := found.Page(PageRequest{First: 100})
	for _, c := range []struct {
		name           string
		request        PageRequest
		want           []int
		previous, next bool
	}{
		{"the first", PageRequest{First: 3}, []int{0, 1, 2}, false, true},
		{"the last", PageRequest{Last: 3}, []int{7, 8, 9}, true, false},
		{"after", PageRequest{First: 3, After: &all.Keys[2]}, []int{3, 4, 5}, true, true},
		{"before", PageRequest{Last: 3, Before: &all.Keys[3]}, []int{0, 1, 2}, false, true},
		{"between", PageRequest{First: 9, After: &all.Keys[2], Before: &all.Keys[5]}, []int{3, 4}, true, true},
		{"all", PageRequest{First: 10}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, false, false},
		{"after the last", PageRequest{First: 3, After: &all.Keys[9]}, []int{}, true, false},
		{"before the first", PageRequest{Last: 3, Before: &all.Keys[0]}, []int{}, false, true},
		{"the wrong way round", PageRequest{First: 3, After: &all.Keys[5], Before: &all.Keys[2]}, []int{}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := found.Page(c.request)
			got := []int{}
			for _, p := range page.Rows {
				got = append(got, slices.Index(all.Rows, p))
			}
			if !slices.Equal(got, c.want) || page.HasPrevious != c.previous || page.HasNext != c.next {
				t.Errorf("rows %v, previous %t, next %t; want %v, %t, %t", got, page.HasPrevious, page.HasNext,
					c.want, c.previous, c.next)
			}
		})
	}
}
