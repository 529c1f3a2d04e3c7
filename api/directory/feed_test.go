package directory

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/follow"
	"lifeline.scot/api/geography"
	"lifeline.scot/crds/v1alpha1"
)

// feeds are a builder and a feed of each kind, by resource.
func feeds() (*builder, map[string]*feed) {
	b, all := newBuilder(time.Now, geography.Districts{}), map[string]*feed{}
	for _, kind := range watched {
		all[kind.resource] = &feed{
			kind: kind, builder: b, stream: follow.NewStream(time.Now),
			names: map[types.NamespacedName]bool{},
		}
	}
	return b, all
}

func replace(t *testing.T, f *feed, objects ...any) {
	t.Helper()
	if err := f.Replace(objects, "1"); err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsPublishedBeforeEveryKindHasBeenRead(t *testing.T) {
	b, all := feeds()
	for _, resource := range []string{"partnerships", "partners", "supportservices"} {
		replace(t, all[resource])
		b.publish()
		if b.ready.Load() {
			t.Fatalf("ready after %s", resource)
		}
	}
	replace(t, all["capacitypools"], given.Pool("north", "beds", "house", v1alpha1.PoolDetox))
	b.publish()
	if !b.ready.Load() || b.current.Load().pool("adp-north", "beds") == nil {
		t.Error("not ready, or without its pool, when every kind has been read")
	}
}

func TestANewListTakesOutWhatIsGone(t *testing.T) {
	b, all := feeds()
	for _, f := range all {
		replace(t, f)
	}
	pools := all["capacitypools"]
	for _, name := range []string{"kept", "gone", "deleted"} {
		if err := pools.Add(given.Pool("north", name, "house", v1alpha1.PoolDetox)); err != nil {
			t.Fatal(err)
		}
	}
	if err := pools.Delete(given.Pool("north", "deleted", "house", v1alpha1.PoolDetox)); err != nil {
		t.Fatal(err)
	}
	b.publish()
	replace(t, pools, given.Pool("north", "kept", "house", v1alpha1.PoolDetox),
		given.Pool("north", "new", "house", v1alpha1.PoolDetox))
	b.publish()
	for name, want := range map[string]bool{"kept": true, "new": true, "gone": false, "deleted": false} {
		if got := b.current.Load().pool("adp-north", name) != nil; got != want {
			t.Errorf("%s is there: %t, want %t", name, got, want)
		}
	}
}

func TestABurstIsOneSnapshot(t *testing.T) {
	b, all := feeds()
	for _, f := range all {
		replace(t, f)
	}
	b.publish()
	before := b.current.Load().Version
	for i := range 100 {
		if err := all["capacitypools"].Update(given.Counted(given.Pool("north", "beds", "house", v1alpha1.PoolDetox), given.Noon(), 120, int32(i), 0)); err != nil {
			t.Fatal(err)
		}
	}
	b.publish()
	b.publish()
	after := b.current.Load()
	if pool := after.pool("adp-north", "beds"); after.Version != before+1 || *pool.Status.Occupied != 99 {
		t.Errorf("%d snapshots, the last with %d occupied", after.Version-before, *pool.Status.Occupied)
	}
}

func TestWhatTheDirectoryHasNoUseForIsNotKept(t *testing.T) {
	p := given.Pool("north", "beds", "house", v1alpha1.PoolDetox)
	p.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
	p.Annotations = map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}"}
	b, all := feeds()
	replace(t, all["capacitypools"], p)
	if kept := b.pending.Pools[types.NamespacedName{Namespace: "adp-north", Name: "beds"}]; kept.ManagedFields != nil || kept.Annotations != nil {
		t.Error("managed fields or annotations are kept")
	}
	if err := all["capacitypools"].Add("no object"); err == nil {
		t.Error("what is no object is taken in")
	}
}

// Whoever listens to organisations hears when all has been read, and then of organisations and ADPs alone.
func TestOrganisationsAreHeardOf(t *testing.T) {
	b, all := feeds()
	bell := b.organisations.Listen(Organisations{})
	heard := func() bool {
		b.publish()
		select {
		case <-bell.Rings():
			return true
		default:
			return false
		}
	}
	for _, resource := range []string{"partnerships", "partners", "supportservices"} {
		if replace(t, all[resource]); heard() {
			t.Fatalf("heard after %s, before everything has been read", resource)
		}
	}
	for _, step := range []struct {
		name   string
		change func() error
		want   bool
	}{
		{"everything has been read", func() error { return all["capacitypools"].Replace(nil, "1") }, true},
		{"a pool", func() error {
			return all["capacitypools"].Add(given.Pool("north", "beds", "house", v1alpha1.PoolDetox))
		}, false},
		{"an organisation", func() error { return all["partners"].Add(given.Partner("harbour", "Harbour")) }, true},
		{"an ADP", func() error { return all["partnerships"].Add(given.Partnership("north", "North ADP")) }, true},
		{"an organisation that is gone", func() error { return all["partners"].Delete(given.Partner("harbour", "Harbour")) }, true},
		{"nothing", func() error { return nil }, false},
	} {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		if got := heard(); got != step.want {
			t.Errorf("%s: heard %t, want %t", step.name, got, step.want)
		}
	}
}
