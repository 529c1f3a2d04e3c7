package engine_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"lifeline.scot/api/engine"
)

// Defaults, null and absence of variables, where graphql-go is of another opinion than the specification.
func TestDefaultsOfVariables(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour())
	const ship = `{"data":{"ships":[{"id":"s1"}]}}` + "\n"
	for _, test := range []struct{ name, query, variables, want string }{
		{"a non-null one with a default, absent", `query($a:Boolean!=true){ships(first:1){id @include(if:$a) name @skip(if:$a)}}`, `{}`, ship},
		{"a non-null one with a default, given", `query($a:Boolean!=true){ships(first:1){id @skip(if:$a) name @include(if:$a)}}`, `{"a":false}`, ship},
		{"a non-null one with a default, null", `query($a:Boolean!=true){ships(first:1){id @include(if:$a)}}`, `{"a":null}`, "BAD_VARIABLES"},
		{"a non-null one with a bad default", `query($a:Boolean!=1){ships(first:1){id @include(if:$a)}}`, `{}`, "VALIDATION_FAILED"},
		{"a nullable one with a default for a non-null argument", `query($i:ID="s1"){node(id:$i){id}}`, `{}`, `{"data":{"node":{"id":"s1"}}}` + "\n"},
		{"the same, null", `query($i:ID="s1"){node(id:$i){id}}`, `{"i":null}`, "BAD_VARIABLES"},
		{"the same in a directive", `query($a:Boolean=true){ships(first:1){id @include(if:$a)}}`, `{"a":null}`, "BAD_VARIABLES"},
		{"the same in a fragment", `query($i:ID="s1"){...A} fragment A on Query{node(id:$i){id}}`, `{"i":null}`, "BAD_VARIABLES"},
		{"a nullable one without a default for a non-null argument", `query($i:ID){node(id:$i){id}}`, `{"i":"s1"}`, "VALIDATION_FAILED"},
		{"a default, absent", `query($n:Int=1){ships(first:$n){id}}`, `{}`, ship},
		{"null is not the variable's default", `query($i:Int=7){echo(int:$i)}`, `{"i":null}`, `{"data":{"echo":"text=a \"b\" colour=Blue texts=a+b"}}` + "\n"},
		{"a list of non-nulls with a default", `query($l:[String!]!=["x"]){echo(texts:$l)}`, `{}`, `{"data":{"echo":"text=a \"b\" colour=Blue texts=x"}}` + "\n"},
		{"a nullable one in a list of non-nulls", `query($s:String){echo(texts:[$s])}`, `{"s":"x"}`, "VALIDATION_FAILED"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := ask(t, h, test.query, test.variables)
			if a := decoded(t, got); got != test.want && (len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != test.want) {
				t.Errorf("want %s: %s", test.want, got)
			}
		})
	}
}

// An input field has its default however the object around it came.
func TestDefaultsOfInputFields(t *testing.T) {
	t.Parallel()
	data := newHarbour()
	h := toyHandler(t, data)
	for _, test := range []struct{ name, query, variables, want string }{
		{"a literal without it", `{ships(filter:{name:"a"}){id}}`, `{}`, "0 true"},
		{"a literal with it", `{ships(filter:{minLength:5}){id}}`, `{}`, "5 true"},
		{"a variable in it, absent", `query($m:Int){ships(filter:{minLength:$m}){id}}`, `{}`, "0 true"},
		{"a variable in it, null", `query($m:Int){ships(filter:{minLength:$m}){id}}`, `{"m":null}`, "0 true"},
		{"a variable in it, given", `query($m:Int){ships(filter:{minLength:$m}){id}}`, `{"m":6}`, "6 true"},
		{"an object without it", `query($f:ShipFilter){ships(filter:$f){id}}`, `{"f":{"name":"a"}}`, "0 true"},
		{"an object with null", `query($f:ShipFilter){ships(filter:$f){id}}`, `{"f":{"minLength":null}}`, "0 true"},
		{"an object with it", `query($f:ShipFilter){ships(filter:$f){id}}`, `{"f":{"minLength":7}}`, "7 true"},
		{"a default without it", `query($f:ShipFilter={name:"a"}){ships(filter:$f){id}}`, `{}`, "0 true"},
	} {
		data.filtered.Store("")
		if body := ask(t, h, test.query, test.variables); data.filtered.Load() != test.want {
			t.Errorf("%s: %v, want %s: %s", test.name, data.filtered.Load(), test.want, body)
		}
	}
}

// What a client sent comes back in part only.
func TestMessagesAreShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 5000)
	h := toyHandler(t, newHarbour(), func(o *engine.Options) { o.Suggest = true })
	for query, variables := range map[string]string{
		`{echo(int:"` + long + `")}`:                         `{}`,
		`query($f:ShipFilter){ships(filter:$f){id}}`:         `{"f":{"` + long + `":1}}`,
		`{ships{` + strings.Repeat("a", 250) + `}}`:          `{}`,
		`query($i:Int="` + long + `"){echo(int:$i)}`:         `{}`,
		`{a:ships{id} a:echo(text:"` + long + `") b:noSuch}`: `{}`,
	} {
		a := decoded(t, ask(t, h, query, variables))
		if len(a.Errors) == 0 {
			t.Errorf("%.40s: no error", query)
		}
		for _, err := range a.Errors {
			if length := utf8.RuneCountInString(err.Message); length > 201 {
				t.Errorf("%.40s: a message of %d characters: %s", query, length, err.Message)
			}
		}
	}
}
