package main

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lifeline.scot/api/store"
)

func TestTheMetricsSayWhatThereIsToBeDone(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	is, away, counts := store.Backlog{}, error(nil), 0
	b := &backlog{clock: func() time.Time { return now }, read: func(ctx context.Context) (store.Backlog, error) {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("counting may take for ever")
		}
		counts++
		return is, away
	}}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(b)
	says := func(want map[string]float64) {
		t.Helper()
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, f := range families {
			got[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
		}
		if !maps.Equal(got, want) {
			t.Errorf("they say %v, want %v", got, want)
		}
	}
	of := func(waiting, oldest, givenUp, late, escalated float64) map[string]float64 {
		return map[string]float64{
			"lifeline_deliveries_waiting": waiting, "lifeline_deliveries_oldest_waiting_seconds": oldest,
			"lifeline_deliveries_given_up": givenUp, "lifeline_referral_steps_overdue": late, "lifeline_referrals_escalated": escalated,
		}
	}
	says(of(0, 0, 0, 0, 0))
	is = store.Backlog{Waiting: 3, Oldest: now.Add(-time.Minute), GivenUp: 2, Late: 1, Escalated: 4}
	if says(of(0, 0, 0, 0, 0)); counts != 1 {
		t.Errorf("counted %d times within the same moment", counts)
	}
	now = now.Add(countAgain)
	says(of(3, 90, 2, 1, 4))
	now, away = now.Add(countAgain), errors.New("the store is away")
	says(nil)
}
