package pages

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lifeline.scot/crds/v1alpha1"
)

func TestEveryAnswerIsGuardedByItsHeaders(t *testing.T) {
	pages := New(sample().live(), Options{})
	for _, target := range []string{"/", "/?kind=Hotel", "/nowhere", "/static/nothing.css", assetAddress(t, "board.css")} {
		a := ask(t, pages, httptest.NewRequest(http.MethodGet, target, nil))
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; " +
				"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", target, name, got, want)
			}
		}
		if cookies := a.header.Get("Set-Cookie"); cookies != "" {
			t.Errorf("%s sets a cookie", target)
		}
	}
}

func assetAddress(t *testing.T, name string) string {
	t.Helper()
	files, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	return files.addresses[name]
}

func TestPagesHoldNoScriptNoStyleAndAskNobodyElse(t *testing.T) {
	for _, target := range []string{"/", "/?area=highland&kind=Detox&free=now", "/?kind=Hotel", "/nowhere"} {
		a := get(t, sample().live(), target)
		if harm := harmful(a); len(harm) > 0 {
			t.Errorf("%s holds %v", target, harm)
		}
		for _, n := range a.all(func(n *html.Node) bool { return attribute(n, "src") != "" || n.Data == "link" || n.Data == "form" }) {
			address := attribute(n, "src") + attribute(n, "href") + attribute(n, "action")
			if !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") {
				t.Errorf("%s asks %q", target, address)
			}
		}
	}
}

// harmful are the parts of a page that could run something or load something that no template of ours holds.
func harmful(a answer) []string {
	var harm []string
	for _, n := range a.all(func(*html.Node) bool { return true }) {
		switch n.Data {
		case "script", "style", "iframe", "object", "embed", "base", "img", "video", "audio":
			harm = append(harm, "<"+n.Data+">")
		}
		for _, attr := range n.Attr {
			address := attr.Key == "href" || attr.Key == "src" || attr.Key == "action"
			// Somebody may follow a link to a publication; nothing is asked of it until then.
			publication := n.Data == "a" && attr.Val == "https://register.example/"
			safe := publication || strings.HasPrefix(attr.Val, "/") || strings.HasPrefix(attr.Val, "#") || strings.HasPrefix(attr.Val, "tel:")
			if strings.HasPrefix(attr.Key, "on") || attr.Key == "style" || (address && !safe) {
				harm = append(harm, attr.Key+"="+attr.Val)
			}
		}
	}
	return harm
}

func TestHostileNamesStayNames(t *testing.T) {
	for _, hostile := range []string{
		`<script>alert(1)</script>`,
		`"><img src=x onerror=alert(1)>`,
		`' onmouseover='alert(1)`,
		`</title></td></table><iframe src="https://example.org">`,
		`javascript:alert(1)`,
		`{{.Secrets}} {{t "banner"}} {count}`,
		`<!-- --><svg/onload=alert(1)>`,
		"\u202Etxt.exe & Søns <b>",
	} {
		o := sample()
		for _, p := range o.partnerships {
			p.Spec.DisplayName = hostile
		}
		for _, p := range o.partners {
			p.Spec.DisplayName = "run by " + hostile
		}
		for _, s := range o.services {
			s.Spec.DisplayName = "service " + hostile
			s.Spec.Locations[0].Town = hostile
			if s.Spec.Contact != nil {
				s.Spec.Contact.Phone = "javascript:alert(1)"
			}
		}
		for _, p := range o.pools {
			p.Spec.DisplayName = "pool " + hostile
			if p.Spec.Registered != nil {
				p.Spec.Registered.Source.Title, p.Spec.Registered.Source.URI = hostile, v1alpha1.WebAddress(hostile)
			}
		}
		for _, target := range []string{"/", "/?area=highland", "/?area=scottish-borders&free=now"} {
			a := get(t, o.live(), target)
			if harm := harmful(a); len(harm) > 0 {
				t.Errorf("%q on %s becomes %v", hostile, target, harm)
			}
			if !strings.Contains(text(a.root), strings.Join(strings.Fields(hostile), " ")) {
				t.Errorf("%q is not shown as it is on %s", hostile, target)
			}
		}
	}
}

