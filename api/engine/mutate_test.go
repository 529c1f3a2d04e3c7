package engine_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/api/engine"
)

func TestMutationsRunInTheOrderOfTheDocument(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, query, data, notes string }{
		{
			"as they stand", `mutation{b:note(text:"1"){count} a:note(text:"2"){count} c:note(text:"3"){count}}`,
			`{"b":{"count":1},"a":{"count":2},"c":{"count":3}}`, "note 1, note 2, note 3",
		},
		{
			"a fragment counts where it is spread, though it stands before the rest",
			`fragment F on Mutation{b:note(text:"2"){count} c:note(text:"3"){count}} mutation{a:note(text:"1"){count} ...F d:note(text:"4"){count}}`,
			`{"a":{"count":1},"b":{"count":2},"c":{"count":3},"d":{"count":4}}`, "note 1, note 2, note 3, note 4",
		},
		{
			"fragments in fragments, and the first place counts",
			`mutation{...F a:note(text:"2"){text} ...on Mutation{c:note(text:"3"){count}}} fragment G on Mutation{a:note(text:"2"){count}} ` +
				`fragment F on Mutation{d:note(text:"1"){count} ...G}`,
			`{"d":{"count":1},"a":{"count":2,"text":"2"},"c":{"count":3}}`, "note 1, note 2, note 3",
		},
		{
			"what is left out does not run",
			`mutation($no:Boolean=false){a:note(text:"1")@skip(if:true){count} ...F@include(if:$no) b:note(text:"2"){count}} fragment F on Mutation{c:note{count}}`,
			`{"b":{"count":1}}`, "note 2",
		},
		{
			"each begins with what those before it have done",
			`mutation{a:note(text:"1"){before} __typename b:note(text:"2"){before}}`,
			`{"a":{"before":["note 1"]},"__typename":"Mutation","b":{"before":["note 1","note 2"]}}`, "note 1, note 2",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			data := newHarbour()
			got := ask(t, toyHandler(t, data), test.query, "")
			if want := `{"data":` + test.data + "}\n"; got != want {
				t.Errorf("got %swant %s", got, want)
			}
			if notes := strings.Join(data.logbook.read(), ", "); notes != test.notes {
				t.Errorf("%s", notes)
			}
		})
	}
}

func TestMutationsHaveARootEach(t *testing.T) {
	t.Parallel()
	data, loaded := newHarbour(), 0
	h := toyHandler(t, data, func(o *engine.Options) {
		o.Root = func(*http.Request) any { loaded++; return data }
		o.Extensions = func(any) map[string]any { return map[string]any{"loaded": loaded} }
	})
	got := ask(t, h, `mutation{a:note{count} b:note{count}}`, "")
	if want := `{"data":{"a":{"count":1},"b":{"count":2}},"extensions":{"loaded":2}}` + "\n"; got != want {
		t.Error(got)
	}
}

func TestFailuresOfMutations(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, query, data, codes, notes string }{
		{
			"the client is told, and what is left runs", `mutation{smudge(text:"1"){text} note(text:"2"){count}}`,
			`{"smudge":null,"note":{"count":2}}`, "smudge SMUDGED", "smudge 1, note 2",
		},
		{
			"a panic is masked, and what is left runs", `mutation{spill(text:"1"){text} note(text:"2"){count}}`,
			`{"spill":null,"note":{"count":2}}`, "spill INTERNAL", "spill 1, note 2",
		},
		{
			"a null that must not be ends it", `mutation{note(text:"1"){count} tear(text:"2"){text} c:note(text:"3"){count}}`,
			`null`, "tear INTERNAL", "note 1, tear 2",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			data := newHarbour()
			body := ask(t, toyHandler(t, data, quiet), test.query, "")
			if strings.Contains(body, "1234") {
				t.Error("the secret is told")
			}
			a := decoded(t, body)
			var codes []string
			for _, err := range a.Errors {
				codes = append(codes, err.Path[0].(string)+" "+err.Extensions["code"].(string))
			}
			if got := strings.Join(codes, ", "); got != test.codes {
				t.Errorf("errors: %s", body)
			}
			if !strings.Contains(body, `"data":`+test.data) {
				t.Errorf("data: %s", body)
			}
			if notes := strings.Join(data.logbook.read(), ", "); notes != test.notes {
				t.Errorf("notes: %s", notes)
			}
		})
	}
}

func TestMutationsAreBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, query, code, limit string }{
		{"six fields", `mutation{a:note{text} b:note{text} c:note{text} d:note{text} e:note{text} f:note{text}}`, "LIMIT_EXCEEDED", "mutations"},
		{
			"six fields in fragments", `mutation{...F ...on Mutation{d:note{text} e:note{text}} f:note{text}} fragment F on Mutation{a:note{text} b:note{text} c:note{text}}`,
			"LIMIT_EXCEEDED", "mutations",
		},
		{"more objects than may be", `mutation{a:note{ships{fleet{fleet{id}}}}}`, "MAX_COST_EXCEEDED", ""},
		{"more objects in all than may be", `mutation{a:note{ships{fleet{id}}} b:note{ships{fleet{id}}}}`, "MAX_COST_EXCEEDED", ""},
		{"a field that is not there", `mutation{a:note{text} b:wreck}`, "VALIDATION_FAILED", ""},
		{"one key for two", `mutation{a:note(text:"1"){text} a:note(text:"2"){text}}`, "VALIDATION_FAILED", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			data := newHarbour()
			a := decoded(t, ask(t, toyHandler(t, data), test.query, ""))
			if len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != test.code {
				t.Fatalf("%+v", a.Errors)
			}
			if limit, _ := a.Errors[0].Extensions["limit"].(string); test.limit != "" && limit != test.limit {
				t.Errorf("limit %q", limit)
			}
			if notes := data.logbook.read(); notes != nil {
				t.Errorf("it ran: %s", notes)
			}
		})
	}
}

func TestMutationsAreNotSentByGET(t *testing.T) {
	t.Parallel()
	data := newHarbour()
	for _, accept := range []string{"application/json", "application/graphql-response+json", "text/event-stream"} {
		r := httptest.NewRequest(http.MethodGet, "/?query="+url.QueryEscape(`query A{texts} mutation B{note{text}}`)+"&operationName=B", nil)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		toyHandler(t, data).ServeHTTP(w, r)
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" || data.logbook.read() != nil {
			t.Errorf("%s: %d %s", accept, w.Code, w.Body)
		}
	}
}

// A client that hangs up, or a time that is over, does not leave a mutation half done.
func TestMutationsOutliveTheirClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		data := newHarbour()
		h := toyHandler(t, data)
		ctx, hangUp := context.WithCancel(t.Context())
		body := `{"query":"mutation{a:linger(text:\"1\"){text} b:note(text:\"2\"){text}}"}`
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		began := time.Now()
		time.AfterFunc(time.Second, hangUp)
		h.ServeHTTP(w, r)
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("it took %s", took)
		}
		if diff := cmp.Diff([]string{"linger 1"}, data.logbook.read()); diff != "" {
			t.Error(diff)
		}
		var a struct {
			Data   map[string]any
			Errors []struct {
				Path       []any
				Extensions map[string]any
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != http.StatusOK || len(a.Errors) != 2 ||
			a.Errors[0].Extensions["code"] != "TIMEOUT" || a.Errors[1].Extensions["code"] != "TIMEOUT" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

// What has happened is told, even if there is no time left: the payload is read to its end.
func TestPayloadsAreReadAfterTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		data := newHarbour()
		h := toyHandler(t, data, func(o *engine.Options) {
			o.Root = func(*http.Request) any { time.Sleep(4 * time.Second); return data }
		})
		got := ask(t, h, `mutation{a:note(text:"1"){text} b:smudge(text:"2"){text}}`, "")
		a := decoded(t, got)
		if !strings.Contains(got, `"data":{"a":{"text":"1"},"b":null}`) || len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "TIMEOUT" {
			t.Error(got)
		}
		if notes := data.logbook.read(); len(notes) != 1 || a.Errors[0].Extensions["begun"] != false {
			t.Error(notes, got)
		}
	})
}
