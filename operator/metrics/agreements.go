package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"lifeline.scot/crds/agreement"
	"lifeline.scot/crds/v1alpha1"
)

// AgreementsByState counts DataSharingAgreements by how they stand. Every replica gives it: take the max.
const AgreementsByState = "lifeline_agreements"

// Agreements is a Prometheus collector over the agreements, so that one that is due for review is noticed before it ends.
type Agreements struct {
	from  client.Reader
	clock clock.PassiveClock
	desc  *prometheus.Desc
}

// NewAgreements returns a collector that reads the agreements from the reader, which ought to be a cache.
func NewAgreements(from client.Reader, clock clock.PassiveClock) *Agreements {
	return &Agreements{from: from, clock: clock, desc: prometheus.NewDesc(AgreementsByState,
		"Data sharing agreements, by how they stand at the moment of the scrape.", []string{"state"}, nil)}
}

// Describe implements prometheus.Collector.
func (a *Agreements) Describe(to chan<- *prometheus.Desc) { to <- a.desc }

// Collect reads the agreements. If they cannot be read it gives no figures rather than wrong ones.
func (a *Agreements) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readLimit)
	defer cancel()
	var list v1alpha1.DataSharingAgreementList
	if err := a.from.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		log.Log.V(1).Info("no figures of agreements", "error", err.Error())
		return
	}
	counts, now := map[v1alpha1.AgreementState]float64{}, a.clock.Now()
	for i := range list.Items {
		state, _ := agreement.StateAt(&list.Items[i].Spec, now)
		counts[state]++
	}
	for _, state := range agreement.States() {
		to <- prometheus.MustNewConstMetric(a.desc, prometheus.GaugeValue, counts[state], string(state))
	}
}
