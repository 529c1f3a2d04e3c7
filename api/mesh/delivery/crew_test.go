package delivery

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Jobs end together, half of them at a time; the last of them at once.
func TestJobsOfALaneEndTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew()
		var ended atomic.Int64
		for range 8 {
			c.begin()
		}
		for _, want := range []int64{0, 0, 0, 4, 4, 6, 7, 8} {
			go func() {
				c.end(t.Context(), true, nil)
				ended.Add(1)
			}()
			synctest.Wait()
			if n := ended.Load(); n != want {
				t.Errorf("%d have ended, want %d", n, want)
			}
		}
	})
}

// None of them waits long for those that take long, or for any when the lane is closed.
func TestAJobOfALaneDoesNotWaitLongToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew()
		for range 8 {
			c.begin()
		}
		begun := time.Now()
		c.end(t.Context(), true, nil)
		if took := time.Since(begun); took != endTime {
			t.Errorf("it waited for %s", took)
		}
		closed := make(chan struct{})
		close(closed)
		c.end(t.Context(), true, closed)
		if took := time.Since(begun); took != endTime {
			t.Errorf("where the lane is closed it waited for %s", took-endTime)
		}
		if c.under != 6 || c.over != 0 {
			t.Errorf("%d are under way and %d wait", c.under, c.over)
		}
	})
}

// One that is to be looked at again goes at once, and those that waited for it go with it.
func TestAJobThatIsPutOffWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew()
		for range 4 {
			c.begin()
		}
		begun := time.Now()
		c.end(t.Context(), false, nil)
		go c.end(t.Context(), true, nil) // two are under way besides
		synctest.Wait()
		c.end(t.Context(), false, nil)
		synctest.Wait()
		if took := time.Since(begun); took != 0 || c.under != 1 || c.over != 0 {
			t.Errorf("after %s %d are under way and %d wait", took, c.under, c.over)
		}
	})
}
