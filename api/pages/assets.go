package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed static
var staticFiles embed.FS

// staticPrefix is where style sheets, fonts and the icon are served. The name of each file holds a piece of its own hash,
// so it may be kept for ever.
const staticPrefix = "/static/"

const keepForEver = "public, max-age=31536000, immutable"

// asset is one file as it is served.
type asset struct {
	contentType string
	plain       []byte
	// packed is the gzipped file, or nil where packing does not pay.
	packed []byte
}

// assets are the files under staticPrefix, by address, and their addresses by short name.
type assets struct {
	files     map[string]asset
	addresses map[string]string
}

// served lists the files the pages use, by short name.
var served = []struct{ name, file, contentType string }{
	{"roboto-400.woff2", "static/vendor/roboto/roboto-latin-400-normal.woff2", "font/woff2"},
	{"roboto-700.woff2", "static/vendor/roboto/roboto-latin-700-normal.woff2", "font/woff2"},
	{"icon.svg", "static/icon.svg", "image/svg+xml"},
	{"design-system.css", "static/vendor/design-system/design-system.min.css", "text/css; charset=utf-8"},
	{"board.css", "static/board.css", "text/css; charset=utf-8"},
}

// loadAssets prepares all files that are served, once: they are part of the program.
var loadAssets = sync.OnceValues(func() (*assets, error) {
	a := &assets{files: map[string]asset{}, addresses: map[string]string{}}
	for _, s := range served {
		content, err := staticFiles.ReadFile(s.file)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", s.file, err)
		}
		if err := a.add(s.name, s.contentType, a.prepare(s.name, content)); err != nil {
			return nil, err
		}
	}
	return a, nil
})

// prepare returns the file as it is served: style sheets get the pages' own colour and the addresses of the fonts.
func (a *assets) prepare(name string, content []byte) []byte {
	switch name {
	case "design-system.css":
		return []byte(recolour(string(content)))
	case "board.css":
		text := string(content)
		for short, address := range a.addresses {
			text = strings.ReplaceAll(text, "url("+short+")", "url("+address+")")
		}
		return []byte(text)
	default:
		return content
	}
}

func (a *assets) add(name, contentType string, content []byte) error {
	sum := sha256.Sum256(content)
	extension := path.Ext(name)
	address := staticPrefix + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:6]) + extension
	file := asset{contentType: contentType, plain: content}
	if extension != ".woff2" {
		packed, err := pack(content)
		if err != nil {
			return fmt.Errorf("packing %s: %w", name, err)
		}
		file.packed = packed
	}
	a.files[address], a.addresses[name] = file, address
	return nil
}

func pack(content []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

// serve answers with the file at the request's address; false when there is none.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) bool {
	file, ok := a.files[r.URL.Path]
	if !ok {
		return false
	}
	content := file.plain
	h := w.Header()
	h.Set("Content-Type", file.contentType)
	h.Set("Cache-Control", keepForEver)
	if file.packed != nil {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			content = file.packed
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(content) // the reader went away; there is nobody to tell
	}
	return true
}

// acceptsGzip reports whether the reader takes gzip. A reader that forbids it by q=0 names it so.
func acceptsGzip(r *http.Request) bool {
	for entry := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, parameters, _ := strings.Cut(strings.TrimSpace(entry), ";")
		if coding != "gzip" && coding != "*" {
			continue
		}
		weight, ok := strings.CutPrefix(strings.TrimSpace(parameters), "q=")
		value, err := strconv.ParseFloat(weight, 64)
		return !ok || (err == nil && value > 0)
	}
	return false
}

// recolour replaces the design system's brand blue by the teal of its extended palette, so that nobody takes the pages for
// gov.scot, and takes out what the pages' content security policy would refuse: an image held in the style sheet itself.
func recolour(css string) string {
	css = strings.NewReplacer(
		"\ufeff", "",
		"#0065bd", "#017878",
		"rgb(0,66.9325396825,125.25)", "#015151",
		"rgba(0,101,189,.8)", "rgba(1,120,120,.8)",
		"rgba(0,66.9325396825,125.25,.8)", "rgba(1,81,81,.8)",
		"rgb(217.6861375301,237.6263497495,255)", "#d9f2f0",
		"/*# sourceMappingURL=design-system.min.css.map */", "",
	).Replace(css)
	for {
		start := strings.Index(css, `url("data:`)
		if start < 0 {
			return css
		}
		length := strings.Index(css[start+5:], `"`)
		css = css[:start] + "none" + css[start+5+length+2:]
	}
}
