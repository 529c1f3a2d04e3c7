package engine_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/engine"
)

// A request that finds every place taken waits for one until its time is over.
func TestOverload(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}, 1), make(chan struct{})
	query := &engine.Object{Name: "Query", Description: "What can be asked.", Fields: func() []engine.Field {
		return []engine.Field{engine.Get("wait", "Waits.", engine.Int, func(any) int {
			begun <- struct{}{}
			<-end
			return 1
		})}
	}}
	e, err := engine.Compile(engine.Schema{Description: "One that waits.", Query: query})
	if err != nil {
		t.Fatal(err)
	}
	h := engine.NewHandler(e, engine.Options{Limits: engine.Limits{Concurrent: 1, Time: 2 * time.Minute}})
	first := make(chan *httptest.ResponseRecorder, 1)
	go func() { first <- post(h, `{"query":"{wait}"}`) }()
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", strings.NewReader(`{"query":"{__typename}"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := decoded(t, w.Body.String())
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" ||
		len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "OVERLOADED" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	close(end)
	if w := <-first; w.Body.String() != `{"data":{"wait":1}}`+"\n" {
		t.Errorf("the first one: %s", w.Body)
	}
	if got, want := ask(t, h, "{__typename}", ""), `{"data":{"__typename":"Query"}}`+"\n"; got != want {
		t.Errorf("afterwards: %s", got)
	}
}

// Validation looks at the clock: a request whose time is over is not checked to the end.
func TestValidationEndsInTime(t *testing.T) {
	h := toyHandler(t, newHarbour())
	body := `{"query":"{` + strings.Repeat(`echo(int:1) `, 20) + strings.Repeat(`ships{id} `, 20) + `}"}`
	send := func(ctx context.Context) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	w := send(over)
	a := decoded(t, w.Body.String())
	if w.Code != http.StatusServiceUnavailable || len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "TIMEOUT" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	whole := testing.AllocsPerRun(2, func() { send(t.Context()) })
	if took := testing.AllocsPerRun(2, func() { send(over) }); took > whole*2/3 {
		t.Errorf("%.0f allocations, %.0f in time", took, whole)
	}
}
