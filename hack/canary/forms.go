package canary

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // a digest without a key can be tried, whichever it is
	"crypto/sha1" //nolint:gosec // see above
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// named is a text, and what was done to a mark to get it.
type named struct {
	name string
	text []byte
}

// spelt are the texts that say the same as a mark to whoever reads them, the mark itself first.
func spelt(mark string) []named {
	bare := transform.Chain(norm.NFD, runes.Remove(runes.Predicate(combining)), norm.NFC)
	plain, _, err := transform.String(bare, mark)
	if err != nil {
		plain = mark
	}
	return []named{
		{"as it is", []byte(mark)},
		{"decomposed", []byte(norm.NFD.String(mark))},
		{"without accents", []byte(plain)},
		{"in small letters", []byte(strings.ToLower(mark))},
		{"in capitals", []byte(strings.ToUpper(mark))},
		{"without spaces", []byte(strings.Join(strings.Fields(mark), ""))},
		{"with hyphens", []byte(strings.Join(strings.Fields(strings.ToLower(mark)), "-"))},
		{"as a label", []byte(strings.Join(strings.Fields(strings.ToLower(plain)), "-"))},
	}
}

// combining reports whether a rune is an accent that goes with the letter before it.
func combining(r rune) bool { return r >= 0x300 && r < 0x370 }

// written are the ways in which programs write a text, the plainest first.
func written(raw []byte) []named {
	text := string(raw)
	all := []named{
		{"plain", raw},
		{"JSON", inJSON(text)},
		{"hex", []byte(hex.EncodeToString(raw))},
		{"base32", []byte(strings.TrimRight(base32.StdEncoding.EncodeToString(raw), "="))},
		{"URL query", []byte(url.QueryEscape(text))},
		{"URL path", []byte(url.PathEscape(text))},
		{"HTML", []byte(html.EscapeString(text))},
		{"JSON in ASCII", escaped(text, `\u%04x`, false)},
		{"JSON, all escaped", escaped(text, `\u%04x`, true)},
		{"JSON in JSON", escaped(text, `\\u%04x`, false)},
		{"JSON in JSON, all escaped", escaped(text, `\\u%04x`, true)},
		{"octal", octal(raw)},
		{"list of bytes", numbers(raw, " ")},
		{"JSON list of bytes", numbers(raw, ",")},
		{"UTF-16, little end first", wide(text, 0)},
		{"UTF-16, big end first", wide(text, 1)},
	}
	for offset := range 3 {
		all = append(all, named{fmt.Sprintf("base64 at %d", offset), inBase64(base64.RawStdEncoding, raw, offset)},
			named{fmt.Sprintf("base64 for URLs at %d", offset), inBase64(base64.RawURLEncoding, raw, offset)})
	}
	for _, sum := range digests(raw) {
		all = append(all, sum, named{sum.name + " in hex", []byte(hex.EncodeToString(sum.text))},
			named{sum.name + " in base64", []byte(base64.RawStdEncoding.EncodeToString(sum.text))})
	}
	return all
}

// digests are those that anybody could make of a guess.
func digests(raw []byte) []named {
	by256, by1, by5 := sha256.Sum256(raw), sha1.Sum(raw), md5.Sum(raw) //nolint:gosec // see above
	return []named{{"SHA-256", by256[:]}, {"SHA-1", by1[:]}, {"MD5", by5[:]}}
}

// inBase64 is the part of what base64 makes of a longer text, with raw so many bytes after a border of three, that follows from
// raw alone.
func inBase64(encoding *base64.Encoding, raw []byte, offset int) []byte {
	text := encoding.EncodeToString(append(make([]byte, offset), raw...))
	first := (offset*8 + 5) / 6
	last := (offset + len(raw)) * 8 / 6
	return []byte(text[first:last])
}

// escaped writes letters beyond ASCII, or all of them, by their number.
func escaped(text, format string, everything bool) []byte {
	var out bytes.Buffer
	for _, unit := range utf16.Encode([]rune(text)) {
		if everything || unit > 0x7e {
			fmt.Fprintf(&out, format, unit)
		} else {
			out.WriteByte(byte(unit))
		}
	}
	return out.Bytes()
}

func inJSON(text string) []byte {
	written, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string can always be written
	}
	return bytes.Trim(written, `"`)
}

func octal(raw []byte) []byte {
	var out bytes.Buffer
	for _, b := range raw {
		if b > 0x7e {
			fmt.Fprintf(&out, `\%03o`, b)
		} else {
			out.WriteByte(b)
		}
	}
	return out.Bytes()
}

func numbers(raw []byte, between string) []byte {
	list := make([]string, len(raw))
	for i, b := range raw {
		list[i] = fmt.Sprint(b)
	}
	return []byte(strings.Join(list, between))
}

// wide writes each letter in two bytes; high is where the higher one is not.
func wide(text string, low int) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		pair := [2]byte{}
		pair[low], pair[1-low] = byte(unit), byte(unit>>8)
		out = append(out, pair[:]...)
	}
	return out
}
