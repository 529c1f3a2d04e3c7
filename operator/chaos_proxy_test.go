package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// interference stands between operators and the API server. Operators that go through it are the real program, and meet
// conflicts that nobody caused, requests and answers that get lost, and delays; and they can be robbed of the lock that they
// rely on.
type interference struct {
	url      string
	upstream http.RoundTripper
	target   *url.URL
	forward  *httputil.ReverseProxy

	mu   sync.Mutex
	dice *rand.Rand
	// disturbs makes writes fail by chance; unlocked lets a status of a pool be written onto whatever is stored.
	disturbs, unlocked atomic.Bool
	told               told
	refusals           []string
}

// told counts what operators were told.
type told struct{ conflicts, injected, lost, refused atomic.Int64 }

// interfere serves operators on a free port until the test ends.
func interfere(t *testing.T, cfg *rest.Config, seed uint64) *interference {
	t.Helper()
	upstream, err := rest.TransportFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(cfg.Host)
	if err != nil {
		t.Fatal(err)
	}
	i := &interference{upstream: upstream, target: target, dice: rand.New(rand.NewPCG(seed, seed))}
	i.forward = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      upstream,
		FlushInterval:  -1, // a watch is told of each event at once
		ErrorLog:       log.New(io.Discard, "", 0),
		ModifyResponse: i.count,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: i, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close(); <-served })
	i.url = "http://" + listener.Addr().String()
	return i
}

func (i *interference) count(response *http.Response) error {
	if response.Request.Method != http.MethodGet {
		switch response.StatusCode {
		case http.StatusConflict:
			i.told.conflicts.Add(1)
		case http.StatusUnprocessableEntity:
			i.told.refused.Add(1)
			return i.quote(response)
		}
	}
	return nil
}

// quote keeps what the API server said, with the numbers and names left to it.
func (i *interference) quote(response *http.Response) error {
	body, err := io.ReadAll(response.Body)
	response.Body = io.NopCloser(bytes.NewReader(body))
	var status metav1.Status
	if err == nil {
		err = json.Unmarshal(body, &status)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.refusals = append(i.refusals, status.Message)
	return err
}

// refused are the different things the API server said to writes that it did not take.
func (i *interference) refused() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(i.refusals)))
}

func (i *interference) roll(n int) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.dice.IntN(n)
}

// ServeHTTP implements http.Handler. Events are left alone: they say what happened and decide nothing.
func (i *interference) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	writes := r.Method != http.MethodGet && !strings.Contains(r.URL.Path, "/events")
	if i.unlocked.Load() && r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/capacitypools/") {
		i.overwrite(w, r)
		return
	}
	if !writes || !i.disturbs.Load() {
		i.forward.ServeHTTP(w, r)
		return
	}
	switch n := i.roll(100); {
	case n < 2: // lost before it arrives
		i.told.lost.Add(1)
		panic(http.ErrAbortHandler)
	case n < 4: // carried out, and the answer lost
		i.told.lost.Add(1)
		i.forward.ServeHTTP(&deaf{header: http.Header{}}, r)
		panic(http.ErrAbortHandler)
	case n < 8:
		i.told.injected.Add(1)
		answer(w, &apierrors.NewConflict(schema.GroupResource{Resource: "objects"}, "any", errors.New("on purpose")).ErrStatus)
	case n < 20:
		time.Sleep(time.Duration(i.roll(25)) * time.Millisecond) // a slow network, not a wait for something to happen
		fallthrough
	default:
		i.forward.ServeHTTP(w, r)
	}
}

func answer(w http.ResponseWriter, status any) {
	body, _ := json.Marshal(status) // a Status can always be marshalled
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusConflict)
	_, _ = w.Write(body)
}

// deaf takes an answer and tells nobody.
type deaf struct{ header http.Header }

func (d *deaf) Header() http.Header         { return d.header }
func (d *deaf) Write(b []byte) (int, error) { return len(b), nil }
func (d *deaf) WriteHeader(int)             {}

// overwrite carries a write out whatever version it was judged by, as if nobody had checked it.
func (i *interference) overwrite(w http.ResponseWriter, r *http.Request) {
	var object map[string]any
	if err := json.NewDecoder(r.Body).Decode(&object); err != nil {
		panic(http.ErrAbortHandler)
	}
	meta, _ := object["metadata"].(map[string]any)
	for r.Context().Err() == nil {
		version, err := i.stored(r.Context(), strings.TrimSuffix(r.URL.Path, "/status"))
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		meta["resourceVersion"] = version
		body, _ := json.Marshal(object) // it was JSON a moment ago
		response, err := i.send(r.Context(), http.MethodPut, r.URL.Path, body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		_ = i.count(response)
		said, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode == http.StatusConflict {
			continue
		}
		w.Header().Set("Content-Type", response.Header.Get("Content-Type"))
		w.WriteHeader(response.StatusCode)
		_, _ = w.Write(said)
		return
	}
}

func (i *interference) stored(ctx context.Context, path string) (string, error) {
	response, err := i.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var object struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	return object.Metadata.ResourceVersion, errors.Join(json.NewDecoder(response.Body).Decode(&object))
}

func (i *interference) send(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, i.target.JoinPath(path).String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return i.upstream.RoundTrip(request)
}
