package outbound

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestHeader bounds a Retry-After that is looked at.
const longestHeader = 64

// retryAfter is how long an answer asks to be left alone: from 0, which is also what it says when it says nothing that makes
// sense, to [LongestRetryAfter]. It is in seconds, or a date (RFC 9110, 10.2.3).
func retryAfter(header http.Header, now time.Time) time.Duration {
	values := header.Values("Retry-After")
	if len(values) != 1 || len(values[0]) > longestHeader {
		return 0
	}
	text := strings.TrimSpace(values[0])
	if isDigits(text) {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seconds > int64(LongestRetryAfter/time.Second) { // more digits than there are seconds
			return LongestRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), LongestRetryAfter)
}

func isDigits(text string) bool {
	for _, r := range text {
		if r < '0' || r > '9' {
			return false
		}
	}
	return text != ""
}
