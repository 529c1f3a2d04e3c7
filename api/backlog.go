package main

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lifeline.scot/api/store"
)

// backlog says in metrics what there is to be done: counts of all, never of one partner, person or area. They are read when
// somebody asks for them and the last ones are old; while the store does not answer there are none, which an alert can tell
// from 0.
type backlog struct {
	read  func(ctx context.Context) (store.Backlog, error)
	clock func() time.Time

	mu   sync.Mutex
	last store.Backlog
	at   time.Time
}

// Bounds of how often and how long is counted.
const (
	countAgain = 30 * time.Second
	countTime  = 5 * time.Second
)

var (
	deliveriesWaiting = prometheus.NewDesc("lifeline_deliveries_waiting", "Events that are still to be delivered.", nil, nil)
	deliveriesOldest  = prometheus.NewDesc("lifeline_deliveries_oldest_waiting_seconds",
		"How long ago the oldest event happened that is still to be delivered; 0 if there is none.", nil, nil)
	deliveriesGivenUp = prometheus.NewDesc("lifeline_deliveries_given_up",
		"Events that were given up, and that somebody may ask for again.", nil, nil)
	stepsLate = prometheus.NewDesc("lifeline_referral_steps_overdue",
		"Steps of referrals whose time is over, from which nothing has followed yet; should stay near 0.", nil, nil)
	referralsEscalated = prometheus.NewDesc("lifeline_referrals_escalated",
		"Referrals that were escalated, as because a step is late, and that nobody has said anything about since.", nil, nil)
)

// Describe implements prometheus.Collector.
func (*backlog) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{deliveriesWaiting, deliveriesOldest, deliveriesGivenUp, stepsLate, referralsEscalated} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (b *backlog) Collect(to chan<- prometheus.Metric) {
	now := b.clock()
	counted, err := b.counted(now)
	if err != nil {
		return
	}
	oldest := 0.0
	if !counted.Oldest.IsZero() {
		oldest = max(now.Sub(counted.Oldest).Seconds(), 0)
	}
	for d, value := range map[*prometheus.Desc]float64{
		deliveriesWaiting: float64(counted.Waiting), deliveriesOldest: oldest, deliveriesGivenUp: float64(counted.GivenUp),
		stepsLate: float64(counted.Late), referralsEscalated: float64(counted.Escalated),
	} {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
}

// counted is what was counted lately. Who asks at the same time waits for the same count.
func (b *backlog) counted(now time.Time) (store.Backlog, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.at.IsZero() && now.Sub(b.at) < countAgain {
		return b.last, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), countTime)
	defer cancel()
	counted, err := b.read(ctx)
	if err == nil {
		b.last, b.at = counted, now
	}
	return counted, err
}
