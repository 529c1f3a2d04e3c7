package pages

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lifeline.scot/api/directory"
)

// answer is what a reader gets: a page as a browser would read it.
type answer struct {
	status int
	header http.Header
	body   string
	root   *html.Node
}

func get(t *testing.T, source func() directory.View, target string) answer {
	t.Helper()
	return ask(t, New(source, Options{}), httptest.NewRequest(http.MethodGet, target, nil))
}

func ask(t *testing.T, handler http.Handler, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatalf("reading the page: %v", err)
	}
	return answer{w.Code, w.Header(), w.Body.String(), root}
}

// all are the elements of a page that fit, in order.
func (a answer) all(fits func(*html.Node) bool) []*html.Node { return elements(a.root, fits) }

func elements(root *html.Node, fits func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && fits(n) {
			found = append(found, n)
		}
	}
	return found
}

func element(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == name }
}

func class(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return slices.Contains(strings.Fields(attribute(n, "class")), name) }
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text is what somebody reads in an element, with single spaces.
func text(n *html.Node) string {
	var said strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			said.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(said.String()), " ")
}

func texts(nodes []*html.Node) []string {
	said := make([]string, len(nodes))
	for i, n := range nodes {
		said[i] = text(n)
	}
	return said
}

// line is a row of the board as its cells read: service, for whom, registered, open, occupied, held, free, how sure.
type line []string

func (l line) free() string { return l[6] }

// lines are the board's rows by the name of their pool.
func (a answer) lines() map[string]line {
	lines := map[string]line{}
	for _, tr := range a.all(element("tr")) {
		if id := attribute(tr, "id"); id != "" {
			cells := elements(tr, func(n *html.Node) bool { return n.Data == "td" || n.Data == "th" })
			_, name, _ := strings.Cut(strings.TrimPrefix(id, "pool-"), ".")
			lines[name] = texts(cells)
		}
	}
	return lines
}

// names are the names of the pools on the board, in order.
func (a answer) names() []string {
	var names []string
	for _, tr := range a.all(element("tr")) {
		if id := attribute(tr, "id"); id != "" {
			_, name, _ := strings.Cut(strings.TrimPrefix(id, "pool-"), ".")
			names = append(names, name)
		}
	}
	return names
}

// totals are the cards at the top: what each reads, by kind.
func (a answer) totals() map[string]string {
	totals := map[string]string{}
	for _, card := range a.all(class("total")) {
		kind := text(elements(card, class("total-kind"))[0])
		totals[kind] = strings.TrimSpace(strings.TrimPrefix(text(card), kind))
	}
	return totals
}
