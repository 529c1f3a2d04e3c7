package pages

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/directory"
)

// finding is what the browser says of one check; no faults is well.
type finding struct {
	Check  string
	Faults []string
}

// checksOfAPage is how many checks each page gets: two widths, with and without JavaScript, and the narrowest width.
const checksOfAPage = 5

func TestPagesInABrowser(t *testing.T) {
	chromium := needBrowser(t)
	board := httptest.NewServer(New(sample().live(), Options{GraphiQLPath: "/graphiql"}))
	defer board.Close()
	starting := serve(t, objects{}, directory.Freshness{State: directory.Starting})
	stale := serve(t, sample(), directory.Freshness{State: directory.LastKnown, AsOf: now.Add(-2 * time.Hour)})

	pages := map[string]string{
		"board":     board.URL + "/",
		"nothing":   board.URL + "/?area=highland&for=Women&free=now",
		"last-news": stale.URL + "/?for=Women&needs=step-free&sort=area&area=atlantis&kind=Hotel",
		"not-ready": starting.URL + "/",
		"missing":   board.URL + "/nowhere",
	}
	findings := browse(t, chromium, pages)
	const ofTheBoard = 5 // keyboard, focus, forced colours, reduced motion, print
	if want := checksOfAPage*len(pages) + ofTheBoard; len(findings) != want {
		t.Errorf("%d checks were made, want %d", len(findings), want)
	}
	for _, f := range findings {
		t.Run(f.Check, func(t *testing.T) {
			for _, fault := range f.Faults {
				t.Error(fault)
			}
		})
	}
}

func serve(t *testing.T, o objects, fresh directory.Freshness) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(New(func() directory.View { return o.view(now, fresh) }, Options{}))
	t.Cleanup(s.Close)
	return s
}

// The checks are worth what they find: each kind of fault, planted on a page, is found.
func TestTheBrowserChecksFindPlantedFaults(t *testing.T) {
	chromium := needBrowser(t)
	planted := httptest.NewServer(secure(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!DOCTYPE html><html><head><title>Faults</title></head><body><main><h1>Faults</h1>
<p style="color: red">An inline style.</p><img src="http://127.0.0.2:9/picture.png">
<table width="3000"><tr><td>Too wide</td></tr></table><input type="text"><script>document.title = "run"</script></main></body></html>`))
	})))
	defer planted.Close()

	var found strings.Builder
	for _, f := range browse(t, chromium, map[string]string{"planted": planted.URL}) {
		found.WriteString(strings.Join(f.Faults, "\n") + "\n")
	}
	for _, want := range []string{
		"axe html-has-lang", "axe label", "axe image-alt", "policy: style-src", "policy: script-src", "policy: img-src",
		"asked http://127.0.0.2:9", "px wide in a window of 320 px", "px wide in a window of 1280 px", "Roboto was not loaded",
	} {
		if !strings.Contains(found.String(), want) {
			t.Errorf("%q was not found in:\n%s", want, found.String())
		}
	}
}

// browse runs the checks of browser/check.mjs on pages, by name and address. Pictures are kept in $SHOTS, if it is set.
func browse(t *testing.T, chromium string, pages map[string]string) []finding {
	t.Helper()
	given, err := json.Marshal(map[string]any{"browser": chromium, "pages": pages, "shots": os.Getenv("SHOTS")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	node := exec.CommandContext(ctx, "node", "check.mjs", string(given))
	node.Dir, node.WaitDelay = "browser", 10*time.Second
	var said, complaints bytes.Buffer
	node.Stdout, node.Stderr = &said, &complaints
	if err := node.Run(); err != nil {
		t.Fatalf("the browser checks stopped: %v\n%s\n%s", err, said.String(), complaints.String())
	}
	var findings []finding
	lines := bufio.NewScanner(&said)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var f finding
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			t.Fatalf("reading %q: %v", lines.Text(), err)
		}
		findings = append(findings, f)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return findings
}

// needBrowser returns the browser's program, $CHROMIUM or the system's. Where something is missing the test is passed
// over, but never in CI.
func needBrowser(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes a minute")
	}
	missing := func(what, remedy string) {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: %s", what, remedy)
		}
		t.Skipf("%s is missing: %s", what, remedy)
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing("node", "install Node.js 20 or later")
	}
	for _, name := range []string{"playwright-core", "axe-core"} {
		if _, err := os.Stat(filepath.Join("browser", "node_modules", name, "package.json")); err != nil {
			missing(name, "run npm ci in api/pages/browser")
		}
	}
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "chromium"
	}
	program, err := exec.LookPath(chromium)
	if err != nil {
		missing("chromium", "install it, or set CHROMIUM to its program")
	}
	return program
}
