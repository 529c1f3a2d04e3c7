package event

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	official "github.com/cloudevents/sdk-go/v2/event"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"lifeline.scot/api/referral"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 123456000, time.UTC)

func sample() Event {
	return Event{
		ID: "evt_1", Type: Acknowledged, Source: "https://lifeline.example.org", Referral: "r-23456789abcdefghjkmn", Version: 7,
		Time: noon, Partner: "harbour",
	}
}

func encoded(t testing.TB, e Event) []byte {
	t.Helper()
	text, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAnEventIsWrittenSo(t *testing.T) {
	minimised := sample()
	minimised.Fields = map[string]any{"naloxone": "HAS_KIT", "fullName": map[string]any{"chosen": "Isla <Sample> & co"}}
	const head = `{"specversion":"1.0","id":"evt_1","source":"https://lifeline.example.org",` +
		`"type":"scot.lifeline.referral.acknowledged","subject":"r-23456789abcdefghjkmn","time":"2026-11-29T12:00:00.123456Z",` +
		`"sequence":"0000000007.000000","datacontenttype":"application/json","data":{"payload":"`
	const tail = `","partner":"harbour","referral":"r-23456789abcdefghjkmn","version":7,"said":0`
	for what, tc := range map[string]struct {
		event Event
		want  string
	}{
		"a reference": {sample(), head + "Reference" + tail + "}}"},
		"the fields that may be seen": {
			minimised, head + "Minimised" + tail + `,"fields":{"fullName":{"chosen":"Isla <Sample> & co"},"naloxone":"HAS_KIT"}}}`,
		},
	} {
		if got := string(encoded(t, tc.event)); got != tc.want {
			t.Errorf("%s:\n%s\nwant\n%s", what, got, tc.want)
		}
	}
}

// Every kind of change has a type of its own, and the official library and the published schema find every event whole.
func TestEveryTypeIsACloudEvent(t *testing.T) {
	schema := publishedSchema(t)
	kinds := append(referral.Kinds(), referral.KindSharing)
	for _, kind := range kinds {
		typ, known := TypeOf(kind)
		if !known {
			t.Errorf("there is no type for %s", kind)
			continue
		}
		for what, fields := range map[string]map[string]any{"reference": nil, "minimised": {"urgency": "URGENT"}} {
			e := sample()
			e.Type, e.Fields = typ, fields
			text := encoded(t, e)
			checkOfficially(t, e, text)
			if schema == nil {
				continue
			}
			instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err == nil {
				err = schema.Validate(instance)
			}
			if err != nil {
				t.Errorf("%s, %s: %v", typ, what, err)
			}
		}
	}
	if all := Types(); len(all) != len(kinds) || len(slices.Compact(all)) != len(kinds) {
		t.Errorf("there are %d kinds of change and the types %v", len(kinds), all)
	}
}

func checkOfficially(t *testing.T, e Event, text []byte) {
	t.Helper()
	var read official.Event
	if err := json.Unmarshal(text, &read); err != nil {
		t.Errorf("%s: %v", e.Type, err)
		return
	}
	if err := read.Validate(); err != nil {
		t.Errorf("%s: %v", e.Type, err)
	}
	if read.ID() != e.ID || read.Type() != string(e.Type) || read.Subject() != e.Referral || !read.Time().Equal(e.Time) ||
		read.Extensions()["sequence"] != Sequence(e.Version, e.Said) {
		t.Errorf("%s is read as %v", e.Type, read)
	}
}

// besideTheProject is where the published schema lies, unless LIFELINE_DATA names another folder. It is no part of the project.
const besideTheProject = "../../../../shared/data"

// publishedSchema is the JSON Schema that CloudEvents publishes; nil where it is not beside the project.
func publishedSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	file := filepath.Join(cmp.Or(os.Getenv("LIFELINE_DATA"), besideTheProject), "webhook-vectors", "cloudevents-1.0.schema.json")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		t.Logf("%s is not there: the official library alone is asked", file)
		return nil
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// Attempts are signed anew, and what is signed stays the same.
func TestTheSameEventIsTheSameBytes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		e := sample()
		e.Version = rapid.Int64Range(1, mostVersions).Draw(r, "version")
		e.Fields = map[string]any{}
		for name, text := range rapid.MapOf(rapid.StringMatching("[a-z]{1,8}"), rapid.String()).Draw(r, "fields") {
			e.Fields[name] = text
		}
		first := encoded(t, e)
		e.Time = e.Time.In(time.FixedZone("elsewhere", 3600))
		if again := encoded(t, e); !bytes.Equal(first, again) {
			r.Fatalf("%s\n%s", first, again)
		}
	})
}

