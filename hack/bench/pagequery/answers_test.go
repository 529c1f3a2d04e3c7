package pagequery

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// handlers are both servers over the same data.
func handlers(t *testing.T) (ours, theirs http.Handler) {
	t.Helper()
	view, err := viewOf(Size{Partnerships: 3, Services: 250})
	if err != nil {
		t.Fatal(err)
	}
	if ours, err = handlerOf(lifeline, view); err != nil {
		t.Fatal(err)
	}
	if theirs, err = handlerOf(gqlgen, view); err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

func answer(t *testing.T, h http.Handler, body []byte) map[string]any {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	data, err := dataOf(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestBothAnswerAlike pages through all services, so that each of them is compared with all its fields.
func TestBothAnswerAlike(t *testing.T) {
	ours, theirs := handlers(t)
	seen := 0
	for after, more := "", true; more; {
		body := page(pageSize, after)
		got, want := answer(t, theirs, body), answer(t, ours, body)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("the answers differ after %q:\n%s", after, diff)
		}
		list := want["supportServices"].(map[string]any)
		info := list["pageInfo"].(map[string]any)
		more = info["hasNextPage"].(bool)
		after = info["endCursor"].(string)
		seen += len(list["edges"].([]any))
	}
	if want := 250 - 250/50; seen != want {
		t.Errorf("compared %d services, want %d: one in 50 is closed, and not in the list", seen, want)
	}
}

func TestBothAnswerAlikeForOneService(t *testing.T) {
	ours, theirs := handlers(t)
	for name, body := range map[string][]byte{
		"open":   serviceNumber(1, 3),
		"closed": serviceNumber(10, 3),
		"none":   serviceNumber(250, 3),
	} {
		t.Run(name, func(t *testing.T) {
			want := answer(t, ours, body)
			if diff := cmp.Diff(want, answer(t, theirs, body)); diff != "" {
				t.Error(diff)
			}
			if found := want["supportService"] != nil; found == (name == "none") {
				t.Errorf("found: %v", found)
			}
		})
	}
}

// TestPageAsksForWhatItClaims keeps the query a realistic one.
func TestPageAsksForWhatItClaims(t *testing.T) {
	node := regexp.MustCompile(`(?s)node \{(.*?)provider`).FindStringSubmatch(pageQuery)
	if n := len(strings.Fields(node[1])); n != 12 {
		t.Errorf("a service is asked for %d fields of its own, want 12", n)
	}
}

// TestSchemaIsAPartOfTheDirectorys compares each type and field with the schema that is served.
func TestSchemaIsAPartOfTheDirectorys(t *testing.T) {
	whole, part := load(t, "../../../api/schema/schema.graphql"), load(t, "rival/schema.graphqls")
	for name, definition := range part.Types {
		if strings.HasPrefix(name, "__") || definition.BuiltIn {
			continue
		}
		of := whole.Types[name]
		if of == nil {
			t.Errorf("the directory's schema has no type %s", name)
			continue
		}
		for _, field := range definition.Fields {
			same := of.Fields.ForName(field.Name)
			if same == nil && strings.HasPrefix(field.Name, "__") {
				continue
			}
			if same == nil || same.Type.String() != field.Type.String() {
				t.Errorf("%s.%s is %v in the directory's schema, %v here", name, field.Name, same, field.Type)
				continue
			}
			for _, argument := range field.Arguments {
				if arg := same.Arguments.ForName(argument.Name); arg == nil || arg.Type.String() != argument.Type.String() {
					t.Errorf("%s.%s(%s) differs", name, field.Name, argument.Name)
				}
			}
		}
		if diff := cmp.Diff(names(of.EnumValues), names(definition.EnumValues)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func names(values ast.EnumValueList) []string {
	var names []string
	for _, v := range values {
		names = append(names, v.Name)
	}
	return names
}

func load(t *testing.T, path string) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := gqlparser.LoadSchema(&ast.Source{Name: path, Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestRequestsAreJSON(t *testing.T) {
	var got struct {
		Query     string
		Variables map[string]any
	}
	if err := json.Unmarshal(page(20, "abc"), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"first": 20.0, "after": "abc"}, got.Variables); diff != "" {
		t.Error(diff)
	}
}
