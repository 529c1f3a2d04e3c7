package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// Names of the binder's metrics. The counters count what this replica itself stored: take the sum of replicas.
const (
	// Outcomes counts claims that were held a place, admitted, or ended, by which of these it was.
	Outcomes = "lifeline_placements_total"
	// SecondsToHold is how long claims waited until a place was held for them.
	SecondsToHold = "lifeline_placement_seconds_to_hold"
	// HoldsExpired counts holds that ended before anybody came.
	HoldsExpired = "lifeline_placement_holds_expired_total"
	// Conflicts counts writes that were made anew because somebody else had written first.
	Conflicts = "lifeline_binder_conflicts_total"
	// Swept counts what sweeps gave back that belonged to nobody.
	Swept = "lifeline_binder_swept_total"
	// ClaimsWaiting counts claims that want a place and have none, by kind. Every replica gives it: take the max.
	ClaimsWaiting = "lifeline_claims_waiting"
)

// SweptKind is what a sweep found.
type SweptKind string

const (
	// SweptPlace is a place given to a claim that had gone or moved on.
	SweptPlace SweptKind = "Place"
	// SweptMoney is a placement promised to such a claim.
	SweptMoney SweptKind = "Money"
)

// Binder counts what the binder does. No label names a claim, a pool or an area.
type Binder struct {
	outcomes, swept    *prometheus.CounterVec
	expired, conflicts prometheus.Counter
	wait               prometheus.Histogram
}

// NewBinder returns counters at zero.
func NewBinder() *Binder {
	counter := func(name, help string) prometheus.CounterOpts { return prometheus.CounterOpts{Name: name, Help: help} }
	b := &Binder{
		outcomes: prometheus.NewCounterVec(counter(Outcomes,
			"Claims that were held a place, admitted, or ended, by which of these it was."), []string{"outcome"}),
		swept: prometheus.NewCounterVec(counter(Swept,
			"Places and promised money that belonged to no claim any more and were given back by a sweep."), []string{"what"}),
		expired: prometheus.NewCounter(counter(HoldsExpired, "Holds that ended before the person was admitted.")),
		conflicts: prometheus.NewCounter(counter(Conflicts,
			"Writes of the binder that were made anew because somebody else had written first.")),
		wait: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: SecondsToHold,
			Help: "Seconds from when a claim began to wait (its making, its not-before time, or the end of its last hold) to the hold.",
			// From a place that was free at once to the three weeks after which waiting counts as more pressing.
			Buckets: []float64{1, 2, 5, 10, 60, 600, 3600, 6 * 3600, 86400, 3 * 86400, 7 * 86400, 21 * 86400},
		}),
	}
	for _, outcome := range []string{
		v1alpha1.ReasonHeld, v1alpha1.ReasonAdmitted,
		v1alpha1.ReasonDischarged, v1alpha1.ReasonWithdrawn, v1alpha1.ReasonHoldsExpired,
	} {
		b.outcomes.WithLabelValues(outcome) // a series that is there from the start can be compared with later
	}
	for _, what := range []SweptKind{SweptPlace, SweptMoney} {
		b.swept.WithLabelValues(string(what))
	}
	return b
}

// Came counts a claim that has come to an outcome: the reason of its condition.
func (b *Binder) Came(outcome string) { b.outcomes.WithLabelValues(outcome).Inc() }

// Waited notes how long a claim waited for the place that is held for it now.
func (b *Binder) Waited(how time.Duration) { b.wait.Observe(max(0, how).Seconds()) }

// Expired counts a hold that ended before anybody came.
func (b *Binder) Expired() { b.expired.Inc() }

// Conflicted counts a write that somebody else came before.
func (b *Binder) Conflicted() { b.conflicts.Inc() }

// Swept counts something that a sweep gave back.
func (b *Binder) Swept(what SweptKind) { b.swept.WithLabelValues(string(what)).Inc() }

func (b *Binder) parts() []prometheus.Collector {
	return []prometheus.Collector{b.outcomes, b.swept, b.expired, b.conflicts, b.wait}
}

// Describe implements prometheus.Collector.
func (b *Binder) Describe(to chan<- *prometheus.Desc) {
	for _, part := range b.parts() {
		part.Describe(to)
	}
}

// Collect implements prometheus.Collector.
func (b *Binder) Collect(to chan<- prometheus.Metric) {
	for _, part := range b.parts() {
		part.Collect(to)
	}
}

// Waiting is a Prometheus collector over the claims.
type Waiting struct {
	from client.Reader
	desc *prometheus.Desc
}

// NewWaiting returns a collector that reads the claims from the reader, which ought to be a cache.
func NewWaiting(from client.Reader) *Waiting {
	return &Waiting{from: from, desc: prometheus.NewDesc(ClaimsWaiting,
		"Claims that want a place and have none, by kind of place.", []string{"kind"}, nil)}
}

// Describe implements prometheus.Collector.
func (w *Waiting) Describe(to chan<- *prometheus.Desc) { to <- w.desc }

// Collect reads the claims. If they cannot be read it gives no figures rather than wrong ones.
func (w *Waiting) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readLimit)
	defer cancel()
	var claims v1alpha1.PlacementList
	if err := w.from.List(ctx, &claims, client.UnsafeDisableDeepCopy); err != nil {
		log.Log.V(1).Info("no figures of claims", "error", err.Error())
		return
	}
	waiting := map[v1alpha1.PoolKind]float64{}
	for i := range claims.Items {
		if placement.Waits(&claims.Items[i]) {
			waiting[claims.Items[i].Spec.Kind]++
		}
	}
	for _, kind := range kinds() {
		to <- prometheus.MustNewConstMetric(w.desc, prometheus.GaugeValue, waiting[kind], string(kind))
	}
}
