package vault_test

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lifeline.scot/api/vault"
)

func TestKeyFilesAreForTheirOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "people.json")
	if _, err := vault.OpenFileKey(path, vault.Owned); err != nil {
		t.Fatal(err)
	}
	for _, made := range []struct {
		path string
		mode os.FileMode
	}{{path, 0o600}, {filepath.Dir(path), 0o700 | os.ModeDir}} {
		info, err := os.Stat(made.path)
		if err != nil || info.Mode() != made.mode {
			t.Errorf("%s: %v %v", made.path, info.Mode(), err)
		}
	}
	if files, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil || len(files) > 0 {
		t.Errorf("left behind: %v %v", files, err)
	}
	for mode, want := range map[os.FileMode]map[vault.Source]bool{
		0o600: {vault.Owned: true, vault.Mounted: true},
		0o400: {vault.Owned: true, vault.Mounted: true},
		0o440: {vault.Owned: false, vault.Mounted: true}, // as a Secret with a group is mounted
		0o460: {vault.Owned: false, vault.Mounted: false},
		0o604: {vault.Owned: false, vault.Mounted: false},
		0o666: {vault.Owned: false, vault.Mounted: false},
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		for source, ok := range want {
			_, err := vault.OpenFileKey(path, source)
			var refused *vault.KeyFileError
			if (err == nil) != ok || (err != nil && (!errors.As(err, &refused) || !strings.Contains(refused.Problem, "others"))) {
				t.Errorf("%o, %v: %v", mode, source, err)
			}
		}
	}
}

