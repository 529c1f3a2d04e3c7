package engine_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/engine"
)

// hostile are requests that kill a plain graphql-go server, or keep it busy for seconds. allocations bounds the work
// that each may cause: it does not depend on how fast the machine is, as time would.
func hostile() []hostileRequest {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	nested := func(n int, open, middle, closing string) string {
		return strings.Repeat(open, n) + middle + strings.Repeat(closing, n)
	}
	return []hostileRequest{
		{"fragments in a circle", `{ships{...A}} fragment A on Ship{...B} fragment B on Ship{...A}`, "VALIDATION_FAILED", "", 500},
		{"a fragment that includes itself below", `{ships{...A}} fragment A on Ship{captain{id} fleet{...A}}`, "VALIDATION_FAILED", "", 500},
		{"a circle that nothing leads to", `{ships{id}} fragment A on Ship{...A}`, "VALIDATION_FAILED", "", 500},
		{
			"a circle that another fragment of its name hides",
			`{...A} fragment A on Query{__typename} fragment A on Query{...A}`, "VALIDATION_FAILED", "", 500,
		},
		{
			"a circle that another fragment of its name hides, the other way round",
			`{...A} fragment A on Query{...A} fragment A on Query{__typename}`, "VALIDATION_FAILED", "", 500,
		},
		{
			"a circle between two that share a name",
			`{...A} fragment A on Query{__typename} fragment A on Query{...B} fragment B on Query{...A}`, "VALIDATION_FAILED", "", 500,
		},
		{
			"a circle through the middle one of three",
			`{...A} fragment A on Query{__typename} fragment A on Query{...A} fragment A on Query{__typename}`, "VALIDATION_FAILED", "", 500,
		},
		{"two operations of one name", `query A{ships{id}} query A{ships{name}}`, "VALIDATION_FAILED", "", 500},
		{"three operations of one name", `query A{ships{id}} query B{ships{id}} query A{ships{name}}`, "VALIDATION_FAILED", "", 500},
		{"a list 1000 deep", `{echo(list:` + nested(1000, "[", "1", "]") + `)}`, "LIMIT_EXCEEDED", "listDepth", 50},
		{"an object 1000 deep", `{ships(filter:` + nested(1000, "{a:", "1", "}") + `){id}}`, "LIMIT_EXCEEDED", "depth", 50},
		{"a selection 4000 deep", nested(4000, "{a", "", "}"), "LIMIT_EXCEEDED", "depth", 50},
		{"depth through fragments", chained(20, "fleet{%s}"), "LIMIT_EXCEEDED", "depth", 20000},
		{"4000 unknown fields", "{" + many(4000, " f%d") + "}", "LIMIT_EXCEEDED", "bytes", 50},
		{"1900 unknown fields", "{" + many(1900, " f%d") + "}", "VALIDATION_FAILED", "", 60000},
		{"5000 unknown directives", "{ships" + strings.Repeat("@a", 5000) + "{id}}", "LIMIT_EXCEEDED", "directives", 50},
		{"40 equal directives", "{ships" + strings.Repeat("@a", 40) + "{id}}", "VALIDATION_FAILED", "", 2000},
		{"one field 4000 times", "{ships{" + strings.Repeat("id ", 4000) + "}}", "LIMIT_EXCEEDED", "tokens", 50},
		{"one field 30 times", "{ships{" + strings.Repeat("id ", 30) + "}}", "LIMIT_EXCEEDED", "repeatedKey", 2000},
		{"300 equal objects", "{" + strings.Repeat("ships{id}", 300) + "}", "LIMIT_EXCEEDED", "repeatedKey", 20000},
		{"5000 aliases", "{" + many(1500, "a%d:ships{id}") + "}", "LIMIT_EXCEEDED", "bytes", 50},
		{"101 aliases", "{" + many(101, "a%d:ships{id}") + "}", "LIMIT_EXCEEDED", "aliases", 50},
		{"fragments that double 12 times", chained(12, "fleet{%[1]s} x:fleet{%[1]s}"), "LIMIT_EXCEEDED", "selections", 60000},
		{"equal keys over fragments that multiply", chained(12, "x:fleet{%[1]s id} x:fleet{%[1]s id}"), "MAX_COST_EXCEEDED", "", 60000},
		{"51 operations", many(51, "query Q%d{ships{id}}"), "LIMIT_EXCEEDED", "definitions", 20000},
		{"introspection in circles", `{__schema{types{fields{type{fields{type{fields{name}}}}}}}}`, "LIMIT_EXCEEDED", "introspectionDepth", 2000},
		{"too many objects", `{ships(first:1000){fleet{fleet{crew{id}}}}}`, "MAX_COST_EXCEEDED", "", 60000},
		{"too many objects by a variable's default", `query($n:Int=2000000000){ships(first:$n){id}}`, "MAX_COST_EXCEEDED", "", 60000},
		{"a list of 101", `{echo(texts:[` + strings.Repeat(`"a"`, 101) + `])}`, "LIMIT_EXCEEDED", "items", 10000},
		{
			"20 equal fields with long arguments", "{" + strings.Repeat("ships(first:1,filter:{colours:["+strings.Repeat("RED ", 60)+"]}){id}", 20) + "}",
			"LIMIT_EXCEEDED", "values", 30000,
		},
		{
			"20 fields whose long arguments differ at the end", "{" + many(20, "ships(first:1,filter:{colours:["+strings.Repeat("RED ", 40)+"],minLength:%d}){id}") + "}",
			"VALIDATION_FAILED", "", 60000,
		},
		{"an input field 600 times", "{ships(filter:{" + strings.Repeat("name:1,", 600) + "}){id}}", "VALIDATION_FAILED", "", 10000},
		{"an input object 200 times", "{ships(filter:{" + strings.Repeat("name:{a:1},", 200) + "}){id}}", "VALIDATION_FAILED", "", 10000},
		{"600 unknown input fields", "{ships(filter:{" + many(600, "f%d:1 ") + "}){id}}", "LIMIT_EXCEEDED", "argumentValues", 12000},
		{"190 unknown input fields", "{ships(filter:{" + many(190, "f%d:1 ") + "}){id}}", "VALIDATION_FAILED", "", 90000},
		{"an argument twice", "{ships(first:1 first:1){id}}", "VALIDATION_FAILED", "", 1000},
		{"an argument of a directive twice", "{ships@skip(if:true if:true){id}}", "VALIDATION_FAILED", "", 1000},
		{"a list of 101 in a directive", "{ships@skip(if:[" + strings.Repeat("1 ", 101) + "]){id}}", "LIMIT_EXCEEDED", "items", 1000},
		{"201 values in one argument", "{echo(list:[" + strings.Repeat("["+strings.Repeat("1 ", 90)+"]", 3) + "])}", "LIMIT_EXCEEDED", "argumentValues", 10000},
		{"a name of 300 letters", "{" + strings.Repeat("a", 300) + "}", "LIMIT_EXCEEDED", "nameBytes", 50},
		{"a type definition", `type Query{a:Int}`, "VALIDATION_FAILED", "", 500},
		{"a NUL", "{ships{\x00id}}", "PARSE_FAILED", "", 50},
		{"a NUL in a comment", "{ships{#\x00\nid}}", "PARSE_FAILED", "", 50},
		{"a NUL in a string", "{echo(text:\"\x00\")}", "PARSE_FAILED", "", 500},
		{"half a character", `{echo(text:"\ud83d")}`, "PARSE_FAILED", "", 50},
		{"a string without an end", `{echo(text:"`, "PARSE_FAILED", "", 50},
		{"a block string without an end", `{echo(text:"""a`, "PARSE_FAILED", "", 50},
		{"an escape at the end", `{echo(text:"\u`, "PARSE_FAILED", "", 50},
		{"a directive on a variable", `query($a:Int @a){echo(int:$a)}`, "PARSE_FAILED", "", 50},
		{"a null in a list", `{echo(list:[null])}`, "PARSE_FAILED", "", 1000},
		{"an Int of 64 bits", `{echo(int:3000000000)}`, "VALIDATION_FAILED", "", 60000},
		{"a scalar that panics on a literal", `{echo(when:"panic")}`, "VALIDATION_FAILED", "", 60000},
		{"a mutation", `mutation{a}`, "VALIDATION_FAILED", "", 2000},
		{"a subscription", `subscription{a b}`, "VALIDATION_FAILED", "", 2000},
		{"a mutation beside a query", `query A{ships{id}} mutation B{a}`, "BAD_REQUEST", "", 2000},
	}
}

