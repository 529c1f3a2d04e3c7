package pace_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/utils/clock"

	"lifeline.scot/api/pace"
)

const (
	atLeast = 100 * time.Millisecond
	every   = 50 * time.Millisecond
)

// bubble is the clock of a test that runs in a bubble of its own time.
type bubble struct{ clock.RealClock }

func (bubble) Sleep(ctx context.Context, while time.Duration) {
	timer := time.NewTimer(while)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func TestAnswersAreGivenAtFixedMoments(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		0: atLeast, time.Millisecond: atLeast, atLeast - 1: atLeast, atLeast: atLeast, atLeast + 1: atLeast + every,
		atLeast + every: atLeast + every, atLeast + every + 1: atLeast + 2*every, time.Second: time.Second, time.Second + 1: time.Second + every,
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			wait := pace.Schedule{AtLeast: atLeast, Every: every, Clock: bubble{}}.Begin()
			time.Sleep(took)
			wait(t.Context())
			if got := time.Since(began); got != want {
				t.Errorf("what took %s is answered after %s, want %s", took, got, want)
			}
		})
	}
}

func TestWhoeverIsGoneIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		pace.Schedule{AtLeast: atLeast, Every: every, Clock: bubble{}}.Begin()(ctx)
		if got := time.Since(began); got != time.Millisecond {
			t.Errorf("it was waited for %s", got)
		}
	})
}

func TestWithoutAScheduleNothingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		pace.Schedule{}.Begin()(t.Context())
		if !time.Now().Equal(began) {
			t.Error("it was waited")
		}
	})
}

func TestSettingsThatMakeNoSense(t *testing.T) {
	for _, tc := range []struct {
		atLeast, every time.Duration
		fits           bool
	}{
		{0, 0, true},
		{pace.DefaultAtLeast, pace.DefaultEvery, true},
		{pace.Longest, 1, true},
		{-1, 1, false},
		{1, -1, false},
		{0, 1, false},
		{1, 0, false},
		{pace.Longest + 1, 1, false},
		{1, pace.Longest + 1, false},
	} {
		if err := (pace.Schedule{AtLeast: tc.atLeast, Every: tc.every}).Check(); (err == nil) != tc.fits {
			t.Errorf("%s and every %s: %v", tc.atLeast, tc.every, err)
		}
	}
}
