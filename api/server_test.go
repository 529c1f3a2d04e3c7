package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"lifeline.scot/api/directory"
)

func TestProbesAndTheSchemaSayHowLongTheyHold(t *testing.T) {
	d, err := directory.New(&rest.Config{Host: "https://127.0.0.1:1"}, directory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := newMetrics(d)
	routes, err := (&site{directory: d, logger: slog.New(slog.DiscardHandler)}).routes(false, m)
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
