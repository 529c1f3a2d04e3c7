package engine_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lifeline.scot/api/engine"
)

// ask posts a query with variables (a JSON object, or "") and returns the body.
func ask(t testing.TB, h http.Handler, query, variables string) string {
	t.Helper()
	body, err := json.Marshal(query)
	if err != nil {
		t.Fatal(err)
	}
	if variables == "" {
		variables = "{}"
	}
	return post(h, `{"query":`+string(body)+`,"variables":`+variables+`}`).Body.String()
}

func post(h http.Handler, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour())
	for _, test := range []struct{ name, query, variables, want string }{
		{
			"keys are in the order of the query", `{ships{name id b:name a:id}}`, "",
			`{"ships":[{"name":"Reaper","id":"s1","b":"Reaper","a":"s1"},{"name":"Swan <&>","id":"s2","b":"Swan <&>","a":"s2"}]}`,
		},
		{
			"nil pointers, zero times and empty enums are null", `{ships{colour length launched captain{name}}}`, "",
			`{"ships":[{"colour":"RED","length":42,"launched":"1903-02-01T12:00:00Z","captain":null},` +
				`{"colour":null,"length":null,"launched":null,"captain":{"name":"Mòrag"}}]}`,
		},
		{
			"a nil slice is an empty list where it cannot be null", `{ships{crew{id}}}`, "",
			`{"ships":[{"crew":[{"id":"p1"},{"id":"p2"}]},{"crew":[]}]}`,
		},
		{"a list may hold nulls", `{texts}`, "", `{"texts":[null,""]}`},
		{
			"fragments keep the order of the type that was found",
			`{a:node(id:"s1"){...on Sailor{name id} ...on Ship{id name}} b:node(id:"p1"){...on Sailor{name id} ...on Ship{id name}}}`, "",
			`{"a":{"id":"s1","name":"Reaper"},"b":{"name":"Ailsa","id":"p1"}}`,
		},
		{
			"a fragment on an interface applies", `{ships(first:1){...F}} fragment F on Node{id __typename ...on Ship{name}}`, "",
			`{"ships":[{"id":"s1","__typename":"Ship","name":"Reaper"}]}`,
		},
		{
			"equal keys are merged where they are first", `{ships(first:1){captain{id} name crew{id} crew{name}}}`, "",
			`{"ships":[{"captain":null,"name":"Reaper","crew":[{"id":"p1","name":"Ailsa"},{"id":"p2","name":"Iain"}]}]}`,
		},
		{
			"what is skipped does not set the order", `query($no:Boolean!,$yes:Boolean=true){ships(first:1){name @include(if:$no) id name @include(if:$yes)}}`,
			`{"no":false}`, `{"ships":[{"id":"s1","name":"Reaper"}]}`,
		},
		{"null for something not found", `{node(id:"none"){id}}`, "", `{"node":null}`},
		{
			"null literals mean absent", `{echo(int: null, text: null, list: [[1]]) ships(first: null, filter: {name: null}) {id} b:ships(filter:null){id}}`, "",
			`{"echo":"text=a \"b\" colour=Blue list=[[1]] texts=a+b","ships":[{"id":"s1"},{"id":"s2"}],"b":[{"id":"s1"},{"id":"s2"}]}`,
		},
		{"a null default means none", `query($i:Int = null){echo(int:$i)}`, "", `{"echo":"text=a \"b\" colour=Blue texts=a+b"}`},
		{"comments and marks of several bytes", "\ufeff{ # 世界 \U0001F600\n ships(first:1 # ö\n){ # é\n id}}", "", `{"ships":[{"id":"s1"}]}`},
		{
			"every kind of variable", `query($i:Int,$f:Float,$id:ID,$b:Boolean,$s:String,$c:Colour,$w:DateTime,$l:[[Int]]){echo(int:$i,float:$f,id:$id,flag:$b,text:$s,colour:$c,when:$w,list:$l)}`,
			`{"i":-7,"f":3,"id":12,"b":true,"s":"x","c":"PUCE","w":"1970-01-01T01:00:00+01:00","l":[1,[2,null]],"unknown":1}`,
			`{"echo":"int=-7 float=3 id=12 text=x flag=true colour=Puce when=0 list=[[1] [2 <nil>]] texts=a+b"}`,
		},
		{
			"every kind of literal", `{echo(int:-7,float:1.5e3,id:12,flag:false,text:"""x""",colour:RED,when:"1970-01-01T00:00:00Z",list:5)}`, "",
			`{"echo":"int=-7 float=1500 id=12 text=x flag=false colour=Red when=0 list=[[5]] texts=a+b"}`,
		},
		{"a variable's default", `query($i:Int=5){echo(int:$i,text:"")}`, "", `{"echo":"int=5 text= colour=Blue texts=a+b"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got, want := ask(t, h, test.query, test.variables), `{"data":`+test.want+"}\n"; got != want {
				t.Errorf("got  %swant %s", got, want)
			}
		})
	}
}

// answerOf decodes an answer.
type answerOf struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Path       []any
		Extensions map[string]any
		Locations  []struct{ Line, Column int }
	}
	Extensions map[string]any
}

func decoded(t testing.TB, body string) answerOf {
	t.Helper()
	var a answerOf
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return a
}

func TestFieldErrors(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour(), quiet)
	for _, test := range []struct{ name, query, code, message, data string }{
		{"an expected error is told, even if wrapped", `{expected}`, "OUT_OF_STOCK", "None left.", `{"expected":null}`},
		{"another error is masked", `{unexpected}`, "INTERNAL", "Something went wrong on our side.", `{"unexpected":null}`},
		{"a panic is masked", `{panics}`, "INTERNAL", "Something went wrong on our side.", `{"panics":null}`},
		{"a leaf that cannot be written is an error", `{node(id:"p2"){...on Sailor{aged}}}`, "INTERNAL", "Something went wrong on our side.", `{"node":{"aged":null}}`},
		{"null where it must not be goes up", `{required{id}}`, "INTERNAL", "Cannot return null for non-nullable field Query.required.", `null`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			body := ask(t, h, test.query, "")
			a := decoded(t, body)
			if len(a.Errors) != 1 || a.Errors[0].Message != test.message || a.Errors[0].Extensions["code"] != test.code || len(a.Errors[0].Path) == 0 {
				t.Errorf("errors: %s", body)
			}
			if string(a.Data) != test.data {
				t.Errorf("data: %s", body)
			}
			if strings.Contains(body, "1234") {
				t.Errorf("it tells the secret: %s", body)
			}
		})
	}
}

func TestErrorsAreSortedByPath(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour(), quiet)
	for range 20 {
		a := decoded(t, ask(t, h, `{z:panics a:expected m:unexpected b:expected}`, ""))
		var paths []string
		for _, err := range a.Errors {
			paths = append(paths, err.Path[0].(string))
		}
		if got := strings.Join(paths, " "); got != "a b m z" {
			t.Fatalf("got %s", got)
		}
	}
}

func TestRootHeaderAndExtensions(t *testing.T) {
	t.Parallel()
	loaded := 0
	data := newHarbour()
	h := toyHandler(t, data, func(o *engine.Options) {
		o.Root = func(*http.Request) any { loaded++; return data }
		o.Extensions = func(root any) map[string]any { return map[string]any{"ships": len(root.(*harbour).ships)} }
		o.Header = func(_ any, header http.Header) { header.Set("Cache-Control", "max-age=5") }
	})
	w := post(h, `{"query":"{a:ships{id} b:ships{id}}"}`)
	if a := decoded(t, w.Body.String()); a.Extensions["ships"] != 2.0 {
		t.Errorf("extensions: %v", a.Extensions)
	}
	if loaded != 1 {
		t.Errorf("the root was loaded %d times", loaded)
	}
	if got := w.Header().Get("Cache-Control"); got != "max-age=5" {
		t.Errorf("Cache-Control: %s", got)
	}
	w = post(h, `{"query":"{nothing}"}`)
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control of an error: %s", got)
	}
}

// quiet keeps expected faults out of the test's output.
func quiet(o *engine.Options) { o.Logger = slog.New(slog.DiscardHandler) }
