package graphiql_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/engine/conformance"
	"lifeline.scot/api/engine/graphiql"
)

func get(t *testing.T, h http.Handler, path, encoding string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPage(t *testing.T) {
	t.Parallel()
	h := graphiql.Handler("/graphql", `{ a(b: "<c>") }`)
	for _, path := range []string{"/graphiql", "/graphiql/"} {
		w := get(t, h, path, "")
		for _, want := range []string{`src="/graphiql/explorer.js"`, `data-endpoint="/graphql"`, `&lt;c&gt;`} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: no %s", path, want)
			}
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'self';") {
			t.Errorf("%s: Content-Security-Policy %q", path, csp)
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	h := graphiql.Handler("/graphql", "")
	small := get(t, h, "/graphiql/explorer.js", "gzip, br")
	if small.Header().Get("Content-Encoding") != "gzip" {
		t.Fatal("not compressed")
	}
	unpacked, err := gzip.NewReader(small.Body)
	if err != nil {
		t.Fatal(err)
	}
	want, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	plain := get(t, h, "/graphiql/explorer.js", "")
	if !bytes.Equal(plain.Body.Bytes(), want) {
		t.Error("the file differs without compression")
	}
	if got := plain.Header().Get("Content-Type"); got != "text/javascript; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	again := httptest.NewRequest(http.MethodGet, "/graphiql/explorer.js", nil)
	again.Header.Set("If-None-Match", plain.Header().Get("ETag"))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, again)
	if w.Code != http.StatusNotModified {
		t.Errorf("asked again: %d", w.Code)
	}
	if w := get(t, h, "/graphiql/none.js", ""); w.Code != http.StatusNotFound {
		t.Errorf("a file that is not there: %d", w.Code)
	}
}

// What is committed is what the sources make, to the byte.
func TestBundleIsReproducible(t *testing.T) {
	t.Parallel()
	conformance.Require(t, "src")
	fresh := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "node", "build.mjs", fresh)
	command.Dir = "src"
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, output)
	}
	built := contents(t, fresh)
	committed := contents(t, "dist")
	committed["THIRD_PARTY_NOTICES"] = read(t, "THIRD_PARTY_NOTICES")
	for name, content := range built {
		if !bytes.Equal(committed[name], content) {
			t.Errorf("%s differs: run `npm ci && npm run build` in src", name)
		}
	}
	if len(built) != len(committed) {
		t.Errorf("%d files are built, %d are committed", len(built), len(committed))
	}
}

// contents are the files of a folder by name, unpacked.
func contents(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		content := read(t, filepath.Join(folder, entry.Name()))
		name, packed := strings.CutSuffix(entry.Name(), ".gz")
		if packed {
			unpacked, err := gzip.NewReader(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			if content, err = io.ReadAll(unpacked); err != nil {
				t.Fatal(err)
			}
		}
		files[name] = content
	}
	return files
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// The explorer works in a browser under its policy, without a request to another host.
func TestInBrowser(t *testing.T) {
	t.Parallel()
	browser := browserPath(t)
	mux := http.NewServeMux()
	explorer := graphiql.Handler("/graphql", "{ hello }")
	mux.Handle("/graphiql", explorer)
	mux.Handle("/graphiql/", explorer)
	asked := make(chan struct{}, 100)
	mux.HandleFunc("/graphql", func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data":{}}`)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu",
		"--user-data-dir="+t.TempDir(), "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom", server.URL+"/graphiql")
	var page, console bytes.Buffer
	command.Stdout, command.Stderr = &page, &console
	if err := command.Run(); err != nil {
		t.Fatalf("running the browser: %v\n%s", err, console.String())
	}
	for _, want := range []string{"graphiql-container", "monaco-editor", "Execute query"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for line := range strings.Lines(console.String()) {
		if strings.Contains(line, "CONSOLE") && (strings.Contains(line, "Refused") || strings.Contains(line, "Content Security Policy")) {
			t.Error(line)
		}
	}
	if len(asked) == 0 {
		t.Error("the explorer did not ask for the schema")
	}
}

func browserPath(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no Chromium")
	}
	t.Skip("no Chromium")
	return ""
}
