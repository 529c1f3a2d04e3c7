package directory

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/directory/directorytest"
)

// viewAt is a live view of the objects at a moment.
func viewAt(now time.Time, objects ...metav1.Object) View {
	return NewView(SnapshotOf(NewChanges(objects...)), now, Freshness{State: Live, AsOf: now, Since: now})
}

func viewOf(objects ...metav1.Object) View { return viewAt(directorytest.Noon(), objects...) }

func pointer[T any](value T) *T { return &value }

// serviceNames are the names of what a search finds, in order.
func serviceNames(t *testing.T, v View, f ServiceFilter, order Order) []string {
	t.Helper()
	found, err := v.Services(f, order)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, s := range found.All() {
		names = append(names, s.Name)
	}
	if len(names) != found.Total {
		t.Errorf("Total says %d of %d", found.Total, len(names))
	}
	return names
}

func poolNames(v View, f PoolFilter, order Order) []string {
	names := []string{}
	for _, p := range v.Pools(f, order).All() {
		names = append(names, p.Name)
	}
	return names
}