// What was said about sharing after a version comes after that version, and before the next.
func TestSequencesSortAsEventsFollowEachOther(t *testing.T) {
	versions, numbers := rapid.Int64Range(1, mostVersions), rapid.Int64Range(0, mostSaid)
	near := rapid.Int64Range(1, 3)
	rapid.Check(t, func(r *rapid.T) {
		a, b := rapid.OneOf(near, versions).Draw(r, "a"), rapid.OneOf(near, versions).Draw(r, "b")
		saidA, saidB := rapid.OneOf(near, numbers).Draw(r, "said in a"), rapid.OneOf(near, numbers).Draw(r, "said in b")
		first, second := Sequence(a, saidA), Sequence(b, saidB)
		if cmp.Compare(first, second) != cmp.Or(cmp.Compare(a, b), cmp.Compare(saidA, saidB)) {
			r.Fatalf("%s and %s", first, second)
		}
	})
}

func TestWhatIsNotWritten(t *testing.T) {
	for what, change := range map[string]func(*Event){
		"no id":                   func(e *Event) { e.ID = "" },
		"an id with a full stop":  func(e *Event) { e.ID = "a.b" },
		"no type":                 func(e *Event) { e.Type = "" },
		"no source":               func(e *Event) { e.Source = "" },
		"a source with a query":   func(e *Event) { e.Source += "?key=secret" },
		"a source with a user":    func(e *Event) { e.Source = "https://user:secret@example.org" },
		"a name for a referral":   func(e *Event) { e.Referral = "Isla Sample" },
		"no version":              func(e *Event) { e.Version = 0 },
		"a version of 11 digits":  func(e *Event) { e.Version = mostVersions + 1 },
		"what was said before":    func(e *Event) { e.Said = -1 },
		"more than can be said":   func(e *Event) { e.Said = mostSaid + 1 },
		"no time":                 func(e *Event) { e.Time = time.Time{} },
		"a very long partner":     func(e *Event) { e.Partner = strings.Repeat("a", 64) },
		"a value that is no JSON": func(e *Event) { e.Fields = map[string]any{"a": make(chan int)} },
	} {
		e := sample()
		change(&e)
		if text, err := e.Encode(); err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "Isla") {
			t.Errorf("%s: %s, %v", what, text, err)
		}
	}
	e := sample()
	e.Fields = map[string]any{"words": strings.Repeat("a", MostBytes)}
	if _, err := e.Encode(); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a very long one: %v", err)
	}
}

// Fields are about a person: an event shows them to its receiver alone.
func TestTheFieldsOfAnEventShowInItsEncodingAlone(t *testing.T) {
	e := sample()
	e.Fields = map[string]any{"fullName": "Isla Sample"}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("event", "event", e, "events", []Event{e})
	slog.New(slog.NewTextHandler(&log, nil)).Info("event", "event", e, "pointer", &e)
	text, err := json.Marshal([]Event{e})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(e), fmt.Sprintf("%v %+v %#v %s", e, []Event{e}, e, &e), log.String(), string(text)} {
		if strings.Contains(shown, "Isla") {
			t.Errorf("the fields show: %s", shown)
		}
	}
}
