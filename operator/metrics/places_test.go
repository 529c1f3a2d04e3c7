package metrics

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// cached is a cache with these pools in it.
type cached struct {
	client.Reader
	pools []v1alpha1.CapacityPool
	err   error
}

func (c cached) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	list.(*v1alpha1.CapacityPoolList).Items = c.pools
	return c.err
}

func detox(operation v1alpha1.Operation) v1alpha1.CapacityPool {
	staffed, occupied := int32(6), int32(4)
	p := v1alpha1.CapacityPool{}
	p.Spec.Kind, p.Spec.Operation, p.Spec.ConfirmEverySeconds = v1alpha1.PoolDetox, operation, 3600
	p.Status.Staffed, p.Status.Occupied, p.Status.ConfirmedTime = &staffed, &occupied, &metav1.Time{Time: noon}
	return p
}

// scrape returns the values as name/kind/trust; of a histogram, how much went into it.
func scrape(t *testing.T, c prometheus.Collector) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			key := family.GetName()
			for _, label := range metric.GetLabel() {
				key += "/" + label.GetValue()
			}
			values[key] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	return values
}

// At the moment of the scrape, whether or not anybody has written since; a pool that is not open is no pool.
func TestPlacesAreCountedAtTheScrape(t *testing.T) {
	from := cached{pools: []v1alpha1.CapacityPool{detox(v1alpha1.OperationOpen), detox(v1alpha1.OperationOpen), detox(v1alpha1.OperationClosed)}}
	clock := testclock.NewFakePassiveClock(noon)
	for _, tc := range []struct {
		after time.Duration
		trust string
		free  float64
	}{{0, "Confirmed", 4}, {time.Hour, "Ageing", 4}, {2 * time.Hour, "Unconfirmed", 0}} {
		clock.SetTime(noon.Add(tc.after))
		values := scrape(t, NewPlaces(from, clock))
		if len(values) != 35 {
			t.Errorf("%d series, want one for each kind, and one for each kind and trust", len(values))
		}
		if values["lifeline_pools/Detox/"+tc.trust] != 2 || values["lifeline_places_free/Detox"] != tc.free {
			t.Errorf("after %s: %v", tc.after, values)
		}
	}
}

func TestNoFiguresRatherThanWrongOnes(t *testing.T) {
	from := cached{err: errors.New("the cache has not started")}
	if values := scrape(t, NewPlaces(from, testclock.NewFakePassiveClock(noon))); len(values) != 0 {
		t.Errorf("%v", values)
	}
}
