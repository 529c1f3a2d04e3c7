package measure

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestLoadSendsItsBodiesInTurnAndTimesEachAnswer(t *testing.T) {
	var mutex sync.Mutex
	seen := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mutex.Lock()
		seen[string(body)]++
		mutex.Unlock()
		fmt.Fprint(w, "{}")
	}))
	defer server.Close()
	load := Load{URL: server.URL, Bodies: [][]byte{[]byte("a"), []byte("b")}, Clients: 3, For: 100 * time.Millisecond}
	answered, err := load.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if seen["a"] == 0 || seen["b"] == 0 || len(seen) != 2 {
		t.Errorf("the server saw %v, want both bodies", seen)
	}
	if n := len(answered.Times); n != seen["a"]+seen["b"] {
		t.Errorf("%d times for %d answers", n, seen["a"]+seen["b"])
	}
	if answered.PerSecond <= 0 {
		t.Errorf("%v answers a second", answered.PerSecond)
	}
}

func TestLoadOfFailuresIsAnError(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"refused": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "too busy", http.StatusServiceUnavailable) },
		"empty":   func(http.ResponseWriter, *http.Request) {},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			_, err := Load{URL: server.URL, Bodies: [][]byte{nil}, Clients: 2, For: time.Minute}.Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), server.URL) {
				t.Errorf("got error %v, want one that names %s", err, server.URL)
			}
		})
	}
}
