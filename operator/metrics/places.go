// Package metrics tells Prometheus how the places stand: from the cache, at the moment of the scrape.
package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// Names of the metrics. Every replica of the operator gives them, leader or not: take the max, not the sum, of replicas.
const (
	// Pools counts open CapacityPools by kind and by how far their figures can be trusted.
	Pools = "lifeline_pools"
	// PlacesFree counts places free now, by kind. Pools that nobody has confirmed in time have none.
	PlacesFree = "lifeline_places_free"
)

// readLimit bounds one read of the cache.
const readLimit = 5 * time.Second

// Places is a Prometheus collector over the pools.
type Places struct {
	from        client.Reader
	clock       clock.PassiveClock
	pools, free *prometheus.Desc
}

// NewPlaces returns a collector that reads the pools from the reader, which ought to be a cache.
func NewPlaces(from client.Reader, clock clock.PassiveClock) *Places {
	return &Places{
		from: from, clock: clock,
		pools: prometheus.NewDesc(Pools,
			"Open capacity pools, by kind of place and by trust in the figures.", []string{"kind", "trust"}, nil),
		free: prometheus.NewDesc(PlacesFree,
			"Places free now, by kind; pools that nobody has confirmed in time count none.", []string{"kind"}, nil),
	}
}

// Describe names the metrics.
func (p *Places) Describe(to chan<- *prometheus.Desc) { to <- p.pools; to <- p.free }

// Collect reads the pools. If they cannot be read, which is so before the cache has started, it gives no figures rather than
// wrong ones.
func (p *Places) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readLimit)
	defer cancel()
	var pools v1alpha1.CapacityPoolList
	if err := p.from.List(ctx, &pools); err != nil {
		log.Log.V(1).Info("no figures of places", "error", err.Error())
		return
	}
	p.emit(to, count(pools.Items, p.clock.Now()))
}

type tally struct {
	pools map[v1alpha1.Trust]float64
	free  float64
}

func kinds() []v1alpha1.PoolKind {
	return []v1alpha1.PoolKind{
		v1alpha1.PoolResidentialRehab, v1alpha1.PoolDetox, v1alpha1.PoolStabilisation, v1alpha1.PoolCrisis,
		v1alpha1.PoolFamilyResidential, v1alpha1.PoolDayProgramme, v1alpha1.PoolDevice,
	}
}

func trusts() []v1alpha1.Trust {
	return []v1alpha1.Trust{v1alpha1.TrustConfirmed, v1alpha1.TrustAgeing, v1alpha1.TrustUnconfirmed, v1alpha1.TrustDisputed}
}

func count(pools []v1alpha1.CapacityPool, now time.Time) map[v1alpha1.PoolKind]*tally {
	tallies := map[v1alpha1.PoolKind]*tally{}
	for _, kind := range kinds() {
		tallies[kind] = &tally{pools: map[v1alpha1.Trust]float64{}}
	}
	for i := range pools {
		figures := capacity.FiguresAt(&pools[i], now)
		if t := tallies[figures.Kind]; t != nil && figures.Open {
			free, _ := figures.Free()
			t.pools[figures.Trust]++
			t.free += float64(free)
		}
	}
	return tallies
}

// emit gives every kind and every trust, none as 0, so that no series comes and goes.
func (p *Places) emit(to chan<- prometheus.Metric, tallies map[v1alpha1.PoolKind]*tally) {
	for _, kind := range kinds() {
		to <- prometheus.MustNewConstMetric(p.free, prometheus.GaugeValue, tallies[kind].free, string(kind))
		for _, trust := range trusts() {
			to <- prometheus.MustNewConstMetric(
				p.pools, prometheus.GaugeValue, tallies[kind].pools[trust], string(kind), string(trust))
		}
	}
}
