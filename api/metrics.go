package main

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/identity/oidc"
	"lifeline.scot/api/mesh/inbound"
)

// metrics are what the program counts. No label holds anything a client sent.
type metrics struct {
	registry *prometheus.Registry
	seconds  *prometheus.HistogramVec
	streams  *prometheus.GaugeVec
	signIns  *prometheus.CounterVec
	events   *prometheus.CounterVec
}

func newMetrics(d *directory.Directory) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "lifeline_api_request_seconds", Help: "How long requests took, by what was asked and the status of the answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"handler", "status"}),
		streams: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "lifeline_api_streams", Help: "Streams that are open, by how they are carried: sse or websocket.",
		}, []string{"transport"}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lifeline_api_sign_ins_total",
			Help: "Bearer tokens that were checked, by what came of it: Accepted, Unavailable, or why the token does not count.",
		}, []string{"outcome"}),
	}
	m.events = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "lifeline_api_events_total",
		Help: "Events that partners sent, by what came of each: DONE, REPLAYED, or why nothing was done.",
	}, []string{"outcome"})
	gauge := func(name, help string, read func(directory.View) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			return read(d.View())
		}))
	}
	gauge("lifeline_directory_live", "1 while every change in Kubernetes is followed, 0 while answers are the last known.",
		func(v directory.View) float64 {
			if v.Freshness().State == directory.Live {
				return 1
			}
			return 0
		})
	gauge("lifeline_directory_as_of_seconds", "The last moment at which the directory held everything, in Unix time.",
		func(v directory.View) float64 { return float64(v.Freshness().AsOf.UnixMilli()) / 1000 })
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "lifeline_directory_snapshots_total", Help: "Snapshots published since the start.",
	}, func() float64 { return float64(d.View().Version()) }))
	m.registry.MustRegister(m.seconds, m.streams, m.signIns, m.events, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// follow measures referrals; it measures nothing where none are kept.
func (m *metrics) follow(r *referrals) {
	if r == nil {
		return
	}
	m.registry.MustRegister(&backlog{read: r.backlog, clock: time.Now})
	m.registry.MustRegister(r.rules.Collector(), r.counted.total, r.damaged.total, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "lifeline_referrals_available",
		Help: "1 while the referral store answers and it is known what may be shared, 0 otherwise.",
	}, func() float64 {
		if r.state(context.Background()) == "Available" {
			return 1
		}
		return 0
	}))
}

func (m *metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}

// stream notes that a stream has opened or ended.
func (m *metrics) stream(transport string, change int) {
	m.streams.WithLabelValues(transport).Add(float64(change))
}

// signIn notes what came of checking a token.
func (m *metrics) signIn(err error) {
	outcome := "Unavailable"
	var refused *oidc.RefusedError
	switch {
	case err == nil:
		outcome = "Accepted"
	case errors.As(err, &refused):
		outcome = string(refused.Reason)
	}
	m.signIns.WithLabelValues(outcome).Inc()
}

// event notes what came of an event that a partner sent.
func (m *metrics) event(outcome inbound.Outcome) { m.events.WithLabelValues(string(outcome)).Inc() }

// count notes how long the handler takes, and with what status. Streams take as long as their clients like, and are not timed.
func (m *metrics) count(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, noted := time.Now(), &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(noted, r)
		if noted.status == http.StatusSwitchingProtocols || strings.HasPrefix(noted.Header().Get("Content-Type"), "text/event-stream") {
			return
		}
		m.seconds.WithLabelValues(name, strconv.Itoa(noted.status)).Observe(time.Since(began).Seconds())
	})
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap gives http.ResponseController the writer itself.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
