package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/placement"
)

func TestProbesAndTheSchemaSayHowLongTheyHold(t *testing.T) {
	d, err := directory.New(&rest.Config{Host: "https://127.0.0.1:1"}, directory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := newMetrics(d)
	routes, err := (&site{directory: d, book: placement.NewBook(placement.Rights{}, nil), metrics: m, logger: slog.New(slog.DiscardHandler)}).routes(false)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		status int
		cache  string
	}{
		"/healthz":        {http.StatusOK, "no-store"},
		"/readyz":         {http.StatusServiceUnavailable, "no-store"},
		"/schema.graphql": {http.StatusOK, "public, max-age=300"},
	} {
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		header := w.Result().Header // as it was when the status was sent
		if w.Code != want.status || header.Get("Cache-Control") != want.cache ||
			header.Get("Content-Type") != "text/plain; charset=utf-8" || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s answers %d %v", path, w.Code, header)
		}
	}
	w := httptest.NewRecorder()
	m.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(w.Body.String(), "# TYPE lifeline_directory_snapshots_total counter") {
		t.Error("the number of snapshots is no counter")
	}
}

// What is carried by a stream ends at once when the program stops, and what is still being answered is waited for.
func TestStoppingWaitsForWhatIsAnswered(t *testing.T) {
	s := &site{}
	begun, finish := make(chan struct{}), make(chan struct{})
	h := s.counted(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(begun); <-finish }))
	go h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	<-begun
	stopped := make(chan struct{})
	go func() { s.shutDown(nil); close(stopped) }()
	select {
	case <-stopped:
		t.Error("it did not wait")
	default:
	}
	close(finish)
	<-stopped
}

func TestStreamsAreCountedButNotTimed(t *testing.T) {
	d, err := directory.New(&rest.Config{Host: "https://127.0.0.1:1"}, directory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := newMetrics(d)
	m.stream("sse", 1)
	h := m.count("graphql", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		w.WriteHeader(http.StatusOK)
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	w := httptest.NewRecorder()
	m.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if body := w.Body.String(); !strings.Contains(body, `lifeline_api_streams{transport="sse"} 1`) || strings.Contains(body, `lifeline_api_request_seconds_count`) {
		t.Error(body)
	}
}
