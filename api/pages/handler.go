package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"lifeline.scot/api/directory"
)

//go:embed templates
var templateFiles embed.FS

// Options set up the pages. The zero Options are ready to use.
type Options struct {
	// Banner stands at the top of every page and says what this is. Default: that it is a demonstration with example data
	// and not a service of the Scottish Government or the NHS.
	Banner string
	// Owner is the organisation that runs the directory, named at the foot of every page. Default: nobody is named.
	Owner string
	// GraphiQLPath is the address of the GraphQL explorer, for example "/graphiql". Default: pages have no link to it.
	GraphiQLPath string
	// Log is told when a page could not be made. Default: slog.Default.
	Log *slog.Logger
}

// frame is what every page has around its content.
type frame struct{ Title, Banner, Owner string }

// site serves the pages.
type site struct {
	options   Options
	words     *words
	assets    *assets
	templates map[string]*template.Template
	source    func() directory.View
}

// pageNames are the templates with a content of their own.
var pageNames = []string{"board", "notready", "missing", "error"}

func newSite(source func() directory.View, o Options) (*site, error) {
	catalogue, err := english()
	if err != nil {
		return nil, err
	}
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	s := &site{options: o, words: catalogue, assets: files, templates: map[string]*template.Template{}, source: source}
	s.defaults()
	for _, name := range pageNames {
		if s.templates[name], err = s.parse(name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *site) defaults() {
	if s.options.Banner == "" {
		s.options.Banner = s.words.say("banner")
	}
	if s.options.Log == nil {
		s.options.Log = slog.Default()
	}
}

func (s *site) parse(name string) (*template.Template, error) {
	t, err := template.New(name).Funcs(template.FuncMap{
		"t":        s.words.say,
		"language": func() string { return s.words.language },
		"asset":    func(name string) string { return s.assets.addresses[name] },
	}).ParseFS(templateFiles, "templates/layout.html", "templates/"+name+".html")
	if err != nil {
		return nil, fmt.Errorf("reading the template of page %s: %w", name, err)
	}
	return t, nil
}

func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.serveBoard)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		if !s.assets.serve(w, r) {
			s.render(w, r, http.StatusNotFound, "missing", s.frame("missing.tag"))
		}
	})
	return secure(mux)
}

func (s *site) frame(titleKey string) frame {
	return frame{Title: s.words.say(titleKey), Banner: s.options.Banner, Owner: s.options.Owner}
}

func (s *site) serveBoard(w http.ResponseWriter, r *http.Request) {
	d := figures{s.source()}
	if !d.Ready() {
		w.Header().Set("Retry-After", "10")
		s.render(w, r, http.StatusServiceUnavailable, "notready", s.frame("notready.tag"))
		return
	}
	f, problems := parseFilter(r.URL.Query(), d.hasArea)
	page := speaker{s.words, d.Now()}.board(d, f, problems)
	page.frame = s.frame("board.title-tag")
	if s.options.GraphiQLPath != "" {
		page.GraphQL = explorerAddress(s.options.GraphiQLPath, f)
	}
	status := http.StatusOK
	if len(problems) > 0 {
		status = http.StatusBadRequest
	}
	s.render(w, r, status, "board", page)
}

// render answers with a page. It is made whole before the first byte is sent, so that a fault never leaves half a page that
// looks like a whole one.
func (s *site) render(w http.ResponseWriter, r *http.Request, status int, name string, content any) {
	var page bytes.Buffer
	if err := s.templates[name].ExecuteTemplate(&page, "page", content); err != nil {
		s.options.Log.ErrorContext(r.Context(), "making a page", "page", name, "error", err)
		s.apologise(w, r)
		return
	}
	s.send(w, r, status, page.Bytes())
}

func (s *site) apologise(w http.ResponseWriter, r *http.Request) {
	var page bytes.Buffer
	if err := s.templates["error"].ExecuteTemplate(&page, "page", s.frame("error.tag")); err != nil {
		http.Error(w, s.words.say("error.title"), http.StatusInternalServerError)
		return
	}
	s.send(w, r, http.StatusInternalServerError, page.Bytes())
}

func (s *site) send(w http.ResponseWriter, r *http.Request, status int, page []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	if status == http.StatusOK {
		tag := etag(page)
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(page) // the reader went away; there is nobody to tell
	}
}

func etag(page []byte) string {
	sum := sha256.Sum256(page)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// matches reports whether an If-None-Match header names the tag.
func matches(header, tag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		if candidate = strings.TrimSpace(candidate); candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
			return true
		}
	}
	return false
}
