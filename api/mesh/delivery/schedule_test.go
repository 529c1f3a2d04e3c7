package delivery

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func TestTheScheduleIsThatOfStandardWebhooksForThreeDays(t *testing.T) {
	at, tries := noon, []time.Duration{0}
	for failed := int64(1); ; failed++ {
		due, again := Schedule{}.next(noon, at, failed, 0, 0.5)
		if !again {
			break
		}
		at = due
		tries = append(tries, due.Sub(noon))
	}
	want := []time.Duration{
		0, 5 * time.Second, 5*time.Minute + 5*time.Second, 35*time.Minute + 5*time.Second, 155*time.Minute + 5*time.Second,
		455*time.Minute + 5*time.Second, 1055*time.Minute + 5*time.Second, 1895*time.Minute + 5*time.Second,
		3095*time.Minute + 5*time.Second, 72 * time.Hour,
	}
	if len(tries) != len(want) {
		t.Fatalf("tried %d times: %v", len(tries), tries)
	}
	for i := range want {
		if tries[i] != want[i] {
			t.Errorf("try %d after %s, not %s", i+1, tries[i], want[i])
		}
	}
}

// However long an endpoint asks to be left alone and whatever chance does, what is tried again is tried later, and within three
// days.
func TestEveryPauseIsWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		begun := noon
		now := begun.Add(time.Duration(rapid.Int64Range(0, int64(80*time.Hour)).Draw(r, "since")))
		failed := rapid.Int64Range(-1, 12).Draw(r, "failed")
		asked := time.Duration(rapid.Int64Range(-int64(time.Hour), int64(1000*time.Hour)).Draw(r, "asked"))
		due, again := Schedule{}.next(begun, now, failed, asked, rapid.Float64Range(0, 1).Draw(r, "spread"))
		end := begun.Add(longestTried)
		switch {
		case !again:
			if failed >= 1 && failed <= int64(len(Pauses)) && now.Before(end) {
				r.Fatalf("given up after %d failures, %s", failed, now.Sub(begun))
			}
		case !due.After(now), due.After(end):
			r.Fatalf("due %s after it began, at %s", due.Sub(begun), now.Sub(begun))
		case due.Before(end) && due.Sub(now) < Pauses[failed-1]*8/10:
			r.Fatalf("only %s after failure %d", due.Sub(now), failed)
		case asked > 0 && asked <= 24*time.Hour && due.Before(end) && due.Sub(now) < asked:
			r.Fatalf("after %s, and it asked for %s", due.Sub(now), asked)
		}
	})
}
