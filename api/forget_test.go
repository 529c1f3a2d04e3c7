package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// requests fail to be forgotten the first time.
type requests struct {
	before []time.Time
	asked  chan struct{}
}

func (r *requests) ForgetRequests(_ context.Context, before time.Time) (int64, error) {
	r.before = append(r.before, before)
	defer func() { r.asked <- struct{}{} }()
	if len(r.before) == 1 {
		return 0, errors.New("the database is away")
	}
	return 1, nil
}

func TestRequestsAreForgottenAfterNinetyDays(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	kept, ticks, ended := &requests{asked: make(chan struct{}, 1)}, make(chan time.Time), make(chan struct{})
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	var logged bytes.Buffer
	go func() {
		defer close(ended)
		forget(ctx, kept, func() time.Time { return now }, ticks, slog.New(slog.NewTextHandler(&logged, nil)))
	}()
	<-kept.asked
	ticks <- now
	<-kept.asked
	cancel()
	<-ended
	want := now.AddDate(0, 0, -90)
	if len(kept.before) != 2 || !kept.before[0].Equal(want) || !kept.before[1].Equal(want) {
		t.Errorf("forgotten were those before %v, want %v, twice", kept.before, want)
	}
	if !strings.Contains(logged.String(), "the database is away") {
		t.Errorf("nobody is told that it failed: %s", &logged)
	}
}
