package store_test

import (
	"testing"
	"time"

	"lifeline.scot/api/store"
)

func TestWhatThereIsToBeDoneIsCounted(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		count := func() store.Backlog {
			t.Helper()
			b, err := w.Store.Backlog(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		if got := count(); got != (store.Backlog{}) {
			t.Errorf("of nothing there is %+v", got)
		}
		w.submit(t)
		begun := w.clock.Now().Truncate(time.Microsecond)
		w.clock.SetTime(begun.Add(time.Hour))
		w.submit(t)
		all, err := w.Store.Undelivered(t.Context(), 0, 10)
		if err != nil || len(all) != 2 {
			t.Fatalf("%v %v", all, err)
		}
		if got := count(); got.Waiting != 2 || !got.Oldest.Equal(begun) || got.GivenUp != 0 {
			t.Errorf("there is %+v, begun %s", got, begun)
		}
		if err := w.Store.Settle(t.Context(), store.Settlement{Delivery: all[0], State: store.GivenUp, Reason: "X"}); err != nil {
			t.Fatal(err)
		}
		if got := count(); got.Waiting != 1 || !got.Oldest.Equal(begun.Add(time.Hour).Truncate(time.Microsecond)) || got.GivenUp != 1 {
			t.Errorf("after one was given up there is %+v", got)
		}
	})
}
