package rulebook

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// measures count what the rulebook does.
type measures struct{ worlds atomic.Int64 }

func (m *measures) rebuilt() { m.worlds.Add(1) }

// Names of the metrics.
const (
	// MetricDeciding is 1 while decisions about sharing can be made, and 0 while whatever is asked is denied.
	MetricDeciding = "lifeline_sharing_deciding"
	// MetricNarrowing is 1 for how the stricter rules stand, and 0 for how they do not.
	MetricNarrowing = "lifeline_sharing_narrowing"
	// MetricNarrowingRunning is 1 while the process of the stricter rules in force can be asked, and 0 while it cannot, or there are
	// none.
	MetricNarrowingRunning = "lifeline_sharing_narrowing_running"
	// MetricNarrowingEnds counts how often such a process ended that nobody ended.
	MetricNarrowingEnds = "lifeline_sharing_narrowing_ends_total"
	// MetricWorlds counts how often partners and agreements were taken in anew.
	MetricWorlds = "lifeline_sharing_worlds_total"
)

// Collector gives the figures of the rulebook at the moment of the scrape.
func (b *Rulebook) Collector() prometheus.Collector {
	return &collector{
		of: b,
		deciding: prometheus.NewDesc(MetricDeciding,
			"1 while decisions about sharing can be made, 0 while whatever is asked is denied.", nil, nil),
		narrowing: prometheus.NewDesc(MetricNarrowing,
			"1 for how the stricter rules of the ConfigMap stand: None, Unread, InForce or Refused.", []string{"state"}, nil),
		running: prometheus.NewDesc(MetricNarrowingRunning,
			"1 while the process of the stricter rules in force can be asked, 0 while it cannot, or there are none.", nil, nil),
		ends: prometheus.NewDesc(MetricNarrowingEnds,
			"How often a process of stricter rules ended by itself, or was ended for taking too long or too much, since the start.",
			nil, nil),
		worlds: prometheus.NewDesc(MetricWorlds,
			"How often partners and agreements were taken in anew since the start.", nil, nil),
	}
}

type collector struct {
	of                                         *Rulebook
	deciding, narrowing, running, ends, worlds *prometheus.Desc
}

// Describe names the metrics.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	to <- c.deciding
	to <- c.narrowing
	to <- c.running
	to <- c.ends
	to <- c.worlds
}

// Collect gives every state, those that are not so as 0, so that no series comes and goes.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	_, world := c.of.Now()
	to <- prometheus.MustNewConstMetric(c.deciding, prometheus.GaugeValue, oneIf(world != nil))
	is := c.of.Narrowing().State
	for _, state := range narrowingStates() {
		to <- prometheus.MustNewConstMetric(c.narrowing, prometheus.GaugeValue, oneIf(state == is), string(state))
	}
	running, ends := c.of.narrower.process()
	to <- prometheus.MustNewConstMetric(c.running, prometheus.GaugeValue, oneIf(running))
	to <- prometheus.MustNewConstMetric(c.ends, prometheus.CounterValue, float64(ends))
	to <- prometheus.MustNewConstMetric(c.worlds, prometheus.CounterValue, float64(c.of.measures.worlds.Load()))
}

// process says whether the process of the stricter rules in force runs, and how often one has ended that nobody ended.
func (n *narrower) process() (running bool, ends int64) {
	if n == nil {
		return false, 0
	}
	return n.asked.Load().Running(), n.ends.Load()
}

func oneIf(so bool) float64 {
	if so {
		return 1
	}
	return 0
}
