package canary

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

const mark = "Þórunn Quillfeather"

// Whatever a program makes of a text on its way to a file, the text is found in it. The ways are written by other code than the one
// that looks for them.
var ways = map[string]func(string) string{
	"as it is":                func(s string) string { return s },
	"in a sentence":           func(s string) string { return "x" + s + "." },
	"in capitals":             strings.ToUpper,
	"in small letters":        strings.ToLower,
	"decomposed":              norm.NFD.String,
	"without accents":         func(s string) string { return strings.ReplaceAll(s, "ó", "o") },
	"without spaces":          func(s string) string { return strings.ReplaceAll(s, " ", "") },
	"as JSON":                 func(s string) string { text, _ := json.Marshal(map[string]string{"name": s}); return string(text) },
	"as JSON in JSON":         func(s string) string { return strconv.Quote(strconv.Quote(s)) },
	"as JSON in ASCII":        strconv.QuoteToASCII,
	"as JSON, all escaped":    allEscaped,
	"as a Go byte list":       func(s string) string { return fmt.Sprintf("%d", []byte(s)) },
	"as hex":                  func(s string) string { return hex.EncodeToString([]byte("ab" + s)) },
	"as hex in capitals":      func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"as base64":               func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"as base64 after one":     func(s string) string { return base64.StdEncoding.EncodeToString([]byte("a" + s + "b")) },
	"as base64 after two":     func(s string) string { return base64.URLEncoding.EncodeToString([]byte("ab" + s + "bcd")) },
	"in a query of a URL":     func(s string) string { return url.Values{"q": {"n " + s}}.Encode() },
	"in a path of a URL":      func(s string) string { return (&url.URL{Path: "/" + s}).EscapedPath() },
	"as HTML":                 html.EscapeString,
	"as UTF-16, little end":   func(s string) string { return utf16In(binary.LittleEndian, s) },
	"as UTF-16, big end":      func(s string) string { return utf16In(binary.BigEndian, s) },
	"as a label":              func(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "-")) },
	"as a digest without key": func(s string) string { return hex.EncodeToString(digests([]byte(s))[0].text) },
}

func allEscaped(s string) string {
	var out strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&out, `\u%04X`, unit)
	}
	return out.String()
}

func utf16In(order binary.ByteOrder, s string) string {
	var out bytes.Buffer
	_ = binary.Write(&out, order, utf16.Encode([]rune(s))) // a buffer takes everything
	return out.String()
}

func newSearch(t *testing.T, marks ...string) *Search {
	t.Helper()
	s, err := New(marks...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAMarkIsFoundHoweverItIsWritten(t *testing.T) {
	for _, text := range []string{mark, "3112310007", "moss.walker+4@example.org", "O'Threepwood <b>&"} {
		s := newSearch(t, "nothing of this", text)
		for name, write := range ways {
			if text == mark || name != "without accents" {
				found := s.In([]byte("before " + write(text) + " after"))
				if len(found) == 0 || found[0].Mark != text {
					t.Errorf("%q %s (%q): %v", text, name, write(text), found)
				}
			}
		}
	}
}

func TestAMarkIsFoundWhereverItIs(t *testing.T) {
	s := newSearch(t, mark)
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.SliceOf(rapid.Byte()).Draw(t, "before")
		after := rapid.SliceOf(rapid.Byte()).Draw(t, "after")
		for _, in := range []string{mark, base64.StdEncoding.EncodeToString(append(append(bytes.Clone(before), mark...), after...))} {
			if found := s.In(append(append(bytes.Clone(before), in...), after...)); len(found) == 0 {
				t.Error("not found")
			}
		}
	})
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s := newSearch(t, mark, "3112310007")
	for _, text := range []string{"", "abc", "Quillfeathe", "311231000", "Þórunn Quillfeathe", strings.Repeat("Þóru", 1000)} {
		if found := s.In([]byte(text)); len(found) > 0 {
			t.Errorf("%q: %v", text, found)
		}
	}
	if _, err := New("short"); err == nil {
		t.Error("a mark is taken that anything could hold by chance")
	}
}

func TestFilesAreLookedThroughWithTheirNames(t *testing.T) {
	folder := t.TempDir()
	for path, text := range map[string]string{"a/b/wal": "xx" + mark, "a/clean": "nothing", "Quillfeather-of-that-name.log": ""} {
		if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(path)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := newSearch(t, mark, "Quillfeather-of-that").InFolder(folder)
	if err != nil || files.Count != 3 || len(files.Found) != 2 || len(files.Found["a/b/wal"]) == 0 || !strings.Contains(files.Found["a/b/wal"][0].Around, mark) {
		t.Errorf("%+v %v", files, err)
	}
}