type hostileRequest struct {
	name, query, code, limit string
	allocations              float64
}

// chained is a document of n fragments of which each includes the next one, the way that step says.
func chained(n int, step string) string {
	var b strings.Builder
	b.WriteString("{ships{...F0}}")
	for i := range n {
		fmt.Fprintf(&b, " fragment F%d on Ship{%s}", i, fmt.Sprintf(step, fmt.Sprintf("...F%d", i+1)))
	}
	fmt.Fprintf(&b, " fragment F%d on Ship{id}", n)
	return b.String()
}

func TestHostileDocuments(t *testing.T) {
	data := newHarbour()
	h := toyHandler(t, data, quiet)
	for _, test := range hostile() {
		t.Run(test.name, func(t *testing.T) {
			body := ask(t, h, test.query, "")
			a := decoded(t, body)
			if len(a.Errors) == 0 || len(a.Errors) > 5 || a.Errors[0].Extensions["code"] != test.code {
				t.Fatalf("want %s: %.500s", test.code, body)
			}
			if limit, _ := a.Errors[0].Extensions["limit"].(string); test.code == "LIMIT_EXCEEDED" && limit != test.limit {
				t.Errorf("limit %q, want %q", limit, test.limit)
			}
			if a.Data != nil {
				t.Error("there is data")
			}
			// What reading and answering any request takes is not counted.
			least := testing.AllocsPerRun(3, func() { ask(t, h, "{", "") })
			if took := testing.AllocsPerRun(3, func() { ask(t, h, test.query, "") }) - least; took > test.allocations {
				t.Errorf("%.0f allocations, want at most %.0f", took, test.allocations)
			}
		})
	}
	if called := data.asked.Load(); called > 0 {
		t.Errorf("%d accessors were called", called)
	}
	if got, want := ask(t, h, "{ships(first:1){id}}", ""), `{"data":{"ships":[{"id":"s1"}]}}`+"\n"; got != want {
		t.Errorf("afterwards: %s", got)
	}
}

