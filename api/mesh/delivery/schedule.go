package delivery

import (
	"time"

	"lifeline.scot/api/mesh/outbound"
)

// Schedule is how long is waited after each attempt that failed. None: [Pauses].
type Schedule []time.Duration

// Pauses are how long is waited after each attempt that failed: the schedule of Standard Webhooks 1.0
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md), whose first attempt is at once.
var Pauses = Schedule{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour,
	24 * time.Hour,
}

// longestTried is for how long a delivery is tried. The last pauses are cut short by it.
const longestTried = 72 * time.Hour

// next is when a delivery is tried again that began at a moment and has failed so often; false if it is given up. An endpoint
// that asks for more time than is waited anyway gets it. spread is from 0 to 1, at random: those who failed together do not come
// back together.
func (s Schedule) next(begun, now time.Time, failed int64, retryAfter time.Duration, spread float64) (time.Time, bool) {
	pauses, end := s, begun.Add(longestTried)
	if len(pauses) == 0 {
		pauses = Pauses
	}
	if failed < 1 || failed > int64(len(pauses)) || !now.Before(end) {
		return time.Time{}, false
	}
	pause := pauses[failed-1]
	pause += time.Duration((spread - 0.5) * 0.4 * float64(pause)) // 80 % to 120 %
	pause = max(pause, min(retryAfter, outbound.LongestRetryAfter))
	due := now.Add(pause)
	if due.After(end) {
		due = end
	}
	return due, true
}
