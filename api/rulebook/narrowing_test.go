package rulebook

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/policies"
	"lifeline.scot/policies/apart"
)

const (
	denyHarbour = `package lifeline.narrowing
deny contains "harbour_is_full" if input.recipient == "harbour"`
	denyNothing = `package lifeline.narrowing
deny contains "never" if input.recipient == "nobody"`
	misspelt = `package lifeline.narrowing
deny contains "x" if input.recipiend == "harbour"`
)

// listener is an API server that takes Events and nothing else.
type listener struct {
	mu     sync.Mutex
	events []corev1.Event
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var event corev1.Event
	if err == nil {
		err = json.Unmarshal(body, &event)
	}
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/api/v1/namespaces/lifeline-system/events" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	l.mu.Lock()
	l.events = append(l.events, event)
	l.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	w.Write(body)
}

// told are the Events since it was last asked, as type and reason.
func (l *listener) told() (told []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	told, l.events = typesOf(l.events), nil
	return told
}

func typesOf(events []corev1.Event) (types []string) {
	for _, e := range events {
		types = append(types, e.Type+" "+e.Reason)
	}
	return types
}

// all are the Events there are.
func (l *listener) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return typesOf(l.events)
}

// soon is how long anything may take on a busy machine before a test gives up on it.
const soon = 90 * time.Second

// narrowed is a rulebook that knows its organisations and agreements, and looks for stricter rules in a ConfigMap.
func narrowed(t *testing.T) (*Rulebook, *listener) {
	t.Helper()
	return narrowedBy(t, apart.Program{Start: 5 * time.Second})
}

func narrowedBy(t *testing.T, program apart.Program) (*Rulebook, *listener) {
	t.Helper()
	events := &listener{}
	server := httptest.NewServer(events)
	t.Cleanup(server.Close)
	b, err := New(t.Context(), Options{
		Directory: pretend(firth()...), Narrowing: ConfigMap{"lifeline-system", "lifeline-narrowing"},
		Cluster: &rest.Config{Host: server.URL}, Now: given.Noon, Logger: slog.New(slog.DiscardHandler),
		Apart: program,
	})
	if err != nil {
		t.Fatal(err)
	}
	read(t, b, agreed())
	b.rebuild(t.Context())
	return b, events
}

func configMap(files map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: "lifeline-system", Name: "lifeline-narrowing", UID: "one"}, Data: files,
	}
}

func TestStricterRulesComeIntoForceAndBadOnesDoNot(t *testing.T) {
	b, events := narrowed(t)
	for _, step := range []struct {
		name   string
		found  *corev1.ConfigMap // nil: there is none
		state  NarrowingState
		reason string
		effect string
		events []string
	}{
		{"there are none", nil, NarrowingNone, "", policies.Allow, nil},
		{"good ones", configMap(map[string]string{"a.rego": denyHarbour}), NarrowingInForce, "", policies.Deny, []string{"Normal NarrowingInForce"}},
		{"the same again", configMap(map[string]string{"a.rego": denyHarbour}), NarrowingInForce, "", policies.Deny, nil},
		{"bad ones: the good ones stay", configMap(map[string]string{"a.rego": misspelt}), NarrowingRefused, policies.NarrowingNotCompiled, policies.Deny, []string{"Warning NarrowingRefused"}},
		{"no Rego at all", configMap(map[string]string{"notes.txt": "be careful"}), NarrowingRefused, policies.NarrowingMalformed, policies.Deny, []string{"Warning NarrowingRefused"}},
		{"others", configMap(map[string]string{"a.rego": denyNothing}), NarrowingInForce, "", policies.Allow, []string{"Normal NarrowingInForce"}},
		{"an empty ConfigMap", configMap(nil), NarrowingNone, "", policies.Allow, nil},
		{"good ones once more", configMap(map[string]string{"a.rego": denyHarbour}), NarrowingInForce, "", policies.Deny, []string{"Normal NarrowingInForce"}},
		{"the ConfigMap is deleted", nil, NarrowingNone, "", policies.Allow, nil},
	} {
		b.narrower.shelf.put(step.found)
		b.narrower.settle(t.Context())
		got := decided(t, b, asked(given.Noon()))
		if is := b.Narrowing(); is.State != step.state || is.Reason != step.reason || (is.Message != "") != (step.reason != "") {
			t.Errorf("%s: %+v", step.name, is)
		}
		if got.Effect != step.effect || strings.Contains(got.Revision, "+") != (step.effect == policies.Deny || step.name == "others") {
			t.Errorf("%s: decided %s for %v by %s", step.name, got.Effect, got.Reasons, got.Revision)
		}
		if told := events.told(); !slices.Equal(told, step.events) {
			t.Errorf("%s: told %q, want %q", step.name, told, step.events)
		}
	}
}

