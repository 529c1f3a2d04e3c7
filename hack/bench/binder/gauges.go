package binder

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"k8s.io/client-go/rest"

	"lifeline.scot/hack/bench/live"
)

// writes returns how many requests that write anything but a lease the API server has answered so far, as it counts them.
func writes(ctx context.Context, system *live.System) (float64, error) {
	c, err := rest.HTTPClientFor(system.Config)
	if err != nil {
		return 0, fmt.Errorf("make a client: %w", err)
	}
	defer c.CloseIdleConnections()
	return sum(ctx, c, system.Config.Host+"/metrics", func(series string) bool {
		return strings.HasPrefix(series, "apiserver_request_total{") && !strings.Contains(series, `resource="leases"`) &&
			(strings.Contains(series, `verb="PATCH"`) || strings.Contains(series, `verb="PUT"`) ||
				strings.Contains(series, `verb="POST"`) || strings.Contains(series, `verb="APPLY"`))
	})
}

// liveHeap returns what of the operator's heap was in use after the last collection, in bytes: by Go's default the next one
// comes at twice that.
func liveHeap(ctx context.Context, operator *live.Program) (float64, error) {
	next, err := sum(ctx, http.DefaultClient, operator.Metrics, func(series string) bool {
		return series == "go_memstats_next_gc_bytes"
	})
	return next / 2, err
}

// sum adds up the series of a page of metrics that are wanted.
func sum(ctx context.Context, c *http.Client, url string, wanted func(series string) bool) (total float64, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	response, err := c.Do(request)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("read metrics: %s answers %s", url, response.Status)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if at < 0 {
			continue
		}
		series, value := line[:at], line[at+1:]
		if !wanted(series) {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, fmt.Errorf("read metrics: %s is %q", series, value)
		}
		total += n
	}
	return total, lines.Err()
}