// Fragments that include the next one many times are as cheap as if they did so once.
func TestRepeatedSpreadsAreCheap(t *testing.T) {
	h := toyHandler(t, newHarbour())
	query := chained(40, strings.Repeat("%[1]s ", 14)+"%[1]s")
	if got, want := ask(t, h, query, ""), `{"data":{"ships":[{"id":"s1"},{"id":"s2"}]}}`+"\n"; got != want {
		t.Fatalf("got %s", got)
	}
	if took := testing.AllocsPerRun(1, func() { ask(t, h, query, "") }); took > 200_000 {
		t.Errorf("%.0f allocations", took)
	}
}

func TestBadVariables(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour(), quiet)
	for _, test := range []struct{ name, declared, use, value, problem string }{
		{"a string for an Int", "Int", "int", `"12"`, "is not an integer"},
		{"a boolean for an Int", "Int", "int", `true`, "is not an integer"},
		{"a fraction for an Int", "Int", "int", `1.7`, "is not an integer"},
		{"an Int of 33 bits", "Int", "int", `4294967296`, "does not fit in 32 bits"},
		{"an endless Int", "Int", "int", `1e400`, "is not an integer"},
		{"a string for a Float", "Float", "float", `"Infinity"`, "is not a number"},
		{"an endless Float", "Float", "float", `1e400`, "is not a number"},
		{"a string for a Boolean", "Boolean", "flag", `"no"`, "is not true or false"},
		{"a number for a Boolean", "Boolean", "flag", `1`, "is not true or false"},
		{"an object for a String", "String", "text", `{"x":[1]}`, "is not a string"},
		{"a number for a String", "String", "text", `1`, "is not a string"},
		{"a fraction for an ID", "ID", "id", `1.5`, "is not a string"},
		{"a boolean for an ID", "ID", "id", `true`, "is not a string"},
		{"an unknown enum value", "Colour", "colour", `"GREEN"`, "is not a value of"},
		{"what the program calls an enum value", "Colour", "colour", `"Red"`, "is not a value of"},
		{"text that is not a DateTime", "DateTime", "when", `"yesterday"`, "is not an instant such as"},
		{"a number for a DateTime", "DateTime", "when", `5`, "is not a string"},
		{"a scalar that panics", "DateTime", "when", `"panic"`, "is not a DateTime"},
		{"a bad element", "[[Int]]", "list", `[[1],["2"]]`, "list[1][0]"},
		{"null in a list of non-nulls", "[String!]", "texts", `["a",null]`, "is null"},
		{"null for a non-null", "Int!", "int", `null`, "is required"},
		{"nothing for a non-null", "Int!", "int", ``, "is required"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			variables := "{}"
			if test.value != "" {
				variables = fmt.Sprintf(`{%q:%s}`, test.use, test.value)
			}
			query := fmt.Sprintf("query($%s:%s){echo(%s:$%s)}", test.use, test.declared, test.use, test.use)
			body := ask(t, h, query, variables)
			a := decoded(t, body)
			if len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "BAD_VARIABLES" || !strings.Contains(a.Errors[0].Message, test.problem) {
				t.Errorf("want %q: %s", test.problem, body)
			}
		})
	}
}

