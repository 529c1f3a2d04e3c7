package outbound

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestHowLongAnEndpointAsksToBeLeftAlone(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "1": time.Second, " 120 ": 2 * time.Minute, "86400": LongestRetryAfter, "86401": LongestRetryAfter,
		"9300000000": LongestRetryAfter, "9223372036854775807": LongestRetryAfter, "9223372036854775808": LongestRetryAfter,
		"00000000000000000000000000000000000007": 7 * time.Second, strings.Repeat("9", 65): 0,
		"-1": 0, "+1": 0, "1.5": 0, "1e9": 0, "0x10": 0, "soon": 0, "": 0, "12 13": 0,
		"Sun, 29 Nov 2026 12:00:30 GMT": 30 * time.Second, "Sun, 29 Nov 2026 11:00:00 GMT": 0,
		"Fri, 31 Dec 1999 23:59:59 GMT": 0, "Fri, 31 Dec 9999 23:59:59 GMT": LongestRetryAfter,
		"Sunday, 29-Nov-26 12:01:00 GMT": time.Minute, "Sun Nov 29 12:01:00 2026": time.Minute, "29 Nov 2026": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, noon); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	for what, header := range map[string]http.Header{"none": {}, "two": {"Retry-After": {"60", "60"}}} {
		if got := retryAfter(header, noon); got != 0 {
			t.Errorf("%s: %s", what, got)
		}
	}
}

// Whatever an endpoint says, a wait is neither negative nor endless.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"120", "9300000000", "-1", "Fri, 31 Dec 9999 23:59:59 GMT", "999999999999999999999"} {
		f.Add(seed, 1)
	}
	s := New(Options{Clock: func() time.Time { return noon }})
	f.Fuzz(func(t *testing.T, text string, tried int) {
		response := &http.Response{Header: http.Header{"Retry-After": {text}}}
		if got := retryAfter(response.Header, noon); got < 0 || got > LongestRetryAfter {
			t.Errorf("it asks for %s", got)
		}
		tried = max(tried, 0) // as the library counts
		if got := s.pause(time.Second, 3*time.Second, tried, response); got < time.Second/2 || got > 3*time.Second {
			t.Errorf("it is waited %s", got)
		}
	})
}
