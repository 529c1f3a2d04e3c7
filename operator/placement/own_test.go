package placement

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"lifeline.scot/crds/v1alpha1"
)

func TestOwnWritesAreAheadOfACacheThatLags(t *testing.T) {
	at := func(uid, version string) *v1alpha1.Placement {
		return &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{Name: "a", UID: types.UID(uid), ResourceVersion: version}}
	}
	for name, tc := range map[string]struct {
		cached *v1alpha1.Placement
		after  time.Duration
		want   bool
	}{
		"an older version":                         {at("u", "9"), 0, true},
		"the version written":                      {at("u", "10"), 0, false},
		"a newer one":                              {at("u", "11"), 0, false},
		"another claim of the name":                {at("v", "9"), 0, false},
		"a store that was put back":                {at("u", "9"), believed, false},
		"a version that is no number":              {at("u", "x"), 0, false},
		"another claim, of which nothing is known": {&v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{Name: "b"}}, 0, false},
	} {
		var own ownWrites
		own.note(at("u", "10"), noon)
		if got := own.ahead(tc.cached, noon.Add(tc.after)); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// What is remembered of claims is forgotten once it is seen, or the claim has gone.
func TestOwnWritesAreForgotten(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 2)
	w.claim("a")
	w.claim("b")
	w.settle()
	w.withdraw("a")
	w.delete(named("b"), false)
	w.settle()
	w.pass(7 * time.Hour) // the sweep
	w.stands("a:ended b:gone")
	if left := w.binders[0].own.left; len(left) > 0 {
		t.Errorf("still remembered: %v", left)
	}
}

// asked counts what is read.
type asked struct {
	client.Reader
	times *int
}

func (a asked) Get(ctx context.Context, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
	*a.times++
	return a.Reader.Get(ctx, key, o, options...)
}

// A claim that the binder has just given a place, looked at while the cache shows it and its pool as they were before, costs the
// API server nothing.
func TestWhatWasJustWrittenIsNotLookedForOrWrittenAgain(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 1)
	b := w.binders[0]
	b.run()
	w.claim("a")
	b.see()
	reads := 0
	b.Live = asked{w.store, &reads}
	b.visit()
	w.stands("a:Held")
	if reads != 1 { // of the pool, before its finalizer is put on
		t.Errorf("%d reads of the API server", reads)
	}
	writes := b.writes
	for range 3 {
		result, err := b.Reconcile(t.Context(), reconcile.Request{NamespacedName: client.ObjectKeyFromObject(named("a"))})
		if err != nil || result.RequeueAfter != lag {
			t.Errorf("%+v, %v", result, err)
		}
	}
	if reads != 1 || b.writes != writes {
		t.Errorf("%d reads and %d more writes", reads, b.writes-writes)
	}
	b.run()
	w.stands("a:Held")
}