func TestKeyFilesThatAreNone(t *testing.T) {
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	folder := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	index := filepath.Join(t.TempDir(), "index.json")
	if _, err := vault.OpenIndex(index, vault.Owned); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		path   string
		source vault.Source
		says   string
	}{
		"a Secret that is missing": {filepath.Join(t.TempDir(), "none"), vault.Mounted, "mount the Secret"},
		"an empty file":            {write("empty", ""), vault.Owned, "no Tink keyset"},
		"something else":           {write("other", `{"secret":"s3cret"}`), vault.Owned, "no Tink keyset"},
		"a very long file":         {write("long", strings.Repeat("s3cret", 1<<18)), vault.Owned, "too long"},
		"a folder":                 {folder, vault.Owned, "no file"},
		"the keys of the index":    {index, vault.Owned, "blind index"},
	} {
		_, err := vault.OpenFileKey(tc.path, tc.source)
		var refused *vault.KeyFileError
		if !errors.As(err, &refused) || !strings.Contains(refused.Problem, tc.says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	people := filepath.Join(t.TempDir(), "people.json")
	if _, err := vault.OpenFileKey(people, vault.Owned); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.OpenIndex(people, vault.Owned); err == nil || !strings.Contains(err.Error(), "key-encryption key") {
		t.Errorf("the key-encryption key as an index: %v", err)
	}
	if err := os.Remove(people); err != nil {
		t.Fatal(err)
	}
}

// Programs that start at once on an empty folder agree about the key.
func TestOneKeyIsMadeHoweverManyStartAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.json")
	keys := make([]*vault.FileKey, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			key, err := vault.OpenFileKey(path, vault.Owned)
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	_, wrapped := newKey(t, vault.New(keys[0]), "p-1")
	for _, key := range keys {
		if _, err := vault.New(key).Open(t.Context(), "p-1", wrapped); err != nil {
			t.Error(err)
		}
	}
}

// One replica rotates; the others learn of it by the file, without a restart.
func TestARotationElsewhereIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.json")
	here, err := vault.OpenFileKey(path, vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	there, err := vault.OpenFileKey(path, vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	if err := there.Rotate(); err != nil {
		t.Fatal(err)
	}
	_, wrapped := newKey(t, vault.New(there), "p-1")
	if _, err := vault.New(here).Open(t.Context(), "p-1", wrapped); err != nil {
		t.Error(err)
	}
	if _, changed, err := vault.New(here).Rewrap(t.Context(), "p-1", wrapped); err != nil || changed {
		t.Errorf("%t %v", changed, err)
	}
}

func TestAMountedFileIsNeverWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.json")
	if _, err := vault.OpenFileKey(path, vault.Owned); err != nil {
		t.Fatal(err)
	}
	mounted, err := vault.OpenFileKey(path, vault.Mounted)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{mounted.Rotate(), mounted.Prune()} {
		if err == nil || !strings.Contains(err.Error(), "change the Secret") {
			t.Error(err)
		}
	}
}

// A key file that has gone is no reason to take people for erased, nor to make another key.
func TestAKeyFileThatHasGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.json")
	key, err := vault.OpenFileKey(path, vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	_, wrapped := newKey(t, vault.New(key), "p-1")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	var unavailable *vault.Unavailable
	if _, err := vault.New(key).Open(t.Context(), "p-1", wrapped); !errors.As(err, &unavailable) {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("another key was made")
	}
}

func TestTheBlindIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.json")
	index, err := vault.OpenIndex(path, vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	tags := func(x *vault.Index, kind, text string) map[string]bool {
		t.Helper()
		found, current, err := x.Tags(kind, text)
		if err != nil {
			t.Fatal(err)
		}
		sums, lasts := map[string]bool{}, false
		for _, tag := range found {
			lasts = lasts || tag.Key == current
			sums[hex.EncodeToString(tag.Sum)] = true
			if len(tag.Sum) != 32 {
				t.Errorf("%d bytes", len(tag.Sum))
			}
		}
		if !lasts || len(sums) != len(found) {
			t.Errorf("%v, and %d lasts", found, current)
		}
		return sums
	}
	meet := func(a, b map[string]bool) bool {
		for sum := range a {
			if b[sum] {
				return true
			}
		}
		return false
	}
	before := tags(index, "chi", "1904851231")
	for name, other := range map[string]map[string]bool{
		"another number": tags(index, "chi", "2902201230"), "another kind": tags(index, "phone", "1904851231"),
		"shifted": tags(index, "chi1", "904851231"),
	} {
		if meet(before, other) {
			t.Errorf("%s has the same tag", name)
		}
	}
	elsewhere, err := vault.OpenIndex(filepath.Join(t.TempDir(), "index.json"), vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	if meet(before, tags(elsewhere, "chi", "1904851231")) {
		t.Error("another key gives the same tag")
	}
	if err := index.Rotate(); err != nil {
		t.Fatal(err)
	}
	during := tags(index, "chi", "1904851231")
	if len(during) != 2 || !meet(before, during) {
		t.Errorf("while keys rotate: %d tags", len(during))
	}
	if err := index.Prune(); err != nil {
		t.Fatal(err)
	}
	after := tags(index, "chi", "1904851231")
	if len(after) != 1 || !meet(during, after) || meet(before, after) {
		t.Errorf("after the rotation: %d tags", len(after))
	}
	if keys, current, err := index.Keys(); err != nil || len(keys) != 1 || keys[0] != current {
		t.Errorf("%v %d %v", keys, current, err)
	}
}

func FuzzNothingOpensThatWasNotSealed(f *testing.F) {
	file, err := vault.OpenFileKey(filepath.Join(f.TempDir(), "people.json"), vault.Owned)
	if err != nil {
		f.Fatal(err)
	}
	v := vault.New(file)
	key, wrapped := newKey(f, v, "p-1")
	sealed := seal(f, key, "r-1", "phone", "07700900123")
	f.Add(wrapped)
	f.Add(sealed)
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := key.Unseal("r-1", "phone", text); (err == nil) != (string(text) == string(sealed)) {
			t.Errorf("%d bytes: %v", len(text), err)
		}
		if opened, err := v.Open(t.Context(), "p-1", text); err == nil { // what is around a wrapped key may differ, not the key
			if _, err := opened.Unseal("r-1", "phone", sealed); err != nil {
				t.Errorf("%d bytes open as another key", len(text))
			}
		}
	})
}