func TestBadInputVariables(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour())
	for value, problem := range map[string]string{
		`1`:                               "is not an object",
		`{"length":1}`:                    `has a field that "ShipFilter" does not have: "length"`,
		`{"colours":["RED","GREEN"]}`:     "$f.colours[1] is not a value",
		`{"minLength":"1"}`:               "$f.minLength is not an integer",
		`{"name":{"a":1}}`:                "$f.name is not a string",
		`{"colours":[` + reds(101) + `]}`: "limit of 100 for items",
	} {
		body := ask(t, h, `query($f:ShipFilter){ships(filter:$f){id}}`, `{"f":`+value+`}`)
		if a := decoded(t, body); len(a.Errors) != 1 || !strings.Contains(a.Errors[0].Message, problem) {
			t.Errorf("%.40s: want %q: %s", value, problem, body)
		}
	}
}

func reds(n int) string { return strings.TrimSuffix(strings.Repeat(`"RED",`, n), ",") }

func TestHostileRequests(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour(), quiet)
	for _, test := range []struct {
		name, body string
		status     int
		code       string
	}{
		{"not JSON", `{ships{id}}`, 400, "BAD_REQUEST"},
		{"nothing", ``, 400, "BAD_REQUEST"},
		{"null", `null`, 400, "BAD_REQUEST"},
		{"a string", `"{ships{id}}"`, 400, "BAD_REQUEST"},
		{"two values", `{"query":"{ships{id}}"} {}`, 400, "BAD_REQUEST"},
		{"a batch", ` [{"query":"{ships{id}}"}]`, 400, "BAD_REQUEST"},
		{"no query", `{}`, 400, "BAD_REQUEST"},
		{"an empty query", `{"query":""}`, 400, "BAD_REQUEST"},
		{"a query in capitals", `{"QUERY":"{ships{id}}"}`, 400, "BAD_REQUEST"},
		{"a number as query", `{"query":1}`, 400, "BAD_REQUEST"},
		{"a list as variables", `{"query":"{ships{id}}","variables":[]}`, 400, "BAD_REQUEST"},
		{"a string as variables", `{"query":"{ships{id}}","variables":"{}"}`, 400, "BAD_REQUEST"},
		{"a number as operation name", `{"query":"{ships{id}}","operationName":1}`, 400, "BAD_REQUEST"},
		{"a list as extensions", `{"query":"{ships{id}}","extensions":[]}`, 400, "BAD_REQUEST"},
		{"an unknown operation", `{"query":"query A{ships{id}}","operationName":"B"}`, 400, "BAD_REQUEST"},
		{"two operations and no name", `{"query":"query A{ships{id}} query B{ships{id}}"}`, 400, "BAD_REQUEST"},
		{"only a fragment", `{"query":"fragment A on Ship{id}"}`, 400, "BAD_REQUEST"},
		{"nested variables", `{"query":"{ships{id}}","variables":` + strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000) + `}`, 400, "LIMIT_EXCEEDED"},
		{"nested lists never closed", strings.Repeat("[", 60000), 400, "LIMIT_EXCEEDED"},
		{"invalid UTF-8", "{\"query\":\"{ships{id}} # \xff\"}", 400, "BAD_REQUEST"},
		{"a lone high surrogate", `{"query":"{ships{id}} # \ud83d"}`, 400, "BAD_REQUEST"},
		{"a lone low surrogate", `{"query":"{ships{id}} # \udc00"}`, 400, "BAD_REQUEST"},
		{"a pair of surrogates", `{"query":"{ships{id}} # \ud83d\ude00"}`, 200, ""},
		{"an escaped backslash before u", `{"query":"{ships{id}} # \\ud83d"}`, 200, ""},
		{"10 MB", `{"query":"` + strings.Repeat(" ", 10<<20) + `"}`, 413, "LIMIT_EXCEEDED"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := post(h, test.body)
			a := decoded(t, w.Body.String())
			var code any = ""
			if len(a.Errors) > 0 {
				code = a.Errors[0].Extensions["code"]
			}
			if w.Code != test.status || code != test.code {
				t.Errorf("got %d %v, want %d %s: %.300s", w.Code, code, test.status, test.code, w.Body)
			}
		})
	}
}

