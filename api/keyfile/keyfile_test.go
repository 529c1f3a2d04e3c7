package keyfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lifeline.scot/api/keyfile"
)

func fresh() ([]byte, error) { return []byte("s3cret"), nil }

// none fails the test if a file is made.
func none(t *testing.T) func() ([]byte, error) {
	return func() ([]byte, error) {
		t.Error("a key was made")
		return fresh()
	}
}

func TestAnOwnedFileIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "a.key")
	if text, err := keyfile.Open(path, keyfile.Owned, fresh); err != nil || string(text) != "s3cret" {
		t.Fatal(err)
	}
	if text, err := keyfile.Open(path, keyfile.Owned, none(t)); err != nil || string(text) != "s3cret" {
		t.Error(err)
	}
	for file, mode := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700 | fs.ModeDir} {
		if info, err := os.Stat(file); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v %v", file, info.Mode(), err)
		}
	}
	alone(t, path)
}

// Of programs that start at once each has what one of them made.
func TestProgramsThatStartAtOnceAgree(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.key")
	got := make([]string, 16)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			text, err := keyfile.Open(path, keyfile.Owned, func() ([]byte, error) { return fmt.Append(nil, "key ", i), nil })
			if err != nil {
				t.Error(err)
			}
			got[i] = string(text)
		})
	}
	wg.Wait()
	for _, text := range got {
		if text != got[0] || !strings.HasPrefix(text, "key ") {
			t.Errorf("they have %q", got)
		}
	}
	alone(t, path)
}

// A file that is replaced is the old one or the new one at each moment, whole.
func TestAFileIsReplacedWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.key")
	long := strings.Repeat("a", 100_000)
	if _, err := keyfile.Open(path, keyfile.Owned, func() ([]byte, error) { return []byte(long), nil }); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, letter := range []string{"b", "c"} {
		wg.Go(func() {
			for range 20 {
				if err := keyfile.Replace(path, []byte(strings.Repeat(letter, len(long)))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 100 {
		text, _, err := keyfile.Read(path, keyfile.Owned)
		if err != nil || strings.Count(string(text), string(text[:1])) != len(long) {
			t.Errorf("%d bytes of more than one, or of some: %v", len(text), err)
		}
	}
	wg.Wait()
	alone(t, path)
}

// alone makes sure that nothing was left beside a file.
func alone(t *testing.T, path string) {
	t.Helper()
	beside, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(beside) != 1 {
		t.Errorf("%v %v", beside, err)
	}
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string, mode fs.FileMode) string {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, tc := range map[string]struct {
		path   string
		source keyfile.Source
		says   string
	}{
		"of its owner":                  {write("a", "s3cret", 0o600), keyfile.Owned, ""},
		"that its owner may not change": {write("b", "s3cret", 0o400), keyfile.Existing, ""},
		"that its group may read":       {write("c", "s3cret", 0o640), keyfile.Existing, "chmod 600"},
		"of a Secret":                   {write("d", "s3cret", 0o440), keyfile.Mounted, ""},
		"of a Secret, for its group":    {write("e", "s3cret", 0o460), keyfile.Mounted, "defaultMode"},
		"of a Secret, for all":          {write("f", "s3cret", 0o444), keyfile.Mounted, "defaultMode"},
		"that is a folder":              {folder, keyfile.Owned, "no file"},
		"that is very long":             {write("g", strings.Repeat("s3cret", 1<<18), 0o600), keyfile.Owned, "too long"},
		"that has gone":                 {filepath.Join(folder, "none"), keyfile.Existing, "restore it from its backup"},
		"that is not mounted":           {filepath.Join(folder, "none"), keyfile.Mounted, "mount the Secret"},
	} {
		_, err := keyfile.Open(tc.path, tc.source, none(t))
		var refused *keyfile.Error
		switch {
		case tc.says == "" && err != nil:
			t.Errorf("one %s: %v", name, err)
		case tc.says != "" && (!errors.As(err, &refused) || !strings.Contains(refused.Problem, tc.says) || strings.Contains(err.Error(), "s3cret")):
			t.Errorf("one %s: %v", name, err)
		}
	}
	failed := errors.New("no entropy")
	if _, err := keyfile.Open(filepath.Join(folder, "new"), keyfile.Owned, func() ([]byte, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
}
