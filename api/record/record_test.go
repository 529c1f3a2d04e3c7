package record_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"lifeline.scot/api/record"
)

// The policy decides by category which fields are disclosed; its table and this one must say the same, or a field would be
// kept that nobody may see, or seen as what it is not.
func TestFieldsAndCategoriesAreThoseOfThePolicy(t *testing.T) {
	text, err := os.ReadFile("../../policies/sharing/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Reference struct {
			FieldCategory map[record.Field]record.Category `json:"field_category"`
		} `json:"reference"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	of := file.Reference.FieldCategory
	if len(of) < 30 {
		t.Fatalf("the policy has %d fields", len(of))
	}
	for f, want := range of {
		if got, ok := record.CategoryOf(f); !ok || got != want {
			t.Errorf("%s is %q here and %q in the policy", f, got, want)
		}
	}
	for _, f := range record.Fields() {
		if _, ok := of[f]; !ok {
			t.Errorf("%s is not in the policy", f)
		}
	}
}

func TestEveryCategoryHasFields(t *testing.T) {
	total := 0
	for _, c := range record.Categories() {
		fields := record.FieldsOf(c)
		if len(fields) == 0 {
			t.Errorf("%s has none", c)
		}
		total += len(fields)
	}
	if total != len(record.Fields()) || len(record.Categories()) != 9 {
		t.Errorf("%d fields in %d categories, of %d", total, len(record.Categories()), len(record.Fields()))
	}
	if got := record.FieldsOf(record.Restricted, record.Contact); !slices.Equal(got, []record.Field{
		"bbv_status", "email", "justice", "phone", "safe_contact",
	}) {
		t.Errorf("%v", got)
	}
}

type part struct {
	Goals string `json:"goals,omitempty"`
	Phone string `json:"phone,omitempty"`
}

func TestSplitAndJoin(t *testing.T) {
	values, err := record.Split(part{Goals: "to sleep"}, struct {
		Email string `json:"email,omitempty"`
	}{"a@example.org"})
	if err != nil || len(values) != 2 || string(values[record.Goals]) != `"to sleep"` {
		t.Fatalf("%v %v", values.Fields(), err)
	}
	var back part
	if err := record.Join(values, &back); err != nil || back != (part{Goals: "to sleep"}) {
		t.Errorf("%+v %v", back, err)
	}
	if only := values.Only(record.Email, record.Phone); len(only) != 1 {
		t.Errorf("%v", only.Fields())
	}
}

func TestWhatIsNoFieldIsNotKept(t *testing.T) {
	if _, err := record.Split(map[string]string{"nickname": "Moth"}); err == nil || strings.Contains(err.Error(), "Moth") {
		t.Error(err)
	}
	if _, err := record.Split([]string{"Moth"}); err == nil || strings.Contains(err.Error(), "Moth") {
		t.Error(err)
	}
	var invalid record.Invalid
	if _, err := record.Split(part{Goals: strings.Repeat("g", record.MostBytes)}); !errors.As(err, &invalid) || invalid[0].Field != record.Goals {
		t.Error(err)
	}
}

// A value that does not fit what it is read into is an error that does not quote it.
func TestErrorsDoNotQuoteValues(t *testing.T) {
	for _, text := range []string{`{"Moth":1}`, `["Moth"]`, `"Moth`} {
		err := record.Join(record.Values{record.Goals: json.RawMessage(text)}, new(part))
		if err == nil || strings.Contains(err.Error(), "Moth") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestValuesPrintAsTheirNames(t *testing.T) {
	values := record.Values{record.Goals: json.RawMessage(`"Moth"`)}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("kept", "values", values)
	for _, text := range []string{fmt.Sprint(values), fmt.Sprintf("%+v", values), fmt.Sprintf("%#v", values), log.String()} {
		if strings.Contains(text, "Moth") || !strings.Contains(text, "goals") {
			t.Error(text)
		}
	}
}

func TestText(t *testing.T) {
	for name, tc := range map[string]struct {
		text        string
		line, words string
	}{
		"plain":            {"Sorcha", "", ""},
		"Gaelic":           {"Mòrag NicLeòid", "", ""},
		"empty":            {"", "", ""},
		"as long as may":   {strings.Repeat("ò", 20), "", ""},
		"too long":         {strings.Repeat("ò", 21), "shorten it to 20", "shorten it to 20"},
		"two lines":        {"a\nb", "one line", ""},
		"a tab":            {"a\tb", "one line", ""},
		"a line separator": {"a\u2028b", "one line", ""},
		"a zero":           {"a\x00b", "control characters", "control characters"},
		"an escape":        {"a\x1bb", "control characters", "control characters"},
		"no UTF-8":         {"a\xffb", "UTF-8", "UTF-8"},
		"only spaces":      {"  ", "only spaces", "only spaces"},
	} {
		t.Run(name, func(t *testing.T) {
			for what, got := range map[string][2]string{"line": {record.Line(tc.text, 20), tc.line}, "words": {record.Words(tc.text, 20), tc.words}} {
				if (got[1] == "") != (got[0] == "") || !strings.Contains(got[0], got[1]) {
					t.Errorf("%s: %q, want %q", what, got[0], got[1])
				}
			}
		})
	}
}