// Without knowing what an administrator wants to be stricter about, nothing is decided.
func TestUntilStricterRulesAreKnownNothingIsDecided(t *testing.T) {
	b, _ := narrowed(t)
	check := func(when string, ready bool, state NarrowingState) {
		t.Helper()
		got := decided(t, b, asked(given.Noon()))
		if b.Ready() != ready || (got.Effect == policies.Allow) != ready || b.Narrowing().State != state {
			t.Errorf("%s: ready %t, decided %s, %+v", when, b.Ready(), got.Effect, b.Narrowing())
		}
	}
	check("before they are read", false, NarrowingUnread)
	b.narrower.settle(t.Context())
	check("woken before they are read", false, NarrowingUnread)
	b.narrower.shelf.put(configMap(map[string]string{"a.rego": misspelt}))
	b.narrower.settle(t.Context())
	check("bad ones, and none that were good before", false, NarrowingRefused)
	b.narrower.shelf.put(configMap(map[string]string{"a.rego": denyNothing}))
	b.narrower.settle(t.Context())
	check("good ones", true, NarrowingInForce)
}

// endless is a value of 2^30 pieces in 31 short rules: to type it takes longer than anybody waits, and nothing in the evaluator
// stops that.
func endless() string {
	rules := "package lifeline.narrowing\na0 := [1, 1]\nb0 := [1, 1]\n"
	for i := range 30 {
		rules += fmt.Sprintf("a%d := [a%d, a%d]\nb%d := [b%d, b%d]\n", i+1, i, i, i+1, i, i)
	}
	return rules + `deny contains "x" if a30 = b30`
}

// Rules that never come to an end are refused in time, whatever was in force before; also by an API that starts with them, as it
// does again and again while they are in the ConfigMap.
func TestStricterRulesWithoutEndAreRefusedAlsoAtTheStart(t *testing.T) {
	for name, before := range map[string]string{"nothing before": "", "good ones before": denyNothing} {
		t.Run(name, func(t *testing.T) {
			b, events := narrowed(t)
			if before != "" {
				b.narrower.shelf.put(configMap(map[string]string{"a.rego": before}))
				b.narrower.settle(t.Context())
				events.told()
			}
			b.narrower.shelf.put(configMap(map[string]string{"a.rego": endless()}))
			b.narrower.settle(t.Context())
			is, told := b.Narrowing(), events.told()
			if is.State != NarrowingRefused || is.Reason != policies.NarrowingTooSlow || !slices.Equal(told, []string{"Warning NarrowingRefused"}) {
				t.Errorf("%+v, told %q", is, told)
			}
			if got := decided(t, b, asked(given.Noon())); (got.Effect == policies.Allow) != (before != "") {
				t.Errorf("decided %s for %v", got.Effect, got.Reasons)
			}
			b.narrower.shelf.put(configMap(nil))
			b.narrower.settle(t.Context())
			if got := decided(t, b, asked(given.Noon())); got.Effect != policies.Allow {
				t.Errorf("once they are taken away it is decided %s for %v", got.Effect, got.Reasons)
			}
		})
	}
}

