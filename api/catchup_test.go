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

// late fails to catch up the first time.
type late struct{ asked chan int }

func (l late) CatchUp(context.Context) error {
	n := <-l.asked
	defer func() { l.asked <- n + 1 }()
	if n == 0 {
		return errors.New("the database is away")
	}
	return nil
}

func TestWhatAnEarlierReleaseWroteIsCaughtUpWithAtEachTick(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	what, ticks, ended := late{make(chan int, 1)}, make(chan time.Time), make(chan struct{})
	what.asked <- 0
	var logged bytes.Buffer
	go func() {
		defer close(ended)
		catchUp(ctx, what, ticks, slog.New(slog.NewTextHandler(&logged, nil)))
	}()
	for range 3 {
		ticks <- time.Now()
	}
	cancel()
	<-ended
	if n := <-what.asked; n != 3 {
		t.Errorf("it was done %d times", n)
	}
	if strings.Count(logged.String(), "the database is away") != 1 {
		t.Errorf("of what failed is said: %s", &logged)
	}
}
