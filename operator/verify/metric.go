package verify

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/operator/reference"
)

const (
	// lookEvery is how often at most everything is looked through for the metric.
	lookEvery = 30 * time.Second
	// scrapeLimit bounds one look.
	scrapeLimit = 5 * time.Second
)

// Violations publishes how many rules about places, claims and money are broken: those found in two looks, one after the
// other. The label names the rule, and nothing that points at a claim.
type Violations struct {
	from  client.Reader
	clock clock.PassiveClock
	desc  *prometheus.Desc

	mu     sync.Mutex
	looked time.Time
	last   []rules.Violation
	lasted map[rules.ViolationKind]int
}

// NewViolations returns the metric, read from the cache.
func NewViolations(from client.Reader, clock clock.PassiveClock) *Violations {
	return &Violations{
		from: from, clock: clock,
		desc: prometheus.NewDesc("lifeline_placement_violations",
			"Rules about places, claims and money that are broken. Anything but 0 needs somebody to run: operator verify.",
			[]string{"kind"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (v *Violations) Describe(descs chan<- *prometheus.Desc) { descs <- v.desc }

// Collect implements prometheus.Collector.
func (v *Violations) Collect(metrics chan<- prometheus.Metric) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if now := v.clock.Now(); now.Sub(v.looked) >= lookEvery {
		if err := v.look(now); err != nil {
			return // before the cache has started there is nothing to tell
		}
	}
	for _, kind := range rules.ViolationKinds {
		metrics <- prometheus.MustNewConstMetric(v.desc, prometheus.GaugeValue, float64(v.lasted[kind]), string(kind))
	}
}

func (v *Violations) look(now time.Time) error {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit)
	defer cancel()
	s, err := reference.Snapshot(ctx, v.from)
	if err != nil {
		return err
	}
	found := rules.Verify(s, now)
	v.lasted = map[rules.ViolationKind]int{}
	for _, violation := range Both(v.last, found) {
		v.lasted[violation.Kind]++
	}
	v.last, v.looked = found, now
	return nil
}