// failsAtFirst is this program, but for the first time it is started, when it does something else.
func failsAtFirst(t *testing.T, instead string) apart.Program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path, started := filepath.Join(t.TempDir(), "api"), filepath.Join(t.TempDir(), "started")
	script := fmt.Sprintf("#!/bin/sh\n[ -e '%[1]s' ] || { : >'%[1]s'; %[2]s; }\nexec '%[3]s' \"$@\"\n", started, instead, self)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return apart.Program{Path: path, Start: 20 * time.Second}
}

// What befalls the process of good rules says nothing about them: they are taken the next time, without anybody touching them.
func TestGoodRulesAreTakenOnceTheirProcessCanBeStarted(t *testing.T) {
	for name, tc := range map[string]struct{ instead, reason string }{
		"it is killed":           {"kill -9 $$", policies.NarrowingKilled},
		"it ends":                {"exit 7", policies.NarrowingNotStarted},
		"it can start no thread": {"exit 2", policies.NarrowingTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			b, events := narrowedBy(t, failsAtFirst(t, tc.instead))
			b.narrower.shelf.put(configMap(map[string]string{"a.rego": denyNothing}))
			b.narrower.settle(t.Context())
			if is := b.Narrowing(); is.State != NarrowingRefused || is.Reason != tc.reason || b.Ready() {
				t.Fatalf("at first: %+v, ready %t", is, b.Ready())
			}
			<-b.narrower.again
			b.narrower.settle(t.Context())
			if is := b.Narrowing(); is.State != NarrowingInForce || !b.Ready() {
				t.Errorf("the next time: %+v, ready %t", is, b.Ready())
			}
			if told := events.told(); !slices.Equal(told, []string{"Warning NarrowingRefused", "Normal NarrowingInForce"}) {
				t.Errorf("told %q", told)
			}
		})
	}
}

func TestRulesAreTriedAgainLessAndLessOften(t *testing.T) {
	b, events := narrowedBy(t, apart.Program{Path: "/nowhere/api"})
	n := b.narrower
	n.shelf.put(configMap(map[string]string{"a.rego": denyNothing}))
	for i, want := range []float64{1, 2, 4, 8, 16, 32, 60, 60} {
		n.settle(t.Context())
		if n.pause.Seconds() != want || n.again == nil {
			t.Errorf("after %d times in vain it waits for %s", i+1, n.pause)
		}
	}
	n.shelf.put(configMap(map[string]string{"a.rego": denyHarbour}))
	n.settle(t.Context())
	if n.pause != time.Second {
		t.Errorf("other rules wait for %s", n.pause)
	}
	want := []string{"Warning NarrowingRefused", "Warning NarrowingRefused"}
	if told := events.told(); !slices.Equal(told, want) {
		t.Errorf("told %q, want it once of each", told)
	}
}

// A failure to start others leaves what was in force, and whoever takes them back gets it back.
func TestRulesInForceComeBackAfterOthersCouldNotBeStarted(t *testing.T) {
	b, _ := narrowed(t)
	for _, step := range []struct {
		files, path string
		state       NarrowingState
	}{
		{denyHarbour, "", NarrowingInForce},
		{denyNothing, "/nowhere/api", NarrowingRefused},
		{denyHarbour, "", NarrowingInForce},
		{misspelt, "", NarrowingRefused},
	} {
		b.narrower.options.Apart.Path = step.path
		b.narrower.shelf.put(configMap(map[string]string{"a.rego": step.files}))
		b.narrower.settle(t.Context())
		if is, got := b.Narrowing(), decided(t, b, asked(given.Noon())); is.State != step.state || got.Effect != policies.Deny {
			t.Errorf("%+v, decided %s", is, got.Effect)
		}
	}
	if b.narrower.again != nil {
		t.Error("rules that are refused for what they say are tried again")
	}
}

