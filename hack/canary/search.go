// Package canary finds marked texts where they must not be: in files, logs and answers, in the clear or in any of the ways in
// which programs usually write a text. What is encrypted, or hashed with a key, it does not find; what is compressed it cannot
// find.
package canary

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// shortest is how long a form of a mark has to be to be looked for: shorter ones are found by chance.
const shortest = 8

// Search finds some marks. It can be used by several at once.
type Search struct {
	// forms by their first four bytes, and where those may be at all: one look-up for each byte that is read.
	forms map[uint32][]form
	maybe [1 << 16]bool
}

// form is one way to write a mark, in small letters.
type form struct {
	mark, name string
	text       []byte
}

// New makes a search for marks. Each has at least 8 bytes.
func New(marks ...string) (*Search, error) {
	s := &Search{forms: map[uint32][]form{}}
	for _, mark := range marks {
		if len(mark) < shortest {
			return nil, fmt.Errorf("the mark %q is so short that it would be found by chance", mark)
		}
		s.add(mark)
	}
	return s, nil
}

func (s *Search) add(mark string) {
	known := map[string]bool{}
	for _, spelling := range spelt(mark) {
		for _, way := range written(spelling.text) {
			text := lower(way.text)
			if len(text) < shortest || known[string(text)] {
				continue
			}
			known[string(text)] = true
			begins := binary.LittleEndian.Uint32(text)
			s.forms[begins] = append(s.forms[begins], form{mark, spelling.name + ", " + way.name, text})
			s.maybe[slot(begins)] = true
		}
	}
}

func slot(begins uint32) uint16 { return uint16((begins * 2654435761) >> 16) }

// lower makes the letters of ASCII small, and leaves every other byte alone.
func lower(text []byte) []byte {
	small := slices.Clone(text)
	for i, b := range small {
		if b >= 'A' && b <= 'Z' {
			small[i] = b + 'a' - 'A'
		}
	}
	return small
}

// Sighting is a mark that was found.
type Sighting struct {
	// Mark that was found, and the Form it was in.
	Mark, Form string
	// Around is the text around it.
	Around string
}

// mostSightings bounds how many are told of one text.
const mostSightings = 20

// around is how many bytes before and after a mark are told.
const around = 120

// In finds marks in a text: each form of each mark once, at most 20.
func (s *Search) In(text []byte) []Sighting {
	small := lower(text)
	var found []Sighting
	told := map[string]bool{}
	for i := 0; i+4 <= len(small) && len(found) < mostSightings; i++ {
		begins := binary.LittleEndian.Uint32(small[i:])
		if !s.maybe[slot(begins)] {
			continue
		}
		for _, f := range s.forms[begins] {
			if bytes.HasPrefix(small[i:], f.text) && !told[f.mark+f.name] {
				told[f.mark+f.name] = true
				found = append(found, Sighting{f.mark, f.name, string(text[max(0, i-around):min(len(text), i+len(f.text)+around)])})
			}
		}
	}
	return found
}

// Files is what was looked through.
type Files struct {
	// Count is how many files there were, and Bytes how long they are together.
	Count int
	Bytes int64
	// Found are the sightings by file, as it is called below the folder; names of files are looked at, too.
	Found map[string][]Sighting
}

// InFolder finds marks in all files below a folder. A file that goes away meanwhile is none.
func (s *Search) InFolder(folder string) (Files, error) {
	files := Files{Found: map[string][]Sighting{}}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		files.Count++
		files.Bytes += int64(len(text))
		if found := append(s.In([]byte(name)), s.In(text)...); len(found) > 0 {
			files.Found[name] = found
		}
		return nil
	})
	if err != nil {
		return files, fmt.Errorf("look through %s: %w", folder, err)
	}
	return files, nil
}
