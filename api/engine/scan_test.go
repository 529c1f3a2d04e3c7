package engine

import (
	"strings"
	"testing"

	"github.com/graphql-go/graphql/language/parser"
	"github.com/graphql-go/graphql/language/printer"
)

func TestScanBlanks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, query, want string }{
		{"nothing of a plain document", `query Q($a: Int = 1) { a(b: $a, c: [1, -2.5e+3], d: {e: "x"}) @f(g: true) { ...H } }`, ""},
		{"comments", "{ a # b\r\n c }", "{ a    \r\n c }"},
		{"no # in a string", `{ a(b: "#", c: """#""") }`, ""},
		{"a byte order mark", "\ufeff{ a }", "   { a }"},
		{"a null argument", `{ a(b: null, c: 1) }`, `{ a(       , c: 1) }`},
		{"a null after one that stays", `{ a(c: -1, b : null) }`, `{ a(c: -1,         ) }`},
		{"a null before a variable", `{ a(b: null, c: $d) }`, `{ a(       , c: $d) }`},
		{"a null before an empty list", `{ a(b: null, c: []) }`, `{ a(       , c: []) }`},
		{"all arguments null", `{ a(b: null, c:null) { d } }`, `{ a                  { d } }`},
		{"a null with a comment inside", "{ a(b: # c\n null, d: 1) }", "{ a(      \n     , d: 1) }"},
		{"a null in an object", `{ a(b: {c: null}) }`, `{ a(b: {       }) }`},
		{"a null in an object in a list", `{ a(b: [{c: null}]) }`, `{ a(b: [{       }]) }`},
		{"a null default", `query($a: Int = null) { b(c: $a) }`, `query($a: Int       ) { b(c: $a) }`},
		{"no null in a list", `{ a(b: [null]) }`, ""},
		{"no field named null", `{ a: null b { null } }`, ""},
		{"no variable of a type named null", `query($a: null) { b }`, ""},
		{"no longer name", `{ a(b: nullable) }`, ""},
		{"no null in a string", `{ a(b: "c: null") }`, ""},
		{"nothing across groups that do not match", `{ a(b: 1 {c: null)) }`, `{ a(b: 1 {       )) }`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, failure := scan([]byte(test.query), Limits{}.withDefaults())
			if failure != nil {
				t.Fatal(failure)
			}
			want := test.want
			if want == "" {
				want = test.query
			}
			if string(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestScanLimits(t *testing.T) {
	t.Parallel()
	limits := Limits{QueryBytes: 100, Tokens: 20, Depth: 3, Brackets: 2, Aliases: 2, Directives: 2}
	for _, test := range []struct{ limit, most, over string }{
		{"bytes", "{a}" + strings.Repeat(" ", 97), "{a}" + strings.Repeat(" ", 98)},
		{"tokens", "{" + strings.Repeat("a ", 18) + "}", "{" + strings.Repeat("a ", 19) + "}"},
		{"depth", "{a{b{c}}}", "{a{b{c{d}}}}"},
		{"listDepth", "{a(b:[[1]])}", "{a(b:[[[1]]])}"},
		{"aliases", "{a:b c:d(e:f)}", "{a:b c:d e:f}"},
		{"directives", "{a@b c@d}", "{a@b c@d e@f}"},
	} {
		if _, failure := scan([]byte(test.most), limits); failure != nil {
			t.Errorf("%s: %s is refused: %v", test.limit, test.most, failure)
		}
		_, failure := scan([]byte(test.over), limits)
		if failure == nil || failure.Code != CodeLimitExceeded || failure.Extensions["limit"] != test.limit {
			t.Errorf("%s: %s: %v", test.limit, test.over, failure)
		}
	}
}

// A deep or wide document is refused at the token that is too many: the rest is not read.
func TestScanStopsAtTheLimit(t *testing.T) {
	t.Parallel()
	limits := Limits{}.withDefaults()
	s := scanner{text: []byte(strings.Repeat("{a", 8000)), limits: limits}
	for s.step() == nil {
	}
	if s.tokens > 2*limits.Depth+2 {
		t.Errorf("%d tokens were read", s.tokens)
	}
}

func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		"{a}", "{a(b:null)}", "{ # c\n a }", `{a(b:"\"null")}`, `{a(b:"""\""" null""")}`, "query($a:[Int!]! = null){a(b:$a)}",
		"{a(b:{c:null,d:[1,null]})}", "{a(b:1 {c: null)) {x}}", "\ufeff{a}", "{a:null}", "fragment A on B@c(d:null){...A}",
		"{a(b: null)(c: null)}", "{a(b:-null)}", "{a(b:$c:null)}", "type A{b(c:Int=null):D}", "{a(b::null)}",
	} {
		f.Add(seed)
	}
	limits := Limits{}.withDefaults()
	f.Fuzz(func(t *testing.T, query string) {
		got, failure := scan([]byte(query), limits)
		if failure != nil {
			if failure.Code == "" || failure.Message == "" {
				t.Fatalf("refused without a reason: %+v", failure)
			}
			return
		}
		if len(got) != len(query) {
			t.Fatalf("%d bytes became %d", len(query), len(got))
		}
		for i := range got {
			if got[i] != query[i] && got[i] != ' ' {
				t.Fatalf("byte %d became %q", i, got[i])
			}
		}
		sameDocument(t, query, string(got))
	})
}

// sameDocument requires that a document which the parser takes as it is means the same after the scan. Where it has
// characters of several bytes the parser may misread the original, so nothing can be said.
func sameDocument(t *testing.T, original, scanned string) {
	t.Helper()
	for i := range len(original) {
		if original[i] >= 0x80 {
			return
		}
	}
	before, err := parser.Parse(parser.ParseParams{Source: original})
	if err != nil {
		return
	}
	after, err := parser.Parse(parser.ParseParams{Source: scanned})
	if err != nil {
		t.Fatalf("it no longer parses: %v\n%s\n%s", err, original, scanned)
	}
	if printer.Print(before) != printer.Print(after) {
		t.Fatalf("it means something else:\n%s\n%s", original, scanned)
	}
}