// However often the rules change, there are two processes at most.
func TestOnlyTheRulesBeforeMayStillBeAsked(t *testing.T) {
	b, _ := narrowed(t)
	var engines []*policies.Engine
	for i := range 3 {
		b.narrower.shelf.put(configMap(map[string]string{"a.rego": fmt.Sprintf("%s # %d", denyNothing, i)}))
		b.narrower.settle(t.Context())
		engine, _ := b.Now()
		engines = append(engines, engine)
	}
	_, world := b.Now()
	for i, answers := range []bool{false, true, true} {
		_, err := engines[i].Decide(t.Context(), world, []policies.Request{asked(given.Noon())})
		if (err == nil) != answers {
			t.Errorf("rules %d of 3: %v", i+1, err)
		}
	}
}

// Rules that are in force and whose process ends again and again say so, in figures and to whoever looks at the ConfigMap.
func TestRulesThatEndTheirProcessSaySo(t *testing.T) {
	twice := strings.Repeat("twice(", 30) + "input.area" + strings.Repeat(")", 30)
	b, events := narrowedBy(t, apart.Program{Limit: 20 * time.Second, Memory: 96 << 20})
	b.narrower.shelf.put(configMap(map[string]string{
		"a.rego": "package lifeline.narrowing\ntwice(x) := [x, x]\n" +
			"deny contains \"x\" if {\n\tinput.area == \"firth\"\n\t" + twice + " in [" + twice + "]\n}",
	}))
	b.narrower.settle(t.Context())
	if running, ends := b.narrower.process(); !running || ends != 0 {
		t.Fatalf("at first: %+v, running %t, ended %d times", b.Narrowing(), running, ends)
	}
	engine, world := b.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for stop := time.Now().Add(soon); ; <-tick.C {
		got, err := engine.Decide(t.Context(), world, []policies.Request{asked(given.Noon())})
		if err == nil && !slices.Equal(got[0].Reasons, []string{policies.ReasonNarrowingFailed}) || time.Now().After(stop) {
			t.Fatalf("decided %+v, %v", got[0], err)
		}
		if err == nil {
			break // it is known, and not asked
		}
	}
	if _, ends := b.narrower.process(); ends < 2 {
		t.Errorf("it has ended %d times", ends)
	}
	for stop := time.Now().Add(soon); !slices.Contains(events.all(), "Warning NarrowingEnded"); <-tick.C {
		if time.Now().After(stop) {
			t.Fatalf("told %q", events.all())
		}
	}
}

// What people do is denied by the stricter rules in force, and by bad ones that came after them no more than before.
func TestStricterRulesReachWhatPeopleDo(t *testing.T) {
	b, _ := narrowed(t)
	accept := policies.Question{What: "referral.Accept", Roles: policies.RoleSetOf("Provider"), Stands: policies.AtTarget, SignedIn: true}
	refuse := accept
	refuse.What = "sharing.Refuse"
	const noAccepting = `package lifeline.narrowing_actions
deny contains "closed_for_now" if input.what == "referral.Accept"`
	for _, step := range []struct {
		name  string
		files map[string]string // nil: they have not been read
		fails bool
		want  policies.Ruling
	}{
		{"before they are read", nil, true, policies.Ruling{Reasons: []string{policies.ReasonUndecided}}},
		{"bad ones, and none before", map[string]string{"a.rego": misspelt}, true, policies.Ruling{Reasons: []string{policies.ReasonUndecided}}},
		{"none", map[string]string{}, false, policies.Ruling{Allowed: true, Sides: []string{"Target"}, Reasons: []string{}}},
		{"good ones", map[string]string{"a.rego": noAccepting}, false, policies.Ruling{Reasons: []string{"closed_for_now"}, Narrowed: true}},
		{"bad ones", map[string]string{"a.rego": misspelt}, false, policies.Ruling{Reasons: []string{"closed_for_now"}, Narrowed: true}},
		{"of disclosure alone", map[string]string{"a.rego": denyHarbour}, false, policies.Ruling{Allowed: true, Sides: []string{"Target"}, Reasons: []string{}}},
	} {
		if step.files != nil {
			b.narrower.shelf.put(configMap(step.files))
			b.narrower.settle(t.Context())
		}
		got, err := b.MayAct(t.Context(), accept)
		if diff := cmp.Diff(step.want, got); (err != nil) != step.fails || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", step.name, err, diff)
		}
		if got, err := b.MayAct(t.Context(), refuse); err != nil || !got.Allowed {
			t.Errorf("%s: what the person refuses cannot be written down: %+v %v", step.name, got, err)
		}
		if got, err := b.MaySee(t.Context(), policies.Question{What: "referral", Roles: accept.Roles, Stands: accept.Stands, SignedIn: true}); err != nil || !got.Allowed {
			t.Errorf("%s: that there is a referral is not seen: %+v %v", step.name, got, err)
		}
	}
}

