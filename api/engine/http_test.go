package engine_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

const (
	plain  = "application/json; charset=utf-8"
	modern = "application/graphql-response+json; charset=utf-8"
)

func TestStatusAndMediaType(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour(), quiet)
	for _, test := range []struct {
		name, accept, query string
		status              int
		media               string
	}{
		{"no wish", "", "{ships{id}}", 200, plain},
		{"anything", "*/*", "{ships{id}}", 200, plain},
		{"JSON", "application/json", "{ships{id}}", 200, plain},
		{"the new type", "application/graphql-response+json", "{ships{id}}", 200, modern},
		{"the new type first", "application/graphql-response+json, application/json;q=0.9", "{ships{id}}", 200, modern},
		{"JSON liked better", "application/graphql-response+json;q=0.5, application/json", "{ships{id}}", 200, plain},
		{"the new type by name of its charset", "application/graphql-response+json; charset=utf-8", "{ships{id}}", 200, modern},
		{"neither", "text/html", "{ships{id}}", 406, plain},
		{"neither, but anything", "text/html, */*;q=0.1", "{ships{id}}", 200, plain},
		{"JSON refused", "application/json;q=0", "{ships{id}}", 406, plain},
		{"a parse failure as JSON", "application/json", "{", 200, plain},
		{"a parse failure", "application/graphql-response+json", "{", 400, modern},
		{"an invalid document as JSON", "application/json", "{nothing}", 200, plain},
		{"an invalid document", "application/graphql-response+json", "{nothing}", 400, modern},
		{"a field error", "application/graphql-response+json", "{expected}", 200, modern},
		{"a null root", "application/graphql-response+json", "{required{id}}", 200, modern},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/graphql?query="+url.QueryEscape(test.query), nil)
			if test.accept != "" {
				r.Header.Set("Accept", test.accept)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != test.status || w.Header().Get("Content-Type") != test.media {
				t.Errorf("got %d %s: %s", w.Code, w.Header().Get("Content-Type"), w.Body)
			}
		})
	}
}

func TestMethodsAndContentTypes(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour())
	body := `{"query":"{ships{id}}"}`
	for _, test := range []struct {
		name, method, target, contentType, encoding, allow string
		status                                             int
	}{
		{"POST of JSON", "POST", "/", "application/json", "", "", 200},
		{"POST of JSON in UTF-8", "POST", "/", "Application/JSON; charset=UTF-8", "", "", 200},
		{"POST of JSON in another charset", "POST", "/", "application/json; charset=utf-16", "", "", 415},
		{"POST of a form, as a foreign page could", "POST", "/", "application/x-www-form-urlencoded", "", "", 415},
		{"POST of text, as a foreign page could", "POST", "/", "text/plain", "", "", 415},
		{"POST without a type", "POST", "/", "", "", "", 415},
		{"POST compressed", "POST", "/", "application/json", "gzip", "", 415},
		{"GET without a query", "GET", "/", "", "", "", 400},
		{"GET of a mutation", "GET", "/?query=mutation{a}", "", "", "POST", 405},
		{"GET with bad variables", "GET", "/?query={ships{id}}&variables=[", "", "", "", 400},
		{"GET too long", "GET", "/?query=" + strings.Repeat("a", 33000), "", "", "", 414},
		{"PUT", "PUT", "/", "application/json", "", "GET, POST", 405},
		{"HEAD", "HEAD", "/", "", "", "GET, POST", 405},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(test.method, test.target, strings.NewReader(body))
			for name, value := range map[string]string{"Content-Type": test.contentType, "Content-Encoding": test.encoding} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != test.status || w.Header().Get("Allow") != test.allow {
				t.Errorf("got %d, Allow %q: %s", w.Code, w.Header().Get("Allow"), w.Body)
			}
		})
	}
}

func TestNoDataEntryOnRequestErrors(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour())
	for _, query := range []string{"{", "{nothing}", "query($a:Int!){echo(int:$a)}"} {
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(ask(t, h, query, "")), &members); err != nil {
			t.Fatal(err)
		}
		if _, ok := members["data"]; ok || members["errors"] == nil {
			t.Errorf("%s: %v", query, members)
		}
	}
}

func TestErrorsSayWhere(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour())
	for query, want := range map[string][2]int{
		"{\n  ships { id":           {2, 13},
		"{\n  ships { nothing }\n}": {2, 11},
		"# \u00f6\n{ ships { id @skip(if:true) @skip(if:true) } }": {2, 29},
		"{ ships {\n\x00id } }": {2, 1},
	} {
		a := decoded(t, ask(t, h, query, ""))
		if len(a.Errors) != 1 || len(a.Errors[0].Locations) != 1 {
			t.Errorf("%q: %+v", query, a.Errors)
			continue
		}
		if at := a.Errors[0].Locations[0]; at.Line != want[0] || at.Column != want[1] {
			t.Errorf("%q: %+v, want %v", query, at, want)
		}
	}
}

// FuzzHandler sends anything as a body: the answer is always JSON that a client can read, and never a fault.
func FuzzHandler(f *testing.F) {
	seeds := []string{`{"query":"{ships{id}}"}`, `[]`, `{"query":"{","variables":{"a":[1e999]}}`, `{"query":"\ud83d"}`}
	for _, request := range hostile() {
		body, err := json.Marshal(map[string]string{"query": request.query})
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, string(body))
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	h := toyHandler(f, newHarbour(), quiet)
	f.Fuzz(func(t *testing.T, body string) {
		w := post(h, body)
		if w.Code == http.StatusInternalServerError {
			t.Fatalf("a fault: %s", w.Body)
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(w.Body.Bytes(), &members); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		if members["data"] == nil && members["errors"] == nil {
			t.Fatalf("neither data nor errors: %s", w.Body)
		}
	})
}
