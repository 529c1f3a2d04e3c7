package engine_test

import (
	"strings"
	"testing"
)

// Fields that share a response key must be one and the same wherever they could meet.
func TestFieldsOfOneKey(t *testing.T) {
	t.Parallel()
	h := toyHandler(t, newHarbour())
	for _, test := range []struct{ name, query, conflict string }{
		{"the same field", `{ships{id id}}`, ""},
		{"the same arguments in another order", `{a:ships(first:1 filter:{name:"a" minLength:1}){id} a:ships(filter:{minLength:1 name:"a"} first:1){name}}`, ""},
		{"the same string, written as a block", `{echo(text:"a") echo(text:"""a""")}`, ""},
		{"another field", `{ships{a:id a:name}}`, `Fields "a" conflict because id and name are different fields`},
		{"another field of another type", `{ships{a:id a:length}}`, `because id and length are different fields`},
		{"another value", `{echo(int:1) echo(int:2)}`, "differing arguments"},
		{"a string for an enum's name", `{echo(text:"a",colour:RED) echo(text:"b",colour:RED)}`, "differing arguments"},
		{"one argument more", `{echo(int:1) echo}`, "differing arguments"},
		{"another variable", `query($a:Int$b:Int){echo(int:$a) echo(int:$b)}`, "differing arguments"},
		{"the same variable", `query($a:Int){echo(int:$a) echo(int:$a)}`, ""},
		{"lists of another order", `{echo(texts:["a" "b"]) echo(texts:["b" "a"])}`, "differing arguments"},
		{"below equal keys", `{ships{captain{a:id}} ships{captain{a:name}}}`, "are different fields"},
		{"through a fragment", `{ships{...A captain{a:id}}} fragment A on Ship{captain{a:name}}`, "are different fields"},
		{"through two fragments", `{ships{...A ...B}} fragment A on Ship{a:id} fragment B on Ship{...C} fragment C on Ship{a:name}`, "are different fields"},
		{"below fields that only fragments bring together", `{ships{...A}...B} fragment A on Ship{crew{a:id}} fragment B on Query{ships{crew{a:name}}}`, "are different fields"},
		{"on two objects", `{node(id:"s1"){...on Ship{a:name} ...on Sailor{a:name}}}`, ""},
		{"another field on another object", `{node(id:"s1"){...on Ship{a:id} ...on Sailor{a:id}}}`, ""},
		{"an interface and an object", `{node(id:"s1"){a:id ...on Ship{a:name}}}`, "conflict because"},
		{"another shape on another object", `{node(id:"s1"){...on Ship{a:name} ...on Sailor{a:aged}}}`, "conflicting types String! and Int"},
		{"a list on another object", `{node(id:"s1"){...on Ship{a:crew{id}} ...on Sailor{a:name}}}`, "conflicting types"},
		{"below another object, in another shape", `{node(id:"s1"){...on Ship{captain{a:aged}} ...on Ship{captain{a:name}}}}`, "conflict"},
		{"introspection", `{__schema{types{name name}} __typename __typename __type(name:"Ship"){name}}`, ""},
		{"introspection with other arguments", `{__type(name:"Ship"){name} __type(name:"Sailor"){name}}`, "differing arguments"},
		{"introspection of another field", `{__schema{types{a:name a:description}}}`, "are different fields"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := decoded(t, ask(t, h, test.query, ""))
			switch {
			case test.conflict == "" && len(a.Errors) > 0:
				t.Errorf("refused: %+v", a.Errors)
			case test.conflict == "":
			case len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "VALIDATION_FAILED" ||
				!strings.Contains(a.Errors[0].Message, test.conflict):
				t.Errorf("want %q: %+v", test.conflict, a.Errors)
			}
		})
	}
}

// What is valid is checked in work that grows with its length, not with its square.
func TestLongArgumentsAreCheap(t *testing.T) {
	h := toyHandler(t, newHarbour())
	repeated := func(n int) string {
		one := "ships(first:1,filter:{colours:[" + strings.Repeat("RED ", 40) + "]}){id}"
		return "{" + strings.Repeat(one, n) + "}"
	}
	work := func(n int) float64 {
		query := repeated(n)
		if got, want := ask(t, h, query, ""), `{"data":{"ships":[{"id":"s1"}]}}`+"\n"; got != want {
			t.Fatalf("%d: got %s", n, got)
		}
		return testing.AllocsPerRun(3, func() { ask(t, h, query, "") })
	}
	least := work(1)
	if five, twenty := work(5)-least, work(20)-least; twenty > 6*five {
		t.Errorf("4 more take %.0f allocations, 19 more %.0f", five, twenty)
	}
}
