// Package graphiql serves the GraphiQL explorer from this program: no other host is asked for anything.
//
// The files in dist are built from src by `npm ci && npm run build` there, and kept compressed.
package graphiql

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed dist
var dist embed.FS

// policy lets the page load from its own host alone. Monaco sets styles inline and GraphiQL keeps its fonts in its
// style sheet.
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; " +
	"font-src 'self' data:; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'none'"

var page = template.Must(template.New("graphiql").Parse(`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>GraphQL explorer</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{{.Folder}}/explorer.css">
<link rel="stylesheet" href="{{.Folder}}/page.css">
</head>
<body>
<div id="graphiql" data-endpoint="{{.Endpoint}}" data-query="{{.Query}}">Loading the GraphQL explorer…</div>
<noscript>The GraphQL explorer needs JavaScript. Any GraphQL client can read {{.Endpoint}}.</noscript>
<script type="module" src="{{.Folder}}/explorer.js"></script>
</body>
</html>
`))

// style makes the explorer fill the window.
const style = "html, body, #graphiql { height: 100%; margin: 0 }\n"

// file is one file of the bundle.
type file struct {
	compressed  []byte
	contentType string
	tag         string
	// immutable is set for names that hold a hash of what is in them.
	immutable bool
}

// Handler serves the explorer for the GraphQL endpoint at a path or URL. Mount it at a folder both without and with a
// slash at its end, for instance /graphiql and /graphiql/. query is what the editor shows at first; it may be empty.
func Handler(endpoint, query string) http.Handler {
	files, err := bundle()
	if err != nil { // the files are part of the program, so a test would have shown it
		panic(err)
	}
	return &handler{endpoint: endpoint, query: query, files: files}
}

func bundle() (map[string]file, error) {
	files := map[string]file{"page.css": compressed("page.css", []byte(style))}
	entries, err := fs.ReadDir(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("listing the bundle: %w", err)
	}
	for _, entry := range entries {
		content, err := dist.ReadFile("dist/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("reading the bundle: %w", err)
		}
		name := strings.TrimSuffix(entry.Name(), ".gz")
		files[name] = describe(name, content)
	}
	return files, nil
}

func compressed(name string, content []byte) file {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(content) // a bytes.Buffer takes everything
	_ = w.Close()
	return describe(name, b.Bytes())
}

func describe(name string, content []byte) file {
	sum := sha256.Sum256(content)
	return file{
		compressed: content, contentType: contentType(name),
		tag:       `"` + hex.EncodeToString(sum[:8]) + `"`,
		immutable: strings.Contains(name, "-"),
	}
}

// contentType does not ask the machine's own table for what matters: a module script must be JavaScript.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".ttf":
		return "font/ttf"
	}
	return mime.TypeByExtension(path.Ext(name))
}

type handler struct {
	endpoint, query string
	files           map[string]file
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "Use GET.", http.StatusMethodNotAllowed)
		return
	}
	if f, ok := h.files[path.Base(r.URL.Path)]; ok {
		f.serve(w, r)
		return
	}
	folder := strings.TrimSuffix(r.URL.Path, "/")
	if strings.Contains(path.Base(folder), ".") {
		http.NotFound(w, r)
		return
	}
	h.servePage(w, folder)
}

func (h *handler) servePage(w http.ResponseWriter, folder string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	// It fails only if the client has gone.
	_ = page.Execute(w, struct{ Folder, Endpoint, Query string }{folder, h.endpoint, h.query})
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("ETag", f.tag)
	header.Set("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "no-cache")
	if f.immutable {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == f.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		_, _ = w.Write(f.compressed) // fails if the client has gone
		return
	}
	plain, err := gzip.NewReader(bytes.NewReader(f.compressed))
	if err != nil {
		http.Error(w, "The file is damaged.", http.StatusInternalServerError)
		return
	}
	_, _ = io.Copy(w, plain) // fails if the client has gone
}