func TestAnUnchangedPageIsNotSentAgain(t *testing.T) {
	pages := New(sample().live(), Options{})
	first := ask(t, pages, httptest.NewRequest(http.MethodGet, "/", nil))
	tag := first.header.Get("ETag")
	if tag == "" || first.header.Get("Cache-Control") != "no-cache" {
		t.Fatalf("ETag %q, Cache-Control %q", tag, first.header.Get("Cache-Control"))
	}
	again := func(target, condition string) answer {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("If-None-Match", condition)
		return ask(t, pages, r)
	}
	for _, condition := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		if a := again("/", condition); a.status != http.StatusNotModified || a.body != "" {
			t.Errorf("If-None-Match %s: status %d with %d bytes", condition, a.status, len(a.body))
		}
	}
	if a := again("/?kind=Detox", tag); a.status != http.StatusOK {
		t.Errorf("another page with the same tag: status %d", a.status)
	}
}

func TestFaultsAreNotKept(t *testing.T) {
	for target, want := range map[string]int{"/?kind=Hotel": http.StatusBadRequest, "/nowhere": http.StatusNotFound} {
		a := get(t, sample().live(), target)
		if a.status != want || a.header.Get("Cache-Control") != "no-store" || a.header.Get("ETag") != "" {
			t.Errorf("%s: status %d, Cache-Control %q", target, a.status, a.header.Get("Cache-Control"))
		}
	}
}

func TestOnlyReading(t *testing.T) {
	pages := New(sample().live(), Options{})
	for method, want := range map[string]int{
		http.MethodHead: 200, http.MethodPost: 405, http.MethodPut: 405, http.MethodDelete: 405,
	} {
		a := ask(t, pages, httptest.NewRequest(method, "/", nil))
		if a.status != want {
			t.Errorf("%s: status %d, want %d", method, a.status, want)
		}
		if method == http.MethodHead && a.body != "" {
			t.Errorf("HEAD sends %d bytes", len(a.body))
		}
	}
}

func TestFilesArePackedForThoseWhoTakeIt(t *testing.T) {
	pages := New(sample().live(), Options{})
	address := assetAddress(t, "design-system.css")
	for accept, packed := range map[string]bool{
		"": false, "gzip": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "*": true, "identity": false,
	} {
		r := httptest.NewRequest(http.MethodGet, address, nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != packed {
			t.Errorf("Accept-Encoding %q: packed %v", accept, got)
		}
		content := io.Reader(w.Body)
		if packed {
			var err error
			if content, err = gzip.NewReader(w.Body); err != nil {
				t.Fatal(err)
			}
		}
		css, err := io.ReadAll(content)
		if err != nil || !strings.Contains(string(css), ".ds_table") {
			t.Errorf("Accept-Encoding %q: %d bytes, %v", accept, len(css), err)
		}
		if kept := w.Header().Get("Cache-Control"); kept != keepForEver {
			t.Errorf("Cache-Control %q", kept)
		}
	}
}

func TestTheFrameIsTheOwners(t *testing.T) {
	pages := New(sample().live(), Options{Owner: "Anywhere <Council>", Banner: "A trial.", GraphiQLPath: "/graphiql"})
	a := ask(t, pages, httptest.NewRequest(http.MethodGet, "/?kind=Detox", nil))
	for _, want := range []string{"Run by Anywhere <Council>.", "A trial.", "See this as GraphQL"} {
		if !strings.Contains(text(a.root), want) {
			t.Errorf("does not say %q", want)
		}
	}
	plain := get(t, sample().live(), "/")
	if !strings.Contains(text(plain.root), "Demo. Example data. Not a Scottish Government or NHS service.") {
		t.Error("the default banner is missing")
	}
	if strings.Contains(plain.body, "graphiql") {
		t.Error("links to an explorer that is not there")
	}
}

func TestAFaultInMakingAPageShowsNoHalfPage(t *testing.T) {
	s, err := newSite(sample().live(), Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.render(w, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, "board", struct{ frame }{s.frame("board.title-tag")})
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "We could not show this page") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if strings.Contains(w.Body.String(), "<table") || strings.Contains(w.Body.String(), "template") {
		t.Error("shows half a page, or what went wrong inside")
	}
}
