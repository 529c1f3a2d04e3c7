package pace_test

import (
	"context"
	"testing"
	"testing/quick"
	"time"

	"lifeline.scot/api/pace"
)

func TestNobodyIsWokenEarly(t *testing.T) {
	if err := quick.Check(func(some uint32) bool {
		while := time.Duration(some) % (6 * time.Millisecond)
		began := time.Now()
		pace.Exact{}.Sleep(t.Context(), while)
		return time.Since(began) >= while
	}, nil); err != nil {
		t.Error(err)
	}
}

func TestASleepEndsWithWhoeverWaits(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		pace.Exact{}.Sleep(ctx, pace.Longest*1000)
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("it sleeps on")
	}
}