// A body of unknown length is read no further than the limit.
func TestBodyIsReadToTheLimitOnly(t *testing.T) {
	t.Parallel()
	endless := &countingReader{}
	r := httptest.NewRequest(http.MethodPost, "/graphql", endless)
	r.ContentLength = -1
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	toyHandler(t, newHarbour()).ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", w.Code)
	}
	if endless.read > 256<<10 {
		t.Errorf("%d bytes were read", endless.read)
	}
}

type countingReader struct{ read int }

func (c *countingReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	c.read += len(p)
	return len(p), nil
}

func (c *countingReader) Close() error { return nil }

func TestSlowBodyIsGivenUp(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(toyHandler(t, newHarbour(), func(o *engine.Options) { o.Limits.Time = 100 * time.Millisecond }))
	defer server.Close()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusRequestTimeout {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestSlowResolverIsGivenUp(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour(), func(o *engine.Options) { o.Limits.Time = 50 * time.Millisecond })
	w := post(h, `{"query":"{slow ships{id}}"}`)
	a := decoded(t, w.Body.String())
	if w.Code != http.StatusServiceUnavailable || len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "TIMEOUT" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestLargeResultIsRefused(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour(), func(o *engine.Options) { o.Limits.ResultBytes = 100 })
	a := decoded(t, ask(t, h, `{ships{id name launched crew{id name}}}`, ""))
	if a.Data != nil || len(a.Errors) != 1 || a.Errors[0].Extensions["limit"] != "resultBytes" {
		t.Errorf("%+v", a)
	}
}

func TestSuggestionsAreOffUnlessAskedFor(t *testing.T) {
	t.Parallel()
	for suggest, want := range map[bool]string{
		false: `Cannot query field "nam" on type "Ship".`,
		true:  `Cannot query field "nam" on type "Ship". Did you mean "name"?`,
	} {
		h := toyHandler(t, newHarbour(), func(o *engine.Options) { o.Suggest = suggest })
		a := decoded(t, ask(t, h, `{ships{nam}}`, ""))
		if len(a.Errors) != 1 || a.Errors[0].Message != want {
			t.Errorf("suggest %t: %+v", suggest, a.Errors)
		}
	}
}