func TestAnEventSaysWhatIsWrongAndNoMore(t *testing.T) {
	b, events := narrowed(t)
	b.narrower.shelf.put(configMap(map[string]string{"a.rego": misspelt + "\n# " + strings.Repeat("é", 3000)}))
	b.narrower.settle(t.Context())
	events.mu.Lock()
	defer events.mu.Unlock()
	e := events.events[0]
	if !strings.Contains(e.Message, "recipiend") || !strings.Contains(e.Message, "Nothing was in force before") || len(e.Message) > 1024 {
		t.Errorf("it says %q", e.Message)
	}
	if e.InvolvedObject.Kind != "ConfigMap" || e.InvolvedObject.UID != "one" || e.InvolvedObject.Name != "lifeline-narrowing" {
		t.Errorf("it is about %+v", e.InvolvedObject)
	}
	long := eventAbout(configMap(nil), corev1.EventTypeWarning, "NarrowingRefused", strings.Repeat("é", 3000), given.Noon())
	if len(long.Message) > 1024 || strings.Trim(long.Message, "é") != "" {
		t.Errorf("a long message is cut to %d bytes, %.10q", len(long.Message), long.Message)
	}
}

func TestTheShelfHoldsOneConfigMapAndNoOther(t *testing.T) {
	b, _ := narrowed(t)
	shelf, other := b.narrower.shelf, configMap(nil)
	other.Name = "other"
	holds := func(when string, want, known bool) {
		t.Helper()
		if found, read := shelf.look(); (found != nil) != want || read != known {
			t.Errorf("%s: found %v, known %t", when, found, read)
		}
	}
	for _, step := range []struct {
		name        string
		do          func() error
		want, known bool
	}{
		{"another is added", func() error { return shelf.Add(other) }, false, false},
		{"a list without it", func() error { return shelf.Replace([]any{other}, "1") }, false, true},
		{"it is added", func() error { return shelf.Add(configMap(nil)) }, true, true},
		{"another is deleted", func() error { return shelf.Delete(other) }, true, true},
		{"a list with it", func() error { return shelf.Replace([]any{configMap(nil), other}, "2") }, true, true},
		{"it is deleted", func() error { return shelf.Delete(configMap(nil)) }, false, true},
	} {
		if err := step.do(); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		holds(step.name, step.want, step.known)
	}
	for _, take := range []func(any) error{shelf.Add, shelf.Delete, b.agreements.Add, b.agreements.Delete} {
		if take("no object") == nil {
			t.Error("what is no object is taken in")
		}
	}
	if shelf.Replace([]any{1}, "3") == nil || b.agreements.Replace([]any{1}, "3") == nil {
		t.Error("a list of what is no object is taken in")
	}
}

func TestTheNameOfAConfigMap(t *testing.T) {
	for text, want := range map[string]ConfigMap{
		"": {}, "lifeline-system/lifeline-narrowing": {"lifeline-system", "lifeline-narrowing"},
	} {
		if got, err := ParseConfigMap(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"name", "/name", "namespace/", "a/b/c", "/"} {
		if got, err := ParseConfigMap(text); err == nil {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

func TestARulebookNeedsWhatItReadsFrom(t *testing.T) {
	if _, err := New(t.Context(), Options{}); err == nil {
		t.Error("without a directory")
	}
	if _, err := New(t.Context(), Options{Directory: pretend(), Narrowing: ConfigMap{"a", "b"}}); err == nil {
		t.Error("with a ConfigMap and no cluster")
	}
}
